//! A chain in memory, a miner of regtest blocks, and the real chain data.

#![allow(dead_code)]

use entangled_bitcoin::{
	apply, chain::HeaderStore, network::TARGET_SPACING, Checkpoint, CompactTarget, Header,
	HeaderError, Native, Network, Plan, Record, Tip, U256,
};
use std::{
	io::{stderr, Write},
	path::PathBuf,
};

/// A chain from a checkpoint on, unpruned.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
	pub network: Network,
	pub origin: u32,
	pub records: Vec<Record>,
	pub tip: Tip,
}

impl Chain {
	pub fn start(checkpoint: &Checkpoint) -> Self {
		Self {
			network: checkpoint.network,
			origin: checkpoint.height + 1 - checkpoint.headers.len() as u32,
			records: checkpoint
				.headers
				.iter()
				.map(|header| Record { header: *header, real_bits: header.bits })
				.collect(),
			tip: checkpoint.tip::<Native>().unwrap(),
		}
	}

	pub fn regtest() -> Self {
		Self::start(&Checkpoint::genesis(Network::Regtest))
	}

	pub fn plan(&self, headers: &[Header], now: u64) -> Result<Plan, HeaderError> {
		apply::<Native, _>(self, headers, now)
	}

	pub fn submit(&mut self, headers: &[Header]) -> Result<Plan, HeaderError> {
		let plan = self.plan(headers, u64::from(u32::MAX))?;
		self.records.truncate((plan.fork_height + 1 - self.origin) as usize);
		self.records.extend(&plan.insert);
		self.tip = plan.tip;
		Ok(plan)
	}
}

impl HeaderStore for Chain {
	fn network(&self) -> Network {
		self.network
	}

	fn tip(&self) -> Tip {
		self.tip
	}

	fn record(&self, height: u32) -> Option<Record> {
		self.records.get(height.checked_sub(self.origin)? as usize).copied()
	}
}

/// Varies the nonce until the hash meets the target (`meet`), or until it does not.
pub fn grind(mut header: Header, meet: bool) -> Header {
	let target = header.bits.target().unwrap();
	while (U256::from_little_endian(&header.hash::<Native>().0) <= target) != meet {
		header.nonce = header.nonce.wrapping_add(1);
	}
	header
}

/// A valid regtest child of `parent`, told apart from its siblings by `salt`.
pub fn child(parent: &Header, salt: u64) -> Header {
	let mut merkle_root = [0; 32];
	merkle_root[..8].copy_from_slice(&salt.to_le_bytes());
	grind(
		Header {
			version: 0x2000_0000,
			prev: parent.hash::<Native>(),
			merkle_root,
			time: parent.time + TARGET_SPACING,
			bits: CompactTarget(0x207f_ffff),
			nonce: 0,
		},
		true,
	)
}

/// `length` valid regtest descendants of `parent`.
pub fn branch(parent: &Header, length: usize, salt: u64) -> Vec<Header> {
	let mut headers = vec![];
	let mut parent = *parent;
	for _ in 0..length {
		parent = child(&parent, salt);
		headers.push(parent);
	}
	headers
}

/// A file of real chain data; `None`, said aloud, where the folder is missing.
pub fn real_data(file: &str) -> Option<Vec<u8>> {
	let path =
		PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bitcoin").join(file);
	match std::fs::read(&path) {
		Ok(bytes) => Some(bytes),
		Err(error) => {
			// Past the test runner, which would keep it to itself.
			let _ =
				writeln!(stderr(), "SKIPPED: no real chain data at {}: {error}", path.display());
			None
		},
	}
}

/// The headers of a file of real chain data.
pub fn real_headers(file: &str) -> Option<Vec<Header>> {
	real_data(file).map(|bytes| Header::parse_many(&bytes).expect("80 bytes each"))
}

/// The mainnet checkpoint at 824,544 with its ten ancestors, and the headers after it.
pub fn mainnet_from_checkpoint() -> Option<(Checkpoint, Vec<Header>)> {
	let headers = real_headers("mainnet-822528-826560.bin")?;
	let at = 824_544 - 822_528;
	let checkpoint = Checkpoint {
		network: Network::Mainnet,
		height: 824_544,
		work: U256::from_str_radix("64501794587ef4725e5041f9", 16).unwrap(),
		headers: headers[at - 10..=at].to_vec(),
	};
	Some((checkpoint, headers[at + 1..].to_vec()))
}
