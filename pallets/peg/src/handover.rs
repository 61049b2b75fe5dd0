//! From one committee to the next.
//!
//! A committee serves for a term, or until more than a third of its members are validators no more: they may
//! have unbonded what they stand for custody with, and the coins must move on while it can still be slashed.
//! When the validators that should hold the keys are others by then, they become a *candidate*: each of its members signs a challenge, and only when all have does it
//! take over. A member that cannot sign must show now, and not when coins lie under its key. If one
//! fails to, the committee in office goes on, and the next candidate is formed without those who were
//! missing, nor those who were before them: else two that are away in turn could keep a committee in
//! office for ever. It is noted that they owed a signature.
//!
//! From then on change is paid to the new committee, and every coin of an older one is swept to it
//! as if its refund were about to open. Deposits to an older committee's addresses are honoured for
//! a time of grace, so its members keep their keys.

use crate::{
	Absent, Candidate, CandidateCommittee, Committee, CommitteeId, CommitteeSource, Committees,
	Config, Error, Event, Honoured, Member, NextCommittee, Pallet, Policy, Security,
	MAX_COMMITTEES,
};
use alloc::vec::Vec;
use entangled_bitcoin::{bip340::tagged_hash, ChainId, Signature, XOnlyKey};
use pallet_btc_light_client::{our_chain, BitcoinChain, Clock, Host};
use polkadot_sdk::{
	frame_support::{ensure, BoundedVec},
	sp_runtime::DispatchResult,
};

impl<T: Config> Pallet<T> {
	/// Gives up a hand-over that has failed, begins one that is due, and honours committees no more
	/// whose time is over.
	pub(crate) fn step_hand_over(clock: Clock, policy: &Policy) {
		match CandidateCommittee::<T>::get() {
			Some(candidate) if clock.has_passed(candidate.deadline) => {
				CandidateCommittee::<T>::kill();
				let missing = candidate.missing().map(|member| member.account.clone());
				let missing = missing.collect::<Vec<_>>();
				Self::note_absent(&missing);
				Self::deposit_event(Event::HandOverFailed { committee: candidate.id, missing });
			},
			Some(_) => (),
			None => Self::propose(clock, policy),
		}
		Self::retire(clock, policy);
	}

	fn propose(clock: Clock, policy: &Policy) {
		let height = clock.bitcoin_height;
		let current = Self::current_committee();
		let validators = T::Committee::members();
		let serves = |committee: &Committee<_>| {
			let term_ends = committee.active_from.saturating_add(policy.term);
			height < term_ends && !committee.is_deserted(&validators)
		};
		if current.as_ref().is_some_and(|(_, committee)| serves(committee)) {
			return;
		}
		let room = Honoured::<T>::decode_len().unwrap_or(0) < MAX_COMMITTEES as usize;
		let Some(committee) = Self::next_committee(validators, height).filter(|_| room) else {
			return;
		};
		let Some(chain) = our_chain::<T>() else { return };
		if current.is_some_and(|(_, current)| current.members == committee.members) {
			// Nobody else has come. Those who were missing may try again.
			Absent::<T>::kill();
			return;
		}
		let id = NextCommittee::<T>::get();
		NextCommittee::<T>::put(id.saturating_add(1));
		let mut alive = committee.members.iter().map(|_| false).collect::<Vec<_>>();
		alive.truncate(committee.members.len());
		let candidate = Candidate {
			id,
			challenge: Self::challenge(chain, id, &committee),
			// As many as there are members, so they fit.
			alive: alive.try_into().unwrap_or_default(),
			committee,
			deadline: clock.after(policy.hand_over_blocks, policy.hand_over_own_blocks),
		};
		CandidateCommittee::<T>::put(candidate);
		Self::deposit_event(Event::CommitteeProposed { committee: id });
	}

	/// The committee of all these, without those who did not show up for the hand-overs that have failed, as
	/// long as two thirds are left.
	fn next_committee(
		all: Vec<Member<T::AccountId>>,
		height: u32,
	) -> Option<Committee<T::AccountId>> {
		let present = without(&all, &Absent::<T>::get());
		Committee::form(present.unwrap_or(all), height)
	}

	/// Takes note of those who were missing when a hand-over failed. Where there would be too few without all
	/// who were missing so far, those before the last may try again.
	fn note_absent(missing: &[T::AccountId]) {
		let mut absent = Absent::<T>::get().into_inner();
		for account in missing {
			T::Security::note_signature(account, false);
			if !absent.contains(account) {
				absent.push(account.clone());
			}
		}
		let enough = without(&T::Committee::members(), &absent).is_some();
		let absent = BoundedVec::try_from(absent).ok().filter(|_| enough);
		// Of a candidate's members there are as many as fit.
		Absent::<T>::put(absent.unwrap_or_else(|| BoundedVec::truncate_from(missing.to_vec())));
	}

