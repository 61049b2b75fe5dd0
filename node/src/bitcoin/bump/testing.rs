// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! A regtest node, somebody with transactions to pay for, and a fee key with coins.

use crate::bitcoin::{
	answers,
	bump::{purse::SCAN_TIMEOUT, BumpError, Bumped, Bumper, FeeKey},
	endpoint::Credentials,
	rpc::{BitcoinRpc, CoreRpc, CALL_TIMEOUT},
	Nodes,
};
use bitcoin::{
	absolute::LockTime, consensus::encode::serialize_hex, secp256k1::SecretKey,
	transaction::Version, Amount, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
};
use entangled_bitcoin::{
	bond::{anchor_script, fee_child, FeeCoin, ANCHOR_VALUE},
	FeeRate, Native, OutPoint, PayoutScript, Sats, Sighashes, SpentOutput,
};
use entangled_devnet::bitcoin::{Config, Handle, Regtest};
use serde_json::{json, Value};
use std::{
	future::Future,
	sync::{Arc, LazyLock},
	time::Duration,
};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

pub fn block_on<F: Future>(future: F) -> F::Output {
	RUNTIME.block_on(future)
}

/// A key with this number.
pub fn key(number: u8) -> FeeKey {
	FeeKey::new(&SecretKey::from_slice(&[number; 32]).unwrap())
}

/// An output of a key.
pub fn output(key: &FeeKey, sats: u64) -> TxOut {
	TxOut { value: Amount::from_sat(sats), script_pubkey: key.script().into() }
}

/// The output at `vout` as a coin of a key.
pub fn coin(key: &FeeKey, transaction: &Transaction, vout: u32) -> FeeCoin {
	FeeCoin {
		outpoint: OutPoint { txid: transaction.compute_txid().into(), vout },
		value: Sats(transaction.output[vout as usize].value.to_sat()),
		script_pubkey: key.script(),
	}
}

/// Spends a coin of a key.
pub fn spend(key: &FeeKey, coin: FeeCoin, version: i32, output: Vec<TxOut>) -> Transaction {
	let input = TxIn {
		previous_output: coin.outpoint.into(),
		sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
		..TxIn::default()
	};
	let mut transaction = Transaction {
		version: Version(version),
		lock_time: LockTime::ZERO,
		input: vec![input],
		output,
	};
	let spent = [SpentOutput { value: coin.value, script_pubkey: coin.script_pubkey.into() }];
	let hash = Sighashes::new::<Native>(&transaction, &spent).unwrap().key_path::<Native>(0);
	let signature = key.sign(&hash.unwrap()).unwrap();
	transaction.input[0].witness = Witness::from_slice(&[signature.0]);
	transaction
}

/// The node, and who is there.
pub struct Scene {
	/// Whose transactions are paid for.
	pub staker: FeeKey,
	/// A coin of the staker for each transaction.
	stakes: Vec<FeeCoin>,
	pub rpc: Arc<CoreRpc>,
	pub bumper: Bumper,
	handle: Handle,
}

/// What a transaction pays that was signed in advance: hardly more than 1 sat/vB.
pub const PARENT_FEE: Sats = Sats(130);

impl Scene {
	/// A node whose pool asks for 10 sat/vB, and a fee key with coins of these values, which pays at
	/// most 100 sat/vB.
	pub fn new(values: &[u64]) -> Self {
		Self::with_ceiling(values, 100)
	}

	pub fn with_ceiling(values: &[u64], sat_vb: u64) -> Self {
		let handle = Regtest::start(Config::default()).unwrap();
		let rpc = Arc::new(connect(&handle, CALL_TIMEOUT));
		let staker = key(2);
		let bumper = bumper(&handle, sat_vb);
		let mut scene = Self { staker, stakes: vec![], rpc, bumper, handle };
		scene.fund(values);
		scene.ask_for(10);
		scene
	}

