//! What a committee holds on a chain, and the transactions that spend it.

use bitcoin::{Amount, Sequence, Transaction, TxOut};
use entangled_bitcoin::{
	custody::{self, input_weight, Coin, FeeFloor, Limits, Request, Selection, Terms},
	script::{custody_output, deposit_output, fixed_commitment},
	AnchorPayload, ChainId, Destination, FeeRate, Native, OutPoint, PayoutScript, Refund, Sats,
	Sighashes, SpentOutput, TaprootOutput, Txid,
};
use serde_json::{json, Value};

use crate::{
	committee::{Committee, Signer},
	kit::{raw, Key, Net, COIN},
};

/// Blocks after which the depositors could take their coins back.
pub const REFUND_DELAY: u16 = 20;
/// What custody holds by its change output.
pub const CHANGE: u64 = COIN;
/// What each deposit holds.
pub const DEPOSIT: u64 = COIN / 10;

/// A node, a committee, and what the committee holds there: its change first, then deposits.
pub struct Vault {
	/// The node.
	pub net: Net,
	/// The committee.
	pub committee: Committee,
	/// The coins.
	pub coins: Vec<Coin>,
	/// The output of each coin, by which it is spent.
	pub outputs: Vec<TaprootOutput>,
}

/// A way back for the depositor with this number.
pub fn refund(depositor: &Signer) -> Refund {
	Refund { key: depositor.key(), delay: REFUND_DELAY }
}

/// The chain of all deposits.
pub const CHAIN: ChainId = ChainId([6; 32]);
/// The destination of those with a way back.
pub const DESTINATION: Destination = Destination::Account([7; 32]);

impl Vault {
	/// Funds a committee with its change, so many deposits to addresses with a way back, and one to
	/// the fixed address.
	pub fn open(committee: Committee, deposits: u16) -> Self {
		let multisig = &committee.multisig;
		let own = |number| {
			let refund = refund(&Signer::new(9_000 + number));
			let commitment = DESTINATION.commitment::<Native>(CHAIN);
			deposit_output::<Native>(multisig, &commitment, Some(&refund)).unwrap()
		};
		let fixed = deposit_output::<Native>(multisig, &fixed_commitment::<Native>(CHAIN), None);
		let mut outputs = vec![custody_output::<Native>(multisig).unwrap()];
		outputs.extend((0..deposits).map(own));
		outputs.push(fixed.unwrap());

		let net = Net::start();
		let payer = Key::new(1);
		let funds = net.fund(&payer);
		let value = |index| if index == 0 { CHANGE } else { DEPOSIT };
		let mut paid: Vec<TxOut> = outputs
			.iter()
			.enumerate()
			.map(|(index, output)| TxOut {
				value: Amount::from_sat(value(index)),
				script_pubkey: output.script_pubkey().into(),
			})
			.collect();
		let spent: u64 = paid.iter().map(|output| output.value.to_sat()).sum();
		paid.push(payer.output(50 * COIN - spent - 100_000));
		let transaction = payer.spend(&[funds], paid, Sequence::MAX);
		let txid = Txid::from(net.send(&transaction));
		net.mine(1, &payer.address);

		let coins = outputs.iter().enumerate().map(|(index, output)| {
			let leaf = &output.leaves[0];
			Coin {
				outpoint: OutPoint { txid, vout: index as u32 },
				value: Sats(value(index)),
				script_pubkey: output.script_pubkey(),
				input_weight: input_weight(multisig, leaf.script.len(), leaf.control_block.len()),
				main: index == 0,
			}
		});
		let coins = coins.collect();
		Self { net, committee, coins, outputs }
	}

