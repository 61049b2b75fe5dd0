//! Which chain wins, and every reason for which headers are refused.

mod common;

use common::*;
use entangled_bitcoin::{
	chain::{check_time, HeaderStore, MAX_FORK_DEPTH, MAX_HEADERS},
	difficulty::{next_period, Parent},
	network::{INTERVAL, MAX_FUTURE_SECONDS},
	Checkpoint, CompactTarget, Header, HeaderError, Native, Network, U256,
};
use proptest::prelude::*;

const LATER: u64 = u32::MAX as u64;

/// A chain of `length` blocks on regtest's genesis, and its headers with the genesis.
fn chain(length: usize) -> (Chain, Vec<Header>) {
	let mut chain = Chain::regtest();
	let genesis = Network::Regtest.genesis();
	let headers = branch(&genesis, length, 0);
	for list in headers.chunks(MAX_HEADERS as usize) {
		chain.submit(list).unwrap();
	}
	(chain, [vec![genesis], headers].concat())
}

/// Asserts that the list is refused, and with which error.
#[track_caller]
fn refused(chain: &Chain, list: &[Header], error: HeaderError) {
	assert_eq!(chain.plan(list, LATER), Err(error));
}

#[test]
fn extension_and_reorganisation() {
	let (mut chain, headers) = chain(10);
	let plan = chain.submit(&branch(&headers[10], 3, 1)).unwrap();
	assert_eq!((plan.fork_height, plan.rollback, plan.tip.block.height), (10, 0, 13));
	let plan = chain.submit(&branch(&headers[9], 5, 2)).unwrap();
	assert_eq!((plan.fork_height, plan.rollback, plan.tip.block.height), (9, 4, 14));
	assert_eq!(plan.insert.len(), 5);
}

#[test]
fn equal_work_does_not_replace() {
	let (chain, headers) = chain(10);
	refused(&chain, &branch(&headers[7], 3, 1), HeaderError::InsufficientWork);
	refused(&chain, &branch(&headers[7], 2, 1), HeaderError::InsufficientWork);
	assert!(chain.plan(&branch(&headers[7], 4, 1), LATER).is_ok());
}

/// Interlay and Strata count blocks; Bitcoin weighs them.
#[test]
fn more_blocks_with_less_work_do_not_replace() {
	let (mut chain, headers) = chain(10);
	// The last two blocks become a hundred times as hard as regtest's.
	let hard = CompactTarget::from_target(Network::Regtest.rules().limit / 100);
	for record in &mut chain.records[9..] {
		let before = entangled_bitcoin::target::work(record.header.bits.target().unwrap());
		record.header.bits = hard;
		let after = entangled_bitcoin::target::work(hard.target().unwrap());
		chain.tip.work = chain.tip.work - before + after;
	}
	refused(&chain, &branch(&headers[8], 100, 1), HeaderError::InsufficientWork);
	assert!(chain.plan(&branch(&headers[8], 250, 1), LATER).is_ok());
}

#[test]
fn list_errors() {
	let (chain, headers) = chain(10);
	refused(&chain, &[], HeaderError::NoHeaders);
	let long = vec![headers[10]; MAX_HEADERS as usize + 1];
	refused(&chain, &long, HeaderError::TooManyHeaders);
	refused(&chain, &headers[3..], HeaderError::KnownHeader);
	refused(&chain, &headers[..1], HeaderError::KnownHeader);
	refused(&chain, &headers[10..], HeaderError::KnownHeader);
	let foreign = branch(&child(&headers[3], 9), 1, 9);
	refused(&chain, &foreign, HeaderError::UnknownParent);
	let mut list = branch(&headers[10], 4, 1);
	list.remove(2);
	refused(&chain, &list, HeaderError::Unlinked);
}

#[test]
fn fork_too_deep() {
	let depth = MAX_FORK_DEPTH as usize;
	let (chain, headers) = chain(depth + 2);
	refused(&chain, &branch(&headers[1], depth + 3, 1), HeaderError::ForkTooDeep);
	assert!(chain.plan(&branch(&headers[2], depth + 1, 1), LATER).is_ok());
}

