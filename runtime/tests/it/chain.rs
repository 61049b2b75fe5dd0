//! A chain in memory: genesis from a preset, blocks with an author, signed transactions.

use codec::Encode;
use entangled_runtime::*;
use polkadot_sdk::*;

use frame_support::traits::Get;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_genesis_builder::runtime_decl_for_genesis_builder::GenesisBuilder;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::Era, traits::Header as _, ApplyExtrinsicResult, Digest, DigestItem, MultiAddress,
};
use std::cell::Cell;

/// The slot of the first block.
pub const FIRST_SLOT: u64 = 1_000_000;

/// The hash of the first block. The headers of these tests name it, whatever it would be.
pub const GENESIS: Hash = Hash::repeat_byte(0x67);

std::thread_local! {
	/// The last block that was closed. Every test has a thread of its own.
	static PARENT: Cell<Hash> = Cell::default();
}

/// The genesis state of a preset, made as a node makes it: the preset's patch over the defaults.
pub fn genesis(preset: &str) -> sp_io::TestExternalities {
	let mut ext = sp_io::TestExternalities::new_empty();
	ext.execute_with(|| {
		let json = |id: Option<&str>| -> serde_json::Value {
			let preset = Runtime::get_preset(&id.map(Into::into)).expect("the preset exists");
			serde_json::from_slice(&preset).expect("it is JSON")
		};
		let mut config = json(None);
		merge(&mut config, json(Some(preset)));
		Runtime::build_state(config.to_string().into_bytes()).expect("it makes a genesis state");
	});
	ext.commit_all().expect("the state can be stored");
	PARENT.set(GENESIS);
	ext
}

/// JSON merge patch (RFC 7386).
fn merge(target: &mut serde_json::Value, patch: serde_json::Value) {
	match (target, patch) {
		(serde_json::Value::Object(target), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(target.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(target, patch) => *target = patch,
	}
}

/// The digest by which the validator with this index claims a slot.
pub fn claim(slot: u64, author: u32) -> Digest {
	let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		slot: slot.into(),
		authority_index: author,
	});
	Digest { logs: vec![DigestItem::PreRuntime(BABE_ENGINE_ID, claim.encode())] }
}

/// Opens the next block, in this slot and by this author, and sets its time.
pub fn open_block(slot: u64, author: u32) {
	let number = System::block_number() + 1;
	let claim = claim(slot, author);
	let header = Header::new(number, Default::default(), Default::default(), PARENT.get(), claim);
	Executive::initialize_block(&header);
	let slot_duration = configs::consensus::SlotDuration::get();
	let now = pallet_timestamp::Call::set { now: slot * slot_duration };
	Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(now.into()))
		.expect("the inherent is valid")
		.expect("and succeeds");
}

/// Closes the open block. The next one builds on it.
pub fn close_block() -> Header {
	let header = Executive::finalize_block();
	PARENT.set(header.hash());
	header
}

/// Sends a transaction, its fee paid in ENT or in an asset, with the open block as its context.
pub fn send(
	sender: Sr25519Keyring,
	call: impl Into<RuntimeCall>,
	fee_asset: Option<AssetId>,
) -> ApplyExtrinsicResult {
	let account = sender.to_account_id();
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(System::account_nonce(&account)),
		frame_system::CheckWeight::new(),
		pallet_asset_tx_payment::ChargeAssetTxPayment::from(0, fee_asset),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call.into(), extension).expect("there is a genesis hash");
	let signature = payload.using_encoded(|payload| sender.sign(payload));
	let (call, extension, _) = payload.deconstruct();
	Executive::apply_extrinsic(UncheckedExtrinsic::new_signed(
		call,
		MultiAddress::Id(account),
		signature.into(),
		extension,
	))
}
