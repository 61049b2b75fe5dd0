// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Whether weights suffice.
//!
//! A figure `…_weight_vs_measured` is the weight that a call is charged against the time that it takes
//! in the WASM runtime: from one on, blocks take no longer than they may. What a database would cost
//! counts on neither side, because the state is in memory. What every transaction costs is charged
//! beside the call's own weight; it is taken off by measuring calls that do nothing.

use crate::{chain::Chain, touched::Touched};
use codec::Encode;
use entangled_runtime::{Runtime, RuntimeCall};
pub use in_memory::InMemory;
use pallet_btc_light_client::{
	weights::{SubstrateWeight as BitcoinWeights, WeightInfo as _},
	InclusionClaim,
};
use polkadot_sdk::{
	frame_support::{dispatch::GetDispatchInfo, weights::Weight},
	frame_system,
};
use std::time::Duration;

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

/// What the verification of a proof is charged for computation.
pub fn verify(claim: &InclusionClaim) -> Weight {
	let (bytes, siblings) = (claim.proof.transaction.len(), claim.proof.siblings.len());
	BitcoinWeights::<InMemory>::verify(bytes as u32, siblings as u32)
}

/// The weight of calls by Alice, as `computation` has it, against the time that they take.
pub fn safety(
	chain: &mut Chain,
	calls: &[RuntimeCall],
	computation: impl Fn(&RuntimeCall) -> Weight,
) -> f64 {
	let nothing = chain.time_calls(calls.iter().map(nothing).collect());
	let taken = chain.time_calls(calls.to_vec()).saturating_sub(nothing);
	ratio(calls.iter().map(computation).fold(Weight::zero(), Weight::saturating_add), taken)
}

/// The least that any of these calls by Alice is charged for the database, against what it would cost there to
/// touch what the call does and one that does nothing does not.
pub fn database(
	chain: &mut Chain,
	calls: &[RuntimeCall],
	computation: impl Fn(&RuntimeCall) -> Weight,
) -> f64 {
	let costs = <Runtime as frame_system::Config>::DbWeight::get();
	let without = chain.touched(calls.iter().map(nothing).collect());
	let with = chain.touched(calls.to_vec());
	let ratio = |(call, with, without): (&RuntimeCall, &Touched, &Touched)| {
		let reads = with.reads.difference(&without.reads).count() as u64;
		let writes = with.writes.difference(&without.writes).count() as u64;
		let charged = charged(call) - computation(call).ref_time();
		charged as f64 / costs.reads_writes(reads, writes).ref_time() as f64
	};
	let each = calls.iter().zip(&with).zip(&without);
	each.map(|((call, with), without)| ratio((call, with, without))).fold(f64::INFINITY, f64::min)
}

/// A call that does nothing, of the same length.
pub fn nothing(call: &RuntimeCall) -> RuntimeCall {
	let remark = vec![0; call.encoded_size()];
	RuntimeCall::System(frame_system::Call::remark { remark })
}

/// A weight against a time.
pub fn ratio(weight: Weight, time: Duration) -> f64 {
	weight.ref_time() as f64 / (time.as_secs_f64() * 1e12)
}
