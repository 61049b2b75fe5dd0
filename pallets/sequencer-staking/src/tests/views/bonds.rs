//! What people and nodes ask about bonds.

use crate::{mock::*, BondState, Duty, DutyView, Outcome, SignedSlash, MAX_PAGE};
use entangled_bitcoin::{
	bond::{BondOutput, Slashable},
	transaction::without_witnesses,
	Native, OutPoint, XOnlyKey,
};
use polkadot_sdk::frame_support::assert_ok;
use std::collections::BTreeSet;

fn duty(outpoint: OutPoint, duty: Duty) -> DutyView {
	let view = Staking::bond(outpoint).unwrap();
	view.duties.into_iter().find(|view| view.duty == duty).unwrap()
}

/// What the holder of key `n` still has to sign.
fn asked(n: u8) -> Vec<(OutPoint, Duty)> {
	let tasks = Staking::duties(&key(n));
	for task in &tasks {
		let spends = spends(task.outpoint, task.duty);
		assert_eq!(task.sighashes, spends.iter().map(|spend| spend.sighash).collect::<Vec<_>>());
	}
	tasks.into_iter().map(|task| (task.outpoint, task.duty)).collect()
}

#[test]
fn a_bond_is_shown_with_all_that_is_signed_for_it() {
	run(|| {
		enlist(1);
		assert_eq!(Staking::bond(draft(5, 1, 100_000, 100).outpoint()), None);
		let draft = draft(5, 1, 100_000, 100);
		assert_ok!(draft.register());
		let outpoint = draft.outpoint();
		let view = Staking::bond(outpoint).unwrap();
		assert_eq!((view.bond, view.terms), (bond(outpoint), draft.terms.clone()));
		let output = |which: BondOutput| which.of::<Native>(&draft.terms).unwrap().script_pubkey();
		assert_eq!(view.script, output(BondOutput::Bond));
		assert_eq!(view.unbonding_script, output(BondOutput::Unbonding));
		assert_eq!((view.slashable_until, view.order), (None, None));
		let order = view.duties.iter().map(|view| view.duty).collect::<Vec<_>>();
		assert_eq!(order, [Duty::Slash, Duty::Unbonding], "it extends nothing");

		sign_by(103, outpoint, Duty::Unbonding).unwrap();
		let view = duty(outpoint, Duty::Unbonding);
		assert!(view.open);
		assert_eq!((view.threshold, &view.keys[..]), (3, committee(0).keys()));
		let [spend] = &spends(outpoint, Duty::Unbonding)[..] else { panic!("one") };
		let [shown] = &view.spends[..] else { panic!("one") };
		assert_eq!(shown.bytes, without_witnesses(&spend.transaction));
		assert_eq!((shown.txid, shown.sighash), (spend.txid::<Native>(), spend.sighash));
		assert_eq!(shown.staker, None, "the staker signs it when it likes to");
		for (key, given) in view.keys.iter().zip(&shown.signatures) {
			let wanted = (holder(key) == 103).then(|| signature(103, &spend.sighash));
			assert_eq!(*given, wanted);
		}
		for n in [101, 102] {
			sign_by(n, outpoint, Duty::Unbonding).unwrap();
		}
		assert!(!duty(outpoint, Duty::Unbonding).open);

		let slash = duty(outpoint, Duty::Slash);
		assert!(!slash.open && slash.spends.iter().all(|spend| spend.signatures == [None; 4]));
		let presigned = bond(outpoint).presigned;
		let staker = slash.spends.iter().map(|spend| spend.staker).collect::<Vec<_>>();
		assert_eq!(staker, [Some(presigned.bond), Some(presigned.unbonding)]);

		// It is shown when it has ended, too.
		bury(6);
		next_blocks(20);
		assert_ok!(Staking::drop_bond(signed(9), outpoint));
		assert_eq!(
			Staking::bond(outpoint).unwrap().bond.state,
			BondState::Closed(Outcome::Dropped)
		);
	});
}

