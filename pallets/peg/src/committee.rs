//! Committees and their scripts.

use crate::{
	Committee, CommitteeId, CommitteeSource, Committees, Config, Error, Honoured, InFlight,
	MainCoin, Member, Pallet, Policy, UnsweptDeposits, MAX_MEMBERS,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use entangled_bitcoin::{
	script::{custody_output, multisig::threshold_for},
	Multisig, XOnlyKey,
};
use pallet_btc_light_client::Host;
use polkadot_sdk::frame_support::{ensure, BoundedVec};

impl<AccountId> Committee<AccountId> {
	/// The committee of these members, the best first. `None` when there are none.
	pub(crate) fn form(members: Vec<Member<AccountId>>, height: u32) -> Option<Self> {
		let mut by_key = BTreeMap::new();
		for member in members {
			let full = by_key.len() >= MAX_MEMBERS as usize;
			if !full {
				by_key.entry(member.key).or_insert(member);
			}
		}
		let members = BoundedVec::try_from(by_key.into_values().collect::<Vec<_>>()).ok()?;
		let threshold = threshold_for(u32::try_from(members.len()).ok()?);
		let keys = members.iter().map(|member: &Member<AccountId>| member.key).collect();
		let multisig = Multisig::new(keys, threshold).ok()?;
		let custody = custody_output::<Host>(&multisig)?.script_pubkey();
		Some(Self {
			members,
			threshold,
			custody,
			active_from: height,
			retired_at: None,
			silent_until: None,
		})
	}

	/// The committee's part of every script.
	pub(crate) fn multisig(&self) -> Option<Multisig> {
		Multisig::new(self.members.iter().map(|member| member.key).collect(), self.threshold).ok()
	}

	/// Where a key stands among the members.
	pub(crate) fn index_of(&self, key: &XOnlyKey) -> Option<usize> {
		self.members.binary_search_by(|member| member.key.cmp(key)).ok()
	}

	/// The last height of Bitcoin's tip at which deposits are honoured; `None` while it serves.
	pub(crate) fn honoured_until(&self, policy: &Policy) -> Option<u32> {
		self.retired_at.map(|height| height.saturating_add(policy.committee_grace))
	}

	/// Whether more than a third of its members are not among the validators any more, so that among those who
	/// sign there may be no third that has BTC bonded.
	pub(crate) fn is_deserted(&self, validators: &[Member<AccountId>]) -> bool
	where
		AccountId: PartialEq,
	{
		let is_there = |member: &&Member<AccountId>| {
			validators.iter().any(|validator| validator.account == member.account)
		};
		let there = self.members.iter().filter(is_there).count();
		there.saturating_mul(3) < self.members.len().saturating_mul(2)
	}

	/// Whether nothing waits for its signatures at this height of Bitcoin's tip.
	pub(crate) fn is_silent(&self, height: u32) -> bool {
		self.silent_until.is_some_and(|until| height < until)
	}
}

impl<T: Config> Pallet<T> {
	/// The committee that serves.
	pub(crate) fn current_committee() -> Option<(CommitteeId, Committee<T::AccountId>)> {
		let id = *Honoured::<T>::get().last()?;
		Some((id, Committees::<T>::get(id)?))
	}

	/// The committees whose signatures coins need, or will when the batch in flight is mined.
	pub(crate) fn holders() -> BTreeSet<CommitteeId> {
		// What an attempt spends is among these until it is settled.
		let unswept = UnsweptDeposits::<T>::get();
		let main = MainCoin::<T>::get().map(|(_, committee)| committee);
		let change = InFlight::<T>::get().map(|batch| batch.change_to);
		unswept.iter().map(|waiting| waiting.committee).chain(main).chain(change).collect()
	}

	/// The committees that matter still: those whose addresses are honoured, and those that hold coins, as
	/// one does whose time is over and that has slashed something since. The last one serves.
	pub(crate) fn relevant() -> BTreeSet<CommitteeId> {
		Honoured::<T>::get().into_iter().chain(Self::holders()).collect()
	}

	/// Who should hold custody's keys now.
	pub(crate) fn desired_committee(height: u32) -> Option<Committee<T::AccountId>> {
		Committee::form(T::Committee::members(), height)
	}

	/// A committee of which enough members are in the serving one, so that what it holds can be
	/// expected to move. A coin that needs those who have left would hold up everybody's batch.
	pub(crate) fn able(id: CommitteeId) -> Result<Committee<T::AccountId>, Error<T>> {
		let committee = Committees::<T>::get(id).ok_or(Error::<T>::UnknownCommittee)?;
		let (_, serving) = Self::current_committee().ok_or(Error::<T>::NoCommittee)?;
		let accounts =
			serving.members.iter().map(|member| &member.account).collect::<BTreeSet<_>>();
		let able = committee.members.iter().filter(|member| accounts.contains(&member.account));
		let enough = u32::try_from(able.count()).is_ok_and(|able| able >= committee.threshold);
		ensure!(enough, Error::<T>::CommitteeRetired);
		Ok(committee)
	}
}
