//! How a bond comes on record: what is signed is said, signed, and sent.

use super::{
	presign::{Presigner, Slashing},
	status::Shown,
};
use crate::{
	chain::Chain,
	context::Context,
	extrinsic::prepare,
	parse, report,
	signer::{account, SignerOptions},
};
use anyhow::ensure;
use entangled_bitcoin::{OutPoint, Sats};
use entangled_runtime::{AccountId, Balance, Runtime, RuntimeCall};
use pallet_sequencer_staking::{Call, Presigned};
use polkadot_sdk::sp_core::sr25519;
use serde::Serialize;
use std::{fmt, path::PathBuf};

/// A bond that is to come on record.
pub struct Entry {
	/// What the staker signs.
	pub slashing: Slashing,
	/// ENT on hold until it is on Bitcoin.
	pub deposit: Balance,
	/// Whose it is.
	pub owner: AccountId,
}

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant)]
pub enum Entered {
	/// Another program is to sign.
	Exported {
		/// The bond's output.
		outpoint: OutPoint,
		/// What it is to hold.
		value: Sats,
		/// The PSBTs.
		files: Vec<PathBuf>,
	},
	/// It is registered.
	Registered {
		/// The bond.
		#[serde(flatten)]
		shown: Shown,
		/// The block that has it.
		block: String,
	},
}

impl Entry {
	/// Has it signed, and sends the call that takes the signatures.
	pub async fn make(
		self,
		context: &Context,
		chain: &Chain,
		presigner: Presigner,
		signer: &SignerOptions,
		call: impl FnOnce(Presigned) -> Call<Runtime>,
	) -> anyhow::Result<Entered> {
		let Self { slashing, deposit, owner } = self;
		context.progress.say(&slashing);
		context.progress.say(format!(
			"{} are on hold until the bond is on Bitcoin, or given up",
			report::ent(deposit)
		));
		let coin = slashing.coin();
		if let Some(folder) = &presigner.export {
			let files = slashing.export(folder, presigner.key_origin)?;
			return Ok(Entered::Exported { outpoint: coin.outpoint, value: coin.value, files });
		}
		let pair = owner_pair(signer, &owner)?;
		let presigned = presigner.ask(&slashing, context)?;
		let call = RuntimeCall::SequencerStaking(call(presigned));
		let prepared = prepare(chain, call, &pair, signer.fee_asset).await?;
		let included = prepared.send(chain, &context.progress).await?;
		let bond = chain.known_bond(coin.outpoint, Some(included.block)).await?;
		Ok(Entered::Registered { shown: Shown::new(bond), block: format!("{:?}", included.block) })
	}
}

/// The key pair of the account that signs, which must be the bond's owner.
pub fn owner_pair(signer: &SignerOptions, owner: &AccountId) -> anyhow::Result<sr25519::Pair> {
	let pair = signer.pair()?;
	let who = account(&pair);
	ensure!(
		who == *owner,
		"NotOwner: the bond is {}'s, and you sign as {}",
		parse::ss58(owner),
		parse::ss58(&who)
	);
	Ok(pair)
}

impl fmt::Display for Entered {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Exported { outpoint, files, .. } => {
				writeln!(f, "For the bond {outpoint}, have your wallet sign both, and sign only:")?;
				for file in files {
					writeln!(f, "  {}", file.display())?;
				}
				writeln!(f, "Put them into one folder, and bring it back with the same options and --signed DIR")
			},
			Self::Registered { shown, .. } => shown.fmt(f),
		}
	}
}
