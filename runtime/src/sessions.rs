//! From one session to the next: who makes blocks, what becomes of those who did, and what cheating costs.

use crate::{AccountId, Historical, Runtime, SequencerStaking, Session, System};
use alloc::{collections::BTreeSet, vec::Vec};
use polkadot_sdk::*;

use frame_support::{dispatch::DispatchClass, weights::Weight};
use pallet_sequencer_staking::SequencerStatus;
use pallet_session::historical::{self, IdentificationTuple};
use sp_runtime::{traits::Convert, Perbill};
use sp_staking::{
	offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
	SessionIndex,
};

/// For how many sessions the proofs of who held which key are kept, and with them the time in
/// which an equivocation can be reported: four weeks of sessions of one hour. Token stake stays on
/// hold for no shorter.
pub const KEPT_SESSIONS: u32 = 28 * 24;

/// The validators that staking elects: those with the most bonded BTC; and while there are too few of
/// them, founders, and those who were validators before.
pub struct ElectedValidators;

impl pallet_session::SessionManager<AccountId> for ElectedValidators {
	/// `None` while the set and all its keys stay as they are, so that consensus need not change
	/// authorities. A changed key gives the set anew: only then is the root of the keys, which
	/// equivocation reports are checked against, computed again.
	fn new_session(session: SessionIndex) -> Option<Vec<AccountId>> {
		let current = Session::queued_keys();
		let until_now = current.iter().map(|(who, _)| who.clone()).collect();
		let mut next = SequencerStaking::elect(session, until_now);
		// In the order of accounts, so that it does not matter who overtakes whom.
		next.sort();
		let same = |(who, (before, keys)): (&AccountId, &(AccountId, _))| {
			who == before && Session::load_keys(who).as_ref() == Some(keys)
		};
		let unchanged = next.len() == current.len() && next.iter().zip(&current).all(same);
		// Somebody must make blocks.
		(!unchanged && !next.is_empty()).then_some(next)
	}

	/// Everybody whose keys stand in the genesis configuration, in an order that does not depend
	/// on how the state is hashed.
	fn new_session_genesis(_: SessionIndex) -> Option<Vec<AccountId>> {
		let mut validators: Vec<_> = pallet_session::NextKeys::<Runtime>::iter_keys().collect();
		validators.sort();
		Some(validators)
	}

	fn start_session(session: SessionIndex) {
		if let Some(oldest) = session.checked_sub(KEPT_SESSIONS) {
			Historical::prune_up_to(oldest);
		}
		// Who has cheated may have been planned for this session before. When the set changes, the session
		// pallet forgets who was disabled.
		for who in Session::validators() {
			let record = pallet_sequencer_staking::Sequencers::<Runtime>::get(&who);
			if let Some(SequencerStatus::Banned { cost }) = record.map(|record| record.status) {
				Session::report_offence(who, OffenceSeverity(cost));
			}
		}
	}

	fn end_session(session: SessionIndex) {
		SequencerStaking::end_session(session, &Session::validators());
	}
}

impl historical::SessionManager<AccountId, ()> for ElectedValidators {
	fn new_session(session: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		identified(<Self as pallet_session::SessionManager<_>>::new_session(session))
	}

	fn new_session_genesis(session: SessionIndex) -> Option<Vec<(AccountId, ())>> {
		identified(<Self as pallet_session::SessionManager<_>>::new_session_genesis(session))
	}

	fn start_session(session: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::start_session(session)
	}

	fn end_session(session: SessionIndex) {
		<Self as pallet_session::SessionManager<_>>::end_session(session)
	}
}

fn identified(validators: Option<Vec<AccountId>>) -> Option<Vec<(AccountId, ())>> {
	Some(validators?.into_iter().map(|who| (who, ())).collect())
}

/// A validator is fully identified by its account: what is staked for it is known to staking, and no
/// proof has to name it.
pub struct AccountIsEnough;

impl Convert<AccountId, Option<()>> for AccountIsEnough {
	fn convert(_: AccountId) -> Option<()> {
		Some(())
	}
}

/// Punishes whoever cheats: staking takes what it has at stake, and to the end of the session it makes
/// no blocks, as long as no more than a third are kept from it. What that weighs is charged at once, for the pallet
/// that counts offences passes it on to nobody.
pub struct Punishment;

impl OnOffenceHandler<AccountId, IdentificationTuple<Runtime>, Weight> for Punishment {
	fn on_offence(
		offenders: &[OffenceDetails<AccountId, IdentificationTuple<Runtime>>],
		fractions: &[Perbill],
		session: SessionIndex,
	) -> Weight {
		let mut weight = SequencerStaking::on_offence(offenders, fractions, session);
		for (details, fraction) in offenders.iter().zip(fractions) {
			let (offender, _) = &details.offender;
			if !fraction.is_zero() {
				Session::report_offence(offender.clone(), OffenceSeverity(*fraction));
				weight.saturating_accrue(
					<Runtime as frame_system::Config>::DbWeight::get().reads_writes(2, 1),
				);
			}
		}
		System::register_extra_weight_unchecked(weight, DispatchClass::Mandatory);
		weight
	}
}

/// The validators of this session and of the next.
pub fn elected() -> pallet_sequencer_staking::Elected<AccountId> {
	let queued = Session::queued_keys().into_iter().map(|(who, _)| who);
	pallet_sequencer_staking::Elected {
		now: Session::validators().into_iter().collect(),
		next: queued.collect::<BTreeSet<_>>(),
	}
}
