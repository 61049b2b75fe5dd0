//! `entangled sequencer keys`

use crate::{
	chain::prefixed_hex,
	context::Context,
	extrinsic::prepare,
	parse,
	signer::{account, SignerOptions},
};
use anyhow::Context as _;
use codec::{Decode, Encode};
use entangled_runtime::{AccountId, RuntimeCall, SessionKeys};
use polkadot_sdk::{pallet_session, sp_core::Bytes};
use serde::{Deserialize, Serialize};
use std::fmt;

/// JSON-RPC 2.0's code for a method that is not there, which a node also gives for one that only its
/// operator may call.
const NOT_THERE: i64 = -32601;

const EXAMPLES: &str = "\
Example, on the validator's own machine:
  entangled sequencer keys --rpc http://127.0.0.1:9944 --suri account.secret

The node must be your validator, and let you: it does when asked from its own machine, unless it runs
with --rpc-methods safe. The keys stay in its keystore; never delete old ones (docs/peg.md).";

/// Has your validator make new keys, the Bitcoin key of the peg among them, and registers them. They
/// count from the session after the next on.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Keys {
	#[command(flatten)]
	signer: SignerOptions,
}

/// The keys are registered.
#[derive(Debug, Serialize)]
pub struct Registered {
	#[serde(with = "parse::ss58_text")]
	account: AccountId,
	/// All of them, as the chain has them.
	keys: String,
	/// The block that has the registration.
	block: String,
}

/// What a node has made.
#[derive(Deserialize)]
struct Made {
	keys: Bytes,
	proof: Option<Bytes>,
}

impl Keys {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Registered> {
		let chain = context.chain()?;
		let pair = self.signer.pair()?;
		let who = account(&pair);
		let owner = prefixed_hex(who.as_ref());
		let made: Result<Made, _> = chain.ask("author_rotateKeysWithOwner", (owner,)).await;
		let Made { keys, proof } = made.map_err(|error| match error.code() {
			Some(NOT_THERE) => anyhow::anyhow!(
				"the node {} makes no keys for you: it must be your validator itself, asked from its own \
				 machine, and not run with --rpc-methods safe",
				chain.url()
			),
			_ => error.into(),
		})?;
		let keys = SessionKeys::decode(&mut &keys.0[..])
			.context("the node's keys are not those of this release")?;
		let proof = proof.context("the node has not proven that it holds the keys")?.0;
		let call =
			RuntimeCall::Session(pallet_session::Call::set_keys { keys: keys.clone(), proof });
		let prepared = prepare(&chain, call, &pair, self.signer.fee_asset).await?;
		let included = prepared.send(&chain, &context.progress).await?;
		Ok(Registered {
			account: who,
			keys: prefixed_hex(&keys.encode()),
			block: format!("{:?}", included.block),
		})
	}
}

impl fmt::Display for Registered {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "{} has registered the keys of its validator", parse::ss58(&self.account))?;
		writeln!(f, "{}", self.keys)?;
		writeln!(f, "They count from the session after the next on.")
	}
}
