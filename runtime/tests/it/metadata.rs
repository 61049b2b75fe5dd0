//! What wallets and explorers read.

use crate::chain::genesis;
use entangled_runtime::*;
use polkadot_sdk::*;

use codec::Encode;
use frame_support::traits::PalletInfo as _;

/// The index of a pallet is part of every encoded call, event and error: it may not change.
#[test]
fn pallets_keep_their_indices() {
	let indices: [(Option<usize>, usize); 14] = [
		(PalletInfo::index::<System>(), 0),
		(PalletInfo::index::<Timestamp>(), 2),
		(PalletInfo::index::<Balances>(), 10),
		(PalletInfo::index::<Assets>(), 11),
		(PalletInfo::index::<Babe>(), 20),
		(PalletInfo::index::<Session>(), 24),
		(PalletInfo::index::<Grandpa>(), 25),
		(PalletInfo::index::<Beefy>(), 27),
		(PalletInfo::index::<Mmr>(), 28),
		(PalletInfo::index::<BtcLightClient>(), 40),
		(PalletInfo::index::<Peg>(), 41),
		(PalletInfo::index::<SequencerStaking>(), 42),
		(PalletInfo::index::<Utility>(), 60),
		(PalletInfo::index::<Sudo>(), 255),
	];
	for (index, expected) in indices {
		assert_eq!(index, Some(expected));
	}
}

#[test]
fn the_metadata_tells_the_timing_of_the_chain_it_is_read_from() {
	let constant = |ext: &mut sp_io::TestExternalities| {
		ext.execute_with(|| {
			let metadata = Runtime::metadata_at_version(15).expect("version 15 is served");
			let needle = [b"ExpectedBlockTime".encode().as_slice()].concat();
			let at = metadata
				.windows(needle.len())
				.position(|window| window == needle)
				.expect("BABE has the constant");
			metadata[at..at + 64].to_vec()
		})
	};
	let fast = constant(&mut genesis("devnet"));
	let slow = constant(&mut genesis("local_testnet"));
	assert!(fast.windows(8).any(|value| value == 3_000u64.encode()));
	assert!(slow.windows(8).any(|value| value == 6_000u64.encode()));
}

#[test]
fn a_chain_specification_names_the_token() {
	let properties = serde_json::Value::Object(chain::properties());
	let expected = serde_json::json!({
		"tokenSymbol": "ENT",
		"tokenDecimals": 12,
		"ss58Format": 3927,
	});
	assert_eq!(properties, expected);
}
