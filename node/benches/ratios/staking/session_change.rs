// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The change of a session, with as many candidates and validators as there can be.

use super::{
	bonds::{fund, Wish},
	candidates::enlist,
	weights,
};
use crate::{
	chain::{Chain, Runtime},
	committee::{self, Member},
	regtest::{confirm, Miner},
	weights::ratio,
	Figures, BLOCK,
};
use entangled_bitcoin::Sats;
use entangled_runtime::{AccountId, Runtime as Native, RuntimeOrigin, SequencerStaking, Session};
use pallet_sequencer_staking::{
	Authored, Ranking, SequencerStatus, Sequencers, MAX_SEQUENCERS, MAX_VALIDATORS,
};
use polkadot_sdk::pallet_session;
use std::{ops::Range, time::Duration};

/// Slots of a session: more than blocks are made here.
const SESSION: u64 = 1_000;
/// Bonds of one transaction.
const OUTPUTS: usize = 50;

/// The hooks of the block in which a session changes, with a thousand bonds and with ten thousand.
///
/// All validators of the session that ends have made blocks, and a third of them is to be jailed. Of those who stand
/// for election, only the last have keys still.
pub fn measure(figures: &mut Figures) {
	let covenant = committee::members(1);
	let runtime = Runtime::of(|patch| {
		committee::appoint(patch, &covenant);
		patch["timing"]["epochLength"] = SESSION.into();
		patch["sequencerStaking"]["policy"]["validators"] = MAX_VALIDATORS.into();
	});
	let mut chain = runtime.chain();
	let mut miner = Miner::new();
	chain.block(None, vec![]);
	let candidates = enlist(&mut chain, MAX_SEQUENCERS);
	let mut bond = |chain: &mut Chain, rounds| {
		bond(chain, &mut miner, &covenant, &candidates, rounds);
	};
	bond(&mut chain, 0..2);
	(0..2).for_each(|_| begin_session(&mut chain));
	let (validators, rest) = candidates.split_at(MAX_VALIDATORS as usize);
	let (middle, elected) = rest.split_at(rest.len() - MAX_VALIDATORS as usize);
	for who in validators.iter().chain(middle) {
		let origin = RuntimeOrigin::signed(who.clone());
		chain.natively(|| Session::purge_keys(origin)).expect("it has keys");
	}
	begin_session(&mut chain);
	assert_eq!(chain.natively(Session::validators), validators, "those with the most BTC");
	for _ in validators {
		chain.block(None, vec![]);
	}
	let absent = &validators[..validators.len() / 3];
	chain.natively(|| {
		let missed = SequencerStaking::status().policy.missed_signatures;
		for who in absent {
			(0..missed).for_each(|_| SequencerStaking::note_signature(who, false));
		}
	});

	let few = time(&mut chain);
	bond(&mut chain, 2..20);
	let many = time(&mut chain);
	figures.add("session_cost_growth", many.as_secs_f64() / few.as_secs_f64(), "ratio");
	figures.add("session_change_vs_block", many.as_secs_f64() / BLOCK.as_secs_f64(), "ratio");
	chain.undone(|chain| {
		chain.skip(SESSION);
		chain.begin();
		chain.natively(|| {
			let next = Session::queued_keys().into_iter().map(|(who, _)| who);
			assert!(next.eq(elected.iter().cloned()), "those who have keys");
			assert!(absent.iter().all(is_jailed), "those who owe signatures");
		});
	});

	// The same when nobody has done anything in the session that ends, and nobody is jailed,
	let idle = |elected: &[AccountId], absent: &[AccountId]| {
		let one = elected.iter().take(1).cloned().collect::<Vec<_>>();
		pallet_session::Validators::<Native>::put(one);
		let _ = Authored::<Native>::clear(u32::MAX, None);
		Ranking::<Native>::mutate(|all| all.retain(|(_, who)| !absent.contains(who)));
	};
	let without_end = chain.undone(|chain| {
		chain.natively(|| idle(elected, absent));
		time(chain)
	});
	let weight = weights::of_end_session(MAX_VALIDATORS);
	let end = ratio(weight, many.saturating_sub(without_end));
	figures.add("staking_end_session_weight_vs_measured", end, "ratio");
	// and nobody stands but those who are elected.
	let few_stand = chain.undone(|chain| {
		chain.natively(|| {
			idle(elected, absent);
			Ranking::<Native>::mutate(|all| all.retain(|(_, who)| elected.contains(who)));
		});
		time(chain)
	});
	let weight = weights::of_elect(MAX_SEQUENCERS - absent.len() as u32);
	let weight = weight.saturating_sub(weights::of_elect(elected.len() as u32));
	let elect = ratio(weight, without_end.saturating_sub(few_stand));
	figures.add("staking_elect_weight_vs_measured", elect, "ratio");
}

/// How long the hooks take when a session changes now.
fn time(chain: &mut Chain) -> Duration {
	chain.undone(|chain| {
		chain.skip(SESSION);
		chain.time_hooks()
	})
}

fn begin_session(chain: &mut Chain) {
	chain.skip(SESSION);
	chain.block(None, vec![]);
}

fn is_jailed(who: &AccountId) -> bool {
	let record = Sequencers::<Native>::get(who);
	record.is_some_and(|them| matches!(them.status, SequencerStatus::Jailed { .. }))
}

/// In each round there is a bond for every candidate: in the first its own, the first candidate's the largest, then such
/// of others.
fn bond(
	chain: &mut Chain,
	miner: &mut Miner,
	covenant: &[Member],
	candidates: &[AccountId],
	rounds: Range<u32>,
) {
	let everybody = (0u32..).zip(candidates);
	let wishes = rounds.flat_map(|round| {
		everybody.clone().map(move |(number, sequencer)| {
			let owner = &candidates[(number + round) as usize % candidates.len()];
			let value = if round == 0 { 1_000_000 - u64::from(number) } else { 200_000 };
			Wish {
				owner: owner.clone(),
				key: number,
				sequencer: sequencer.clone(),
				value: Sats(value),
				timelock: 1_000 + 5 * round as u16,
			}
		})
	});
	let wishes = wishes.collect::<Vec<_>>();
	let (fundings, drafts): (Vec<_>, Vec<_>) =
		wishes.chunks(OUTPUTS).map(|wishes| fund(chain, wishes, 1)).unzip();
	for draft in drafts.iter().flatten() {
		draft.register(chain);
		draft.approve(chain, covenant);
	}
	let claims = confirm(chain, miner, fundings);
	for (drafts, claim) in drafts.iter().zip(claims) {
		drafts.iter().for_each(|draft| draft.activate(chain, claim.clone()));
	}
}
