// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The peg's weights, with a database and without.

use entangled_runtime::RuntimeCall;
use in_memory::InMemory;
use pallet_btc_light_client::{
	weights::{SubstrateWeight as BitcoinWeights, WeightInfo as _},
	InclusionClaim,
};
use pallet_peg::{
	weights::{SubstrateWeight as PegWeights, WeightInfo as _},
	Call, MAX_PAYOUTS,
};
use polkadot_sdk::frame_support::{dispatch::GetDispatchInfo, weights::Weight};

/// A runtime whose database costs nothing.
// The macro asks for a feature `std`, which a program does not have.
#[allow(unexpected_cfgs)]
mod in_memory {
	use polkadot_sdk::{
		frame_support::{construct_runtime, derive_impl},
		frame_system,
	};

	construct_runtime!(
		pub enum InMemory {
			System: frame_system,
		}
	);

	#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
	impl frame_system::Config for InMemory {
		type Block = frame_system::mocking::MockBlock<InMemory>;
	}
}

/// What a call is charged, the database included.
pub fn charged(call: &RuntimeCall) -> u64 {
	call.get_dispatch_info().call_weight.ref_time()
}

/// What a call of the peg is charged for computation.
pub fn computation(call: &RuntimeCall) -> u64 {
	let RuntimeCall::Peg(call) = call else { panic!("not a call of the peg") };
	let weight = match call {
		Call::claim { claim, .. } => verify(claim).saturating_add(PegWeights::<InMemory>::claim()),
		Call::settle { claim } => {
			verify(claim).saturating_add(PegWeights::<InMemory>::settle(MAX_PAYOUTS))
		},
		Call::sign { signatures, .. } => PegWeights::<InMemory>::sign(signatures.len() as u32),
		Call::raise_fee { .. } => PegWeights::<InMemory>::raise_fee(),
		Call::cancel { .. } => PegWeights::<InMemory>::cancel(),
		Call::reserve { .. } => PegWeights::<InMemory>::reserve(),
		Call::withdraw { .. } => PegWeights::<InMemory>::withdraw(0),
		_ => panic!("not a call that is measured"),
	};
	weight.ref_time()
}

/// What the hook is charged for computation when it builds a batch.
pub fn of_step() -> u64 {
	PegWeights::<InMemory>::step().ref_time()
}

fn verify(claim: &InclusionClaim) -> Weight {
	let (bytes, siblings) = (claim.proof.transaction.len(), claim.proof.siblings.len());
	BitcoinWeights::<InMemory>::verify(bytes as u32, siblings as u32)
}