	/// Gives the fee key coins of these values.
	fn fund(&mut self, values: &[u64]) {
		let hash = self.mine_to(&self.staker, 1);
		self.mine_to(&key(9), 100);
		let block = self.call("getblock", &[json!(hash), json!(2)]);
		let reward = FeeCoin {
			outpoint: OutPoint {
				txid: block["tx"][0]["txid"].as_str().unwrap().parse().unwrap(),
				vout: 0,
			},
			value: Sats(5_000_000_000),
			script_pubkey: self.staker.script(),
		};
		let stakes = (0..3).map(|_| output(&self.staker, 2_000_000));
		let coins = values.iter().map(|sats| output(&key(1), *sats));
		let funding = spend(&self.staker, reward, 2, stakes.chain(coins).collect());
		self.stakes = (0..3).map(|vout| coin(&self.staker, &funding, vout)).collect();
		self.call("sendrawtransaction", &[json!(serialize_hex(&funding)), json!(0)]);
		self.mine();
	}

	/// Pays a coin of the staker to a script, for hardly more than 1 sat/vB, and mines that.
	pub fn pay(&mut self, script: ScriptBuf, sats: u64) -> Transaction {
		let stake = self.stakes.pop().unwrap();
		let rest = stake.value.0 - sats - 200;
		let paid = TxOut { value: Amount::from_sat(sats), script_pubkey: script };
		let payment = spend(&self.staker, stake, 2, vec![paid, output(&self.staker, rest)]);
		self.mine_only(&payment);
		payment
	}

	/// A transaction of version 3 with an anchor, which pays [`PARENT_FEE`].
	pub fn parent(&mut self) -> Transaction {
		let stake = self.stakes.pop().unwrap();
		let anchor =
			TxOut { value: Amount::from_sat(ANCHOR_VALUE.0), script_pubkey: anchor_script() };
		let left = stake.value.0 - ANCHOR_VALUE.0 - PARENT_FEE.0;
		spend(&self.staker, stake, 3, vec![output(&self.staker, left), anchor])
	}

	/// Somebody else's rival of a parent, which pays another fee and has an anchor as well.
	pub fn rival(&self, parent: &Transaction, fee: u64) -> Transaction {
		let stake = FeeCoin {
			outpoint: parent.input[0].previous_output.into(),
			value: Sats(2_000_000),
			script_pubkey: self.staker.script(),
		};
		let anchor = parent.output[1].clone();
		let left = stake.value.0 - ANCHOR_VALUE.0 - fee;
		spend(&self.staker, stake, 3, vec![output(&self.staker, left), anchor])
	}

	/// Somebody else, who has a coin, sends a transaction that pays `fee` with a child at this rate, in
	/// sat/vB.
	pub fn send_with_child(&mut self, parent: &Transaction, fee: Sats, sat_vb: u64) {
		let stranger = key(5);
		let gift = self.pay(stranger.script().into(), 900_000);
		let change = PayoutScript::P2tr(stranger.script().0);
		let coins = [coin(&stranger, &gift, 0)];
		let child = fee_child::<Native>(parent, fee, &coins, change, Self::rate(sat_vb)).unwrap();
		let signature = stranger.sign(&child.sighashes[0]).unwrap();
		let child = child.complete(&[signature]).unwrap();
		let package = json!([serialize_hex(parent), serialize_hex(&child)]);
		assert_eq!(self.call("submitpackage", &[package])["package_msg"], "success");
	}

	pub fn bump(&mut self, parent: &Transaction) -> Result<Bumped, BumpError> {
		let rpc = self.rpc.clone();
		block_on(async {
			let wanted = answers::fee_rate(&*rpc).await;
			self.bumper.bump(parent, PARENT_FEE, wanted, false).await
		})
	}

