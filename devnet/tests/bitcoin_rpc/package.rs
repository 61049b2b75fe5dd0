//! Packages: a child pays for parents that the pool would not take alone.

use bitcoin::{consensus::encode::serialize_hex, Amount, ScriptBuf, Sequence, Transaction, TxOut};
use serde_json::{json, Value};

use crate::kit::{coin, raw, Coin, Key, Net, COIN};

const ANCHOR: u64 = 240;
const TOPOLOGY: &str =
	"package topology disallowed. not child-with-parents or parents depend on each other.";

fn anchor(sats: u64) -> TxOut {
	let script_pubkey = ScriptBuf::from_hex("51024e73").unwrap();
	TxOut { value: Amount::from_sat(sats), script_pubkey }
}

/// A transaction of this version with an anchor after its only other output, which pays `fee`.
fn parent(key: &Key, funds: &Coin, version: i32, fee: u64) -> Transaction {
	anchored(key, funds, version, fee, ANCHOR)
}

fn anchored(key: &Key, funds: &Coin, version: i32, fee: u64, sats: u64) -> Transaction {
	let left = funds.1.value.to_sat() - sats - fee;
	let mut transaction =
		key.spend(&[funds.clone()], vec![key.output(left), anchor(sats)], Sequence::MAX);
	transaction.version = bitcoin::transaction::Version(version);
	key.sign(transaction, &[funds.clone()])
}

/// A child that spends a parent's anchor and a coin of `payer`, and pays `fee`.
fn child(payer: &Key, parent: &Transaction, funds: &Coin, fee: u64) -> Transaction {
	let anchor = coin(parent, 1);
	let total = funds.1.value + anchor.1.value - Amount::from_sat(fee);
	let sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;
	let output = vec![payer.output(total.to_sat())];
	let mut transaction = payer.spend(&[funds.clone(), anchor.clone()], output, sequence);
	transaction.version = parent.version;
	let mut signed = payer.sign(transaction, &[funds.clone(), anchor]);
	signed.input[1].witness.clear();
	signed
}

struct Scene {
	net: Net,
	staker: Key,
	stake: Coin,
	payer: Key,
	funds: Coin,
}

/// A node whose pool asks for 10 sat/vB, with a coin of each of two keys.
fn scene() -> Scene {
	let net = Net::start();
	let (staker, payer) = (Key::taproot(1), Key::taproot(2));
	let (stake, funds) = (net.fund(&staker), net.fund(&payer));
	net.call("setmempoolminfee", &[json!(0.0001)]);
	Scene { net, staker, stake, payer, funds }
}

fn submit(net: &Net, package: &[&Transaction]) -> Value {
	let package: Vec<Value> = package.iter().map(|transaction| raw(transaction)).collect();
	net.call("submitpackage", &[json!(package)])
}

fn result<'a>(answer: &'a Value, transaction: &Transaction) -> &'a Value {
	&answer["tx-results"][transaction.compute_wtxid().to_string()]
}

fn ids(transactions: &[&Transaction]) -> Vec<String> {
	transactions.iter().map(|transaction| transaction.compute_txid().to_string()).collect()
}

#[test]
fn a_child_brings_in_its_parent() {
	for version in [2, 3] {
		let Scene { net, staker, stake, payer, funds } = scene();
		let parent = parent(&staker, &stake, version, 200);
		let (code, reason) = net.refuse(&parent);
		assert_eq!((code, reason.starts_with("mempool min fee not met, 200 < ")), (-26, true));
		let child = child(&payer, &parent, &funds, 20_000);
		assert_eq!(net.refuse(&child), (-25, "bad-txns-inputs-missingorspent".into()));
		// A test looks at each by itself.
		let test = net.call("testmempoolaccept", &[json!([raw(&parent), raw(&child)])]);
		assert_eq!(test[0]["reject-reason"], "mempool min fee not met");

		let answer = submit(&net, &[&parent, &child]);
		assert_eq!(answer["package_msg"], "success");
		assert_eq!(answer["replaced-transactions"], json!([]));
		let vsize = (parent.vsize() + child.vsize()) as u64;
		let both = json!([parent.compute_wtxid(), child.compute_wtxid()]);
		for (transaction, fee) in [(&parent, 200), (&child, 20_000)] {
			let result = result(&answer, transaction);
			assert_eq!(result["txid"], json!(transaction.compute_txid()));
			assert_eq!(result["vsize"], transaction.vsize());
			assert_eq!(result["fees"]["base"], json!(fee as f64 / COIN as f64));
			assert_eq!(result["fees"]["effective-includes"], both);
			let rate = 20_200 * 1_000 / vsize;
			assert_eq!(result["fees"]["effective-feerate"], json!(rate as f64 / COIN as f64));
			assert_eq!(result.get("error"), None);
		}
		assert_eq!(net.pool(), ids(&[&parent, &child]));

		// Again: both are there.
		let answer = submit(&net, &[&parent, &child]);
		assert_eq!(answer["package_msg"], "success");
		let fees = |transaction| &result(&answer, transaction)["fees"];
		assert_eq!((fees(&parent), fees(&child)), (&json!({"base": 2e-6}), &json!({"base": 2e-4})));

		let hash = net.mine(1, &payer.address)[0];
		assert_eq!(net.block(hash).txdata[1..], [parent, child]);
	}
}

