//! A running node with a typed client of Bitcoin Core, and keys to spend with.

use std::{
	io::{Read, Write},
	net::TcpStream,
	path::PathBuf,
};

use base64::{engine::general_purpose::STANDARD, Engine};
use bitcoin::{
	absolute::LockTime,
	hashes::Hash,
	key::{Keypair, Secp256k1, TapTweak},
	secp256k1::{All, Message, SecretKey},
	sighash::{EcdsaSighashType, Prevouts, SighashCache, TapSighashType},
	transaction::Version,
	Address, Amount, Block, BlockHash, CompressedPublicKey, KnownHrp, Network, OutPoint, ScriptBuf,
	Sequence, Transaction, TxIn, TxOut, Txid, Witness,
};
use corepc_client::client_sync::{v31::Client, Auth, Error};
use entangled_devnet::bitcoin::{Config, Handle, Regtest};
use serde_json::{json, Value};

/// Satoshis in one bitcoin.
pub const COIN: u64 = 100_000_000;

/// A running node and a client of it.
pub struct Net {
	/// The node.
	pub handle: Handle,
	/// A client of Bitcoin Core 31.
	pub client: Client,
}

impl Net {
	/// A node with a fresh chain.
	pub fn start() -> Self {
		Self::start_with(Config::default())
	}

	/// A node on an existing directory.
	pub fn start_in(dir: PathBuf) -> Self {
		Self::start_with(Config { data_dir: Some(dir), ..Config::default() })
	}

	fn start_with(config: Config) -> Self {
		let handle = Regtest::start(config).unwrap();
		let auth = Auth::CookieFile(handle.cookie_file().to_owned());
		let client = Client::new_with_auth(&handle.url(), auth).unwrap();
		Self { handle, client }
	}

	/// Any call.
	pub fn call(&self, method: &str, params: &[Value]) -> Value {
		self.client.call(method, params).unwrap()
	}

	/// Code and message of a call that must fail.
	pub fn fail(&self, method: &str, params: &[Value]) -> (i64, String) {
		error(self.client.call::<Value>(method, params).unwrap_err())
	}

	/// Mines blocks and returns their hashes.
	pub fn mine(&self, blocks: usize, address: &Address) -> Vec<BlockHash> {
		self.client.generate_to_address(blocks, address).unwrap().into_model().unwrap().0
	}

	/// The tip.
	pub fn tip(&self) -> BlockHash {
		self.client.get_best_block_hash().unwrap().into_model().unwrap().0
	}

	/// The height.
	pub fn height(&self) -> u64 {
		self.client.get_block_count().unwrap().0
	}

	/// A block.
	pub fn block(&self, hash: BlockHash) -> Block {
		self.client.get_block(hash).unwrap()
	}

	/// The coinbase output of a block.
	pub fn reward(&self, hash: BlockHash) -> Coin {
		let coinbase = self.block(hash).txdata[0].clone();
		(OutPoint::new(coinbase.compute_txid(), 0), coinbase.output[0].clone())
	}

	/// A matured coinbase of `key`, with 100 blocks of somebody else on top.
	pub fn fund(&self, key: &Key) -> Coin {
		let hash = self.mine(1, &key.address)[0];
		self.mine(100, &Key::new(0xfe).address);
		self.reward(hash)
	}

	/// Sends a transaction.
	pub fn send(&self, transaction: &Transaction) -> Txid {
		self.client.send_raw_transaction(transaction).unwrap().txid().unwrap()
	}

	/// Code and message of a transaction that must be refused.
	pub fn refuse(&self, transaction: &Transaction) -> (i64, String) {
		self.fail("sendrawtransaction", &[raw(transaction)])
	}

	/// Ids of the waiting transactions.
	pub fn pool(&self) -> Vec<String> {
		self.client.get_raw_mempool().unwrap().0
	}

	/// Sends bytes as they are, with this user and password, and returns HTTP status and body.
	pub fn http(&self, method: &str, auth: Option<&str>, body: &str) -> (u16, String) {
		let mut stream = TcpStream::connect(self.handle.address()).unwrap();
		let auth = auth.map_or_else(String::new, |pair| {
			format!("Authorization: Basic {}\r\n", STANDARD.encode(pair))
		});
		let length = body.len();
		write!(stream, "{method} / HTTP/1.1\r\nHost: x\r\n{auth}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}")
			.unwrap();
		let mut answer = String::new();
		stream.read_to_string(&mut answer).unwrap();
		let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
		let (_, body) = answer.split_once("\r\n\r\n").unwrap();
		(status, body.to_owned())
	}

	/// The content of the cookie.
	pub fn cookie(&self) -> String {
		std::fs::read_to_string(self.handle.cookie_file()).unwrap()
	}
}

/// An output that can be spent.
pub type Coin = (OutPoint, TxOut);

