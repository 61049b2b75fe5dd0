//! `entangled withdrawal front`

use super::status::Shown;
use crate::{
	bitcoin::Bitcoin,
	chain::{
		bring::Errand,
		peg::{Withdrawal, WithdrawalState},
		Chain,
	},
	context::Context,
	parse,
	payment::{final_proof, Payment, Whereabouts},
	progress::Progress,
	refusal,
};
use anyhow::{bail, ensure, Context as _};
use entangled_bitcoin::{script::front::Fronted, BlockHash, PayoutScript, Sats, Txid};
use entangled_runtime::AccountId;
use pallet_peg::WithdrawalId;
use polkadot_sdk::sp_core::H256;
use serde::Serialize;
use std::fmt;

const EXAMPLES: &str = "\
Examples:
  Reserve it, so that nobody else pays it, and see what to pay:
    entangled withdrawal reserve 7 --suri account.secret
    entangled withdrawal front 7 --account enABC…

  Once the payment is mined, get the eBTC for it:
    entangled withdrawal front 7 --account enABC… --txid 4a5e1e… --bitcoin-rpc http://127.0.0.1:8332";

/// Pays somebody else's withdrawal from bitcoin of your own, for the eBTC that is locked for it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct FrontArgs {
	/// The withdrawal's number.
	#[arg(value_name = "ID")]
	id: WithdrawalId,

	/// The account that is to have the eBTC.
	#[arg(long, value_name = "SS58", value_parser = parse::account)]
	account: AccountId,

	/// The payment, once it is made: bring the proof.
	#[arg(long, value_name = "TXID")]
	txid: Option<Txid>,

	/// The block that has it [default: the Bitcoin node finds it].
	#[arg(long, value_name = "HASH", requires = "txid")]
	block: Option<BlockHash>,

	/// How many of the last blocks to search.
	#[arg(long, value_name = "BLOCKS", default_value_t = 1_008)]
	search: u32,

	/// Fail if the payment's block is not final yet, instead of waiting.
	#[arg(long, requires = "txid")]
	no_wait: bool,
}

/// What a payment must look like, or what came of it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Fronting {
	/// It is yet to be made.
	Outputs(Outputs),
	/// It is proven.
	Proven(Shown),
}

/// The outputs that a payment must have. Others may be there too.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outputs {
	id: WithdrawalId,
	address: String,
	script: String,
	amount: Sats,
	/// What the `OP_RETURN` output carries.
	data: String,
	/// The whole script of that output.
	op_return: String,
	/// Who gets the eBTC.
	account: String,
	/// What they earn on top of the amount, where it is agreed.
	reward: Option<Sats>,
	/// The most that they can earn.
	max_fee: Sats,
}

impl FrontArgs {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Fronting> {
		let chain = context.chain()?;
		let withdrawal = chain.withdrawal(self.id).await?;
		expect_open(&withdrawal, &self.account)?;
		let outputs = outputs(&chain, &withdrawal, &self.account).await?;
		let Some(txid) = self.txid else { return Ok(Fronting::Outputs(outputs)) };
		let place = Whereabouts { block: self.block, search: self.search };
		let payment = Payment { txid, place };
		let bitcoin = context.bitcoin()?;
		let (wait, progress) = (!self.no_wait, &context.progress);
		prove(&chain, &bitcoin, &outputs, &payment, wait, progress).await.map(Fronting::Proven)
	}
}

/// Fails unless this account can still pay the withdrawal.
fn expect_open(withdrawal: &Withdrawal, account: &AccountId) -> anyhow::Result<()> {
	let id = withdrawal.id;
	match withdrawal.state {
		WithdrawalState::Pending => Ok(()),
		WithdrawalState::Reserved => {
			let by = withdrawal.by.as_deref().unwrap_or_default();
			ensure!(
				parse::account(by).as_ref() == Ok(account),
				"ReservedByOther: {by} has reserved withdrawal {id}; do not pay it"
			);
			Ok(())
		},
		_ => bail!("NotPending: withdrawal {id} is in a batch or has ended; do not pay it"),
	}
}

