//! The rules against the real networks.

mod common;

use bitcoin::hashes::Hash;
use common::*;
use entangled_bitcoin::{
	difficulty::{next_period, Parent},
	Checkpoint, Header, HeaderError, Native, Network, U256,
};

const CHUNK: usize = 500;

fn follow(mut chain: Chain, headers: &[Header]) -> Chain {
	for list in headers.chunks(CHUNK) {
		chain.submit(list).unwrap();
	}
	chain
}

#[test]
fn genesis_blocks_are_those_of_bitcoin_core() {
	for (network, bitcoin) in [
		(Network::Mainnet, bitcoin::Network::Bitcoin),
		(Network::Testnet3, bitcoin::Network::Testnet),
		(Network::Testnet4, bitcoin::Network::Testnet4),
		(Network::Signet, bitcoin::Network::Signet),
		(Network::Regtest, bitcoin::Network::Regtest),
	] {
		let expected = bitcoin::constants::genesis_block(bitcoin).block_hash();
		let checkpoint = Checkpoint::genesis(network);
		let tip = checkpoint.tip::<Native>().unwrap();
		assert_eq!(tip.block.hash.0, expected.to_byte_array());
		assert_eq!(tip.block.hash.to_string(), expected.to_string());
	}
}

#[test]
fn mainnet_from_a_checkpoint() {
	let Some((checkpoint, headers)) = mainnet_from_checkpoint() else { return };
	let chain = follow(Chain::start(&checkpoint), &headers);
	assert_eq!(chain.tip.block.height, 826_560);
	let work = U256::from_str_radix("665c59eb16adc0cb05db7eb4", 16).unwrap();
	assert_eq!(chain.tip.work, work);
}

#[test]
fn mainnet_from_the_start_of_the_file() {
	let Some(headers) = real_headers("mainnet-822528-826560.bin") else { return };
	// The headers before it are missing, so the first medians are of fewer than eleven times.
	let mut chain = Chain::start(&Checkpoint::genesis(Network::Mainnet));
	chain.origin = 822_528;
	chain.records[0].header = headers[0];
	chain.records[0].real_bits = headers[0].bits;
	chain.tip.block.height = 822_528;
	chain.tip.block.hash = headers[0].hash::<Native>();
	chain.tip.work = U256::from_str_radix("624c5a3c876e3e6fffd9c800", 16).unwrap();
	let chain = follow(chain, &headers[1..]);
	let work = U256::from_str_radix("665c59eb16adc0cb05db7eb4", 16).unwrap();
	assert_eq!(chain.tip.work, work);
}

#[test]
fn testnet3_with_its_twenty_minute_exceptions() {
	let Some(headers) = real_headers("testnet3-0-6047.bin") else { return };
	assert_eq!(headers[0], Network::Testnet3.genesis());
	let chain = follow(Chain::start(&Checkpoint::genesis(Network::Testnet3)), &headers[1..]);
	assert_eq!(chain.tip.block.height, 6_047);
	let limit = Network::Testnet3.rules().limit_bits;
	let exceptions =
		chain.records.iter().filter(|r| r.header.bits == limit && r.real_bits != limit).count();
	assert!(exceptions > 0, "the file must hold exceptions inside harder periods");
}

#[test]
fn signet() {
	let Some(headers) = real_headers("signet-0-2015.bin") else { return };
	assert_eq!(headers[0], Network::Signet.genesis());
	let chain = follow(Chain::start(&Checkpoint::genesis(Network::Signet)), &headers[1..]);
	assert_eq!(chain.tip.block.height, 2_015);
}

#[test]
fn every_retarget_of_mainnet() {
	let Some(headers) = real_headers("mainnet-period-edges-0-832608.bin") else { return };
	let rules = Network::Mainnet.rules();
	let mut retargets = 0;
	// The genesis block, then the last of a period and the first of the next, and so on.
	for edge in headers.windows(3).step_by(2) {
		let [first, last, next] = edge else { unreachable!() };
		let parent = Parent { time: last.time, bits: last.bits, real_bits: last.bits };
		assert_eq!(next_period(&rules, first, &parent), next.bits, "retarget {retargets}");
		assert_eq!(next.prev, last.hash::<Native>());
		retargets += 1;
	}
	assert_eq!(retargets, 413);
	for (index, header) in headers.iter().enumerate() {
		let height = (index as u32).div_ceil(2) * 2016 - (index as u32 % 2);
		let target = header.bits.target().unwrap();
		assert!(target <= rules.limit);
		assert!(U256::from_little_endian(&header.hash::<Native>().0) <= target);
		assert!(header.version >= rules.min_version(height), "height {height}");
	}
}

/// Which errors a flipped byte at this place may cause. The hash changes with every byte, so work
/// fails unless a check before it does.
fn allowed(offset: usize, error: HeaderError) -> bool {
	use HeaderError::*;
	match offset {
		4..36 => error == Unlinked || error == UnknownParent,
		72..76 => error == TargetAboveLimit || error == WrongBits,
		_ => error == InsufficientProofOfWork,
	}
}

#[test]
fn any_flipped_byte_is_refused_by_its_name() {
	let Some((checkpoint, headers)) = mainnet_from_checkpoint() else { return };
	let chain = Chain::start(&checkpoint);
	// The first header and one inside a list: both ends of the link to the parent.
	for at in [0, 7] {
		let list = &headers[..8];
		for offset in 0..Header::SIZE {
			for flip in [0x01, 0x80, 0xff] {
				let mut bytes = list[at].serialize();
				bytes[offset] ^= flip;
				let mut list = list.to_vec();
				list[at] = Header::parse(&bytes);
				let error = chain.plan(&list, u64::from(u32::MAX)).unwrap_err();
				assert!(allowed(offset, error), "byte {offset} ^ {flip:#x}: {error:?}");
			}
		}
	}
}
