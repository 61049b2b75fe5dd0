// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What staking is charged for computation.

use crate::weights::{verify, InMemory};
use entangled_runtime::RuntimeCall;
use pallet_sequencer_staking::{
	weights::{SubstrateWeight, WeightInfo},
	Call, MAX_FUNDING,
};
use polkadot_sdk::{frame_support::weights::Weight, pallet_sudo};

type Weights = SubstrateWeight<InMemory>;

/// What a call is charged, what sudo calls for it included.
pub fn computation(call: &RuntimeCall) -> Weight {
	let call = match call {
		RuntimeCall::Sudo(pallet_sudo::Call::sudo { call }) => return computation(call),
		RuntimeCall::SequencerStaking(call) => call,
		_ => panic!("not a call of staking"),
	};
	match call {
		Call::register { registration } => Weights::register(registration.funding.len() as u32),
		Call::extend { .. } => Weights::register(MAX_FUNDING),
		Call::sign { .. } | Call::note_silence { .. } => Weights::sign(),
		Call::activate { claim, .. } => verify(claim).saturating_add(Weights::activate()),
		Call::drop_bond { .. } | Call::release { .. } | Call::strike { .. } => Weights::close(),
		Call::unbond { .. } => Weights::unbond(),
		Call::report_spend { claim, .. } => verify(claim).saturating_add(Weights::report_spend()),
		Call::stake { .. }
		| Call::unstake { .. }
		| Call::withdraw_stake {}
		| Call::set_commission { .. } => Weights::stake(),
		Call::stand {} | Call::chill {} => Weights::stand(),
		Call::collect { bonds } => Weights::collect(bonds.len() as u32),
		Call::set_policy { .. } | Call::set_rules { .. } | Call::set_founders { .. } => {
			Weights::govern()
		},
		_ => panic!("not a call that is measured"),
	}
}

/// What the hook is charged.
pub fn of_step(heights: u32, bonds: u32) -> Weight {
	Weights::step(heights, bonds)
}

/// What the end of a session is charged.
pub fn of_end_session(validators: u32) -> Weight {
	Weights::end_session(validators)
}

/// What an election is charged.
pub fn of_elect(candidates: u32) -> Weight {
	Weights::elect(candidates)
}

/// What an offence is charged.
pub fn of_offence() -> Weight {
	Weights::offence()
}
