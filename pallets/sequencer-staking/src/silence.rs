//! Members of covenants who do not sign.
//!
//! More than a third of a covenant can keep bonds from coming to count, and cheats from being slashed. Nobody can make
//! them sign, but everybody can see who has not. It is counted in a row and apart from what they owe to the peg's batches, or who
//! signs those would be forgiven this; whoever has missed as many as that is jailed as a validator.

use crate::{
	Config, CovenantId, Covenants, CurrentPolicy, Duty, Error, Event, Pallet, Sequencers,
	Signatures, SlashOrder, SlashOrders,
};
use entangled_bitcoin::OutPoint;
use pallet_btc_light_client::BitcoinChain;
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

impl<T: Config> Pallet<T> {
	/// Notes of the members of a covenant who have signed this that they did, or of the others that they did not.
	pub(crate) fn note_duty(outpoint: &OutPoint, duty: Duty, covenant: CovenantId, gave: bool) {
		for (key, member) in T::Covenants::members(covenant) {
			if Signatures::<T>::contains_key((outpoint, duty, key)) == gave {
				Sequencers::<T>::mutate_extant(member, |sequencer| {
					let missed = sequencer.missed_duties.saturating_add(1);
					sequencer.missed_duties = if gave { 0 } else { missed };
				});
			}
		}
	}

	/// An order to slash that the covenant has not completed in time, if it has not been noted yet.
	pub(crate) fn silent_order(
		outpoint: &OutPoint,
	) -> Result<(SlashOrder<T::AccountId>, CovenantId), Error<T>> {
		let bond = Self::open_bond(outpoint)?;
		let order = SlashOrders::<T>::get(outpoint).filter(|order| !order.complete);
		let order = order.ok_or(Error::<T>::NotAsked)?;
		ensure!(!order.noted, Error::<T>::NothingNew);
		let until = order.since.after(CurrentPolicy::<T>::get().slash_signing_blocks, 0);
		ensure!(T::Bitcoin::clock().has_passed(until), Error::<T>::NotSilent);
		Ok((order, bond.covenant))
	}

	/// Notes who has not signed an order in time, once.
	pub(crate) fn do_note_silence(outpoint: OutPoint) -> DispatchResult {
		let (order, covenant) = Self::silent_order(&outpoint)?;
		Self::note_duty(&outpoint, Duty::Slash, covenant, false);
		SlashOrders::<T>::insert(outpoint, SlashOrder { noted: true, ..order });
		Self::deposit_event(Event::SilenceNoted { outpoint });
		Ok(())
	}
}
