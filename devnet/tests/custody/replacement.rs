//! Batches that do not confirm are replaced by ones that pay more.

use bitcoin::Transaction;
use entangled_bitcoin::{
	custody::{decide, Decision, FeeFloor, Paid, Policy, Progress},
	FeeRate,
};
use serde_json::json;

use crate::{
	committee::Committee,
	kit::{raw, Key},
	vault::{requests, Draft, Vault},
};

const RATE: FeeRate = FeeRate(2_000);

/// What the policy asks of the next attempt, three blocks after the last.
fn replace(last: &Draft, attempts: u32, estimate: Option<FeeRate>) -> (FeeRate, FeeFloor) {
	let policy = Policy::default();
	let last = Paid { fee: last.selection.fee, weight: last.selection.weight };
	let progress = Progress { attempts, complete: &[last] };
	match decide(&policy, &progress, 100, 100 + policy.min_age, estimate) {
		Decision::Replace { rate, min_fee } => (rate, min_fee),
		other => panic!("{other:?}"),
	}
}

fn open() -> Vault {
	Vault::open(Committee::new(4, 1), 2)
}

fn pool(vault: &Vault) -> Vec<String> {
	vault.net.pool()
}

fn id(transaction: &Transaction) -> String {
	transaction.compute_txid().to_string()
}

#[test]
fn each_attempt_replaces_the_one_before() {
	let vault = open();
	let requests = requests(&vault.committee);
	let mut last = vault.draft(&requests, RATE, FeeFloor::NONE);
	vault.net.send(&last.signed());
	for attempts in 1..10 {
		// No estimate: the least that the policy lets a replacement pay must do.
		let (rate, min_fee) = replace(&last, attempts, None);
		let next = vault.draft(&requests, rate, min_fee);
		vault.net.send(&next.signed());
		assert_eq!(pool(&vault), [id(&next.transaction)]);
		last = next;
	}
	vault.mine(&last.signed());
}

#[test]
fn a_replacement_below_its_floor_is_refused() {
	let vault = open();
	let requests = requests(&vault.committee);
	let first = vault.draft(&requests, RATE, FeeFloor::NONE);
	vault.net.send(&first.signed());

	let hardly_more = vault.draft(&requests, FeeRate(2_050), FeeFloor::NONE).signed();
	let (_, reason) = vault.net.refuse(&hardly_more);
	assert!(reason.contains("not enough additional fees to relay"), "{reason}");

	// Lighter, as when withdrawals drop out: a higher rate is not enough, what counts is the fee.
	let (rate, min_fee) = replace(&first, 1, None);
	let lighter = vault.draft(&requests[..1], FeeRate(2_060), FeeFloor::NONE);
	assert!(lighter.selection.fee < first.selection.fee);
	let (_, reason) = vault.net.refuse(&lighter.signed());
	assert!(reason.contains("less fees than conflicting txs"), "{reason}");
	let lighter = vault.draft(&requests[..1], rate, min_fee);
	vault.net.send(&lighter.signed());
	assert_eq!(pool(&vault), [id(&lighter.transaction)]);
}

#[test]
fn what_a_full_pool_refuses_is_replaced() {
	let vault = open();
	let requests = requests(&vault.committee);
	let first = vault.draft(&requests, RATE, FeeFloor::NONE);
	vault.net.call("setmempoolminfee", &[json!(0.0001)]);
	let (code, reason) = vault.net.refuse(&first.signed());
	assert_eq!(code, -26);
	assert!(reason.starts_with("mempool min fee not met"), "{reason}");

	let (rate, min_fee) = replace(&first, 1, Some(FeeRate(12_000)));
	assert_eq!(rate, FeeRate(12_000));
	let second = vault.draft(&requests, rate, min_fee);
	vault.net.send(&second.signed());
	vault.mine(&second.signed());
}

#[test]
fn only_one_attempt_is_ever_mined() {
	let vault = open();
	let requests = requests(&vault.committee);
	let first = vault.draft(&requests, RATE, FeeFloor::NONE);
	let (rate, min_fee) = replace(&first, 1, None);
	let second = vault.draft(&requests, rate, min_fee).signed();
	let first = first.signed();
	vault.net.send(&first);
	vault.net.send(&second);
	assert_eq!(pool(&vault), [id(&second)]);

	// A miner may have kept the first one.
	let address = json!(Key::new(1).address);
	vault.net.call("generateblock", &[address.clone(), json!([raw(&first)])]);
	assert!(pool(&vault).is_empty());
	let (late, block) = vault.refused(&second);
	assert_eq!(late, "bad-txns-inputs-missingorspent");
	assert!(block.contains("bad-txns-inputs-missingorspent"), "{block}");
}
