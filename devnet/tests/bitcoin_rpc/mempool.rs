//! Transactions: acceptance, refusal, replacement, mining.

use bitcoin::{absolute::LockTime, Amount, ScriptBuf, Sequence, Transaction, TxOut};
use serde_json::{json, Value};

use crate::kit::{coin, raw, Coin, Key, Net, COIN};

const FINAL: Sequence = Sequence::MAX;

#[test]
fn a_matured_coinbase_is_spent_and_mined() {
	for key in [Key::new(1), Key::taproot(2)] {
		let net = Net::start();
		let funds = net.fund(&key);
		let sweep = key.sweep(&[funds.clone()], 20_000);
		let test = net.client.test_mempool_accept(&[sweep.clone()]).unwrap().into_model().unwrap();
		assert!(test.results[0].allowed);
		let txid = net.send(&sweep);
		assert_eq!(net.send(&sweep), txid, "sending again changes nothing");
		let entry = net.client.get_mempool_entry(txid).unwrap().into_model().unwrap().0;
		assert_eq!(entry.fees.base, Amount::from_sat(20_000));
		let unconfirmed = net.client.get_tx_out(txid, 0).unwrap();
		assert_eq!(
			(unconfirmed.confirmations, unconfirmed.value),
			(0, (50 * COIN - 20_000) as f64 / COIN as f64)
		);
		assert!(net.call("gettxout", &[json!(funds.0.txid), json!(0)]).is_null());

		let hash = net.mine(1, &key.address)[0];
		let block = net.block(hash);
		assert_eq!(block.txdata[1], sweep);
		assert_eq!(
			block.txdata[0].output[0].value.to_sat(),
			50 * COIN + 20_000,
			"the fee is collected"
		);
		assert!(net.pool().is_empty());
		assert_eq!(net.client.get_raw_transaction(txid).unwrap().transaction().unwrap(), sweep);
		let verbose = net.call("getrawtransaction", &[json!(txid), json!(2)]);
		assert_eq!(verbose["fee"], 0.0002);
		assert_eq!(verbose["vin"][0]["prevout"]["generated"], true);
		assert_eq!(verbose["confirmations"], 1);
		let again = (-27, "Transaction outputs already in utxo set".to_owned());
		assert_eq!(net.refuse(&sweep), again);
		let decoded = net.client.decode_raw_transaction(&sweep).unwrap().into_model().unwrap();
		assert_eq!(decoded.0.compute_txid(), txid);
	}
}

#[test]
fn a_wrong_signature_is_refused() {
	for key in [Key::new(1), Key::taproot(2)] {
		let net = Net::start();
		let funds = net.fund(&key);
		let mut sweep = key.sweep(&[funds], 1_000);
		sweep.output[0].value -= Amount::ONE_SAT;
		let (code, message) = net.refuse(&sweep);
		assert_eq!(code, -26);
		assert!(message.starts_with("mempool-script-verify-flag-failed ("), "{message}");
		assert!(net.pool().is_empty());
	}
}

#[test]
fn a_coinbase_matures_after_100_blocks() {
	let net = Net::start();
	let key = Key::new(1);
	let hash = net.mine(99, &key.address)[0];
	let sweep = key.sweep(&[net.reward(hash)], 1_000);
	let detail = "bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth 99";
	assert_eq!(net.refuse(&sweep), (-26, detail.into()));
	net.mine(1, &key.address);
	net.send(&sweep);
}

#[test]
fn spent_and_unknown_coins_are_missing() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	net.send(&key.sweep(&[funds.clone()], 1_000));
	net.mine(1, &key.address);
	let again = key.sweep(&[funds], 2_000);
	assert_eq!(net.refuse(&again), (-25, "bad-txns-inputs-missingorspent".into()));
	let test = net.call("testmempoolaccept", &[json!([raw(&again)])]);
	assert_eq!(test[0]["reject-reason"], "missing-inputs");
	assert_eq!(test[0]["allowed"], false);
}

