//! `entangled deposit refund`

pub use super::plan::{Plan, RefundRefused};

use super::psbt;
use crate::{
	bitcoin::Bitcoin, context::Context, file, parse, refund_key::RefundKey, report::days,
	terms::Terms,
};
use anyhow::{bail, ensure, Context as _};
use bitcoin::consensus::encode::serialize_hex;
use entangled_bitcoin::{script::UnsignedRefund, FeeRate, OutPoint, Sats, Signature, Txid};
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  With the key that `entangled deposit address --new-refund-key` has made:
    entangled deposit refund --terms terms.json --outpoint 4a5e1e…:0 --to bc1q… --fee-rate 5 \\
        --key refund.key --broadcast --bitcoin-rpc http://127.0.0.1:8332

  On a machine without any connection; send the result from another:
    entangled deposit refund --terms terms.json --outpoint 4a5e1e…:0 --amount 1000000 \\
        --to bc1q… --fee-rate 5 --key refund.key

  With a hardware wallet: make a PSBT, have it signed, bring it back:
    entangled deposit refund … --psbt refund.psbt --key-origin \"1a2b3c4d/86'/0'/0'/0/5\"
    entangled deposit refund … --signed-psbt signed.psbt";

/// Takes a coin back that custody has not swept, after the delay of the terms.
///
/// Needs the terms, the key and, unless --amount is given, a Bitcoin node: no node of the network.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct RefundArgs {
	/// The terms of the deposit, as `entangled deposit address --save` has written them.
	#[arg(long, value_name = "FILE")]
	terms: PathBuf,

	/// The output that paid the deposit, TXID:N.
	#[arg(long, value_name = "OUTPOINT")]
	outpoint: OutPoint,

	/// What that output holds, exactly [default: what the Bitcoin node says].
	#[arg(long, value_name = "SATS", value_parser = parse::sats)]
	amount: Option<Sats>,

	/// The Bitcoin address that the coin goes to.
	#[arg(long, value_name = "ADDRESS")]
	to: String,

	/// What the transaction pays, in satoshi per virtual byte, as 2.5.
	#[arg(long, value_name = "SAT_VB", value_parser = parse::fee_rate)]
	fee_rate: FeeRate,

	#[command(flatten)]
	way: Way,

	/// For --psbt: where the key lies in its wallet, FINGERPRINT/PATH.
	#[arg(long, value_name = "ORIGIN", requires = "psbt", value_parser = psbt::key_origin)]
	key_origin: Option<psbt::KeySource>,

	/// Send the transaction to the Bitcoin node.
	#[arg(long, conflicts_with_all = ["sighash_only", "psbt"])]
	broadcast: bool,
}

/// Who signs.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Way {
	/// Sign with the key in this file: 64 hexadecimal digits, or wallet import format.
	#[arg(long, value_name = "FILE")]
	key: Option<PathBuf>,

	/// Print what is to be signed (BIP 340), and all that belongs to it.
	#[arg(long)]
	sighash_only: bool,

	/// Complete the transaction with this signature of the sighash, 128 hexadecimal digits.
	#[arg(long, value_name = "HEX")]
	signature: Option<Signature>,

	/// Write a PSBT for another program to sign to this new file; - prints it.
	#[arg(long, value_name = "FILE")]
	psbt: Option<PathBuf>,

	/// Complete the transaction with the signature in this PSBT.
	#[arg(long, value_name = "FILE")]
	signed_psbt: Option<PathBuf>,
}

/// A refund, as far as it is made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
	fee: Sats,
	amount: Sats,
	to: String,
	/// How many blocks must come before a block can hold it, if the Bitcoin node knows.
	opens_in: Option<u32>,
	#[serde(flatten)]
	stage: Stage,
}

/// How far it is made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", untagged)]
enum Stage {
	/// Ready to be sent, or sent.
	Signed { txid: Txid, raw: String, broadcast: bool },
	/// For another program to sign.
	Psbt { psbt: String, file: Option<PathBuf> },
	/// To be signed somewhere.
	Sighash {
		sighash: String,
		key: String,
		unsigned: String,
		leaf_script: String,
		leaf_hash: String,
		control_block: String,
	},
}

impl RefundArgs {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Made> {
		let terms = Terms::load(&self.terms)?;
		let bitcoin = match context.has_bitcoin() {
			true => Some(context.bitcoin()?),
			false => None,
		};
		ensure!(
			bitcoin.is_some() || !self.broadcast,
			"--broadcast needs a Bitcoin node: give --bitcoin-rpc URL"
		);
		let (amount, opens_in) = coin(bitcoin.as_ref(), &terms, self.outpoint, self.amount).await?;
		let plan = Plan::new(terms, self.outpoint, amount, &self.to, self.fee_rate)?;
		let mut made = Made {
			fee: plan.fee(),
			amount,
			to: self.to,
			opens_in,
			stage: self.way.run(&plan, self.key_origin)?,
		};
		if let (true, Some(bitcoin), Stage::Signed { raw, broadcast, .. }) =
			(self.broadcast, &bitcoin, &mut made.stage)
		{
			bitcoin.send(raw).await?;
			*broadcast = true;
		}
		Ok(made)
	}
}