	/// Bumps, and a child must be sent: its id and what the pool says of it.
	pub fn child(&mut self, parent: &Transaction) -> (String, Value) {
		match self.bump(parent).unwrap() {
			Bumped::Sent { child, fee, rate } => {
				let entry = self.call("getmempoolentry", &[json!(child)]);
				let sats = |value: &Value| (value.as_f64().unwrap() * 1e8).round() as u64;
				assert_eq!(sats(&entry["fees"]["base"]), fee.0);
				let paid = sats(&entry["fees"]["ancestor"]) * 1_000;
				let vbytes = entry["ancestorsize"].as_u64().unwrap();
				// What is promised is paid, and hardly more.
				assert!((rate.0..rate.0 + 20).contains(&(paid / vbytes)), "{rate:?} {entry}");
				(child.to_string(), entry)
			},
			other => panic!("{other:?}"),
		}
	}

	/// The node, for a task.
	pub fn nodes(&self) -> Arc<Nodes> {
		Arc::new(Nodes::new(vec![Box::new(connect(&self.handle, CALL_TIMEOUT))]))
	}

	/// One who pays, at most so much, in sat/vB.
	pub fn payer(&self, sat_vb: u64) -> Bumper {
		bumper(&self.handle, sat_vb)
	}

	/// The node forgets all but the chain and the pool.
	pub fn restart(&mut self, sat_vb: u64) {
		self.bumper = bumper(&self.handle, sat_vb);
	}

	/// What the pool asks for, in sat/vB.
	pub fn ask_for(&self, sat_vb: u64) {
		self.call("setmempoolminfee", &[json!(sat_vb as f64 / 1e5)]);
	}

	/// What the node estimates, in sat/vB.
	pub fn estimate(&self, sat_vb: u64) {
		self.call("setfeerate", &[json!(sat_vb as f64 / 1e5)]);
	}

	/// The rate that so many sat/vB are.
	pub fn rate(sat_vb: u64) -> FeeRate {
		FeeRate(sat_vb * 1_000)
	}

	pub fn call(&self, method: &'static str, params: &[Value]) -> Value {
		block_on(self.rpc.call(method, params)).unwrap()
	}

	pub fn send(&self, transaction: &Transaction) {
		self.call("sendrawtransaction", &[json!(serialize_hex(transaction))]);
	}

	/// How many transactions wait.
	pub fn waiting(&self) -> usize {
		self.call("getrawmempool", &[]).as_array().unwrap().len()
	}

	pub fn height(&self) -> u32 {
		self.call("getblockcount", &[]).as_u64().unwrap() as u32
	}

	/// A block with what waits.
	pub fn mine(&self) {
		self.mine_to(&key(9), 1);
		assert_eq!(self.waiting(), 0);
	}

	/// A block without what waits.
	pub fn mine_nothing(&self) {
		let output = json!(key(9).address(entangled_bitcoin::Network::Regtest));
		self.call("generateblock", &[output, json!([])]);
	}

	/// A block with this transaction, whatever the pool thinks of it.
	pub fn mine_only(&self, transaction: &Transaction) {
		let output = json!(key(9).address(entangled_bitcoin::Network::Regtest));
		self.call("generateblock", &[output, json!([serialize_hex(transaction)])]);
	}

	fn mine_to(&self, key: &FeeKey, count: u32) -> Value {
		let address = json!(key.address(entangled_bitcoin::Network::Regtest));
		self.call("generatetoaddress", &[json!(count), address])[0].clone()
	}
}

fn connect(handle: &Handle, timeout: Duration) -> CoreRpc {
	let credentials = Credentials::Cookie(handle.cookie_file().into());
	CoreRpc::new(handle.url().parse().unwrap(), credentials, timeout)
}

fn bumper(handle: &Handle, sat_vb: u64) -> Bumper {
	let nodes = |timeout| Arc::new(Nodes::new(vec![Box::new(connect(handle, timeout))]));
	Bumper::new(nodes(CALL_TIMEOUT), nodes(SCAN_TIMEOUT), key(1), Scene::rate(sat_vb))
}