#[test]
fn a_replacement_must_pay_for_itself() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	// Signals nothing: any transaction can be replaced.
	let first = key.spend(&[funds.clone()], vec![key.output(50 * COIN - 10_000)], FINAL);
	let child = key.sweep(&[coin(&first, 0)], 5_000);
	net.send(&first);
	net.send(&child);

	let (code, message) = net.refuse(&key.sweep(&[funds.clone()], 14_999));
	assert_eq!(code, -26);
	assert!(message.starts_with("insufficient fee, rejecting replacement"), "{message}");
	assert!(message.ends_with("less fees than conflicting txs; 0.00014999 < 0.00015"), "{message}");
	let (_, message) = net.refuse(&key.sweep(&[funds.clone()], 15_001));
	assert!(message.contains("not enough additional fees to relay"), "{message}");

	let better = key.sweep(&[funds], 20_000);
	let txid = net.send(&better);
	assert_eq!(net.pool(), vec![txid.to_string()], "the child went with its parent");
	assert_eq!(net.refuse(&child), (-25, "bad-txns-inputs-missingorspent".into()));
	let hash = net.mine(1, &key.address)[0];
	assert_eq!(net.block(hash).txdata[1], better);
}

#[test]
fn a_larger_transaction_at_a_lower_rate_replaces_nothing() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	net.send(&key.sweep(&[funds.clone()], 10_000));
	let each = (50 * COIN - 12_000) / 100;
	let wide = key.spend(&[funds], vec![key.output(each); 100], FINAL);
	let reason = "replacement-failed, insufficient feerate: does not improve feerate diagram";
	assert_eq!(net.refuse(&wide), (-26, reason.into()));
}

#[test]
fn a_mined_conflict_clears_the_pool() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	let waiting = key.sweep(&[funds.clone()], 1_000);
	net.send(&waiting);
	net.send(&key.sweep(&[coin(&waiting, 0)], 1_000));
	let rival = key.sweep(&[funds], 500);
	net.call("generateblock", &[json!(key.address), json!([raw(&rival)])]);
	assert!(net.pool().is_empty());
}

#[test]
fn a_child_pays_for_its_parent() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	let parent = key.sweep(&[funds], 20);
	let child = key.sweep(&[coin(&parent, 0)], 30_000);
	let test = net.call("testmempoolaccept", &[json!([raw(&parent), raw(&child)])]);
	assert_eq!((&test[0]["allowed"], &test[1]["allowed"]), (&json!(true), &json!(true)));
	let backwards = net.call("testmempoolaccept", &[json!([raw(&child), raw(&parent)])]);
	assert_eq!(backwards[0]["package-error"], "package-not-sorted");
	net.send(&parent);
	net.send(&child);
	let entries = net.call("getrawmempool", &[json!(true)]);
	let entry = &entries[parent.compute_txid().to_string()];
	assert_eq!((&entry["descendantcount"], &entry["ancestorcount"]), (&json!(2), &json!(1)));
	assert_eq!(entry["fees"]["chunk"], 0.0003002);
	assert_eq!(entry["spentby"], json!([child.compute_txid()]));
	net.client.get_raw_mempool_verbose().unwrap().into_model().unwrap();
	let hash = net.mine(1, &key.address)[0];
	assert_eq!(net.block(hash).txdata[1..], [parent, child]);
}

#[test]
fn locks_hold_until_their_block() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	let height = net.height() as u32;
	let mut locked = key.sweep(&[funds.clone()], 1_000);
	locked.lock_time = LockTime::from_height(height + 1).unwrap();
	let locked = key.sign(locked, &[funds.clone()]);
	assert_eq!(net.refuse(&locked), (-26, "non-final".into()));
	net.mine(1, &key.address);

	net.send(&locked);
	net.mine(1, &key.address);
	let output = vec![key.output(COIN)];
	let relative = key.spend(&[coin(&locked, 0)], output, Sequence::from_height(3));
	let test = |transaction: &Transaction| {
		net.call("testmempoolaccept", &[json!([raw(transaction)]), json!(0)])
	};
	assert_eq!(test(&relative)[0]["reject-reason"], "non-BIP68-final");
	net.mine(2, &key.address);
	assert_eq!(test(&relative)[0]["allowed"], true);
	assert_eq!(test(&relative)[0]["fees"]["base"], json!(48.99999));
	let too_much = net.call("testmempoolaccept", &[json!([raw(&relative)])]);
	assert_eq!(too_much[0]["reject-reason"], "max-fee-exceeded");
	let (code, message) = net.refuse(&relative);
	assert_eq!(code, -25);
	assert!(message.starts_with("Fee exceeds maximum"), "{message}");
}