/// The coin's amount, and how many blocks must come before it can be taken back.
async fn coin(
	bitcoin: Option<&Bitcoin>,
	terms: &Terms,
	outpoint: OutPoint,
	given: Option<Sats>,
) -> anyhow::Result<(Sats, Option<u32>)> {
	let Some(bitcoin) = bitcoin else {
		return Ok((given.ok_or(RefundRefused::NoAmount)?, None));
	};
	bitcoin.expect_network(terms.network).await?;
	let coin = bitcoin.coin(outpoint).await?.ok_or(RefundRefused::NoCoin(outpoint))?;
	ensure!(coin.script == terms.script()?, RefundRefused::OtherScript(outpoint));
	let same = given.is_none_or(|given| given == coin.value);
	ensure!(
		same,
		RefundRefused::OtherAmount { actual: coin.value, given: given.unwrap_or_default() }
	);
	let opens_in =
		terms.refund.map(|refund| u32::from(refund.delay).saturating_sub(coin.confirmations));
	Ok((coin.value, opens_in))
}

impl Way {
	/// Gets the signature, or what is needed for one.
	fn run(&self, plan: &Plan, origin: Option<psbt::KeySource>) -> anyhow::Result<Stage> {
		let signature = if let Some(path) = &self.key {
			RefundKey::load(path)?.sign(&plan.unsigned.sighash, &plan.refund.key)?
		} else if let Some(signature) = self.signature {
			signature
		} else if let Some(path) = &self.signed_psbt {
			let bytes =
				std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
			psbt::signature(plan, &bytes).with_context(|| path.display().to_string())?
		} else if let Some(path) = &self.psbt {
			let psbt = psbt::to_base64(&psbt::build(plan, origin)?);
			let file = (path.as_os_str() != "-").then(|| path.clone());
			if let Some(path) = &file {
				file::write_new(path, &psbt)?;
			}
			return Ok(Stage::Psbt { psbt, file });
		} else if self.sighash_only {
			return Ok(sighash(plan));
		} else {
			bail!("say who signs: --key FILE, --psbt FILE or --sighash-only");
		};
		let transaction = plan.complete(&signature)?;
		Ok(Stage::Signed {
			txid: transaction.compute_txid().into(),
			raw: serialize_hex(&transaction),
			broadcast: false,
		})
	}
}

fn sighash(plan: &Plan) -> Stage {
	let UnsignedRefund { transaction, sighash, leaf } = &plan.unsigned;
	Stage::Sighash {
		sighash: hex::encode(sighash),
		key: plan.refund.key.to_string(),
		unsigned: serialize_hex(transaction),
		leaf_script: hex::encode(&leaf.script),
		leaf_hash: hex::encode(leaf.hash),
		control_block: hex::encode(&leaf.control_block),
	}
}

impl fmt::Display for Made {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { fee, amount, to, .. } = self;
		writeln!(f, "{} of {amount} to {to}; {fee} for the miner", amount.saturating_sub(*fee))?;
		match self.opens_in {
			Some(0) => writeln!(f, "The refund is open.")?,
			Some(blocks) => writeln!(
				f,
				"The refund opens in {blocks} Bitcoin blocks ({}); nodes refuse it until then, and until \
				 then the deposit may be claimed.",
				days(blocks)
			)?,
			None => (),
		}
		match &self.stage {
			Stage::Signed { txid, broadcast: true, .. } => writeln!(f, "Sent: {txid}"),
			Stage::Signed { txid, raw, broadcast: false } => {
				writeln!(f, "Transaction {txid}, to be sent to Bitcoin:\n{raw}")
			},
			Stage::Psbt { file: Some(file), .. } => {
				writeln!(f, "The PSBT is in {}; bring it back with --signed-psbt", file.display())
			},
			Stage::Psbt { psbt, file: None } => writeln!(f, "{psbt}"),
			Stage::Sighash { sighash, key, unsigned, leaf_script, leaf_hash, control_block } => {
				writeln!(f, "Sighash       {sighash}")?;
				writeln!(f, "Key           {key}")?;
				writeln!(f, "Leaf script   {leaf_script}")?;
				writeln!(f, "Leaf hash     {leaf_hash}")?;
				writeln!(f, "Control block {control_block}")?;
				writeln!(f, "Transaction   {unsigned}")?;
				writeln!(f, "Bring the signature back with the same options and --signature HEX")
			},
		}
	}
}
