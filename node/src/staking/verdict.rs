// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Whether a transaction of a bond may be signed.
//!
//! The chain says what to sign, as hashes. A member does not take its word: it builds each transaction
//! itself, natively, from the bond as it is recorded, and signs the hashes that it gets. And it looks
//! whether the record asks for that signature at all: a way out is signed only of a bond that can be
//! slashed, and what slashes it only on an order.

use entangled_bitcoin::{
	bond::{
		extension_transaction, slashing_transaction, unbonding_transaction, CovenantSpend,
		Slashable, MAIN_VOUT,
	},
	ChainId, Multisig, Native, OutPoint, Sats, Signature, XOnlyKey,
};
use entangled_runtime::AccountId;
use pallet_peg::CommitteeView;
use pallet_sequencer_staking::{BondState, BondView, CovenantId, Duty, DutyTask};

/// The coins in which a bond can be slashed, in the order of what is signed.
const SLASHABLE: [Slashable; 2] = [Slashable::Bond, Slashable::Unbonding];

/// What is to be signed, and what it is checked against.
pub struct Case<'a> {
	/// The chain that asks.
	pub chain: ChainId,
	/// What the chain asks for.
	pub task: &'a DutyTask,
	/// The key that is to sign.
	pub key: XOnlyKey,
	/// The bond, as the chain records it.
	pub bond: Option<&'a BondView<AccountId>>,
	/// The bond whose coin it takes over.
	pub extended: Option<&'a BondView<AccountId>>,
	/// The peg's committees, as far as they are honoured.
	pub committees: &'a [CommitteeView<AccountId>],
}

/// Whether to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// Everything is as it must be. The hashes to sign.
	Sign(Vec<[u8; 32]>),
	/// There is no such bond, or not the one whose coin it takes over.
	UnknownBond,
	/// What its transactions are made from is not what is recorded of it.
	WrongTerms,
	/// The covenant's keys are not those of the committee.
	WrongCovenant(CovenantId),
	/// The key has no part in the covenant that signs.
	NotOurs,
	/// The bond is not in a state in which this is signed.
	NotWanted,
	/// What the staker signed in advance is wrong, so that the bond could not be slashed in this coin.
	Unslashable(Slashable),
	/// The way out of the bond that takes the coin over is not signed.
	NoWayOut,
	/// The transaction does not make the bond that it is to make.
	WrongExtension,
	/// No such transaction follows from the bond.
	Impossible,
	/// The chain wants another hash signed than the transaction gives, or not as many.
	WrongSighash,
}

impl Verdict {
	/// In a word, for the metrics.
	pub fn label(&self) -> &'static str {
		match self {
			Self::Sign(_) => "sign",
			Self::UnknownBond => "unknown_bond",
			Self::WrongTerms => "wrong_terms",
			Self::WrongCovenant(_) => "wrong_covenant",
			Self::NotOurs => "not_ours",
			Self::NotWanted => "not_wanted",
			Self::Unslashable(_) => "unslashable",
			Self::NoWayOut => "no_way_out",
			Self::WrongExtension => "wrong_extension",
			Self::Impossible => "impossible",
			Self::WrongSighash => "wrong_sighash",
		}
	}
}

/// Judges a case. Reads nothing but the case.
pub fn judge(case: &Case) -> Verdict {
	match case.hashes() {
		Ok(hashes) => Verdict::Sign(hashes),
		Err(verdict) => verdict,
	}
}

