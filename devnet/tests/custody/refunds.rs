//! Deposits that nobody claims go back to who made them, and not before the time.

use bitcoin::Transaction;
use entangled_bitcoin::{custody::FeeFloor, FeeRate, Native, PayoutScript, Sats};

use crate::{
	committee::{Committee, Signer},
	kit::Key,
	vault::{refund, requests, Vault, CHAIN, DESTINATION, REFUND_DELAY},
};

const RATE: FeeRate = FeeRate(2_000);

/// The depositor's transaction, signed by `signer`.
fn take_back(vault: &Vault, signer: &Signer) -> Transaction {
	let depositor = Signer::new(9_000);
	let coin = &vault.coins[1];
	let unsigned = refund(&depositor)
		.spend::<Native>(
			&vault.committee.multisig,
			&DESTINATION.commitment::<Native>(CHAIN),
			coin.outpoint,
			coin.value,
			PayoutScript::P2wpkh([8; 20]),
			RATE,
		)
		.unwrap();
	let signature = signer.sign(unsigned.sighash);
	unsigned.complete(&signature)
}

#[test]
fn the_depositor_waits_out_the_delay_to_the_block() {
	let vault = Vault::open(Committee::new(4, 1), 1);
	let transaction = take_back(&vault, &Signer::new(9_000));
	// The deposit's block is the tip. The block `REFUND_DELAY` above it may hold the transaction,
	// so it may wait for that block once the one below is there.
	for _ in 0..REFUND_DELAY - 1 {
		let (pool, block) = vault.refused(&transaction);
		assert_eq!(pool, "non-BIP68-final");
		assert!(block.contains("bad-txns-nonfinal"), "{block}");
		vault.net.mine(1, &Key::new(1).address);
	}
	let verdict = vault.verdict(&transaction);
	assert_eq!(verdict["allowed"], true, "{verdict}");
	let fee = RATE.fee_for(transaction.weight().into()).unwrap();
	let paid = transaction.output[0].value.to_sat();
	assert_eq!(Sats(paid), vault.coins[1].value.checked_sub(fee).unwrap());
	vault.net.send(&transaction);
	vault.mine(&transaction);
}

#[test]
fn nobody_else_takes_it_back() {
	let vault = Vault::open(Committee::new(4, 1), 1);
	vault.net.mine(REFUND_DELAY.into(), &Key::new(1).address);
	for thief in [&Signer::new(9_001), &vault.committee.members[0]] {
		let (pool, block) = vault.refused(&take_back(&vault, thief));
		assert!(pool.starts_with("mempool-script-verify-flag-failed"), "{pool}");
		assert!(block.contains("script"), "{block}");
	}
	let mut early = take_back(&vault, &Signer::new(9_000));
	early.input[0].sequence = bitcoin::Sequence::from_height(REFUND_DELAY - 1);
	let (pool, _) = vault.refused(&early);
	assert!(pool.starts_with("mempool-script-verify-flag-failed"), "{pool}");
}

#[test]
fn a_swept_deposit_does_not_go_back() {
	let vault = Vault::open(Committee::new(4, 1), 1);
	let batch = vault.draft(&requests(&vault.committee), RATE, FeeFloor::NONE).signed();
	vault.net.send(&batch);
	vault.mine(&batch);
	vault.net.mine(REFUND_DELAY.into(), &Key::new(1).address);
	let (pool, _) = vault.refused(&take_back(&vault, &Signer::new(9_000)));
	assert_eq!(pool, "bad-txns-inputs-missingorspent");
}