	/// A transaction that spends all coins and pays these withdrawals.
	pub fn draft(&self, requests: &[Request], rate: FeeRate, min_fee: FeeFloor) -> Draft<'_> {
		let selection = custody::select(&Terms {
			coins: self.coins.clone(),
			requests: requests.to_vec(),
			rate,
			min_fee,
			reserve: Sats(DEPOSIT),
			outflow_left: Sats::MAX_MONEY,
			limits: Limits::default(),
		})
		.unwrap();
		assert_eq!(selection.skipped, vec![]);
		let anchor = AnchorPayload { epoch: 3, state_root: [4; 32], proof_hash: [5; 32] };
		let change = self.outputs[0].script_pubkey();
		let transaction = custody::build(&selection, &self.coins, change, &anchor);
		let spent: Vec<SpentOutput> = self
			.coins
			.iter()
			.map(|coin| SpentOutput { value: coin.value, script_pubkey: coin.script_pubkey.into() })
			.collect();
		let sighashes = Sighashes::new::<Native>(&transaction, &spent).unwrap();
		Draft { vault: self, selection, transaction, sighashes }
	}

	/// Why neither the memory pool nor a block takes a transaction: the reasons of both.
	pub fn refused(&self, transaction: &Transaction) -> (String, String) {
		let (_, pool) = self.net.refuse(transaction);
		let address = json!(Key::new(1).address);
		let (_, block) = self.net.fail("generateblock", &[address, json!([raw(transaction)])]);
		(pool, block)
	}

	/// What the memory pool thinks of a transaction.
	pub fn verdict(&self, transaction: &Transaction) -> Value {
		self.net.call("testmempoolaccept", &[json!([raw(transaction)])])[0].clone()
	}

	/// Mines a block, which must hold the transaction.
	pub fn mine(&self, transaction: &Transaction) {
		let hash = self.net.mine(1, &Key::new(1).address)[0];
		// By its id: signed twice, it has two witnesses.
		let txid = transaction.compute_txid();
		let mined = self.net.block(hash).txdata.iter().any(|mined| mined.compute_txid() == txid);
		assert!(mined, "it is not in the block");
	}
}

/// A transaction that waits for signatures.
pub struct Draft<'a> {
	vault: &'a Vault,
	/// What is paid, and by whom.
	pub selection: Selection,
	/// The transaction without its witnesses.
	pub transaction: Transaction,
	sighashes: Sighashes,
}

impl Draft<'_> {
	/// What is signed for an input.
	pub fn sighash(&self, input: usize) -> [u8; 32] {
		let leaf = &self.vault.outputs[input].leaves[0];
		self.sighashes.script_path::<Native>(input, &leaf.hash).unwrap()
	}

	/// The transaction with what satisfies each input's script: one stack an input.
	pub fn with_stacks(&self, stacks: impl Fn(usize) -> Vec<Vec<u8>>) -> Transaction {
		let witness = |(input, output): (usize, &TaprootOutput)| {
			let leaf = &output.leaves[0];
			let mut witness = stacks(input);
			witness.extend([leaf.script.clone(), leaf.control_block.clone()]);
			witness
		};
		let witnesses: Vec<_> = self.vault.outputs.iter().enumerate().map(witness).collect();
		custody::assemble(self.transaction.clone(), &witnesses).unwrap()
	}

	/// The transaction signed by these members.
	pub fn signed_by(&self, members: &[usize]) -> Transaction {
		let committee = &self.vault.committee;
		self.with_stacks(|input| {
			let signatures = committee.sign(members, self.sighash(input));
			committee.multisig.witness(&signatures).unwrap()
		})
	}

	/// The transaction signed by as many members as must sign.
	pub fn signed(&self) -> Transaction {
		self.signed_by(&self.vault.committee.quorum())
	}
}

/// A withdrawal of each kind of address, to keys of this committee where it takes a key.
pub fn requests(committee: &Committee) -> Vec<Request> {
	let scripts = [
		PayoutScript::P2pkh([1; 20]),
		PayoutScript::P2sh([2; 20]),
		PayoutScript::P2wpkh([3; 20]),
		PayoutScript::P2wsh([4; 32]),
		PayoutScript::P2tr(committee.members[0].key()),
	];
	(0..)
		.zip(scripts)
		.map(|(id, script)| Request {
			id,
			script,
			amount: Sats(100_000 + id),
			max_fee: Sats(1_000_000),
		})
		.collect()
}
