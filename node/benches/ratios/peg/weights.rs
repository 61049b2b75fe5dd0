// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the peg is charged for computation.

use crate::weights::{verify, InMemory};
use entangled_runtime::RuntimeCall;
use pallet_peg::{
	weights::{SubstrateWeight, WeightInfo},
	Call, MAX_PAYOUTS,
};
use polkadot_sdk::frame_support::weights::Weight;

type Weights = SubstrateWeight<InMemory>;

/// What a call is charged.
pub fn computation(call: &RuntimeCall) -> Weight {
	let RuntimeCall::Peg(call) = call else { panic!("not a call of the peg") };
	match call {
		Call::claim { claim, .. } => verify(claim).saturating_add(Weights::claim()),
		Call::settle { claim } => verify(claim).saturating_add(Weights::settle(MAX_PAYOUTS)),
		Call::sign { signatures, .. } => Weights::sign(signatures.len() as u32),
		Call::raise_fee { .. } => Weights::raise_fee(),
		Call::cancel { .. } => Weights::cancel(),
		Call::reserve { .. } => Weights::reserve(),
		Call::withdraw { .. } => Weights::withdraw(0),
		_ => panic!("not a call that is measured"),
	}
}

/// What the hook is charged when it builds a batch.
pub fn of_step() -> Weight {
	Weights::step()
}
