//! What must hold of bonds.

use crate::{
	Asked, Bond, BondState, Bonds, BondsOf, Config, CovenantBonds, Duty, ExpiredTo, Expiries,
	HoldReason, Outcome, Pallet, Sequencers, Signatures, SlashOrders, MAX_EXPIRING,
};
use alloc::collections::{BTreeMap, BTreeSet};
use entangled_bitcoin::OutPoint;
use polkadot_sdk::{
	frame_support::{ensure, traits::fungible::hold::Inspect as _},
	sp_runtime::TryRuntimeError,
};

/// All bonds on record.
type Records<T> = BTreeMap<OutPoint, Bond<<T as polkadot_sdk::frame_system::Config>::AccountId>>;

impl<T: Config> Pallet<T> {
	/// The part of the invariants that is about bonds.
	pub(super) fn check_bonds() -> Result<(), TryRuntimeError> {
		let all = Bonds::<T>::iter().collect::<Records<T>>();
		Self::check_indices(&all)?;
		Self::check_expiries(&all)?;
		Self::check_deposits(&all)?;
		Self::check_duties(&all)?;
		Self::check_extensions(&all)
	}

	/// What has not ended is counted for its sequencer and its covenant.
	fn check_indices(all: &Records<T>) -> Result<(), TryRuntimeError> {
		let open = || all.iter().filter(|(_, bond)| !bond.has_ended());
		let named = BondsOf::<T>::iter_keys().collect::<BTreeSet<_>>();
		let expected = open().map(|(outpoint, bond)| (bond.sequencer.clone(), *outpoint));
		ensure!(named == expected.collect(), "bonds are not with their sequencers");
		let (mut sequencers, mut covenants) = (BTreeMap::new(), BTreeMap::new());
		for (_, bond) in open() {
			*sequencers.entry(bond.sequencer.clone()).or_insert(0u32) += 1;
			*covenants.entry(bond.covenant).or_insert(0u32) += 1;
		}
		let counted = CovenantBonds::<T>::iter().collect::<BTreeMap<_, _>>();
		ensure!(counted == covenants, "a covenant's bonds are not counted right");
		let counted = Sequencers::<T>::iter()
			.map(|(who, sequencer)| (who, sequencer.bonds))
			.filter(|(_, bonds)| *bonds > 0)
			.collect::<BTreeMap<_, _>>();
		ensure!(counted == sequencers, "a sequencer's bonds are not counted right");
		Ok(())
	}

	/// What counts will expire, once.
	fn check_expiries(all: &Records<T>) -> Result<(), TryRuntimeError> {
		let mut expected = BTreeMap::<u32, BTreeSet<OutPoint>>::new();
		for (outpoint, bond) in all {
			if let BondState::Active { included, expires } = bond.state {
				expected.entry(expires).or_default().insert(*outpoint);
				let latest = included
					.saturating_add(bond.timelock.into())
					.saturating_sub(bond.rules.unbonding_time.into());
				ensure!(expires <= latest, "a bond counts that may not be slashed in time");
			}
		}
		let mut listed = BTreeMap::new();
		for (height, due) in Expiries::<T>::iter() {
			ensure!(due.len() <= MAX_EXPIRING as usize, "too many bonds expire at once");
			ensure!(height >= ExpiredTo::<T>::get(), "a bond will never expire");
			let bonds = due.iter().copied().collect::<BTreeSet<_>>();
			ensure!(bonds.len() == due.len(), "a bond expires twice");
			listed.insert(height, bonds);
		}
		ensure!(listed == expected, "not those bonds expire that count");
		Ok(())
	}

	/// On hold is what was deposited for bonds that are not on Bitcoin yet.
	fn check_deposits(all: &Records<T>) -> Result<(), TryRuntimeError> {
		let mut deposits = BTreeMap::new();
		for bond in all.values() {
			let waits =
				matches!(bond.state, BondState::Registered { .. } | BondState::Approved { .. });
			ensure!(waits || bond.deposit == 0, "a deposit was not returned");
			let sum = deposits.entry(&bond.owner).or_insert(0u128);
			*sum = sum.saturating_add(bond.deposit);
		}
		for (owner, sum) in deposits {
			let held = T::Currency::balance_on_hold(&HoldReason::Registration.into(), owner);
			ensure!(held == sum, "not on hold is what is deposited");
		}
		Ok(())
	}