/// The outputs that a payment by this account must have.
async fn outputs(
	chain: &Chain,
	withdrawal: &Withdrawal,
	account: &AccountId,
) -> anyhow::Result<Outputs> {
	let script = PayoutScript::from_address(&withdrawal.address, chain.network().await?)
		.map_err(|error| anyhow::anyhow!("the withdrawal's address is wrong: {error:?}"))?;
	let script = hex::encode(script.to_script());
	ensure!(
		script == withdrawal.script,
		"the node {} gives an address and a script that do not belong together; do not trust it",
		chain.url()
	);
	let fronted = Fronted {
		chain: chain.genesis().await?,
		id: withdrawal.id,
		account: account.clone().into(),
	};
	Ok(Outputs {
		id: withdrawal.id,
		address: withdrawal.address.clone(),
		script,
		amount: withdrawal.amount,
		data: hex::encode(fronted.to_bytes()),
		op_return: hex::encode(fronted.to_script()),
		account: parse::ss58(account),
		reward: withdrawal.reward,
		max_fee: withdrawal.max_fee,
	})
}

/// Brings the proof of a payment, and waits until the chain has it for good.
async fn prove(
	chain: &Chain,
	bitcoin: &Bitcoin,
	outputs: &Outputs,
	payment: &Payment,
	wait: bool,
	progress: &Progress,
) -> anyhow::Result<Shown> {
	bitcoin.expect_network(chain.network().await?).await?;
	let proven = final_proof(chain, bitcoin, payment, wait, progress).await?;
	let has = |script: &str, amount: Option<u64>| {
		proven.transaction.output.iter().any(|output| {
			hex::encode(output.script_pubkey.as_bytes()) == script
				&& amount.is_none_or(|amount| output.value.to_sat() == amount)
		})
	};
	ensure!(
		has(&outputs.script, Some(outputs.amount.0)) && has(&outputs.op_return, None),
		"NotThePayment: {} has not both the output of {} to {} and the OP_RETURN {}",
		payment.txid,
		outputs.amount,
		outputs.address,
		outputs.data
	);
	let errand = Errand { what: "the proof", explain: refusal::peg };
	let fronted = async |at: Option<H256>| {
		let withdrawal: Option<Withdrawal> = chain.ask("peg_withdrawal", (outputs.id, at)).await?;
		let withdrawal = withdrawal.context("the chain has forgotten the withdrawal")?;
		match withdrawal.state {
			WithdrawalState::Fronted if withdrawal.txid == Some(payment.txid) => {
				Ok(Some(Shown::new(withdrawal)))
			},
			WithdrawalState::Pending | WithdrawalState::Reserved => Ok(None),
			// What is not final may still come otherwise.
			_ if at.is_none() => Ok(None),
			_ => bail!("NotPending: withdrawal {} was paid otherwise or taken back", outputs.id),
		}
	};
	let build = async || chain.front_extrinsic(&proven.claim, outputs.id).await;
	chain.bring(errand, fronted, build, progress).await
}

impl fmt::Display for Fronting {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		match self {
			Self::Outputs(outputs) => outputs.fmt(f),
			Self::Proven(shown) => shown.fmt(f),
		}
	}
}

impl fmt::Display for Outputs {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "One Bitcoin transaction with these two outputs, among others if you like:")?;
		writeln!(f, "  {} to {}", self.amount, self.address)?;
		writeln!(f, "  OP_RETURN {} (script {})", self.data, self.op_return)?;
		match self.reward {
			Some(reward) => writeln!(f, "{} then gets the amount and {reward}.", self.account)?,
			None => writeln!(
				f,
				"{} then gets the amount, and what it would cost alone at that moment, at most {}.",
				self.account, self.max_fee
			)?,
		}
		writeln!(
			f,
			"Reserve it first (entangled withdrawal reserve {}): unreserved, it may be in a batch before \
			 your proof is there, and then you have paid in vain.",
			self.id
		)
	}
}
