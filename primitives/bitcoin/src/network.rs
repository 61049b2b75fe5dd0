//! The constants that tell Bitcoin's networks apart.

use crate::CompactTarget;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use primitive_types::U256;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Seconds that a block should take.
pub const TARGET_SPACING: u32 = 600;
/// Blocks between two changes of difficulty.
pub const INTERVAL: u32 = 2016;
/// Seconds that [`INTERVAL`] blocks should take: two weeks.
pub const TARGET_TIMESPAN: u32 = TARGET_SPACING * INTERVAL;
/// How many of the last headers give the median time past.
pub const MEDIAN_TIME_SPAN: usize = 11;
/// Seconds that a header may lie ahead of our own clock (`MAX_FUTURE_BLOCK_TIME`).
pub const MAX_FUTURE_SECONDS: u64 = 2 * 60 * 60;
/// Seconds by which the first block of a period may precede its parent, where BIP 94 holds
/// (`MAX_TIMEWARP`).
pub const MAX_TIMEWARP_SECONDS: u32 = 600;

/// One of Bitcoin's networks.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Network {
	/// The network whose coins have value.
	Mainnet,
	/// The third public test network.
	Testnet3,
	/// The fourth public test network (BIP 94).
	Testnet4,
	/// The test network whose blocks are signed (BIP 325). The signature stands in the coinbase, so
	/// a client of headers does not see it.
	Signet,
	/// A private network on one machine.
	Regtest,
}

/// What the header rules of a network are (Bitcoin Core's `Consensus::Params`).
#[derive(Clone, Copy, Debug)]
pub struct Rules {
	/// The easiest target that any block may have (`powLimit`).
	pub limit: U256,
	/// The same in compact form.
	pub limit_bits: CompactTarget,
	/// A block may have the easiest target when its parent is over 20 minutes older
	/// (`fPowAllowMinDifficultyBlocks`).
	pub allow_min_difficulty: bool,
	/// The difficulty never changes (`fPowNoRetargeting`).
	pub no_retarget: bool,
	/// BIP 94 holds: a period's first block carries the difficulty over, and may not precede its
	/// parent by much (`enforce_BIP94`).
	pub bip94: bool,
	/// From these heights on versions below 2, 3 and 4 are refused (BIP 34, 66 and 65).
	pub version_heights: [u32; 3],
}

impl Rules {
	/// The lowest version that a header at `height` may have.
	pub fn min_version(&self, height: u32) -> i32 {
		let [bip34, bip66, bip65] = self.version_heights;
		match height {
			h if h >= bip65 => 4,
			h if h >= bip66 => 3,
			h if h >= bip34 => 2,
			_ => i32::MIN,
		}
	}
}

impl Network {
	/// The network's rules.
	pub fn rules(self) -> Rules {
		let limit_bits = CompactTarget(match self {
			Network::Mainnet | Network::Testnet3 | Network::Testnet4 => 0x1d00_ffff,
			Network::Signet => 0x1e03_77ae,
			Network::Regtest => 0x207f_ffff,
		});
		let limit = match self {
			Network::Mainnet | Network::Testnet3 | Network::Testnet4 => U256::MAX >> 32,
			Network::Signet => U256::from(0x03_77ae) << 216,
			Network::Regtest => U256::MAX >> 1,
		};
		Rules {
			limit,
			limit_bits,
			allow_min_difficulty: matches!(
				self,
				Network::Testnet3 | Network::Testnet4 | Network::Regtest
			),
			no_retarget: self == Network::Regtest,
			bip94: self == Network::Testnet4,
			version_heights: match self {
				Network::Mainnet => [227_931, 363_725, 388_381],
				Network::Testnet3 => [21_111, 330_776, 581_885],
				Network::Testnet4 | Network::Signet | Network::Regtest => [1; 3],
			},
		}
	}

	/// The header of the network's first block.
	pub fn genesis(self) -> crate::Header {
		let header = bitcoin::constants::genesis_block(bitcoin::Network::from(self)).header;
		crate::Header {
			version: header.version.to_consensus(),
			prev: header.prev_blockhash.into(),
			merkle_root: *AsRef::<[u8; 32]>::as_ref(&header.merkle_root),
			time: header.time,
			bits: CompactTarget(header.bits.to_consensus()),
			nonce: header.nonce,
		}
	}
}

impl From<Network> for bitcoin::Network {
	fn from(network: Network) -> Self {
		match network {
			Network::Mainnet => Self::Bitcoin,
			Network::Testnet3 => Self::Testnet,
			Network::Testnet4 => Self::Testnet4,
			Network::Signet => Self::Signet,
			Network::Regtest => Self::Regtest,
		}
	}
}