#[test]
fn the_package_as_a_whole_must_pay() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let parent = parent(&staker, &stake, 3, 200);
	let vsize = (parent.vsize() + child(&payer, &parent, &funds, 1_000).vsize()) as u64;
	let cheap = child(&payer, &parent, &funds, vsize * 10 - 201);
	let answer = submit(&net, &[&parent, &cheap]);
	assert_eq!(answer["package_msg"], "transaction failed");
	let least = vsize * 10;
	let error = format!("mempool min fee not met, {} < {least}", least - 1);
	assert_eq!(result(&answer, &cheap)["error"], error);
	let alone = result(&answer, &parent)["error"].as_str().unwrap();
	assert!(alone.starts_with("mempool min fee not met, 200 < "), "{alone}");
	assert!(net.pool().is_empty());

	let enough = child(&payer, &parent, &funds, least - 200);
	assert_eq!(submit(&net, &[&parent, &enough])["package_msg"], "success");
}

#[test]
fn only_version_3_may_pay_less_than_what_is_relayed() {
	for (version, message) in [(2, "transaction failed"), (3, "success")] {
		let Scene { net, staker, stake, payer, funds } = scene();
		let free = parent(&staker, &stake, version, 0);
		let child = child(&payer, &free, &funds, 20_000);
		let answer = submit(&net, &[&free, &child]);
		assert_eq!(answer["package_msg"], message);
		if version == 2 {
			let error = result(&answer, &free)["error"].as_str().unwrap();
			assert!(error.starts_with("min relay fee not met, 0 < "), "{error}");
			assert!(net.pool().is_empty());
		}
	}
}

#[test]
fn what_pays_for_itself_is_taken_alone() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let parent = parent(&staker, &stake, 2, 10_000);
	let poor = child(&payer, &parent, &funds, 100);
	let answer = submit(&net, &[&parent, &poor]);
	assert_eq!(answer["package_msg"], "transaction failed");
	assert_eq!(result(&answer, &parent)["fees"]["base"], 1e-4);
	let alone = json!([parent.compute_wtxid()]);
	assert_eq!(result(&answer, &parent)["fees"]["effective-includes"], alone);
	let error = result(&answer, &poor)["error"].as_str().unwrap();
	assert!(error.starts_with("mempool min fee not met, 100 < "), "{error}");
	assert_eq!(net.pool(), ids(&[&parent]));

	// A single transaction is a package too, and what it replaces is told.
	let first = child(&payer, &parent, &funds, 3_000);
	assert_eq!(submit(&net, &[&first])["package_msg"], "success");
	let better = child(&payer, &parent, &funds, 6_000);
	let answer = submit(&net, &[&parent, &better]);
	assert_eq!(answer["package_msg"], "success");
	assert_eq!(answer["replaced-transactions"], json!(ids(&[&first])));
	let hardly = child(&payer, &parent, &funds, 6_001);
	let answer = submit(&net, &[&parent, &hardly]);
	assert_eq!(answer["package_msg"], "transaction failed");
	let error = result(&answer, &hardly)["error"].as_str().unwrap();
	assert!(error.starts_with("insufficient fee, rejecting replacement"), "{error}");
	assert_eq!(net.pool(), ids(&[&parent, &better]));
	let spent = json!({ "txid": parent.compute_txid(), "vout": 1 });
	let unspent = json!({ "txid": better.compute_txid(), "vout": 0 });
	let spenders = net.call("gettxspendingprevout", &[json!([spent, unspent])]);
	assert_eq!(spenders[0]["spendingtxid"], json!(better.compute_txid()));
	assert_eq!(spenders[1], unspent);
}

