//! What a covenant has signed for a bond, as a node hands it out: checked before it is used.

use super::file::BondFile;
use crate::chain::staking::{Bond, SpendView};
use anyhow::{ensure, Context};
use bitcoin::Transaction;
use entangled_bitcoin::{
	bond::{check_extension, check_unbonding, unbonding_transaction, CovenantSpend, Deviation},
	Multisig, Native, Signature, XOnlyKey,
};
use pallet_sequencer_staking::Duty;

/// A transaction that the covenant has signed, and the staker is to sign.
#[derive(Debug)]
pub struct Countersigned {
	/// The transaction.
	pub spend: CovenantSpend,
	/// The staker's key.
	pub staker: XOnlyKey,
	covenant: Multisig,
	signatures: Vec<Option<Signature>>,
}

/// The node hands out another transaction than the bond's terms give.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("do not trust this node: of the transaction that it hands out {0}")]
pub struct OtherTransaction(Deviation);

/// Fewer members than needed have signed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"NotSigned: {signed} of the {needed} members who must sign have signed; wait, or ask another node"
)]
pub struct NotSigned {
	/// How many have.
	pub signed: u32,
	/// How many must.
	pub needed: u32,
}

impl Countersigned {
	/// The one transaction that unbonds a bond on record.
	pub fn way_out(bond: &Bond) -> anyhow::Result<Self> {
		let (raw, shown) = handed_out(bond, Duty::Unbonding)?;
		let spend = check_unbonding::<Native>(&raw, &bond.terms, &bond.coin());
		let spend = spend.map_err(OtherTransaction)?;
		Ok(Self::new(spend, bond.terms.staker, &bond.terms.covenant, &shown.signatures)?)
	}

	/// The same of a bond in a file.
	pub fn kept(file: &BondFile) -> anyhow::Result<Self> {
		let registered = file.registered.as_ref().context(
			"the file was written before the bond was registered: it has no signatures of the covenant. \
			 entangled bond status OUTPOINT --save FILE writes one that has them",
		)?;
		let terms = &file.terms;
		let spend = unbonding_transaction::<Native>(terms, &registered.coin)
			.context("the file is damaged: nothing unbonds such a bond")?;
		Ok(Self::new(spend, terms.staker, &terms.covenant, &registered.way_out)?)
	}

	/// The transaction that makes a bond of the coin of another one, `old`, which that one's covenant
	/// signs.
	pub fn extension(bond: &Bond, old: &Bond) -> anyhow::Result<Self> {
		let (raw, shown) = handed_out(bond, Duty::Extension)?;
		let spend = check_extension::<Native>(&raw, &old.terms, &old.coin(), &bond.terms);
		let spend = spend.map_err(OtherTransaction)?;
		Ok(Self::new(spend, old.terms.staker, &old.terms.covenant, &shown.signatures)?)
	}

	/// Signatures that are not the key's, or not of the transaction, are left out.
	fn new(
		spend: CovenantSpend,
		staker: XOnlyKey,
		covenant: &Multisig,
		given: &[Option<Signature>],
	) -> Result<Self, NotSigned> {
		let good = |(place, key): (usize, &XOnlyKey)| {
			let signature = (*given.get(place)?)?;
			spend.is_signed_by::<Native>(key, &signature).then_some(signature)
		};
		let signatures = covenant.keys().iter().enumerate().map(good).collect::<Vec<_>>();
		let signed = u32::try_from(signatures.iter().flatten().count()).unwrap_or(u32::MAX);
		let needed = covenant.threshold();
		if signed < needed {
			return Err(NotSigned { signed, needed });
		}
		Ok(Self { spend, staker, covenant: covenant.clone(), signatures })
	}

	/// The complete transaction.
	pub fn complete(self, staker: &Signature) -> anyhow::Result<Transaction> {
		ensure!(
			self.spend.is_signed_by::<Native>(&self.staker, staker),
			crate::sign::WrongSignature
		);
		self.spend
			.complete(&self.covenant, staker, &self.signatures)
			.context("the covenant's signatures are incomplete")
	}
}

/// The transaction that a node hands out for a duty, with its signatures.
fn handed_out(bond: &Bond, duty: Duty) -> anyhow::Result<(Vec<u8>, &SpendView)> {
	let (_, shown) = bond.duty(duty).context(
		"the node hands out no signatures of it: the chain forgets them when a bond has ended. A file that \
		 entangled bond status --save has written still has them",
	)?;
	Ok((hex::decode(&shown.unsigned).context("the node's transaction is not hexadecimal")?, shown))
}
