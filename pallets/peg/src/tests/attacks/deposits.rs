//! On deposits and their proofs.

use crate::{mock::*, Error, MainCoin};
use entangled_bitcoin::{Destination, OutPoint};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

type Why = Error<Test>;

/// The same for a deposit whose destination does not take it.
#[test]
fn one_bad_deposit_does_not_hold_up_the_others_of_its_transaction() {
	run(|| {
		let bad = terms_to(Destination::Rollup { rollup: 99, recipient: [1; 32] }, 500);
		let paid = |terms| output(script_of(terms), 100_000);
		let first = deposit_tx(pay(vec![paid(&bad), paid(&terms(1))]), bad);
		assert_noop!(first.bring(), Why::UnknownRollup);
		assert_ok!(Deposit { vout: 1, terms: terms(1), ..first }.bring());
	});
}

/// Signers took deposits from the mempool (sBTC 525).
#[test]
fn what_is_not_in_a_block_is_no_deposit() {
	run(|| {
		let tx = pay(vec![output(script_of(&terms(1)), 100_000)]);
		let proof = entangled_bitcoin::InclusionProof::build::<entangled_bitcoin::Native>(
			core::slice::from_ref(&tx),
			0,
		);
		let other = mine(vec![]);
		make_final(other);
		let claim = pallet_btc_light_client::InclusionClaim { block: other, proof: proof.unwrap() };
		let deposit = Deposit { claim, vout: 0, terms: terms(1) };
		assert_noop!(deposit.bring(), Why::WrongProof);
	});
}

/// A mint that was signed could be replayed after a reorganisation (sBTC 488).
#[test]
fn a_claim_that_was_good_is_not_good_on_another_chain() {
	run(|| {
		let tx = pay(vec![output(script_of(&terms(1)), 100_000)]);
		let block = mine(vec![tx.clone()]);
		let old = Deposit { claim: claim_of(block, 1), vout: 0, terms: terms(1) };
		reorganise(1, vec![vec![], vec![tx]]);
		let block = best();
		make_final(block);
		assert_noop!(old.bring(), Why::BlockNotFinal);
		let new = Deposit { claim: claim_of(block, 1), ..old.clone() };
		assert_ok!(new.bring());
		assert_noop!(old.bring(), Why::AlreadyClaimed);
	});
}

/// Anybody could tell the deposits' database false scripts (sBTC 1116).
#[test]
fn nobody_claims_a_deposit_for_another_destination() {
	run(|| {
		let deposit = deposit(terms(1), 100_000);
		let stolen = Deposit { terms: terms(9), ..deposit.clone() };
		assert_noop!(stolen.bring(), Why::WrongScript);
		assert_ok!(deposit.bring());
	});
}

/// Where a network is begun anew, its committee has the keys that the old one had.
#[test]
fn what_is_paid_for_another_chain_mints_nothing_here() {
	run(|| {
		let own = terms(1);
		let theirs = script_on(OTHER_CHAIN, &own);
		let deposit = deposit_tx(pay(vec![output(theirs, 100_000)]), own);
		assert_noop!(deposit.bring(), Why::WrongScript);

		let name = output(Destination::Account([1; 32]).to_script(), 0);
		let theirs = output(script_on(OTHER_CHAIN, &fixed()), 100_000);
		let deposit = deposit_tx(pay(vec![theirs, name.clone()]), fixed());
		assert_noop!(deposit.bring(), Why::WrongScript);
		let gift = output(Destination::Reserve.to_script(), 0);
		let theirs = output(script_on(OTHER_CHAIN, &fixed()), 100_000);
		let deposit = deposit_tx(pay(vec![theirs, gift]), fixed());
		assert_noop!(deposit.bring(), Why::WrongScript);

		// The same payments to this chain's addresses are good.
		let ours = [output(script_of(&terms(1)), 100_000), output(script_of(&fixed()), 100_000)];
		let first = deposit_tx(pay([&ours[..], &[name]].concat()), terms(1));
		assert_ok!(first.bring());
		assert_ok!(Deposit { vout: 1, terms: fixed(), ..first }.bring());
	});
}

/// Deposits by others than the first output were not counted (interBTC), and two to the same address
/// as one.
#[test]
fn a_second_output_to_the_same_address_counts() {
	run(|| {
		let paid = || output(script_of(&terms(1)), 100_000);
		let change = output(wallet(9).to_script(), 5_000);
		let first = deposit_tx(pay(vec![paid(), change, paid()]), terms(1));
		assert_ok!(first.bring());
		let once = balance(1);
		assert_ok!(Deposit { vout: 2, ..first }.bring());
		assert_eq!(balance(1), 2 * once);
	});
}

/// Proofs with an index beyond the tree's width were accepted (Citrea 2671); so one transaction had
/// many, and the coinbase one that is not zero.
#[test]
fn an_index_beyond_the_tree_is_refused() {
	run(|| {
		let young = mine_coinbase(vec![output(script_of(&terms(1)), 100_000)]);
		make_final(young);
		let mut coinbase = Deposit { claim: claim_of(young, 0), vout: 0, terms: terms(1) };
		assert_noop!(coinbase.bring(), Why::ImmatureCoinbase);
		coinbase.claim.proof.index = 1;
		assert_noop!(coinbase.bring(), Why::WrongProof);
		let mut deposit = deposit(terms(1), 100_000);
		deposit.claim.proof.index += 2;
		assert_noop!(deposit.bring(), Why::WrongProof);
		deposit.claim.proof.index -= 2;
		assert_ok!(deposit.bring());
	});
}

/// An inner node of the tree passes for a transaction (interBTC 1112, BitVM 285).
#[test]
fn sixty_four_bytes_are_no_transaction() {
	run(|| {
		let mut deposit = deposit(terms(1), 100_000);
		deposit.claim.proof.transaction = vec![7; 64];
		deposit.claim.proof.siblings.pop();
		assert_noop!(deposit.bring(), Why::WrongProof);
	});
}

/// With the relayers away a chain could be made up (Informal's NO-BLOCK).
#[test]
fn a_chain_that_only_its_maker_has_seen_mints_nothing() {
	run(|| {
		let terms = terms(1);
		let block = mine(vec![pay(vec![output(script_of(&terms), 100_000)])]);
		// All of it is reported by one validator, and the others name none of its blocks.
		let claim = Deposit { claim: claim_of(block, 1), vout: 0, terms };
		bury(2);
		next_blocks(100);
		assert_noop!(claim.bring(), Why::BlockNotFinal);
		go_stale();
		assert_noop!(claim.bring(), Why::Stale);
	});
}

/// Custody's change is not a deposit of anybody's, whatever its terms are said to be.
#[test]
fn custodys_change_cannot_be_claimed() {
	run(|| {
		fund(1, 1_000_000);
		withdraw(1, 100_000, 2_000);
		await_batch();
		let claim = confirm(&complete());
		for terms in [terms(1), fixed()] {
			let change = Deposit { claim: claim.clone(), vout: 0, terms };
			assert_noop!(change.bring(), Why::WrongScript);
		}
		assert_ok!(Peg::settle(nobody(), claim));
		assert_eq!(MainCoin::<Test>::get().map(|(coin, _): (OutPoint, u32)| coin.vout), Some(0));
	});
}