#[test]
fn a_parent_and_its_child_replace_together() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let rival = parent(&staker, &stake, 3, 5_000);
	net.send(&rival);
	let parent = parent(&staker, &stake, 3, 4_000);
	let (code, reason) = net.refuse(&parent);
	assert_eq!((code, reason.starts_with("insufficient fee, rejecting replacement")), (-26, true));
	let vsize = (parent.vsize() + child(&payer, &parent, &funds, 2_000).vsize()) as u64;
	let relay = (vsize * 100).div_ceil(1_000);

	// It pays for what goes, but not for its own relay; the parent would be as well off alone.
	for (fee, reason) in [
		(1_000 + relay - 1, "insufficient anti-DoS fees, rejecting replacement"),
		(2_500, "package feerate is less than or equal to parent feerate"),
	] {
		let poor = child(&payer, &parent, &funds, fee);
		let answer = submit(&net, &[&parent, &poor]);
		let message = answer["package_msg"].as_str().unwrap();
		assert!(message.starts_with(&format!("package RBF failed: {reason}")), "{message}");
		assert_eq!(answer["replaced-transactions"], json!([]));
		assert_eq!(net.pool(), ids(&[&rival]));
	}
	// It pays more in sum, at a lower rate than what goes.
	let high = self::parent(&staker, &stake, 3, 10_000);
	net.send(&high);
	let more = child(&payer, &parent, &funds, 6_000 + relay);
	let message = submit(&net, &[&parent, &more])["package_msg"].clone();
	let wanted = "package RBF failed: insufficient feerate: does not improve feerate diagram";
	assert_eq!(message, wanted);

	let enough = child(&payer, &parent, &funds, 20_000);
	let answer = submit(&net, &[&parent, &enough]);
	assert_eq!(answer["package_msg"], "success");
	assert_eq!(answer["replaced-transactions"], json!(ids(&[&high])));
	assert_eq!(net.pool(), ids(&[&parent, &enough]));
	let hash = net.mine(1, &payer.address)[0];
	assert_eq!(net.block(hash).txdata[1..], [parent, enough]);
}

#[test]
fn a_rival_goes_with_all_that_rests_on_it() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let other = net.fund(&payer);
	let rival = parent(&staker, &stake, 3, 3_000);
	let theirs = child(&payer, &rival, &funds, 30_000);
	assert_eq!(submit(&net, &[&rival, &theirs])["package_msg"], "success");
	let parent = parent(&staker, &stake, 3, 200);
	let cheap = submit(&net, &[&parent, &child(&payer, &parent, &other, 32_000)]);
	let message = cheap["package_msg"].as_str().unwrap();
	assert!(message.starts_with("package RBF failed: insufficient anti-DoS fees"), "{message}");
	assert_eq!(net.pool(), ids(&[&rival, &theirs]));

	let ours = child(&payer, &parent, &other, 40_000);
	let answer = submit(&net, &[&parent, &ours]);
	assert_eq!(answer["package_msg"], "success");
	let replaced = answer["replaced-transactions"].as_array().unwrap();
	assert_eq!(replaced.len(), 2);
	assert!(ids(&[&rival, &theirs]).iter().all(|id| replaced.contains(&json!(id))));
	assert_eq!(net.pool(), ids(&[&parent, &ours]));
}

