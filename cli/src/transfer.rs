//! `entangled transfer`

use crate::{
	context::Context,
	extrinsic::prepare,
	parse,
	signer::{FeeAsset, SignerOptions},
};
use codec::Encode;
use entangled_bitcoin::Sats;
use entangled_runtime::{chain::EBTC, AccountId, RuntimeCall};
use polkadot_sdk::{pallet_assets, sp_crypto_hashing::blake2_256};
use serde::Serialize;
use std::fmt;

/// Sends eBTC to another account of the network.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  entangled transfer --to enABC… --amount 50000 --suri account.secret")]
pub struct Transfer {
	/// Who gets it.
	#[arg(long, value_name = "SS58", value_parser = parse::account)]
	to: AccountId,

	/// How much.
	#[arg(long, value_name = "SATS", value_parser = parse::sats)]
	amount: Sats,

	#[command(flatten)]
	signer: SignerOptions,
}

/// It is done.
#[derive(Debug, Serialize)]
pub struct Transferred {
	to: String,
	amount: Sats,
	extrinsic: String,
	block: String,
}

impl Transfer {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Transferred> {
		let chain = context.chain()?;
		let call = RuntimeCall::Assets(pallet_assets::Call::transfer {
			id: EBTC.into(),
			target: self.to.clone().into(),
			amount: self.amount.0.into(),
		});
		let pair = self.signer.pair()?;
		// Whoever has eBTC to send can pay in it.
		let fee_asset = self.signer.fee_asset.or(Some(FeeAsset::Ebtc));
		let prepared = prepare(&chain, call, &pair, fee_asset).await?;
		let included = prepared.send(&chain, &context.progress).await?;
		Ok(Transferred {
			to: parse::ss58(&self.to),
			amount: self.amount,
			extrinsic: format!("0x{}", hex::encode(blake2_256(&prepared.extrinsic.encode()))),
			block: format!("{:?}", included.block),
		})
	}
}

impl fmt::Display for Transferred {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "{} sent to {}, in block {}", self.amount, self.to, self.block)
	}
}
