//! Bitcoin wallets for the network's own use: keys that everybody can derive, and payments.
//!
//! Nothing is kept. A wallet's key comes from its name, its coins from Bitcoin's RPC.

use super::bitcoin_rpc::BitcoinRpc;
use anyhow::Context;
use bitcoin::{
	absolute::LockTime,
	consensus::encode::serialize_hex,
	hashes::{sha256, Hash},
	key::{CompressedPublicKey, Keypair, Secp256k1},
	secp256k1::{All, Message, SecretKey},
	sighash::{EcdsaSighashType, SighashCache},
	transaction::{predict_weight, InputWeightPrediction, Version},
	Address, Amount, FeeRate, KnownHrp, OutPoint, Sequence, Transaction, TxIn, TxOut, Txid,
	Witness,
};
use jsonrpsee::rpc_params;
use serde::Deserialize;
use serde_json::Value;

/// The owner of all block rewards.
const FAUCET: &str = "faucet";

/// A coinbase output can be spent with so many confirmations (Bitcoin Core's `COINBASE_MATURITY`,
/// counted from the next block).
pub const MATURITY: u32 = 100;

/// Payments offer this much above what the memory pool asks for at the least: 2 sat/vB.
const FEE_MARGIN: u64 = 500;

/// A key that follows from a name. It secures nothing: its coins are worth nothing.
pub struct Wallet {
	secp: Secp256k1<All>,
	pair: Keypair,
}

/// A coin of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Coin {
	outpoint: OutPoint,
	value: Amount,
}

/// What `scantxoutset` answers, of which two fields matter.
#[derive(Deserialize)]
struct Scan {
	unspents: Vec<Unspent>,
}

#[derive(Deserialize)]
struct Unspent {
	txid: Txid,
	vout: u32,
	amount: Value,
	coinbase: bool,
	confirmations: u32,
}

impl Wallet {
	/// The wallet of this name.
	pub fn named(name: &str) -> anyhow::Result<Self> {
		let seed = sha256::Hash::hash(format!("Entangled devnet {name}").as_bytes());
		let secret = SecretKey::from_slice(seed.as_byte_array())
			.with_context(|| format!("the key of the wallet {name}"))?;
		let secp = Secp256k1::new();
		let pair = Keypair::from_secret_key(&secp, &secret);
		Ok(Self { secp, pair })
	}

	/// The wallet that all block rewards go to.
	pub fn faucet() -> anyhow::Result<Self> {
		Self::named(FAUCET)
	}

	/// Where it is paid, and what it pays from: P2WPKH.
	pub fn address(&self) -> Address {
		Address::p2wpkh(&self.public_key(), KnownHrp::Regtest)
	}

	/// Where it can be paid by a taproot output: P2TR, spent by the key alone.
	pub fn taproot_address(&self) -> Address {
		Address::p2tr(&self.secp, self.pair.x_only_public_key().0, None, KnownHrp::Regtest)
	}

	/// The x-only public key (BIP 340) in hexadecimal, for scripts such as a deposit's way back.
	pub fn x_only_key(&self) -> String {
		self.pair.x_only_public_key().0.to_string()
	}

	/// The secret key in hexadecimal.
	pub fn secret_key(&self) -> String {
		self.pair.display_secret().to_string()
	}

	/// Signs and sends a transaction with these outputs, and returns its id. What is left over
	/// comes back as the last output.
	pub async fn pay(&self, bitcoin: &BitcoinRpc, outputs: Vec<TxOut>) -> anyhow::Result<Txid> {
		let signed = serialize_hex(&self.prepare(bitcoin, outputs).await?);
		Ok(bitcoin.call("sendrawtransaction", rpc_params![signed]).await?)
	}

	/// The same transaction, signed and not sent.
	pub async fn prepare(
		&self,
		bitcoin: &BitcoinRpc,
		outputs: Vec<TxOut>,
	) -> anyhow::Result<Transaction> {
		let rate = fee_rate(bitcoin).await?;
		let coins = self.coins(bitcoin).await?;
		let mut selected: Vec<Coin> = Vec::new();
		for coin in coins {
			if is_spent(bitcoin, coin.outpoint).await? {
				continue;
			}
			selected.push(coin);
			if let Some(unsigned) = self.funded(&selected, &outputs, rate) {
				return self.sign(unsigned, &selected);
			}
		}
		let wanted: Amount = outputs.iter().map(|output| output.value).sum();
		let owned: Amount = selected.iter().map(|coin| coin.value).sum();
		anyhow::bail!("{} has {owned} to spend, less than {wanted} and a fee", self.address())
	}

