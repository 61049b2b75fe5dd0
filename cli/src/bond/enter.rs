//! How a bond comes on record: what is signed is said, signed, and sent.

use super::{
	presign::{Presigning, Slashing},
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
use entangled_bitcoin::{bond::FundedBond, OutPoint, Sats};
use entangled_runtime::{AccountId, Balance, Runtime, RuntimeCall};
use pallet_sequencer_staking::{Call, Presigned};
use polkadot_sdk::sp_core::sr25519;
use serde::Serialize;
use std::{fmt, path::PathBuf};

/// A bond that is to come on record.
pub struct Entry {
	/// What the staker signs.
	pub slashing: Slashing,
	/// Who does.
	pub presigning: Presigning,
	/// Do not ask before it is signed.
	pub yes: bool,
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
		options: &SignerOptions,
		call: impl FnOnce(Presigned) -> Call<Runtime>,
	) -> anyhow::Result<Entered> {
		let Self { slashing, presigning, yes, deposit, owner } = self;
		context.progress.say(&slashing);
		context.progress.say(format!(
			"{} are on hold until the bond is on Bitcoin, and lost if it is approved and not funded in time",
			report::ent(deposit)
		));
		let FundedBond { outpoint, value } = slashing.coin();
		let signer = match presigning {
			Presigning::Sign(signer) => signer,
			Presigning::Export(folder, origin) => {
				let files = slashing.export(&folder, origin)?;
				return Ok(Entered::Exported { outpoint, value, files });
			},
		};
		let pair = owner_pair(options, &owner)?;
		context.confirm(yes)?;
		let presigned = slashing.presigned(&signer)?;
		let call = RuntimeCall::SequencerStaking(call(presigned));
		let prepared = prepare(chain, call, &pair, options.fee_asset).await?;
		let included = prepared.send(chain, &context.progress).await?;
		let bond = chain.known_bond(outpoint, Some(included.block)).await?;
		Ok(Entered::Registered { shown: Shown::new(bond), block: format!("{:?}", included.block) })
	}
}

/// Fails when an output is on record already.
pub async fn expect_new(chain: &Chain, outpoint: OutPoint) -> anyhow::Result<()> {
	ensure!(
		chain.bond(outpoint, None).await?.is_none(),
		"AlreadyRegistered: the bond {outpoint} is registered; see entangled bond status {outpoint}"
	);
	Ok(())
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
