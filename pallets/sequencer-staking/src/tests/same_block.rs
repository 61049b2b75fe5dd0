//! Several things at once, in every order.

use crate::{mock::*, BondState, BondedTotal, Bonds, Duty, Sequencers, SlashOrders};
use entangled_bitcoin::{OutPoint, Sats};
use pallet_btc_light_client::InclusionClaim;

/// What may happen to a bond within one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
	Unbond,
	Unbonded,
	Cheat,
	Expire,
	Extended,
	Collect,
}

const ACTS: [Act; 6] =
	[Act::Unbond, Act::Unbonded, Act::Cheat, Act::Expire, Act::Extended, Act::Collect];

/// Two bonds for one sequencer, and what of each can be proven.
struct Scene {
	bonds: [OutPoint; 2],
	unbonding: InclusionClaim,
	extension: InclusionClaim,
	expires: u32,
}

/// The first bond was unbonded on Bitcoin, the second one extended, and nobody has said so. In the next Bitcoin
/// block both expire.
fn scene() -> Scene {
	stand(2);
	let drafts = [draft(1, 2, 1_000_000, 100), draft(2, 2, 3_000_000, 100)];
	let bonds = drafts.each_ref().map(approved);
	let block = mine(drafts.iter().map(|draft| draft.funding.clone()).collect());
	make_final(block);
	for (index, outpoint) in (1..).zip(bonds) {
		Staking::activate(nobody(), outpoint, claim_of(block, index)).unwrap();
	}
	let new = extend(bonds[1], 100).unwrap();
	complete(new, Duty::Unbonding);
	complete(new, Duty::Extension);
	let expires = block.height + 90;
	bury(expires - 6 - best().height);
	let txs = vec![transaction(bonds[0], Duty::Unbonding), transaction(new, Duty::Extension)];
	let block = mine(txs);
	make_final(block);
	bury(expires - 1 - best().height);
	pay_rewards();
	Scene { bonds, unbonding: claim_of(block, 1), extension: claim_of(block, 2), expires }
}

/// The sequencer has made the blocks of a session.
fn pay_rewards() {
	use polkadot_sdk::{frame_support::traits::fungible::Mutate, pallet_authorship::EventHandler};
	Balances::mint_into(&Staking::pot(), 7_000_003).unwrap();
	<Staking as EventHandler<_, _>>::note_author(account(2));
	Staking::end_session(Session::get(), &[account(2)]);
}

impl Scene {
	fn act(&self, act: Act) {
		// Refusals are fine: it is too late then.
		let [one, two] = self.bonds;
		let _ = match act {
			Act::Unbond => Staking::unbond(signed(1), one),
			Act::Unbonded => report(one, self.unbonding.clone()).map(drop).map_err(|e| e.error),
			Act::Cheat => {
				cheat(2, Session::get(), Some(3));
				Ok(())
			},
			Act::Expire => {
				if best().height < self.expires {
					bury(1);
				}
				Ok(())
			},
			Act::Extended => report(two, self.extension.clone()).map(drop).map_err(|e| e.error),
			Act::Collect => Staking::collect(signed(1), vec![one].try_into().unwrap()),
		};
		Staking::do_try_state().unwrap();
	}

	/// What is so in the end, whatever came first.
	fn check(&self, acts: &[Act]) {
		next_blocks(3);
		let did = |act| acts.contains(&act);
		let [one, two] = self.bonds;
		let new = Bonds::<Test>::iter().find(|(_, bond)| bond.extends.is_some()).unwrap().0;
		let leaves = |outpoint| matches!(state(outpoint), BondState::Leaving { .. });
		let counts = |outpoint| matches!(state(outpoint), BondState::Active { .. });
		let slashed = |outpoint| SlashOrders::<Test>::contains_key(outpoint);
		if did(Act::Cheat) {
			let coin = if did(Act::Extended) { new } else { two };
			assert!(slashed(one) && slashed(coin), "{acts:?}");
			assert_eq!(SlashOrders::<Test>::iter().count(), 2);
		}
		let one_left = [Act::Unbond, Act::Unbonded, Act::Cheat, Act::Expire].into_iter().any(did);
		assert_eq!(leaves(one), one_left, "{acts:?}");
		assert_eq!(bond(two).has_ended(), did(Act::Extended), "{acts:?}");
		assert_eq!(counts(new), did(Act::Extended) && !did(Act::Cheat), "{acts:?}");
		let mut total = Sats::ZERO;
		for bond in Bonds::<Test>::iter_values() {
			if matches!(bond.state, BondState::Active { .. }) {
				total = total.checked_add(bond.value).unwrap();
			}
		}
		assert_eq!(BondedTotal::<Test>::get(), total);
		assert_eq!(Sequencers::<Test>::get(account(2)).unwrap().total, total);
		self.check_rewards();
	}

	/// Each gets what its bond had earned, to the unit, and nothing for afterwards.
	fn check_rewards(&self) {
		pay_rewards();
		let collect = |n, bond| {
			let before = Balances::free_balance(account(n));
			let _ = Staking::collect(signed(n), vec![bond].try_into().unwrap());
			Balances::free_balance(account(n)) - before
		};
		collect(1, self.bonds[0]);
		collect(2, self.bonds[1]);
		let again = collect(1, self.bonds[0]) + collect(2, self.bonds[1]);
		assert_eq!(again, 0, "collected twice");
		Staking::do_try_state().unwrap();
	}
}

#[test]
fn any_two_in_any_order() {
	for first in ACTS {
		for second in ACTS {
			run(|| {
				let scene = scene();
				scene.act(first);
				scene.act(second);
				scene.check(&[first, second]);
			});
		}
	}
}

#[test]
fn three_in_any_order() {
	for acts in [
		[Act::Unbond, Act::Cheat, Act::Extended],
		[Act::Unbonded, Act::Expire, Act::Cheat],
		[Act::Cheat, Act::Extended, Act::Expire],
		[Act::Collect, Act::Unbond, Act::Expire],
	] {
		for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
			run(|| {
				let scene = scene();
				let acts = order.map(|n: usize| acts[n]);
				acts.iter().for_each(|act| scene.act(*act));
				scene.check(&acts);
			});
		}
	}
}

/// Two bonds, one leaves and one is slashed in the same block: what each earned until then is its own.
#[test]
fn one_unbonds_and_one_is_slashed() {
	for unbond_first in [true, false] {
		run(|| {
			enlist(1);
			enlist(2);
			let (one, two) = (bonded(1, 1, 1_000_000), bonded(2, 2, 2_000_000));
			let unbond = || Staking::unbond(signed(1), one).unwrap();
			if unbond_first {
				unbond();
			}
			cheat(2, 1, None);
			if !unbond_first {
				unbond();
			}
			assert_eq!(BondedTotal::<Test>::get(), Sats(2_000_000));
			next_block();
			assert_eq!(BondedTotal::<Test>::get(), Sats::ZERO);
			assert!(
				SlashOrders::<Test>::contains_key(two) && !SlashOrders::<Test>::contains_key(one)
			);
		});
	}
}
