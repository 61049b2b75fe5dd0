//! A bond on a chain, and those who can spend it.

use bitcoin::{Amount, Sequence, Transaction, TxOut};
use entangled_bitcoin::{
	bond::{
		bond_output, check_funding, slashing_transaction, unbonding_transaction,
		withdrawal_transaction, BondOutput, BondRules, BondTerms, CovenantSpend, FeeCoin,
		FundedBond, Slashable,
	},
	transaction::without_witnesses,
	ChainId, FeeRate, Native, OutPoint, PayoutScript, Sats, Signature, TaprootScript,
};
use serde_json::{json, Value};

use crate::{
	committee::{Committee, Signer},
	kit::{raw, Key, Net, COIN},
};

/// Blocks until the staker can spend the bond alone.
pub const TIMELOCK: u16 = 25;
/// Blocks until the staker can spend alone what was unbonded or not slashed.
pub const UNBONDING_TIME: u16 = 10;
/// What the bond holds.
pub const VALUE: u64 = COIN / 3;
/// What each coin holds that is there to pay fees.
pub const FEE_COIN: u64 = 1_000_000;

/// What the pool says of a script that fails.
pub const FAILED_SCRIPT: &str = "mempool-script-verify-flag-failed";

/// A node, and a bond in its newest block.
pub struct Stake {
	/// The node.
	pub net: Net,
	/// The covenant.
	pub covenant: Committee,
	/// The staker.
	pub staker: Signer,
	/// The terms.
	pub terms: BondTerms,
	/// The coin.
	pub bond: FundedBond,
	/// Coins of [`payer`].
	pub fees: Vec<FeeCoin>,
}

/// Somebody who pays fees.
pub fn payer() -> Signer {
	Signer::new(8_000)
}

/// The rules, by which a tenth is slashed.
pub fn rules() -> BondRules {
	BondRules { unbonding_time: UNBONDING_TIME, ..BondRules::default() }
}

impl Stake {
	/// A bond under a covenant of so many.
	pub fn open(covenant: u16) -> Self {
		Self::open_with(covenant, rules())
	}

	/// The same by other rules.
	pub fn open_with(covenant: u16, rules: BondRules) -> Self {
		let covenant = Committee::new(covenant, 1);
		let staker = Signer::new(9_000);
		let terms = BondTerms {
			chain: ChainId([6; 32]),
			owner: [7; 32],
			staker: staker.key(),
			covenant: covenant.multisig.clone(),
			timelock: TIMELOCK,
			rules,
		};
		let net = Net::start();
		let wallet = Key::new(1);
		let funds = net.fund(&wallet);
		let output = |value, script: TaprootScript| TxOut {
			value: Amount::from_sat(value),
			script_pubkey: script.into(),
		};
		let own = TaprootScript(payer().key());
		let outputs = vec![
			wallet.output(50 * COIN - VALUE - 2 * FEE_COIN - 100_000),
			output(VALUE, bond_output::<Native>(&terms).unwrap().script_pubkey()),
			output(FEE_COIN, own),
			output(FEE_COIN, own),
		];
		let funding = wallet.spend(&[funds], outputs, Sequence::MAX);
		let unsigned = without_witnesses(&funding);
		let bond = check_funding::<Native>(&unsigned, 1, &terms, Sats(VALUE)).unwrap();
		net.send(&funding);
		net.mine(1, &wallet.address);

		let fees = (2..4).map(|vout| FeeCoin {
			outpoint: OutPoint { txid: bond.outpoint.txid, vout },
			value: Sats(FEE_COIN),
			script_pubkey: own,
		});
		Self { net, covenant, staker, terms, bond, fees: fees.collect() }
	}

	/// The unbonding transaction.
	pub fn unbonding(&self) -> CovenantSpend {
		unbonding_transaction::<Native>(&self.terms, &self.bond).unwrap()
	}

	/// A slashing transaction.
	pub fn slashing(&self, which: Slashable) -> CovenantSpend {
		slashing_transaction::<Native>(which, &self.terms, &self.bond).unwrap()
	}

	/// A transaction signed by the staker and these members.
	pub fn signed_by(&self, spend: &CovenantSpend, members: &[usize]) -> Transaction {
		let staker = self.staker.sign(spend.sighash);
		let signatures = self.covenant.sign(members, spend.sighash);
		spend.clone().complete(&self.covenant.multisig, &staker, &signatures).unwrap()
	}