#[test]
fn members_are_asked_for_what_is_missing_and_slashes_first() {
	run(|| {
		stand(1);
		enlist(2);
		let first = bonded(1, 1, 200_000);
		assert_eq!(asked(101), []);
		let waits = draft(6, 2, 100_000, 100);
		assert_ok!(waits.register());
		let waits = waits.outpoint();
		assert_eq!(asked(101), [(waits, Duty::Unbonding)]);
		assert_eq!(asked(105), [], "no member of this covenant");
		sign_by(101, waits, Duty::Unbonding).unwrap();
		assert_eq!((asked(101), asked(102)), (vec![], vec![(waits, Duty::Unbonding)]));

		// An extension is asked for only when the way out of the new bond is signed, of the old covenant.
		Serving::set(Some(1));
		let new = extend(first, 150).unwrap();
		assert_eq!(asked(105), [(new, Duty::Unbonding)]);
		complete(new, Duty::Unbonding);
		assert_eq!((asked(105), asked(101)), (vec![], vec![(new, Duty::Extension)]));

		// Nobody is led to fund a bond for one who has cheated; but what is bonded is slashed.
		cheat(1, Session::get(), None);
		cheat(2, Session::get(), None);
		next_block();
		assert_eq!(asked(102), [(first, Duty::Slash)]);
		complete(first, Duty::Slash);
		assert_eq!(asked(104), []);
	});
}

#[test]
fn no_more_is_asked_at_one_time_than_fits_a_page() {
	run(|| {
		govern(|policy| policy.registration_deposit = 1);
		enlist(1);
		stand(2);
		let cheats = bonded(2, 2, 200_000);
		for _ in 0..=MAX_PAGE {
			assert_ok!(draft(5, 1, 100_000, 100).register());
		}
		assert_eq!(Staking::duties(&key(101)).len(), MAX_PAGE as usize);
		assert_eq!(Staking::duties(&key(105)), []);
		assert_eq!(Staking::watched(None, u32::MAX).len(), MAX_PAGE as usize);
		// However much waits, what slashes is told.
		cheat(2, Session::get(), None);
		next_block();
		assert_eq!(asked(101).first(), Some(&(cheats, Duty::Slash)));
		complete(cheats, Duty::Slash);
		assert!(asked(104).iter().all(|(_, duty)| *duty == Duty::Unbonding));
	});
}

/// All pages of this size.
fn pages<T>(
	size: u32,
	page: impl Fn(Option<OutPoint>, u32) -> Vec<T>,
	outpoint: impl Fn(&T) -> OutPoint,
) -> Vec<T> {
	let mut all = Vec::new();
	let mut after = None;
	loop {
		let next = page(after, size);
		let Some(last) = next.last() else { return all };
		after = Some(outpoint(last));
		all.extend(next);
	}
}

