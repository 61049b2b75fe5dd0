//! Where the coin of a bond is now.

use crate::bitcoin::Bitcoin;
use anyhow::{bail, ensure};
use entangled_bitcoin::{
	bond::{slashing_transaction, BondOutput, BondTerms, FundedBond, Slashable},
	Native, OutPoint, Sats,
};

/// Index of what slashing leaves to the staker.
const REST_VOUT: u32 = 1;

/// A coin that its owner takes alone when its delay is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
	/// In which of the bond's outputs it lies.
	pub place: BondOutput,
	/// The coin.
	pub outpoint: OutPoint,
	/// What it holds.
	pub value: Sats,
	/// Blocks from its own to the tip; 0 when it waits to be mined.
	pub confirmations: u32,
}

impl Found {
	/// Asks the Bitcoin node for each coin that the protocol can have made of the bond.
	pub async fn find(
		bitcoin: &Bitcoin,
		terms: &BondTerms,
		bond: &FundedBond,
	) -> anyhow::Result<Self> {
		for (place, FundedBond { outpoint, value }) in places(terms, bond) {
			let Some(coin) = bitcoin.coin(outpoint).await? else { continue };
			let script = place.of::<Native>(terms).map(|output| output.script_pubkey().to_bytes());
			ensure!(
				script.is_some_and(|script| coin.script == script) && coin.value == value,
				"OtherTerms: {outpoint} is another output than these terms make; is it the bond's?"
			);
			return Ok(Self { place, outpoint, value, confirmations: coin.confirmations });
		}
		bail!(
			"nothing of the bond {} is left on Bitcoin that you could take: it was withdrawn, or moved on by \
			 another bond that extends it, or was never paid",
			bond.outpoint
		)
	}

	/// The place's name.
	pub fn name(&self) -> &'static str {
		match self.place {
			BondOutput::Bond => "bond",
			BondOutput::Unbonding => "unbonding",
			BondOutput::Refund => "refund",
		}
	}
}

/// Where the coin can be.
fn places(terms: &BondTerms, bond: &FundedBond) -> Vec<(BondOutput, FundedBond)> {
	let unbonded = Slashable::Unbonding.coin::<Native>(terms, bond);
	let rest = |which| {
		let slashing = slashing_transaction::<Native>(which, terms, bond)?;
		// Of two outputs the second one is the anchor: all was slashed.
		let [_, rest, _] = &slashing.transaction.output[..] else { return None };
		let outpoint = OutPoint { txid: slashing.txid::<Native>(), vout: REST_VOUT };
		Some((BondOutput::Refund, FundedBond { outpoint, value: Sats(rest.value.to_sat()) }))
	};
	[Some((BondOutput::Bond, *bond)), unbonded.map(|coin| (BondOutput::Unbonding, coin))]
		.into_iter()
		.chain([Slashable::Bond, Slashable::Unbonding].map(rest))
		.flatten()
		.collect()
}
