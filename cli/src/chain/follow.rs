//! What became of a transaction that was sent: found in the blocks, read from their events.

use super::{prefixed_hex, Chain};
use crate::{progress::Progress, refusal::Refused};
use anyhow::{bail, Context};
use codec::Encode;
use entangled_runtime::{Hash, RuntimeEvent, UncheckedExtrinsic};
use polkadot_sdk::{
	frame_system::{Event as SystemEvent, EventRecord, Phase},
	sp_core::H256,
	sp_crypto_hashing::twox_128,
};
use std::{collections::HashMap, time::Duration};

/// How often the node is asked.
pub const POLL: Duration = Duration::from_secs(1);

/// A transaction in a finalised block.
#[derive(Clone, Debug)]
pub struct Included {
	/// The block.
	pub block: H256,
	/// Its height.
	pub number: u32,
	/// What the transaction has brought about.
	pub events: Vec<RuntimeEvent>,
}

/// It can no longer get into a block.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"the transaction did not get into a block by block {last}, and now cannot any more; look with \
	 `entangled account` whether the fee can be paid, and try again"
)]
pub struct NotIncluded {
	/// The last block that could have had it.
	pub last: u32,
}

impl Chain {
	/// Sends a transaction and waits until it is in a finalised block. It is searched for in the
	/// blocks above `from`; `last` is the last one that can have it.
	pub async fn submit_and_follow(
		&self,
		extrinsic: &UncheckedExtrinsic,
		from: u32,
		last: u32,
		progress: &Progress,
	) -> anyhow::Result<Included> {
		let text = prefixed_hex(&extrinsic.encode());
		self.submit_hex(&text).await?;
		progress.say("sent; waiting for a block");
		// Where the transaction stands in each block that was looked at. Blocks may change places.
		let mut seen = HashMap::new();
		loop {
			let (finalised, _) = self.finalised().await?;
			match self.search(&text, from, &mut seen).await? {
				Some((number, block, index)) => {
					let events = self.events(block, index).await?;
					if finalised >= number {
						return Ok(Included { block, number, events });
					}
					progress.say(format!("in block {number}; waiting until it is final"));
				},
				None if finalised >= last => bail!(NotIncluded { last }),
				None => (),
			}
			tokio::time::sleep(POLL).await;
		}
	}

	/// Looks for a transaction in the best chain's blocks above `from`.
	async fn search(
		&self,
		extrinsic: &str,
		from: u32,
		seen: &mut HashMap<H256, Option<u32>>,
	) -> anyhow::Result<Option<(u32, H256, u32)>> {
		let best = self.best().await?.number;
		for number in from.saturating_add(1)..=best {
			let Some(hash) = self.block_hash(number).await? else { break };
			let place = match seen.get(&hash) {
				Some(place) => *place,
				None => {
					let all = self.extrinsics(hash).await?;
					let place = all.iter().position(|other| other == extrinsic);
					let place = place.map(u32::try_from).transpose()?;
					seen.insert(hash, place);
					place
				},
			};
			if let Some(index) = place {
				return Ok(Some((number, hash, index)));
			}
		}
		Ok(None)
	}

	/// The events of a transaction. Fails with its error when it failed.
	async fn events(&self, block: H256, index: u32) -> anyhow::Result<Vec<RuntimeEvent>> {
		let key = [twox_128(b"System"), twox_128(b"Events")].concat();
		let all: Vec<EventRecord<RuntimeEvent, Hash>> =
			self.storage(&key, Some(block)).await?.context("the block has no events")?;
		let events = all
			.into_iter()
			.filter(|record| record.phase == Phase::ApplyExtrinsic(index))
			.map(|record| record.event)
			.collect::<Vec<_>>();
		for event in &events {
			if let RuntimeEvent::System(SystemEvent::ExtrinsicFailed { dispatch_error, .. }) = event
			{
				bail!(Refused::from(*dispatch_error));
			}
		}
		Ok(events)
	}
}