	/// A transaction signed by the staker and as many members as must sign.
	pub fn signed(&self, spend: &CovenantSpend) -> Transaction {
		self.signed_by(spend, &self.covenant.quorum())
	}

	/// Mines the unbonding transaction.
	pub fn unbond(&self) {
		self.mine(&self.signed(&self.unbonding()));
	}

	/// The staker's transaction that takes a coin, signed by `signer`.
	pub fn take(&self, from: BondOutput, coin: &FundedBond, signer: &Signer) -> Transaction {
		let to = PayoutScript::P2wpkh([8; 20]);
		let rate = FeeRate(2_000);
		let unsigned = withdrawal_transaction::<Native>(
			from,
			&self.terms,
			coin.outpoint,
			coin.value,
			to,
			rate,
		);
		let unsigned = unsigned.unwrap();
		let signature = signer.sign(unsigned.sighash);
		unsigned.complete(&signature)
	}

	/// Takes a coin of the newest block after exactly `delay` blocks.
	pub fn take_after(&self, delay: u16, from: BondOutput, coin: &FundedBond) {
		let transaction = self.take(from, coin, &self.staker);
		// The block `delay` above may hold it, so it may wait for that block once the one below is there.
		for _ in 0..delay - 1 {
			let (pool, block) = self.refused(&transaction);
			assert_eq!(pool, "non-BIP68-final");
			assert!(block.contains("bad-txns-nonfinal"), "{block}");
			self.net.mine(1, &Key::new(1).address);
		}
		self.mine(&transaction);
	}

	/// Why neither the memory pool nor a block takes a transaction: the reasons of both.
	pub fn refused(&self, transaction: &Transaction) -> (String, String) {
		let (_, pool) = self.net.refuse(transaction);
		let address = json!(Key::new(1).address);
		let (_, block) = self.net.fail("generateblock", &[address, json!([raw(transaction)])]);
		(pool, block)
	}

	/// Both the memory pool and a block refuse the transaction because a script fails.
	pub fn assert_unspendable(&self, transaction: &Transaction) {
		let (pool, block) = self.refused(transaction);
		assert!(pool.starts_with(FAILED_SCRIPT), "{pool}");
		assert!(block.starts_with("TestBlockValidity failed: "), "{block}");
		assert!(block.contains("script"), "{block}");
	}

	/// The coin is not there any more.
	pub fn assert_spent(&self, transaction: &Transaction) {
		let (pool, _) = self.refused(transaction);
		assert_eq!(pool, "bad-txns-inputs-missingorspent");
	}

	/// What the memory pool thinks of a transaction.
	pub fn verdict(&self, transaction: &Transaction) -> Value {
		self.net.call("testmempoolaccept", &[json!([raw(transaction)])])[0].clone()
	}

	/// Sends a transaction, which the pool must take, and mines a block, which must hold it.
	pub fn mine(&self, transaction: &Transaction) {
		let txid = self.net.send(transaction);
		let hash = self.net.mine(1, &Key::new(1).address)[0];
		let mined = self.net.block(hash).txdata.iter().any(|mined| mined.compute_txid() == txid);
		assert!(mined, "it is not in the block");
	}
}

/// A transaction with the witness of the covenant's leaf, whatever the covenant signed.
pub fn with_stack(
	spend: &CovenantSpend,
	covenant: &[Option<Signature>],
	staker: Option<Signature>,
) -> Transaction {
	let bytes = |signature: &Option<Signature>| signature.map_or(vec![], |s| s.0.to_vec());
	let mut witness = covenant.iter().rev().map(bytes).collect::<Vec<_>>();
	witness.push(bytes(&staker));
	witness.extend([spend.leaf.script.clone(), spend.leaf.control_block.clone()]);
	entangled_bitcoin::custody::assemble(spend.transaction.clone(), &[witness]).unwrap()
}

/// The output at `vout` as a coin.
pub fn coin(transaction: &Transaction, vout: u32) -> FundedBond {
	let outpoint = OutPoint { txid: transaction.compute_txid().into(), vout };
	let value = Sats(transaction.output[vout as usize].value.to_sat());
	FundedBond { outpoint, value }
}