#[test]
fn header_errors() {
	let (chain, headers) = chain(20);
	let parent = &headers[20];
	let good = child(parent, 1);
	let with = |change: fn(&mut Header)| {
		let mut header = good;
		change(&mut header);
		vec![grind(header, true)]
	};
	refused(&chain, &[grind(good, false)], HeaderError::InsufficientProofOfWork);
	refused(&chain, &with(|h| h.bits.0 = 0x207f_fffe), HeaderError::WrongBits);
	refused(&chain, &with(|h| h.version = 3), HeaderError::VersionTooLow);
	refused(&chain, &with(|h| h.version = i32::MIN), HeaderError::VersionTooLow);
	// The median of the eleven blocks up to the parent is the time of the sixth.
	let mut old = good;
	old.time = headers[15].time;
	refused(&chain, &[grind(old, true)], HeaderError::TimeTooOld);
	old.time += 1;
	assert!(chain.plan(&[grind(old, true)], LATER).is_ok());
	for bits in [0, 0x2100_8000, 0x2280_0001, 0x2080_0001, 0xff12_3456, 0x0100_0000] {
		let header = Header { bits: CompactTarget(bits), ..good };
		refused(&chain, &[header], HeaderError::TargetAboveLimit);
	}
}

proptest! {
	/// Where Bitcoin Core sorts the last eleven times and takes the middle one, we count.
	#[test]
	fn a_header_comes_after_the_median(steps in prop::collection::vec(1u32..2_000, 1..15), at: u32) {
		let genesis = Network::Regtest.genesis();
		let mut chain = Chain::regtest();
		let mut times = vec![genesis.time];
		let mut parent = genesis;
		for step in steps {
			// Each after the median of those before it, and often before its parent.
			let time = median(&times) + step;
			parent = grind(Header { time, ..child(&parent, 1) }, true);
			chain.submit(&[parent]).unwrap();
			times.push(time);
		}
		let time = median(&times).saturating_add(at % 2_000).saturating_sub(1_000);
		let header = grind(Header { time, ..child(&parent, 2) }, true);
		let expected = if time > median(&times) { Ok(()) } else { Err(HeaderError::TimeTooOld) };
		prop_assert_eq!(chain.plan(&[header], LATER).map(drop), expected);
	}
}

/// The median time past, as Bitcoin Core computes it.
fn median(times: &[u32]) -> u32 {
	let mut last = times[times.len().saturating_sub(11)..].to_vec();
	last.sort_unstable();
	last[last.len() / 2]
}

#[test]
fn time_too_far_ahead_is_temporary() {
	let (chain, headers) = chain(1);
	let header = child(&headers[1], 1);
	let edge = u64::from(header.time) - MAX_FUTURE_SECONDS;
	assert_eq!(chain.plan(&[header], edge - 1), Err(HeaderError::TimeTooFarAhead));
	assert!(chain.plan(&[header], edge).is_ok());
}

/// BIP 94 holds on testnet4 alone: mainnet's block 203,616 precedes its parent by 1,127 seconds.
#[test]
fn timewarp_is_refused_where_bip94_holds() {
	let parent = 1_700_000_000;
	let at = |network: Network, height: u32, step: u32| {
		check_time(&network.rules(), height, parent - step, parent, LATER)
	};
	assert_eq!(at(Network::Testnet4, INTERVAL, 601), Err(HeaderError::Timewarp));
	assert_eq!(at(Network::Testnet4, INTERVAL, 600), Ok(()));
	assert_eq!(at(Network::Testnet4, INTERVAL + 1, 601), Ok(()));
	assert_eq!(at(Network::Mainnet, 203_616, 1_127), Ok(()));
}

/// BIP 94: the first block's bits carry over, whatever exception the last block had.
#[test]
fn retarget_of_testnet4_starts_from_the_first_block() {
	let bits = CompactTarget(0x1c00_ffff);
	let first = Header { bits, time: 0, ..Network::Testnet4.genesis() };
	let limit = Network::Testnet4.rules().limit_bits;
	let last = Parent { time: 2 * 7 * 24 * 3600, bits: limit, real_bits: bits };
	assert_eq!(next_period(&Network::Testnet4.rules(), &first, &last), bits);
	assert_eq!(next_period(&Network::Testnet3.rules(), &first, &last), limit);
}