	/// The coins that could be spent in the next block, the greatest first.
	async fn coins(&self, bitcoin: &BitcoinRpc) -> anyhow::Result<Vec<Coin>> {
		let descriptor = format!("addr({})", self.address());
		let scan: Scan = bitcoin.call("scantxoutset", rpc_params!["start", [descriptor]]).await?;
		let mut coins = Vec::with_capacity(scan.unspents.len());
		for unspent in scan.unspents {
			if !unspent.coinbase || unspent.confirmations >= MATURITY {
				coins.push(Coin {
					outpoint: OutPoint::new(unspent.txid, unspent.vout),
					value: amount(&unspent.amount)?,
				});
			}
		}
		coins.sort_by_key(|coin| (std::cmp::Reverse(coin.value), coin.outpoint));
		Ok(coins)
	}

	/// The transaction from these coins to these outputs and back; `None` when the coins are too
	/// few.
	fn funded(&self, coins: &[Coin], outputs: &[TxOut], rate: FeeRate) -> Option<Transaction> {
		let input = |coin: &Coin| TxIn {
			previous_output: coin.outpoint,
			sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
			..Default::default()
		};
		let script = self.address().script_pubkey();
		let mut transaction = Transaction {
			version: Version::TWO,
			lock_time: LockTime::ZERO,
			input: coins.iter().map(input).collect(),
			output: outputs.to_vec(),
		};
		transaction.output.push(TxOut { value: Amount::ZERO, script_pubkey: script.clone() });
		let lengths = transaction.output.iter().map(|output| output.script_pubkey.len());
		let weight =
			predict_weight(coins.iter().map(|_| InputWeightPrediction::P2WPKH_MAX), lengths);
		let fee = rate.fee_wu(weight)?;
		let owned: Amount = coins.iter().map(|coin| coin.value).sum();
		let paid: Amount = outputs.iter().map(|output| output.value).sum();
		let change = owned.checked_sub(paid)?.checked_sub(fee)?;
		if change < script.minimal_non_dust() {
			return None;
		}
		transaction.output.last_mut()?.value = change;
		Some(transaction)
	}

	fn sign(&self, mut transaction: Transaction, coins: &[Coin]) -> anyhow::Result<Transaction> {
		let script = self.address().script_pubkey();
		let mut cache = SighashCache::new(&mut transaction);
		for (index, coin) in coins.iter().enumerate() {
			let hash = cache
				.p2wpkh_signature_hash(index, &script, coin.value, EcdsaSighashType::All)
				.context("what a P2WPKH input signs")?;
			let message = Message::from_digest(hash.to_byte_array());
			let signature = self.secp.sign_ecdsa(&message, &self.pair.secret_key());
			let witness = Witness::p2wpkh(
				&bitcoin::ecdsa::Signature::sighash_all(signature),
				&self.pair.public_key(),
			);
			*cache.witness_mut(index).context("an input for each coin")? = witness;
		}
		Ok(transaction)
	}

	fn public_key(&self) -> CompressedPublicKey {
		CompressedPublicKey(self.pair.public_key())
	}
}

/// Bitcoins, as Bitcoin Core's JSON-RPC writes them.
pub fn amount(value: &Value) -> anyhow::Result<Amount> {
	let number = value.as_f64().with_context(|| format!("{value} is no amount"))?;
	Amount::from_btc(number).with_context(|| format!("{value} is no amount"))
}

/// What a payment should offer now.
async fn fee_rate(bitcoin: &BitcoinRpc) -> anyhow::Result<FeeRate> {
	let info: Value = bitcoin.call("getmempoolinfo", rpc_params![]).await?;
	let per_kvb = amount(&info["mempoolminfee"])?.to_sat();
	Ok(FeeRate::from_sat_per_kwu(per_kvb.div_ceil(4) + FEE_MARGIN))
}

/// Whether a transaction that waits has spent a confirmed coin.
async fn is_spent(bitcoin: &BitcoinRpc, outpoint: OutPoint) -> anyhow::Result<bool> {
	let view: Value = bitcoin
		.call("gettxout", rpc_params![outpoint.txid.to_string(), outpoint.vout, true])
		.await?;
	Ok(view.is_null())
}
