// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Reports validators that sign two blocks for one slot.
//!
//! BABE's own block import looks for such blocks too, but it sees headers without their seals (as of
//! `sc-consensus-babe` 0.58, where the search moved from the verifier into the import), and what it
//! reports is refused for want of signatures. So it is given a pool that takes nothing, and this task looks
//! at what was imported: those headers are whole. What BABE logs of reports that it submitted means
//! nothing; the lines of the target `equivocation` do.

use super::{Client, TransactionPool};
use entangled_runtime::{opaque::Block, Hash, Header};
use futures::StreamExt;
use polkadot_sdk::{
	sc_client_api::{BlockImportNotification, BlockchainEvents},
	sc_consensus_babe::find_pre_digest,
	sc_transaction_pool_api::OffchainTransactionPoolFactory,
	sp_api::{ApiError, ApiExt, ProvideRuntimeApi},
	sp_blockchain::HeaderBackend,
	sp_consensus::BlockOrigin,
	sp_consensus_babe::{AuthorityIndex, BabeApi, EquivocationProof, Slot},
};
use std::{collections::BTreeMap, sync::Arc};

const LOG_TARGET: &str = "equivocation";

/// For how many slots blocks are remembered: longer than two blocks of one slot take to get here.
const KEPT_SLOTS: u64 = 1_000;

/// Looks at each block that is imported, until the client ends.
pub async fn run(client: Arc<Client>, pool: Arc<TransactionPool>) {
	let pool = OffchainTransactionPoolFactory::new(pool);
	let mut seen = Seen::default();
	let mut imported = client.every_import_notification_stream();
	while let Some(block) = imported.next().await {
		// Those of the initial synchronisation are old; whoever made two of them was reported then.
		if block.origin == BlockOrigin::NetworkInitialSync {
			continue;
		}
		let Some((slot, author, first)) = seen.second(&block.header) else { continue };
		log::warn!(
			target: LOG_TARGET,
			"Validator {author} has signed two blocks for slot {}: {:?} and {:?}",
			*slot,
			first.hash(),
			block.hash,
		);
		match report(&client, &pool, slot, author, first, &block) {
			Ok(true) => log::info!(target: LOG_TARGET, "It was reported."),
			Ok(false) => log::warn!(target: LOG_TARGET, "Nobody knows whose key that is any more."),
			Err(error) => log::warn!(target: LOG_TARGET, "It could not be reported: {error}"),
		}
	}
}

/// The first block of each author of each of the last slots.
#[derive(Default)]
struct Seen(BTreeMap<(Slot, AuthorityIndex), Header>);

impl Seen {
	/// Takes note of a block. If there was another one of this author for this slot, gives that.
	fn second(&mut self, header: &Header) -> Option<(Slot, AuthorityIndex, Header)> {
		let digest = find_pre_digest::<Block>(header).ok()?;
		let (slot, author) = (digest.slot(), digest.authority_index());
		let first = self.0.entry((slot, author)).or_insert_with(|| header.clone());
		let first = (first != header).then(|| (slot, author, first.clone()));
		let newest = self.0.last_key_value().map_or(0, |((slot, _), _)| **slot);
		let oldest = Slot::from(newest.saturating_sub(KEPT_SLOTS));
		self.0 = self.0.split_off(&(oldest, 0));
		first
	}
}

/// Hands a report to our transaction pool. Gives whether there is one to make.
fn report(
	client: &Client,
	pool: &OffchainTransactionPoolFactory<Block>,
	slot: Slot,
	author: AuthorityIndex,
	first: Header,
	second: &BlockImportNotification<Block>,
) -> Result<bool, ApiError> {
	let best = client.info().best_hash;
	// One instance of the API answers for one block only.
	let authorities = client.runtime_api().current_epoch(second.hash)?.authorities;
	let author =
		usize::try_from(author).ok().and_then(|author| authorities.into_iter().nth(author));
	let Some((offender, _)) = author else { return Ok(false) };
	// The keys of a session can be proven in its states; and its first block has its parent in the one before.
	let owner =
		|at: Hash| client.runtime_api().generate_key_ownership_proof(at, slot, offender.clone());
	let proof = match owner(second.header.parent_hash)? {
		Some(proof) => Some(proof),
		None => owner(best)?,
	};
	let Some(owner) = proof else { return Ok(false) };
	let second_header = second.header.clone();
	let proof = EquivocationProof { offender, slot, first_header: first, second_header };
	let mut api = client.runtime_api();
	api.register_extension(pool.offchain_transaction_pool(best));
	let reported = api.submit_report_equivocation_unsigned_extrinsic(best, proof, owner)?;
	Ok(reported.is_some())
}

#[cfg(test)]
mod tests;