	/// Covenants are asked for what is needed, and only members have signed.
	fn check_duties(all: &Records<T>) -> Result<(), TryRuntimeError> {
		for outpoint in SlashOrders::<T>::iter_keys() {
			let leaves = all.get(&outpoint).map(|bond| bond.state);
			let leaves = matches!(leaves, Some(BondState::Leaving { .. }));
			ensure!(leaves, "an order to slash what counts or has ended");
		}
		for (outpoint, duty, key) in Signatures::<T>::iter_keys() {
			let state = all.get(&outpoint).map(|bond| bond.state);
			if (state, duty) == (Some(BondState::Closed(Outcome::Dropped)), Duty::Unbonding) {
				continue;
			}
			let bond = all.get(&outpoint).filter(|bond| !bond.has_ended());
			if duty == Duty::Extension && bond.is_some_and(Self::is_too_late) {
				continue;
			}
			let signers = bond.and_then(|bond| Self::signers(bond, duty).ok());
			let member = signers.is_some_and(|signers| signers.keys().contains(&key));
			ensure!(member, "a signature of nobody's, or for nothing");
		}
		for (outpoint, bond) in all {
			for duty in [Duty::Unbonding, Duty::Extension, Duty::Slash] {
				let asked = Asked::<T>::contains_key(outpoint, duty);
				ensure!(asked == Self::is_open_duty(outpoint, bond, duty)?, "asked for the wrong");
			}
		}
		let stray = Asked::<T>::iter_keys().any(|(outpoint, _)| !all.contains_key(&outpoint));
		ensure!(!stray, "asked for a bond that is not on record");
		Ok(())
	}

	/// Whether the coin that a bond would take over has gone another way. Nobody may know the old covenant
	/// any more.
	fn is_too_late(bond: &Bond<T::AccountId>) -> bool {
		Self::extended(bond).is_some_and(|(_, old)| old.has_ended())
	}

	/// Whether a covenant should be asked to sign this.
	fn is_open_duty(
		outpoint: &OutPoint,
		bond: &Bond<T::AccountId>,
		duty: Duty,
	) -> Result<bool, TryRuntimeError> {
		let done = |duty| {
			Self::signers(bond, duty).map(|signers| Self::is_complete(outpoint, duty, &signers))
		};
		let waits = matches!(bond.state, BondState::Registered { .. });
		Ok(match duty {
			_ if bond.has_ended() => false,
			Duty::Unbonding => bond.may_be_unspent() && !done(duty)?,
			Duty::Extension if bond.extends.is_none() || !waits => false,
			Duty::Extension if Self::is_too_late(bond) => Asked::<T>::contains_key(outpoint, duty),
			Duty::Extension => done(Duty::Unbonding)? && !done(duty)?,
			Duty::Slash => {
				let order = SlashOrders::<T>::get(outpoint);
				ensure!(
					order.as_ref().is_none_or(|o| done(duty).is_ok_and(|done| done == o.complete)),
					"not signed"
				);
				order.is_some_and(|order| !order.complete)
			},
		})
	}

	/// What another bond has taken the coin of has ended. What was given up has taken no coin.
	fn check_extensions(all: &Records<T>) -> Result<(), TryRuntimeError> {
		for (outpoint, bond) in all {
			let Some(old) = bond.extends.and_then(|old| all.get(&old)) else {
				ensure!(bond.extends.is_none(), "an extension of nothing");
				continue;
			};
			let same = (&old.owner, &old.sequencer, old.staker);
			ensure!(
				same == (&bond.owner, &bond.sequencer, bond.staker),
				"an extension of another's"
			);
			if bond.slashable_until().is_some() {
				ensure!(old.has_ended(), "two bonds have the same coin");
				ensure!(bond.counts_from == old.counts_from, "an extension answers for less");
			}
			match bond.state {
				BondState::Closed(Outcome::Dropped) => {
					let taken = BondState::Closed(Outcome::Extended { into: *outpoint });
					ensure!(old.state != taken, "a bond that was given up has taken a coin");
				},
				// It had come in before.
				BondState::Closed(_) => {
					ensure!(old.has_ended(), "an extension ended that never took the coin")
				},
				_ => (),
			}
		}
		Ok(())
	}
}