impl Case<'_> {
	fn hashes(&self) -> Result<Vec<[u8; 32]>, Verdict> {
		let bond = self.bond.filter(|bond| bond.outpoint == self.task.outpoint);
		let bond = bond.ok_or(Verdict::UnknownBond)?;
		self.check_record(bond)?;
		let wanted = match self.task.duty {
			Duty::Unbonding => self.unbonding(bond)?,
			Duty::Extension => self.extension(bond)?,
			Duty::Slash => self.slash(bond)?,
		};
		let hashes = wanted.iter().map(|spend| spend.sighash).collect::<Vec<_>>();
		if hashes != self.task.sighashes {
			return Err(Verdict::WrongSighash);
		}
		Ok(hashes)
	}

	/// Whether what a bond's transactions are made from is what is recorded of it.
	fn check_record(&self, view: &BondView<AccountId>) -> Result<(), Verdict> {
		let covenant = &view.terms.covenant;
		if view.bond.terms(self.chain, covenant.clone()) != view.terms {
			return Err(Verdict::WrongTerms);
		}
		let id = view.bond.covenant;
		// Of a committee whose time is over, the bond's own record is all there is.
		let committee = self.committees.iter().find(|committee| committee.id == id);
		let keys = committee.map(|committee| {
			let keys = committee.members.iter().map(|member| member.key).collect();
			Multisig::new(keys, committee.threshold).ok()
		});
		match keys {
			Some(keys) if keys.as_ref() != Some(covenant) => Err(Verdict::WrongCovenant(id)),
			_ => Ok(()),
		}
	}

	/// Refuses unless the key is one of a covenant's.
	fn ours(&self, covenant: &Multisig) -> Result<(), Verdict> {
		covenant.keys().contains(&self.key).then_some(()).ok_or(Verdict::NotOurs)
	}

	fn unbonding(&self, view: &BondView<AccountId>) -> Result<Vec<CovenantSpend>, Verdict> {
		self.ours(&view.terms.covenant)?;
		let unspent = match view.bond.state {
			BondState::Registered { .. }
			| BondState::Approved { .. }
			| BondState::Active { .. }
			| BondState::Leaving { unbonded: None, .. } => true,
			BondState::Leaving { unbonded: Some(_), .. } | BondState::Closed(_) => false,
		};
		if !unspent {
			return Err(Verdict::NotWanted);
		}
		check_slashable(view)?;
		Ok(vec![unbonding(view)?])
	}

	fn extension(&self, view: &BondView<AccountId>) -> Result<Vec<CovenantSpend>, Verdict> {
		let old = self
			.extended
			.filter(|old| Some(old.outpoint) == view.bond.extends)
			.ok_or(Verdict::UnknownBond)?;
		self.check_record(old)?;
		self.ours(&old.terms.covenant)?;
		let waits = matches!(view.bond.state, BondState::Registered { .. });
		let whose = |view: &BondView<AccountId>| {
			(view.bond.owner.clone(), view.bond.sequencer.clone(), view.bond.staker)
		};
		if !waits || whose(view) != whose(old) {
			return Err(Verdict::NotWanted);
		}
		check_slashable(view)?;
		check_way_out(view)?;
		let coin = old.bond.coin(old.outpoint);
		let spend = extension_transaction::<Native>(&old.terms, &coin, &view.terms)
			.ok_or(Verdict::Impossible)?;
		let made = OutPoint { txid: spend.txid::<Native>(), vout: MAIN_VOUT };
		let holds = spend.transaction.output.first().map(|output| Sats(output.value.to_sat()));
		if made != view.outpoint || holds != Some(view.bond.value) {
			return Err(Verdict::WrongExtension);
		}
		Ok(vec![spend])
	}

	fn slash(&self, view: &BondView<AccountId>) -> Result<Vec<CovenantSpend>, Verdict> {
		self.ours(&view.terms.covenant)?;
		let leaves = matches!(view.bond.state, BondState::Leaving { .. });
		if view.order.is_none() || !leaves {
			return Err(Verdict::NotWanted);
		}
		SLASHABLE.iter().map(|which| slashing(*which, view)).collect()
	}
}

fn unbonding(view: &BondView<AccountId>) -> Result<CovenantSpend, Verdict> {
	unbonding_transaction::<Native>(&view.terms, &view.bond.coin(view.outpoint))
		.ok_or(Verdict::Impossible)
}

fn slashing(which: Slashable, view: &BondView<AccountId>) -> Result<CovenantSpend, Verdict> {
	slashing_transaction::<Native>(which, &view.terms, &view.bond.coin(view.outpoint))
		.ok_or(Verdict::Impossible)
}

/// Whether what the staker has signed in advance suffices to slash the bond.
fn check_slashable(view: &BondView<AccountId>) -> Result<(), Verdict> {
	let presigned = &view.bond.presigned;
	for (which, signature) in SLASHABLE.into_iter().zip([presigned.bond, presigned.unbonding]) {
		if !slashing(which, view)?.is_signed_by::<Native>(&view.terms.staker, &signature) {
			return Err(Verdict::Unslashable(which));
		}
	}
	Ok(())
}

/// Whether enough members have signed the way out.
fn check_way_out(view: &BondView<AccountId>) -> Result<(), Verdict> {
	let spend = unbonding(view)?;
	let covenant = &view.terms.covenant;
	let duty = view.duties.iter().find(|view| view.duty == Duty::Unbonding);
	let given: &[Option<Signature>] =
		duty.and_then(|duty| duty.spends.first()).map_or(&[], |spend| &spend.signatures);
	let good = covenant.keys().iter().zip(given).filter(|(key, signature)| {
		signature.is_some_and(|signature| spend.is_signed_by::<Native>(key, &signature))
	});
	let enough = u32::try_from(good.count()).is_ok_and(|good| good >= covenant.threshold());
	enough.then_some(()).ok_or(Verdict::NoWayOut)
}

#[cfg(test)]
mod tests;
