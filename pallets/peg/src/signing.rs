//! Signatures, made by the members and checked on arrival.
//!
//! A member signs every input that its key is needed for at once. Who has signed, and who has not,
//! is on record; so a member that holds payments up is known to all.

use crate::{
	Attempt, AttemptSignatures, Attempts, Committee, CommitteeId, Committees, Config, Error, Event,
	InFlight, Pallet, Signatures,
};
use alloc::{collections::BTreeSet, vec::Vec};
use entangled_bitcoin::{Signature, XOnlyKey};
use pallet_btc_light_client::{BitcoinChain, Host};
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

/// How many of a committee have signed an attempt.
pub(crate) struct Turnout<AccountId> {
	pub(crate) id: CommitteeId,
	pub(crate) committee: Committee<AccountId>,
	pub(crate) signed: u32,
}

impl<AccountId> Turnout<AccountId> {
	/// Whether they are enough.
	pub(crate) fn suffices(&self) -> bool {
		self.signed >= self.committee.threshold
	}
}

impl<T: Config> Pallet<T> {
	/// The committees among whose coins the attempt's are.
	pub(crate) fn committees_of(attempt: &Attempt) -> BTreeSet<CommitteeId> {
		attempt.coins.iter().map(|(_, committee)| *committee).collect()
	}

	/// The inputs of an attempt that the holder of a key signs, in ascending order.
	pub(crate) fn inputs_of(attempt: &Attempt, key: &XOnlyKey) -> Vec<u32> {
		let has_key = |id: &CommitteeId| {
			Committees::<T>::get(id).is_some_and(|committee| committee.index_of(key).is_some())
		};
		let committees =
			Self::committees_of(attempt).into_iter().filter(has_key).collect::<BTreeSet<_>>();
		(0u32..)
			.zip(&attempt.coins)
			.filter(|(_, (_, committee))| committees.contains(committee))
			.map(|(input, _)| input)
			.collect()
	}

	/// Whether these are the signatures that the holder of the key owes to an attempt.
	pub(crate) fn check_signatures(
		id: u32,
		index: u32,
		key: &XOnlyKey,
		signatures: &[Signature],
	) -> Result<Attempt, Error<T>> {
		ensure!(Self::may_pay(), Error::<T>::Halted);
		let known = InFlight::<T>::get().is_some_and(|batch| batch.id == id);
		ensure!(known, Error::<T>::UnknownBatch);
		let attempt = Attempts::<T>::get(index).ok_or(Error::<T>::UnknownAttempt)?;
		let inputs = Self::inputs_of(&attempt, key);
		ensure!(!inputs.is_empty(), Error::<T>::NotAMember);
		let signed = Signatures::<T>::contains_key(index, key);
		ensure!(!signed, Error::<T>::AlreadySigned);
		ensure!(signatures.len() == inputs.len(), Error::<T>::WrongSignatureCount);
		let good = inputs.iter().zip(signatures).all(|(input, signature)| {
			usize::try_from(*input)
				.ok()
				.and_then(|input| attempt.sighashes.get(input))
				.is_some_and(|sighash| key.verify::<Host>(sighash, signature))
		});
		ensure!(good, Error::<T>::WrongSignature);
		Ok(attempt)
	}

	pub(crate) fn do_sign(
		id: u32,
		index: u32,
		key: XOnlyKey,
		signatures: AttemptSignatures,
	) -> DispatchResult {
		let mut attempt = Self::check_signatures(id, index, &key, &signatures)?;
		Signatures::<T>::insert(index, key, signatures);
		Self::deposit_event(Event::Signed { batch: id, attempt: index, key });
		let turnouts = Self::turnouts(index, &attempt);
		if !attempt.complete && turnouts.iter().all(Turnout::suffices) {
			attempt.complete = true;
			// Only now can Bitcoin see it, so its time begins.
			attempt.built_at = T::Bitcoin::clock().bitcoin_height;
			let txid = attempt.txid;
			Attempts::<T>::insert(index, attempt);
			Self::deposit_event(Event::AttemptCompleted { batch: id, attempt: index, txid });
		}
		Self::hear(&key, turnouts);
		Ok(())
	}

	/// How many members of every committee whose coins it spends have signed an attempt.
	pub(crate) fn turnouts(index: u32, attempt: &Attempt) -> Vec<Turnout<T::AccountId>> {
		let turnout = |id| {
			// Who holds a coin is not forgotten.
			let committee = Committees::<T>::get(id)?;
			let members = committee.members.iter();
			let signed = members.filter(|member| Signatures::<T>::contains_key(index, member.key));
			let signed = u32::try_from(signed.count()).unwrap_or(u32::MAX);
			Some(Turnout { id, committee, signed })
		};
		Self::committees_of(attempt).into_iter().filter_map(turnout).collect()
	}
}
