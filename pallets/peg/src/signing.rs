//! Signatures, made by the members and checked on arrival.
//!
//! A member signs every input that its key is needed for at once. Who has signed, and who has not,
//! is on record; so a member that holds payments up is known to all.

use crate::{
	Attempt, AttemptSignatures, Attempts, Batch, CommitteeId, Committees, Config, Error, Event,
	InFlight, Member, Pallet, Security, Signatures,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use entangled_bitcoin::{Signature, XOnlyKey};
use pallet_btc_light_client::{BitcoinChain, Host};
use polkadot_sdk::{frame_support::ensure, sp_runtime::DispatchResult};

impl<T: Config> Pallet<T> {
	/// The committees among whose coins the batch's are.
	pub(crate) fn committees_of(batch: &Batch) -> BTreeSet<CommitteeId> {
		batch.coins.iter().map(|(_, committee)| *committee).collect()
	}

	/// The inputs of a batch that the holder of a key signs, in ascending order.
	pub(crate) fn inputs_of(batch: &Batch, key: &XOnlyKey) -> Vec<u32> {
		let has_key = |id: &CommitteeId| {
			Committees::<T>::get(id).is_some_and(|committee| committee.index_of(key).is_some())
		};
		let committees =
			Self::committees_of(batch).into_iter().filter(has_key).collect::<BTreeSet<_>>();
		(0u32..)
			.zip(&batch.coins)
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
	) -> Result<(Batch, Attempt), Error<T>> {
		ensure!(Self::may_pay(), Error::<T>::Halted);
		let batch =
			InFlight::<T>::get().filter(|batch| batch.id == id).ok_or(Error::<T>::UnknownBatch)?;
		let attempt = Attempts::<T>::get(index).ok_or(Error::<T>::UnknownAttempt)?;
		let inputs = Self::inputs_of(&batch, key);
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
		Ok((batch, attempt))
	}

	pub(crate) fn do_sign(
		id: u32,
		index: u32,
		key: XOnlyKey,
		signatures: AttemptSignatures,
	) -> DispatchResult {
		let (batch, mut attempt) = Self::check_signatures(id, index, &key, &signatures)?;
		Signatures::<T>::insert(index, key, signatures);
		Self::deposit_event(Event::Signed { batch: id, attempt: index, key });
		if !attempt.complete && Self::is_complete(&batch, index) {
			attempt.complete = true;
			// Only now can Bitcoin see it, so its time begins.
			attempt.built_at = T::Bitcoin::clock().bitcoin_height;
			let txid = attempt.txid;
			Attempts::<T>::insert(index, attempt);
			Self::deposit_event(Event::AttemptCompleted { batch: id, attempt: index, txid });
		}
		Ok(())
	}

	/// Notes who gave the signatures that an attempt asked for, and who did not.
	pub(crate) fn note_signatures(batch: &Batch, index: u32) {
		let mut members = BTreeMap::new();
		for committee in Self::committees_of(batch).into_iter().filter_map(Committees::<T>::get) {
			for Member { key, account } in committee.members {
				// Whoever sits in several committees owes what each of them asks for.
				let gave = Signatures::<T>::contains_key(index, key);
				members.entry(account).and_modify(|all| *all &= gave).or_insert(gave);
			}
		}
		for (member, gave) in members {
			T::Security::note_signature(&member, gave);
		}
	}

	/// Whether enough members of every committee have signed an attempt.
	fn is_complete(batch: &Batch, index: u32) -> bool {
		Self::committees_of(batch).into_iter().all(|id| {
			Committees::<T>::get(id).is_some_and(|committee| {
				let signed = committee
					.members
					.iter()
					.filter(|member| Signatures::<T>::contains_key(index, member.key));
				u32::try_from(signed.count()).is_ok_and(|signed| signed >= committee.threshold)
			})
		})
	}
}