#[test]
fn policy_is_bitcoin_cores() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	let change = |satoshis| key.output(50 * COIN - satoshis);
	let spend = |output| key.spend(&[funds.clone()], output, FINAL);
	let data = |bytes: usize| {
		let push = bitcoin::script::PushBytesBuf::try_from(vec![7; bytes]).unwrap();
		TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return(push) }
	};
	let odd =
		TxOut { value: Amount::from_sat(COIN), script_pubkey: ScriptBuf::from_bytes(vec![0x51]) };
	for (transaction, reason) in [
		(spend(vec![change(5)]), "min relay fee not met, 5 < 11"),
		(spend(vec![change(10_000), key.output(293)]), "dust, tx with dust output must be 0-fee"),
		(spend(vec![change(10_000), key.output(1), key.output(1)]), "dust"),
		(spend(vec![change(2 * COIN), odd]), "scriptpubkey"),
		(
			spend(vec![change(0), key.output(1)]),
			"bad-txns-in-belowout, value in (50.00) < value out (50.00000001)",
		),
	] {
		assert_eq!(net.refuse(&transaction), (-26, reason.into()));
	}
	let burn = spend(vec![TxOut { value: Amount::ONE_SAT, ..data(8) }, change(10_000)]);
	assert_eq!(net.refuse(&burn).0, -25);

	let mut version = spend(vec![change(1_000)]);
	version.version = bitcoin::transaction::Version(4);
	assert_eq!(net.refuse(&key.sign(version, &[funds.clone()])), (-26, "version".into()));
	let mut extra = spend(vec![change(1_000)]);
	extra.input[0].witness.push([0; 100]);
	assert_eq!(net.refuse(&extra).0, -26);

	let anchored = spend(vec![change(10_000), data(80), data(2_000)]);
	net.send(&anchored);
	net.mine(1, &key.address);
}

#[test]
fn fee_weather_can_be_made() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	let none = net.client.estimate_smart_fee(6).unwrap();
	assert_eq!(none.fee_rate, None);
	assert_eq!(none.errors.unwrap(), ["Insufficient data or no feerate found"]);
	net.call("setfeerate", &[json!(0.0005)]);
	assert_eq!(net.client.estimate_smart_fee(6).unwrap().fee_rate, Some(0.0005));

	net.call("setmempoolminfee", &[json!(0.001)]);
	let info = net.client.get_mempool_info().unwrap().into_model().unwrap();
	assert_eq!(info.mempool_min_fee.unwrap().to_sat_per_kwu(), 25_000);
	assert_eq!(
		net.client.estimate_smart_fee(6).unwrap().fee_rate,
		Some(0.001),
		"never below the pool's minimum"
	);
	let sweep = key.sweep(&[funds.clone()], 10_000);
	assert_eq!(net.refuse(&sweep), (-26, "mempool min fee not met, 10000 < 11000".into()));
	net.send(&key.sweep(&[funds], 11_000));
	net.call("setmempoolminfee", &[json!(0)]);
	net.call("setfeerate", &[]);
	assert!(net.client.estimate_smart_fee(6).unwrap().errors.is_some());
	assert_eq!(net.fail("estimatesmartfee", &[json!(0)]).0, -8);
}

/// A parent goes with the child that paid for it, and stays where a child pays enough.
#[test]
fn a_rising_minimum_throws_out_what_pays_less() {
	let net = Net::start();
	let keys = [1, 2, 3].map(Key::new);
	let funds = keys.each_ref().map(|key| net.fund(key));
	let alone = keys[0].sweep(&[funds[0].clone()], 2_000);
	let pulled = keys[1].sweep(&[funds[1].clone()], 500);
	let child = keys[1].sweep(&[coin(&pulled, 0)], 10_000);
	let rich = keys[2].sweep(&[funds[2].clone()], 10_000);
	let poor = keys[2].sweep(&[coin(&rich, 0)], 500);
	let ids = |transactions: &[&bitcoin::Transaction]| {
		transactions.iter().map(|tx| tx.compute_txid().to_string()).collect::<Vec<_>>()
	};
	for transaction in [&alone, &pulled, &child, &rich, &poor] {
		net.send(transaction);
	}
	for (sat_vb, left) in [
		(4.0, vec![&alone, &pulled, &child, &rich, &poor]),
		(10.0, vec![&alone, &pulled, &child, &rich]),
		(30.0, vec![&pulled, &child, &rich]),
		(60.0, vec![&rich]),
	] {
		net.call("setmempoolminfee", &[json!(sat_vb / 1e5)]);
		assert_eq!(net.pool(), ids(&left), "{sat_vb}");
	}
	assert_eq!(net.refuse(&pulled).0, -26);
	net.call("setmempoolminfee", &[json!(0)]);
	net.send(&pulled);
}

