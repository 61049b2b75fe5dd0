// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What it costs the chain when a validator cheats.

use super::{scene::Scene, weights};
use crate::{
	committee::Member,
	weights::{nothing, ratio},
};
use codec::Encode;
use entangled_runtime::{Header, Historical, Runtime, RuntimeCall, Session};
use polkadot_sdk::{
	frame_support::traits::KeyOwnerProofSystem,
	pallet_babe,
	sp_consensus_babe::{
		digests::{PreDigest, SecondaryPlainPreDigest},
		AuthorityId, EquivocationProof, Slot, BABE_ENGINE_ID, KEY_TYPE,
	},
	sp_core::Pair,
	sp_runtime::{traits::Header as _, Digest, DigestItem},
};

/// The first member of the committee has made two blocks for one slot, and Alice reports it. What the proof
/// costs is charged beside the offence's weight, but counts here.
pub fn measure(scene: &mut Scene) {
	let member = &scene.members[0];
	let account = member.account();
	let index = scene.chain.natively(|| {
		let place = Session::validators().into_iter().position(|who| who == account);
		place.expect("it is a validator") as u32
	});
	// Nobody can be kept from making blocks in a block of its own.
	while scene.chain.next_author() == index {
		scene.chain.block(None, vec![]);
	}
	let report = scene.chain.natively(|| report(member, index));
	let without = scene.chain.time_calls(vec![nothing(&report)]);
	let with = scene.chain.time_calls(vec![report.clone()]);
	scene.add("offence", ratio(weights::of_offence(), with.saturating_sub(without)));
	scene.chain.block(None, vec![report]);
}

fn report(member: &Member, index: u32) -> RuntimeCall {
	let slot = *pallet_babe::CurrentSlot::<Runtime>::get();
	let pair = member.babe();
	let offender = AuthorityId::from(pair.public());
	let sealed = |salt: u8| {
		let claim = SecondaryPlainPreDigest { authority_index: index, slot: Slot::from(slot) };
		let claim = PreDigest::SecondaryPlain(claim).encode();
		let digest = Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, claim)] };
		let root = [salt; 32].into();
		let mut header = Header::new(1, root, Default::default(), Default::default(), digest);
		let seal = pair.sign(header.hash().as_ref()).encode();
		header.digest_mut().push(DigestItem::Seal(BABE_ENGINE_ID, seal));
		header
	};
	let equivocation_proof = Box::new(EquivocationProof {
		offender: offender.clone(),
		slot: slot.into(),
		first_header: sealed(1),
		second_header: sealed(2),
	});
	let key_owner_proof = Historical::prove((KEY_TYPE, offender)).expect("it is a validator's");
	pallet_babe::Call::report_equivocation { equivocation_proof, key_owner_proof }.into()
}
