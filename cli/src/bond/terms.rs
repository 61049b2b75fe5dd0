//! What a bond would be made from now: asked of a node, derived here, and compared.

use super::file::BondFile;
use crate::{
	agreement::{Agreed, Mistrust},
	chain::{staking::OfferedTerms, Chain},
	committee::CommitteeFile,
};
use anyhow::{bail, ensure};
use entangled_bitcoin::XOnlyKey;
use entangled_runtime::AccountId;

/// Whom a bond is to be for, whose it is to be, and for how long.
#[derive(Clone, Debug)]
pub struct Wanted {
	/// Whose.
	pub owner: AccountId,
	/// For whom.
	pub sequencer: AccountId,
	/// By which key.
	pub staker: XOnlyKey,
	/// For how many blocks.
	pub timelock: u16,
}

/// Terms that a node offers.
#[derive(Clone, Debug)]
pub struct Offer {
	/// The terms, and the address derived from them.
	pub file: BondFile,
	/// What the node says.
	pub told: OfferedTerms,
}

/// The node offers other terms than those that were asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"OtherTerms: the node {0} offers a bond on other terms than those asked for, or with another covenant \
	 than the committee that serves; if its committee has not changed in this moment, do not trust it"
)]
pub struct OtherTerms(pub String);

/// The terms that the node offers, which must be those that are wanted, with the address that follows
/// from them. Where the file or other nodes are given, they must know the covenant too.
pub async fn offer(
	chain: &Chain,
	file: Option<CommitteeFile>,
	others: &[Chain],
	wanted: &Wanted,
) -> anyhow::Result<Offer> {
	let Wanted { owner, sequencer, staker, timelock } = wanted;
	let Agreed { network, genesis, committee } = Agreed::find(chain, file, others).await?;
	let told = chain.bond_terms(owner, sequencer, *staker, *timelock).await?;
	let terms = &told.terms;
	let same = terms.chain == genesis
		&& terms.owner == *AsRef::<[u8; 32]>::as_ref(owner)
		&& terms.staker == *staker
		&& terms.timelock == *timelock
		&& told.covenant == committee.id
		&& terms.covenant.keys() == committee.keys
		&& terms.covenant.threshold() == committee.threshold;
	ensure!(same, OtherTerms(chain.url().into()));
	let file = BondFile::offered(network, sequencer.clone(), &told)?;
	let script = hex::encode(file.script()?.to_bytes());
	if told.address != file.address || told.script != script {
		let node = chain.url().into();
		bail!(Mistrust::OtherAddress { node, told: told.address, derived: file.address });
	}
	Ok(Offer { file, told })
}