#[test]
fn what_is_watched_is_what_has_not_ended() {
	run(|| {
		enlist(1);
		enlist(2);
		let registered = draft(5, 1, 100_000, 100);
		assert_ok!(registered.register());
		let registered = registered.outpoint();
		let approved = approved(&draft(5, 2, 100_000, 100));
		let active = bonded(6, 1, 100_000);
		let extension = extend(active, 150).unwrap();
		let unbonding = bonded(7, 2, 100_000);
		let claim = confirm(&transaction(unbonding, Duty::Unbonding));
		let dropped = bonded(8, 1, 100_000);
		let (all, every) = (
			|| Staking::watched(None, 100),
			|size| pages(size, Staking::watched, |bond| bond.outpoint),
		);
		assert_eq!(all().len(), 6);
		for size in 1..8 {
			assert_eq!(every(size), all());
		}
		assert_ok!(report(unbonding, claim));
		let claim = confirm(&withdrawal_after(dropped));
		let page = Staking::watched(None, 3);
		assert_ok!(report(dropped, claim));
		// Though the last one of a page has ended meanwhile, the next goes on after it.
		let after = page.last().map(|bond| bond.outpoint);
		let rest = Staking::watched(after, 100);
		let seen = page.iter().chain(&rest).map(|bond| bond.outpoint).collect::<BTreeSet<_>>();
		assert!(all().iter().all(|bond| seen.contains(&bond.outpoint)));
		let look = |outpoint| all().into_iter().find(|bond| bond.outpoint == outpoint);
		assert_eq!(look(dropped), None);
		for (outpoint, awaited, coins) in [
			(registered, false, 2),
			(approved, true, 2),
			(active, false, 2),
			(extension, true, 2),
			(unbonding, false, 1),
		] {
			let seen = look(outpoint).unwrap();
			assert_eq!((seen.awaited, seen.coins.len()), (awaited, coins), "{outpoint}");
			assert_eq!(seen.since, bond(outpoint).registered.bitcoin_height);
			let unbonded = spends(outpoint, Duty::Unbonding)[0].txid::<Native>();
			assert_eq!(seen.coins.last(), Some(&OutPoint { txid: unbonded, vout: 0 }));
			assert_eq!(seen.coins.contains(&outpoint), coins == 2);
		}
		// A day after the last block in which a bond could be funded it is looked for no more; but an extension is.
		let BondState::Approved { deadline } = state(approved) else { panic!("it waits") };
		bury(deadline.bitcoin_height + 144 - best().height);
		assert!(look(approved).unwrap().awaited);
		bury(1);
		assert!(!look(approved).unwrap().awaited);
		assert!(look(extension).unwrap().awaited);
	});
}

/// The staker takes a bond's coin when its timelock is over.
fn withdrawal_after(outpoint: OutPoint) -> bitcoin::Transaction {
	bury(bond(outpoint).timelock.into());
	withdrawal(outpoint, BondOutput::Bond)
}

#[test]
fn complete_slashes_are_handed_out_until_they_are_settled() {
	run(|| {
		stand(1);
		let bonds = [bonded(1, 1, 200_000), bonded(5, 1, 100_000), bonded(6, 1, 100_000)];
		cheat(1, Session::get(), None);
		next_block();
		let all = || Staking::complete_slashes(None, 100);
		assert_eq!(all(), []);
		for outpoint in bonds {
			complete(outpoint, Duty::Slash);
		}
		assert_eq!(all().len(), 6);
		for size in 1..5 {
			let paged = pages(size, Staking::complete_slashes, |slash| slash.outpoint);
			assert_eq!(paged, all());
		}
		let slash_of = |outpoint, which| -> Option<SignedSlash> {
			all().into_iter().find(|slash| slash.outpoint == outpoint && slash.which == which)
		};
		for outpoint in bonds {
			for which in [Slashable::Bond, Slashable::Unbonding] {
				let slash = slash_of(outpoint, which).unwrap();
				let wanted = slashing(outpoint, which);
				assert_eq!(slash.bytes, bitcoin::consensus::serialize(&wanted));
				assert_eq!(slash.txid, wanted.compute_txid().into());
				assert_eq!(slash.coin, wanted.input[0].previous_output.into());
				assert_eq!(slash.fee, rules().slashing_fee);
			}
		}
		// One of them is unbonded first: then there is one coin left in which it can be slashed.
		let claim = confirm(&transaction(bonds[1], Duty::Unbonding));
		assert_ok!(report(bonds[1], claim));
		assert_eq!(slash_of(bonds[1], Slashable::Bond), None);
		let claim = confirm(&slashing(bonds[1], Slashable::Unbonding));
		assert_ok!(report(bonds[1], claim));
		assert!(all().iter().all(|slash| slash.outpoint != bonds[1]));
		assert_eq!(all().len(), 4);
	});
}

/// Of a member that is asked for nothing.
#[test]
fn a_stranger_has_nothing_to_sign() {
	run(|| {
		assert_eq!(Staking::duties(&XOnlyKey([9; 32])), []);
		assert_eq!(Staking::bonds_of(&account(1)), []);
	});
}