#[test]
fn only_a_parent_and_its_child_replace_together() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let split = staker.spend(
		&[stake],
		vec![staker.output(24 * COIN), staker.output(25 * COIN)],
		Sequence::MAX,
	);
	net.call("generateblock", &[json!(payer.address), json!([raw(&split)])]);
	let rival = staker.sweep(&[coin(&split, 0)], 5_000);
	net.send(&rival);
	let parents = [0, 1].map(|vout| parent(&staker, &coin(&split, vout), 2, 200));
	let coins = vec![funds.clone(), coin(&parents[0], 1), coin(&parents[1], 1)];
	let mut two = payer.sweep(&coins, 50_000);
	two.input[1].witness.clear();
	two.input[2].witness.clear();
	let answer = submit(&net, &[&parents[0], &parents[1], &two]);
	assert_eq!(answer["package_msg"], "package RBF failed: package must be 1-parent-1-child");

	// The child rests on something else that waits.
	let waits = payer.sweep(&[funds], 5_000);
	net.send(&waits);
	let funds = coin(&waits, 0);
	let answer = submit(&net, &[&parents[0], &child(&payer, &parents[0], &funds, 50_000)]);
	let wanted = "package RBF failed: new transaction cannot have mempool ancestors";
	assert_eq!(answer["package_msg"], wanted);
	assert_eq!(net.pool(), ids(&[&rival, &waits]));
}

#[test]
fn a_mined_parent_does_not_hold_up_its_child() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let parent = parent(&staker, &stake, 2, 200);
	net.call("generateblock", &[json!(payer.address), json!([raw(&parent)])]);
	let child = child(&payer, &parent, &funds, 20_000);
	let answer = submit(&net, &[&parent, &child]);
	assert_eq!(answer["package_msg"], "transaction failed");
	assert_eq!(result(&answer, &parent)["error"], "txn-already-known");
	assert_eq!(result(&answer, &child)["fees"]["base"], 2e-4);
	assert_eq!(net.pool(), ids(&[&child]));
	net.mine(1, &payer.address);
	let answer = submit(&net, &[&parent, &child]);
	assert_eq!(result(&answer, &child)["error"], "txn-already-known");
}

#[test]
fn another_witness_is_named() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let parent = parent(&staker, &stake, 2, 200);
	let first = child(&payer, &parent, &funds, 20_000);
	submit(&net, &[&parent, &first]);
	let mut other = first.clone();
	// Signs all outputs in so many words.
	let mut signature = other.input[0].witness.to_vec().remove(0);
	signature.push(1);
	other.input[0].witness = bitcoin::Witness::from_slice(&[signature]);
	let answer = submit(&net, &[&parent, &other]);
	assert_eq!(answer["package_msg"], "success");
	assert_eq!(result(&answer, &other)["other-wtxid"], json!(first.compute_wtxid()));
}

#[test]
fn anchors_are_spent_without_a_witness() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let parent = parent(&staker, &stake, 2, 200);
	let mut child = child(&payer, &parent, &funds, 20_000);
	child.input[1].witness.push([1]);
	let answer = submit(&net, &[&parent, &child]);
	assert_eq!(result(&answer, &child)["error"], "bad-witness-nonstandard");
	assert!(net.pool().is_empty());
}

#[test]
fn dust_must_be_spent_at_once() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let dusty = anchored(&staker, &stake, 3, 0, 100);
	let mut elsewhere = staker.sweep(&[coin(&dusty, 0)], 20_000);
	elsewhere.version = dusty.version;
	let elsewhere = staker.sign(elsewhere, &[coin(&dusty, 0)]);
	let answer = submit(&net, &[&dusty, &elsewhere]);
	assert_eq!(answer["package_msg"], "unspent-dust");
	let error = result(&answer, &elsewhere)["error"].as_str().unwrap();
	assert!(error.starts_with("missing-ephemeral-spends, tx "), "{error}");
	assert!(error.ends_with(" did not spend parent's ephemeral dust"), "{error}");
	let paid = anchored(&staker, &stake, 3, 10, 100);
	let answer = submit(&net, &[&paid, &child(&payer, &paid, &funds, 20_000)]);
	assert_eq!(result(&answer, &paid)["error"], "dust, tx with dust output must be 0-fee");

	let sweep = child(&payer, &dusty, &funds, 20_000);
	assert_eq!(submit(&net, &[&dusty, &sweep])["package_msg"], "success");
	// Nor is it left over by a replacement.
	let mut replacement = staker.sweep(&[coin(&dusty, 0)], 60_000);
	replacement.version = dusty.version;
	let replacement = staker.sign(replacement, &[coin(&dusty, 0)]);
	let (code, reason) = net.refuse(&replacement);
	assert_eq!((code, reason.starts_with("TRUC-violation")), (-26, true), "{reason}");
}

