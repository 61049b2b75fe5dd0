//! `entangled bond unbond`

use super::{covenant::Countersigned, enter::owner_pair, file::BondFile, way::Way};
use crate::{
	chain::{staking::Bond, Chain},
	context::Context,
	extrinsic::prepare,
	report::days,
	sign::Answer,
	signer::SignerOptions,
	takeback::Stage,
};
use anyhow::ensure;
use entangled_bitcoin::OutPoint;
use entangled_runtime::RuntimeCall;
use pallet_sequencer_staking::{BondState, Call};
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  Leave: the bond counts no more, and the coin is free after the unbonding time:
    entangled bond unbond 4a5e1e…:0 --staker-key staker.key --suri account.secret \\
        --bitcoin-rpc http://127.0.0.1:8332

  With a hardware wallet: make a PSBT, have it signed, bring it back:
    entangled bond unbond 4a5e1e…:0 --psbt unbond.psbt
    entangled bond unbond 4a5e1e…:0 --signed-psbt signed.psbt --suri account.secret

  Without any node of this network, by a file that `entangled bond status --save` has written:
    entangled bond unbond 4a5e1e…:0 --bond way-out.json --staker-key staker.key \\
        --bitcoin-rpc http://127.0.0.1:8332";

/// Leaves: lets the bond count no more, and sends the transaction that unbonds it to Bitcoin.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Unbond {
	/// The bond's output, TXID:N.
	#[arg(value_name = "OUTPOINT")]
	outpoint: OutPoint,

	#[command(flatten)]
	way: Way,

	/// Take the bond and the covenant's signatures from this file, as `entangled bond status --save` has
	/// written it, and ask no node of the network.
	#[arg(long, value_name = "FILE")]
	bond: Option<PathBuf>,

	/// Send nothing to the network. It learns of it from Bitcoin, and the bond counts until then.
	#[arg(long)]
	only_transaction: bool,

	/// Do not send the transaction to Bitcoin; print it.
	#[arg(long)]
	no_broadcast: bool,

	#[command(flatten)]
	signer: SignerOptions,
}

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unbonded {
	outpoint: OutPoint,
	/// So many blocks after its own the staker can spend what the transaction makes.
	spendable_from: u16,
	/// The block in which the bond came to count no more, where this command has seen to it.
	block: Option<String>,
	#[serde(flatten)]
	stage: Stage,
}

impl Unbond {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Unbonded> {
		let outpoint = self.outpoint;
		let (way_out, on_chain, network, spendable_from) = match &self.bond {
			Some(path) => {
				let file = BondFile::load(path)?;
				let registered =
					file.registered.as_ref().map(|registered| registered.coin.outpoint);
				ensure!(
					registered.is_none_or(|other| other == outpoint),
					"the file is of another bond than {outpoint}"
				);
				(Countersigned::kept(&file)?, None, file.network, file.terms.rules.unbonding_time)
			},
			None => {
				let chain = context.chain()?;
				let bond = chain.known_bond(outpoint, None).await?;
				let (network, time) = (chain.network().await?, bond.terms.rules.unbonding_time);
				(Countersigned::way_out(&bond)?, Some((chain, bond)), network, time)
			},
		};
		let bitcoin = match self.no_broadcast {
			true => None,
			false => Some(context.bitcoin()?),
		};
		let request = way_out.spend.request(&way_out.staker);
		let signature = match self.way.ask(&request)? {
			Answer::Signed(signature) => signature,
			Answer::Asked(asked) => {
				let stage = Stage::Asked(asked);
				return Ok(Unbonded { outpoint, spendable_from, block: None, stage });
			},
		};
		let transaction = way_out.complete(&signature)?;
		if let Some(bitcoin) = &bitcoin {
			bitcoin.expect_network(network).await?;
		}
		// Now that nothing is missing.
		let block = match on_chain.filter(|_| !self.only_transaction) {
			Some((chain, bond)) => leave(context, &chain, &bond, &self.signer).await?,
			None => None,
		};
		let stage = Stage::signed(&transaction, bitcoin.as_ref()).await?;
		Ok(Unbonded { outpoint, spendable_from, block, stage })
	}
}

/// Lets the bond count no more, if it does.
async fn leave(
	context: &Context,
	chain: &Chain,
	bond: &Bond,
	signer: &SignerOptions,
) -> anyhow::Result<Option<String>> {
	if !matches!(bond.state, BondState::Active { .. }) {
		return Ok(None);
	}
	let pair = owner_pair(signer, &bond.owner)?;
	let call = RuntimeCall::SequencerStaking(Call::unbond { outpoint: bond.outpoint });
	let prepared = prepare(chain, call, &pair, signer.fee_asset).await?;
	let included = prepared.send(chain, &context.progress).await?;
	Ok(Some(format!("{:?}", included.block)))
}

impl fmt::Display for Unbonded {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { outpoint, spendable_from, block, stage } = self;
		if block.is_some() {
			writeln!(f, "{outpoint} counts no more.")?;
		}
		stage.fmt(f)?;
		writeln!(
			f,
			"{spendable_from} blocks after the transaction's own ({}) the coin is free:\n  \
			 entangled bond withdraw {outpoint} --to ADDRESS --fee-rate SAT_VB",
			days((*spendable_from).into())
		)
	}
}