/// A period whose last block precedes its first is clamped to a quarter (the timespan is signed).
#[test]
fn negative_timespan_is_clamped() {
	let bits = CompactTarget(0x1b04_04cb);
	let first = Header { bits, time: 1_000_000, ..Network::Mainnet.genesis() };
	let at = |time| {
		let next =
			next_period(&Network::Mainnet.rules(), &first, &Parent { time, bits, real_bits: bits });
		next.target().unwrap()
	};
	let quarter = CompactTarget::from_target(bits.target().unwrap() / 4).target().unwrap();
	assert_eq!(at(0), quarter);
	assert_eq!(at(1_000_000), quarter);
	assert_eq!(
		at(u32::MAX),
		CompactTarget::from_target(bits.target().unwrap() * 4).target().unwrap()
	);
}

#[test]
fn checkpoints_are_checked() {
	use entangled_bitcoin::CheckpointError::*;
	let Some((good, _)) = mainnet_from_checkpoint() else { return };
	let error = |change: fn(&mut Checkpoint)| {
		let mut checkpoint = good.clone();
		change(&mut checkpoint);
		checkpoint.tip::<Native>().unwrap_err()
	};
	assert_eq!(error(|c| c.height += 1), InsidePeriod);
	assert_eq!(
		error(|c| {
			c.headers.remove(0);
		}),
		WrongCount { expected: 11 }
	);
	assert_eq!(error(|c| c.headers.clear()), WrongCount { expected: 11 });
	assert_eq!(error(|c| c.headers[4].nonce ^= 1), Unlinked);
	assert_eq!(error(|c| c.headers[10].bits.0 = 0), InvalidTarget);
	assert_eq!(error(|c| c.work = U256::one()), TooLittleWork);
	let mut genesis = Checkpoint::genesis(Network::Mainnet);
	genesis.network = Network::Signet;
	assert_eq!(genesis.tip::<Native>(), Err(WrongGenesis));
}

/// A tree of blocks: each names an earlier one as its parent.
fn tree() -> impl Strategy<Value = (Vec<Header>, Vec<usize>)> {
	let parents = prop::collection::vec(any::<prop::sample::Index>(), 1..24);
	let order = any::<u64>();
	(parents, order).prop_map(|(parents, seed)| {
		let mut headers = vec![Network::Regtest.genesis()];
		for (salt, parent) in parents.iter().enumerate() {
			headers.push(child(&headers[parent.index(headers.len())], salt as u64));
		}
		// A shuffle of all blocks but the first.
		let mut order = (1..headers.len()).collect::<Vec<_>>();
		order.sort_by_key(|n| (*n as u64 + 1).wrapping_mul(seed | 1).rotate_left(29));
		(headers, order)
	})
}

/// The headers from the genesis (excluded) to this one.
fn path(tree: &[Header], to: &Header) -> Vec<Header> {
	let mut path = vec![*to];
	while let Some(parent) = tree[1..].iter().find(|h| h.hash::<Native>() == path[0].prev) {
		path.insert(0, *parent);
	}
	path
}

/// Sends what of the path to `to` the chain does not have, as a relayer does.
fn relay(chain: &mut Chain, tree: &[Header], to: &Header) {
	let path = path(tree, to);
	let known = path
		.iter()
		.zip(&chain.records[1..])
		.take_while(|(header, record)| **header == record.header)
		.count();
	match chain.submit(&path[known..]) {
		Ok(_) | Err(HeaderError::InsufficientWork | HeaderError::NoHeaders) => {},
		Err(error) => panic!("a valid branch was refused: {error:?}"),
	}
}