#[test]
fn several_parents_have_one_child() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let split = staker.spend(
		&[stake],
		vec![staker.output(24 * COIN), staker.output(25 * COIN)],
		Sequence::MAX,
	);
	net.call("generateblock", &[json!(payer.address), json!([raw(&split)])]);
	let parents = [0, 1].map(|vout| parent(&staker, &coin(&split, vout), 2, 200));
	let coins = vec![funds, coin(&parents[0], 1), coin(&parents[1], 1)];
	let mut child = payer.sweep(&coins, 20_000);
	child.input[1].witness.clear();
	child.input[2].witness.clear();
	assert_eq!(submit(&net, &[&parents[0], &parents[1], &child])["package_msg"], "success");
	let hash = net.mine(1, &payer.address)[0];
	assert_eq!(net.block(hash).txdata.len(), 4);
}

#[test]
fn what_is_no_package_is_refused() {
	let Scene { net, staker, stake, payer, funds } = scene();
	let parent = parent(&staker, &stake, 2, 200);
	let child = child(&payer, &parent, &funds, 20_000);
	let grandchild = payer.sweep(&[coin(&child, 0)], 1_000);
	let other = payer.sweep(&[funds.clone()], 20_000);
	let fail = |package: &[&Transaction]| {
		let package: Vec<Value> = package.iter().map(|transaction| raw(transaction)).collect();
		net.fail("submitpackage", &[json!(package)])
	};
	let unrelated: &[&[&Transaction]] = &[
		&[&child, &parent],
		&[&parent, &other],
		&[&parent, &child, &grandchild],
		&[&parent, &parent],
	];
	for package in unrelated {
		assert_eq!(fail(package), (-25, TOPOLOGY.into()));
	}
	let count = "Array must contain between 1 and 25 transactions.";
	assert_eq!(fail(&[]), (-8, count.into()));
	assert_eq!(fail(&[&parent; 26]), (-8, count.into()));
	let (code, message) = net.fail("submitpackage", &[json!(["00"])]);
	assert_eq!(code, -22);
	assert!(message.starts_with("TX decode failed: 00 Make sure"), "{message}");

	// Well formed in its shape, but not in what it spends.
	let both = json!([raw(&parent), raw(&parent), raw(&child)]);
	let answer = net.call("submitpackage", &[both]);
	assert_eq!(answer["package_msg"], "package-contains-duplicates");
	assert_eq!(result(&answer, &child)["error"], "package-not-validated");

	let burn =
		TxOut { value: Amount::from_sat(1_000), script_pubkey: ScriptBuf::new_op_return(b"burnt") };
	let burnt = payer.spend(&[funds.clone()], vec![payer.output(COIN), burn], Sequence::MAX);
	let parameters = [json!([serialize_hex(&burnt)]), json!(0)];
	assert_eq!(net.fail("submitpackage", &parameters).0, -25);

	let rich = payer.sweep(&[funds], 2 * COIN);
	let answer = submit(&net, &[&rich]);
	assert_eq!(answer["package_msg"], "transaction failed");
	assert_eq!(result(&answer, &rich)["error"], "max feerate exceeded");
	let answer = net.call("submitpackage", &[json!([raw(&rich)]), json!(0)]);
	assert_eq!(answer["package_msg"], "success");
}

#[test]
fn questions_after_spenders_are_checked() {
	let net = Net::start();
	let txid = "00".repeat(32);
	for (outputs, code, message) in [
		(json!([]), -8, "Invalid parameter, outputs are missing"),
		(json!([1]), -3, "JSON value of type number is not of expected type object"),
		(json!([{ "txid": txid }]), -3, "Missing vout"),
		(json!([{ "txid": txid, "vout": -1 }]), -8, "Invalid parameter, vout cannot be negative"),
		(json!([{ "txid": txid, "vout": 0, "x": 0 }]), -3, "Unexpected key x"),
		(json!([{ "txid": "00", "vout": 0 }]), -8, "txid must be of length 64 (not 2, for '00')"),
	] {
		assert_eq!(net.fail("gettxspendingprevout", &[outputs]), (code, message.into()));
	}
	let output = json!({ "txid": txid, "vout": 0 });
	assert_eq!(net.call("gettxspendingprevout", &[json!([output])]), json!([output]));
}