	/// What the members of a candidate sign: of this chain, this hand-over and these keys only.
	fn challenge(chain: ChainId, id: CommitteeId, committee: &Committee<T::AccountId>) -> [u8; 32] {
		tagged_hash::<Host>(
			b"Entangled/ProofOfLife",
			&[&chain.0, &id.to_le_bytes(), &committee.custody.to_bytes()],
		)
	}

	/// Which member of the candidate this is, when the signature shows that it can sign.
	pub(crate) fn check_life(
		committee: CommitteeId,
		key: &XOnlyKey,
		signature: &Signature,
	) -> Result<(Candidate<T::AccountId>, usize), Error<T>> {
		let candidate = CandidateCommittee::<T>::get()
			.filter(|candidate| candidate.id == committee)
			.ok_or(Error::<T>::NoCandidate)?;
		let index = candidate.committee.index_of(key).ok_or(Error::<T>::NotAMember)?;
		ensure!(candidate.alive.get(index) == Some(&false), Error::<T>::AlreadySigned);
		let signed = key.verify::<Host>(&candidate.challenge, signature);
		ensure!(signed, Error::<T>::WrongSignature);
		Ok((candidate, index))
	}

	pub(crate) fn do_prove_life(
		committee: CommitteeId,
		key: XOnlyKey,
		signature: Signature,
	) -> DispatchResult {
		let (mut candidate, index) = Self::check_life(committee, &key, &signature)?;
		if let Some(alive) = candidate.alive.get_mut(index) {
			*alive = true;
		}
		Self::deposit_event(Event::LifeProven { committee, key });
		if candidate.missing().next().is_some() {
			CandidateCommittee::<T>::put(candidate);
		} else {
			CandidateCommittee::<T>::kill();
			Self::activate(candidate.id, candidate.committee);
		}
		Ok(())
	}

	/// Gives a committee the office.
	pub(crate) fn activate(id: CommitteeId, mut committee: Committee<T::AccountId>) {
		let height = T::Bitcoin::clock().bitcoin_height;
		Honoured::<T>::mutate(|honoured| {
			if let Some(before) = honoured.last() {
				Committees::<T>::mutate_extant(before, |before| before.retired_at = Some(height));
			}
			// A candidate is proposed only where there is room for it.
			let _ = honoured.try_push(id);
		});
		Absent::<T>::kill();
		committee.active_from = height;
		Committees::<T>::insert(id, committee);
		Self::deposit_event(Event::CommitteeActivated { committee: id });
	}

	/// Honours committees no more whose grace is over and that hold nothing.
	fn retire(clock: Clock, policy: &Policy) {
		let honoured = Honoured::<T>::get();
		if honoured.len() < 2 {
			return;
		}
		let over = |id: &CommitteeId| {
			Committees::<T>::get(id)
				.and_then(|committee| committee.honoured_until(policy))
				.is_some_and(|until| clock.bitcoin_height > until)
		};
		let holders = Self::holders();
		let retired = honoured
			.iter()
			.filter(|id| over(id) && !holders.contains(id))
			.copied()
			.collect::<Vec<_>>();
		if retired.is_empty() {
			return;
		}
		for id in &retired {
			Self::deposit_event(Event::CommitteeRetired { committee: *id });
		}
		Honoured::<T>::mutate(|honoured| honoured.retain(|id| !retired.contains(id)));
	}
}

/// The members without those who are absent, if two thirds are left.
fn without<AccountId: Clone + PartialEq>(
	all: &[Member<AccountId>],
	absent: &[AccountId],
) -> Option<Vec<Member<AccountId>>> {
	let present = all.iter().filter(|member| !absent.contains(&member.account));
	let present = present.cloned().collect::<Vec<_>>();
	let enough = present.len().saturating_mul(3) >= all.len().saturating_mul(2);
	enough.then_some(present)
}

impl<AccountId> Candidate<AccountId> {
	/// Members that have not shown that they can sign.
	pub(crate) fn missing(&self) -> impl Iterator<Item = &Member<AccountId>> {
		let alive = |index: usize| self.alive.get(index).copied().unwrap_or(false);
		let members = self.committee.members.iter().enumerate();
		members.filter(move |(index, _)| !alive(*index)).map(|(_, member)| member)
	}
}