#[test]
fn blocks_full_of_what_pays_better_leave_the_rest_out() {
	let net = Net::start();
	let keys = [1, 2].map(Key::new);
	let funds = keys.each_ref().map(|key| net.fund(key));
	let cheap = keys[0].sweep(&[funds[0].clone()], 1_000);
	let rich = keys[1].sweep(&[funds[1].clone()], 10_000);
	net.send(&cheap);
	net.send(&rich);
	net.call("setblockminfee", &[json!(0.0002)]);
	let hash = net.mine(1, &keys[0].address)[0];
	assert_eq!(net.block(hash).txdata[1..], [rich]);
	// A child pulls it in.
	let child = keys[0].sweep(&[coin(&cheap, 0)], 10_000);
	net.send(&child);
	let hash = net.mine(1, &keys[0].address)[0];
	assert_eq!(net.block(hash).txdata[1..], [cheap, child]);
	net.call("setblockminfee", &[]);
	let last = keys[0].sweep(&[coin(&net.block(hash).txdata[2], 0)], 100);
	net.send(&last);
	net.mine(1, &keys[0].address);
	assert!(net.pool().is_empty());
}

#[test]
fn a_branch_change_moves_coins_and_transactions() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	let first = key.sweep(&[funds.clone()], 1_000);
	let second = key.sweep(&[coin(&first, 0)], 1_000);
	net.send(&first);
	let hash = net.mine(1, &key.address)[0];
	net.send(&second);
	// Matured in the block that goes: its spend must go with it.
	let early = net.call("getblockhash", &[json!(3)]).as_str().unwrap().parse().unwrap();
	let other = Key::new(0xfe);
	let matured = other.sweep(&[net.reward(early)], 1_000);
	net.send(&matured);

	net.client.invalidate_block(hash).unwrap();
	let expected: Vec<String> =
		[&first, &second].iter().map(|tx| tx.compute_txid().to_string()).collect();
	assert_eq!(net.pool(), expected);
	let conflict = key.sweep(&[funds], 3_000);
	net.call("generateblock", &[json!(key.address), json!([raw(&conflict)])]);
	assert_eq!(net.pool(), Vec::<String>::new());
	let error = net.fail("getrawtransaction", &[json!(first.compute_txid())]);
	assert_eq!(error.0, -5);
	assert!(error.1.starts_with("No such mempool or blockchain transaction."));
	let view = net.call("gettxout", &[json!(conflict.compute_txid()), json!(0)]);
	assert_eq!(view["value"], json!(49.99997));
	assert_ne!(view, Value::Null);
}

#[test]
fn connected_transactions_stay_few() {
	let net = Net::start();
	let key = Key::new(1);
	let mut last = net.fund(&key);
	for _ in 0..64 {
		let next = key.sweep(&[last], 100);
		net.send(&next);
		last = coin(&next, 0);
	}
	assert_eq!(net.refuse(&key.sweep(&[last], 100)), (-26, "too-large-cluster".into()));
	let hash = net.mine(1, &key.address)[0];
	assert_eq!(net.block(hash).txdata.len(), 65);
}

#[test]
fn version_3_transactions_stay_in_pairs() {
	let net = Net::start();
	let key = Key::new(1);
	let funds = net.fund(&key);
	let truc = |coin: Coin, outputs: Vec<TxOut>| {
		let mut transaction = key.spend(&[coin.clone()], outputs, FINAL);
		transaction.version = bitcoin::transaction::Version(3);
		key.sign(transaction, &[coin])
	};
	let parent = truc(funds, vec![key.output(24 * COIN), key.output(25 * COIN)]);
	net.call("sendrawtransaction", &[raw(&parent), json!(0)]);
	let mixed = key.sweep(&[coin(&parent, 0)], 1_000);
	let violation = |transaction: &Transaction| {
		let (code, message) = net.refuse(transaction);
		assert_eq!(code, -26);
		assert!(message.starts_with("TRUC-violation, "), "{message}");
		message
	};
	assert!(violation(&mixed).contains("cannot spend from version=3"));
	let child = truc(coin(&parent, 0), vec![key.output(24 * COIN - 1_000)]);
	net.send(&child);
	let sibling = truc(coin(&parent, 1), vec![key.output(25 * COIN - 1_000)]);
	assert!(violation(&sibling).contains("would exceed descendant count limit"));
	let grandchild = truc(coin(&child, 0), vec![key.output(24 * COIN - 2_000)]);
	assert!(violation(&grandchild).contains("would have too many ancestors"));
}