proptest! {
	#[test]
	fn the_tip_has_the_most_work((tree, order) in tree()) {
		let mut chain = Chain::regtest();
		for block in order {
			relay(&mut chain, &tree, &tree[block]);
		}
		let longest = tree[1..].iter().map(|header| path(&tree, header).len()).max().unwrap();
		prop_assert_eq!(chain.tip.block.height as usize, longest);
		// The chain is what a fresh client has that was shown the winner alone.
		let winner = tree.iter().find(|h| h.hash::<Native>() == chain.tip.block.hash).unwrap();
		let mut fresh = Chain::regtest();
		fresh.submit(&path(&tree, winner)).unwrap();
		prop_assert_eq!(fresh, chain);
	}

	#[test]
	fn headers_survive_their_serialisation(bytes: [u8; 80]) {
		let header = Header::parse(&bytes);
		prop_assert_eq!(header.serialize(), bytes);
		prop_assert_eq!(codec::Encode::encode(&header), bytes.to_vec());
		prop_assert_eq!(<Header as codec::Decode>::decode(&mut &bytes[..]), Ok(header));
		prop_assert!(<Header as codec::Decode>::decode(&mut &bytes[..79]).is_err());
		// What the metadata says of it, field by field.
		let Header { version, prev, merkle_root, time, bits, nonce } = header;
		let fields = (version, prev, merkle_root, time, bits, nonce);
		prop_assert_eq!(codec::Encode::encode(&fields), bytes.to_vec());
	}

	#[test]
	fn only_whole_headers_are_parsed(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
		let parsed = Header::parse_many(&bytes);
		prop_assert_eq!(parsed.map(|h| h.len() * 80), (bytes.len() % 80 == 0).then_some(bytes.len()));
	}

	#[test]
	fn junk_changes_nothing_and_does_not_panic(
		headers in prop::collection::vec(any::<[u8; 80]>(), 0..5),
		linked: bool,
		now: u64,
	) {
		let (chain, _) = chain(3);
		let mut headers = headers.iter().map(Header::parse).collect::<Vec<_>>();
		if let (Some(first), true) = (headers.first_mut(), linked) {
			first.prev = chain.tip.block.hash;
		}
		prop_assert!(chain.plan(&headers, now).is_err());
	}

	/// Against the implementation in rust-bitcoin, which is right wherever a target is valid.
	#[test]
	fn compact_targets(bits: u32) {
		if let Some(target) = CompactTarget(bits).target() {
			let theirs = bitcoin::Target::from_compact(bitcoin::CompactTarget::from_consensus(bits));
			prop_assert_eq!(target.to_little_endian(), theirs.to_le_bytes());
			let work = entangled_bitcoin::target::work(target);
			prop_assert_eq!(work.to_little_endian(), theirs.to_work().to_le_bytes());
			let back = CompactTarget::from_target(target);
			prop_assert_eq!(back.0, theirs.to_compact_lossy().to_consensus());
			prop_assert_eq!(back.target(), Some(target));
		}
	}
}

#[test]
fn compact_targets_at_the_edges() {
	// From Bitcoin Core's `arith_uint256_tests.cpp`: what `SetCompact` calls zero, negative, overflow.
	for bits in [
		0x0000_0000,
		0x0012_3456,
		0x0100_3456,
		0x0200_0056,
		0x0300_0000,
		0x0400_0000,
		0x0092_3456,
		0x0180_3456,
		0x0280_0056,
		0x0380_0000,
		0x0480_0000,
		0x01fe_dcba,
		0x0492_3456,
		0xff12_3456,
	] {
		assert_eq!(CompactTarget(bits).target(), None, "{bits:08x}");
	}
	for (bits, target) in [
		(0x0112_3456, 0x12u64),
		(0x0212_3456, 0x1234),
		(0x0312_3456, 0x12_3456),
		(0x0412_3456, 0x1234_5600),
		(0x0500_9234, 0x9234_0000),
	] {
		assert_eq!(CompactTarget(bits).target(), Some(target.into()), "{bits:08x}");
	}
}

#[test]
fn hashes_are_named_by_height() {
	let (chain, headers) = chain(5);
	for (height, header) in headers.iter().enumerate() {
		assert_eq!(chain.hash(height as u32), Some(header.hash::<Native>()));
	}
	assert_eq!(chain.hash(6), None);
}