/// Code and message of an error answer.
pub fn error(error: Error) -> (i64, String) {
	// The client's error type is not nameable without its transport; its text holds both.
	let text = format!("{error:?}");
	let code = text.split("code: ").nth(1).unwrap_or_else(|| panic!("{text}"));
	let code = code.split(',').next().unwrap().parse().unwrap();
	let message = text.split("message: \"").nth(1).unwrap().split("\", data").next().unwrap();
	(code, message.to_owned())
}

/// A transaction as a parameter.
pub fn raw(transaction: &Transaction) -> Value {
	json!(bitcoin::consensus::encode::serialize_hex(transaction))
}

/// A key with its address, P2WPKH or P2TR.
pub struct Key {
	secp: Secp256k1<All>,
	pair: Keypair,
	/// Where it is paid.
	pub address: Address,
	taproot: bool,
}

impl Key {
	/// A key with a P2WPKH address.
	pub fn new(seed: u8) -> Self {
		let (secp, pair) = pair(seed);
		let address = Address::p2wpkh(&CompressedPublicKey(pair.public_key()), KnownHrp::Regtest);
		Self { secp, pair, address, taproot: false }
	}

	/// A key with a P2TR address.
	pub fn taproot(seed: u8) -> Self {
		let (secp, pair) = pair(seed);
		let address = Address::p2tr(&secp, pair.x_only_public_key().0, None, KnownHrp::Regtest);
		Self { secp, pair, address, taproot: true }
	}

	/// Its output script.
	pub fn script(&self) -> ScriptBuf {
		self.address.script_pubkey()
	}

	/// Spends `coins` of this key to itself, leaving `fee`.
	pub fn sweep(&self, coins: &[Coin], fee: u64) -> Transaction {
		let total: u64 = coins.iter().map(|(_, output)| output.value.to_sat()).sum();
		self.spend(coins, vec![self.output(total - fee)], Sequence::ENABLE_RBF_NO_LOCKTIME)
	}

	/// An output of this key.
	pub fn output(&self, satoshis: u64) -> TxOut {
		TxOut { value: Amount::from_sat(satoshis), script_pubkey: self.script() }
	}

	/// Spends `coins` of this key, signed.
	pub fn spend(&self, coins: &[Coin], output: Vec<TxOut>, sequence: Sequence) -> Transaction {
		let input =
			|(outpoint, _): &Coin| TxIn { previous_output: *outpoint, sequence, ..TxIn::default() };
		let transaction = Transaction {
			version: Version::TWO,
			lock_time: LockTime::ZERO,
			input: coins.iter().map(input).collect(),
			output,
		};
		self.sign(transaction, coins)
	}

	/// Signs every input.
	pub fn sign(&self, mut transaction: Transaction, coins: &[Coin]) -> Transaction {
		let unsigned = transaction.clone();
		let mut cache = SighashCache::new(&unsigned);
		let spent: Vec<&TxOut> = coins.iter().map(|(_, output)| output).collect();
		for (index, (_, output)) in coins.iter().enumerate() {
			transaction.input[index].witness = if self.taproot {
				let hash = cache
					.taproot_key_spend_signature_hash(
						index,
						&Prevouts::All(&spent),
						TapSighashType::Default,
					)
					.unwrap();
				let pair = self.pair.tap_tweak(&self.secp, None).to_keypair();
				let signature =
					self.secp.sign_schnorr(&Message::from_digest(hash.to_byte_array()), &pair);
				Witness::p2tr_key_spend(&bitcoin::taproot::Signature {
					signature,
					sighash_type: TapSighashType::Default,
				})
			} else {
				let hash = cache
					.p2wpkh_signature_hash(
						index,
						&output.script_pubkey,
						output.value,
						EcdsaSighashType::All,
					)
					.unwrap();
				let message = Message::from_digest(hash.to_byte_array());
				let signature = self.secp.sign_ecdsa(&message, &self.pair.secret_key());
				Witness::p2wpkh(
					&bitcoin::ecdsa::Signature::sighash_all(signature),
					&self.pair.public_key(),
				)
			};
		}
		transaction
	}
}

/// The output at `vout` as a coin.
pub fn coin(transaction: &Transaction, vout: u32) -> Coin {
	(OutPoint::new(transaction.compute_txid(), vout), transaction.output[vout as usize].clone())
}

/// The genesis block's hash.
pub fn genesis() -> BlockHash {
	bitcoin::constants::genesis_block(Network::Regtest).block_hash()
}

fn pair(seed: u8) -> (Secp256k1<All>, Keypair) {
	let secp = Secp256k1::new();
	let secret = SecretKey::from_slice(&[seed; 32]).unwrap();
	let pair = Keypair::from_secret_key(&secp, &secret);
	(secp, pair)
}
