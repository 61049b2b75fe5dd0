//! Transactions without an account: proofs that anybody may bring.

use super::{follow::POLL, Chain};
use crate::{progress::Progress, refusal::Refusal, rpc::RpcError};
use polkadot_sdk::sp_core::H256;

/// How often such a transaction that is not in a block yet is sent again: a node may have dropped it.
const RESEND_AFTER: u32 = 30;

/// What is brought.
#[derive(Clone, Copy)]
pub struct Errand<'a> {
	/// What it is, for people.
	pub what: &'a str,
	/// Reads the pallet's error from a node's answer.
	pub explain: fn(RpcError) -> Refusal,
}

impl Chain {
	/// Sends a transaction until the chain has for good what it is to bring about, whoever brought it
	/// about. `done` finds that in the state of a block, or of the best one; `build` has the node make
	/// the transaction.
	pub async fn bring<T>(
		&self,
		errand: Errand<'_>,
		done: impl AsyncFn(Option<H256>) -> anyhow::Result<Option<T>>,
		build: impl AsyncFn() -> Result<String, RpcError>,
		progress: &Progress,
	) -> anyhow::Result<T> {
		let Errand { what, explain } = errand;
		let mut sent_ago = RESEND_AFTER;
		loop {
			let (_, finalised) = self.finalised().await?;
			if let Some(result) = done(Some(finalised)).await? {
				return Ok(result);
			}
			if done(None).await?.is_some() {
				progress.say(format!("{what} is in a block; waiting until that is final"));
			} else if sent_ago >= RESEND_AFTER {
				sent_ago = 0;
				let extrinsic = build().await?;
				match self.submit_hex(&extrinsic).await.map_err(explain) {
					Ok(_) | Err(Refusal::OnItsWay) => {
						progress.say(format!("{what} is sent; waiting for a block"));
					},
					// Somebody else may have come first.
					Err(_) if done(None).await?.is_some() => (),
					Err(error) => return Err(error.into()),
				}
			}
			sent_ago = sent_ago.saturating_add(1);
			tokio::time::sleep(POLL).await;
		}
	}
}
