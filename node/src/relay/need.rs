// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Whether our chain still needs what was found.

use super::find::{Finding, Subject};
use crate::tasks::{chain::View, submit::Message};
use entangled_bitcoin::{BlockHash, BlockRef, XOnlyKey};
use entangled_runtime::AccountId;
use pallet_peg::{CommitteeView, DepositTerms};
use pallet_sequencer_staking::BondState;
use polkadot_sdk::sp_api::ApiError;
use std::collections::HashMap;

/// What our chain says as of one of its blocks, where that is the same for many findings.
pub struct Needs<'a, V> {
	view: &'a V,
	committees: Vec<CommitteeView<AccountId>>,
	/// Height of Bitcoin's tip.
	tip: u32,
	/// Bitcoin's blocks that were asked about, and whether they may be relied on.
	relied: HashMap<BlockHash, bool>,
	/// Heights that were asked about, and whether the chain keeps the block.
	kept: HashMap<u32, bool>,
}

impl<'a, V: View> Needs<'a, V> {
	/// As of this block.
	pub fn of(view: &'a V) -> Result<Self, ApiError> {
		Ok(Self {
			view,
			committees: view.committees()?,
			tip: view.bitcoin_tip()?.map_or(0, |tip| tip.height),
			relied: HashMap::new(),
			kept: HashMap::new(),
		})
	}

	/// The keys of the committee that serves.
	pub fn serving(&self) -> Vec<XOnlyKey> {
		let serving = self.committees.last();
		serving.into_iter().flat_map(|serving| &serving.members).map(|member| member.key).collect()
	}

	/// Whether a finding's block may be relied on.
	pub fn relies_on(&mut self, block: BlockRef) -> Result<bool, ApiError> {
		if let Some(known) = self.relied.get(&block.hash) {
			return Ok(*known);
		}
		let relied = self.view.is_final(block.hash)?;
		self.relied.insert(block.hash, relied);
		Ok(relied)
	}

	/// Whether the chain shows a finding, or can never take it any more.
	pub fn is_over(&mut self, finding: &Finding) -> Result<bool, ApiError> {
		Ok(self.shows(&finding.subject)?
			|| self.is_returned(finding)
			|| self.is_retired(finding)
			|| self.is_forgotten(finding.block.height)?)
	}

	/// Whether the chain shows it.
	fn shows(&self, subject: &Subject) -> Result<bool, ApiError> {
		Ok(match subject {
			Subject::Deposit(outpoint) => self.view.is_claimed(*outpoint)?,
			Subject::Settlement(txid) => {
				let batch = self.view.batch()?;
				!batch.is_some_and(|batch| batch.attempts.iter().any(|known| known.txid == *txid))
			},
			Subject::Front(id, _) => {
				self.view.withdrawal(*id)?.is_none_or(|withdrawal| withdrawal.state.is_terminal())
			},
			Subject::Bond(outpoint) => !matches!(
				self.view.bond_state(*outpoint)?,
				Some(BondState::Registered { .. } | BondState::Approved { .. }),
			),
			Subject::Unbonding(outpoint) => matches!(
				self.view.bond_state(*outpoint)?,
				None | Some(BondState::Closed(_) | BondState::Leaving { unbonded: Some(_), .. }),
			),
			Subject::Spend(outpoint, _) => {
				matches!(self.view.bond_state(*outpoint)?, None | Some(BondState::Closed(_)))
			},
		})
	}

	/// Whether the owner of a deposit can take it back.
	fn is_returned(&self, finding: &Finding) -> bool {
		let refund = finding.terms().and_then(DepositTerms::refund);
		refund.is_some_and(|refund| {
			self.tip >= finding.block.height.saturating_add(refund.delay.into())
		})
	}

	/// Whether the committee of a deposit is there no more. Committees have ascending numbers.
	fn is_retired(&self, finding: &Finding) -> bool {
		let Some(id) = finding.terms().map(DepositTerms::committee) else { return false };
		let passed = self.committees.last().is_some_and(|serving| id < serving.id);
		passed && self.committees.iter().all(|committee| committee.id != id)
	}

	/// Whether the chain keeps no block at a height below its tip any more, so that it can check no
	/// proof there.
	fn is_forgotten(&mut self, height: u32) -> Result<bool, ApiError> {
		if height > self.tip {
			return Ok(false);
		}
		if let Some(kept) = self.kept.get(&height) {
			return Ok(!*kept);
		}
		let kept = self.view.bitcoin_block(height)?.is_some();
		self.kept.insert(height, kept);
		Ok(!kept)
	}
}

impl Finding {
	/// What the address of a deposit is made of.
	pub fn terms(&self) -> Option<&DepositTerms> {
		match &self.message {
			Message::Claim { terms, .. } => Some(terms),
			_ => None,
		}
	}
}
