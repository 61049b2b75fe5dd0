//! Where a client starts.

use crate::{
	difficulty::opens_period,
	network::{Network, MEDIAN_TIME_SPAN},
	target::work,
	BlockRef, Header, Sha256, Tip, U256,
};
use alloc::{vec, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A block that a client takes on trust and builds on, with the headers before it that give the
/// median time past.
///
/// It opens a difficulty period, so that every change of difficulty after it can be checked from
/// what follows. It must be buried so deep that no reorganisation reaches it.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
	/// The network that it belongs to.
	pub network: Network,
	/// Height of the checkpoint, the last of `headers`.
	pub height: u32,
	/// Work of the whole chain up to and including the checkpoint.
	pub work: U256,
	/// The ten headers before the checkpoint, oldest first, and the checkpoint itself. Fewer where
	/// the chain has fewer.
	pub headers: Vec<Header>,
}

/// Why a checkpoint cannot be built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
	/// Its height does not open a difficulty period.
	InsidePeriod,
	/// It has not exactly the headers that it should have.
	WrongCount {
		/// How many it should have.
		expected: usize,
	},
	/// One of its headers does not name the one before it as its parent.
	Unlinked,
	/// The target of its last header is not a valid one.
	InvalidTarget,
	/// It is said to have less work than its last header alone.
	TooLittleWork,
	/// At height 0 the header is not the network's genesis.
	WrongGenesis,
}

impl Checkpoint {
	/// The network's first block.
	pub fn genesis(network: Network) -> Self {
		let header = network.genesis();
		Self {
			network,
			height: 0,
			work: header.bits.target().map(work).unwrap_or_default(),
			headers: vec![header],
		}
	}

	/// Checks the checkpoint against itself and gives the tip that a client starts with.
	pub fn tip<H: Sha256>(&self) -> Result<Tip, CheckpointError> {
		if !opens_period(self.height) {
			return Err(CheckpointError::InsidePeriod);
		}
		let ancestors = (self.height as usize).min(MEDIAN_TIME_SPAN - 1);
		let Some((last, _)) = self.headers.split_last().filter(|(_, a)| a.len() == ancestors)
		else {
			return Err(CheckpointError::WrongCount { expected: ancestors + 1 });
		};
		let linked = self.headers.windows(2).all(|pair| match pair {
			[parent, child] => parent.hash::<H>() == child.prev,
			_ => true,
		});
		if !linked {
			return Err(CheckpointError::Unlinked);
		}
		if self.height == 0 && *last != self.network.genesis() {
			return Err(CheckpointError::WrongGenesis);
		}
		let own_work = last.bits.target().map(work).ok_or(CheckpointError::InvalidTarget)?;
		if self.work < own_work {
			return Err(CheckpointError::TooLittleWork);
		}
		Ok(Tip { block: BlockRef { height: self.height, hash: last.hash::<H>() }, work: self.work })
	}
}
