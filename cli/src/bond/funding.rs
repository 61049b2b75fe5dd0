//! The transaction that funds a bond, as a wallet gives it: in hexadecimal, or as a PSBT.
//!
//! The bond is named by this transaction's id, and everything is signed for that id. So nothing in it may
//! change when it is signed: all that it spends must be of segregated witness.

use crate::{bitcoin::Bitcoin, sign::psbt};
use anyhow::{bail, Context};
use bitcoin::{
	consensus,
	hex::FromHex,
	psbt::{Input, Psbt},
	script::{Instruction, PushBytesBuf},
	Script, ScriptBuf, Transaction, TxOut,
};
use entangled_bitcoin::{transaction::without_witnesses, OutPoint, Txid};
use std::path::Path;

/// Why a transaction cannot fund a bond.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FundingRefused {
	/// The file holds something else.
	#[error("this is neither a transaction in hexadecimal nor a PSBT (BIP 174)")]
	Malformed,
	/// A coin's signatures are a part of the transaction's id.
	#[error(
		"LegacyInput: input {0} spends a coin that is not of segregated witness. The transaction's id \
		 changes when that is signed, and the coin of the bond would be another one: take coins of \
		 addresses that begin with bc1 (on test networks tb1, bcrt1)"
	)]
	LegacyInput(usize),
	/// The PSBT contradicts itself.
	#[error(
		"the PSBT is damaged: what it says about the coin of input {0} is not about that coin"
	)]
	OtherCoin(usize),
	/// It is not signed.
	#[error(
		"NotSigned: input {0} is not signed. Have the wallet sign and finalise all of them, without \
		 changing anything else"
	)]
	NotSigned(usize),
}

/// A transaction that is to fund a bond.
#[derive(Clone, Debug)]
pub struct Funding {
	/// The transaction, signed or not.
	pub transaction: Transaction,
	/// Which inputs are known to spend coins of segregated witness.
	known: Vec<bool>,
}

impl Funding {
	/// Reads a file.
	pub fn load(path: &Path) -> anyhow::Result<Self> {
		let file =
			std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
		Self::parse(&file).with_context(|| path.display().to_string())
	}

	/// Reads what a file holds.
	pub fn parse(file: &[u8]) -> Result<Self, FundingRefused> {
		if let Some(bytes) = psbt::bytes(file) {
			let psbt = Psbt::deserialize(&bytes).map_err(|_| FundingRefused::Malformed)?;
			return Self::of_psbt(psbt);
		}
		let text = std::str::from_utf8(file).map_err(|_| FundingRefused::Malformed)?;
		let bytes = Vec::<u8>::from_hex(text.trim()).map_err(|_| FundingRefused::Malformed)?;
		let transaction: Transaction =
			consensus::deserialize(&bytes).map_err(|_| FundingRefused::Malformed)?;
		let known = transaction
			.input
			.iter()
			.enumerate()
			.map(|(index, input)| match input.script_sig.is_empty() {
				true => Ok(!input.witness.is_empty()),
				false if is_nested(&input.script_sig) => Ok(true),
				false => Err(FundingRefused::LegacyInput(index)),
			})
			.collect::<Result<_, _>>()?;
		Ok(Self { transaction, known })
	}

	fn of_psbt(psbt: Psbt) -> Result<Self, FundingRefused> {
		let Psbt { unsigned_tx: mut transaction, inputs, .. } = psbt;
		let mut known = Vec::new();
		for (index, (input, about)) in transaction.input.iter_mut().zip(inputs).enumerate() {
			let coin = coin(&about, input.previous_output.into())
				.map_err(|()| FundingRefused::OtherCoin(index))?;
			let shown = coin.is_some();
			input.script_sig = match coin {
				Some(coin) => script_sig(&coin.script_pubkey, &about),
				None => about.final_script_sig.clone().or(Some(ScriptBuf::new())),
			}
			.filter(|script| script.is_empty() || is_nested(script))
			.ok_or(FundingRefused::LegacyInput(index))?;
			input.witness = about.final_script_witness.unwrap_or_default();
			known.push(shown || !input.witness.is_empty());
		}
		Ok(Self { transaction, known })
	}

	/// Bitcoin's serialisation without witnesses, which is registered.
	pub fn bytes(&self) -> Vec<u8> {
		without_witnesses(&self.transaction)
	}

	/// Which output pays to a script, the first one.
	pub fn vout(&self, script: &[u8]) -> Option<u32> {
		let mut outputs = (0u32..).zip(&self.transaction.output);
		let pays = outputs.find(|(_, output)| output.script_pubkey.as_bytes() == script);
		pays.map(|(index, _)| index)
	}

	/// Looks with a Bitcoin node at the coins of which the transaction does not show what they are. Gives
	/// those that nobody knows.
	pub async fn check_coins(&self, bitcoin: Option<&Bitcoin>) -> anyhow::Result<Vec<OutPoint>> {
		let mut unknown = Vec::new();
		for (index, (input, known)) in self.transaction.input.iter().zip(&self.known).enumerate() {
			if *known {
				continue;
			}
			let outpoint = OutPoint::from(input.previous_output);
			let coin = match bitcoin {
				Some(bitcoin) => bitcoin.coin(outpoint).await?,
				None => None,
			};
			match coin {
				Some(coin) if Script::from_bytes(&coin.script).is_witness_program() => (),
				Some(_) => bail!(FundingRefused::LegacyInput(index)),
				None => unknown.push(outpoint),
			}
		}
		Ok(unknown)
	}

	/// The transaction, which must be signed.
	pub fn signed(&self) -> Result<&Transaction, FundingRefused> {
		match self.transaction.input.iter().position(|input| input.witness.is_empty()) {
			Some(index) => Err(FundingRefused::NotSigned(index)),
			None => Ok(&self.transaction),
		}
	}
}

/// The coin of an input, if the PSBT has it.
fn coin(about: &Input, outpoint: OutPoint) -> Result<Option<TxOut>, ()> {
	let whole = match &about.non_witness_utxo {
		Some(transaction) if Txid::from(transaction.compute_txid()) != outpoint.txid => {
			return Err(());
		},
		Some(transaction) => {
			let index = usize::try_from(outpoint.vout).map_err(drop)?;
			Some(transaction.output.get(index).cloned().ok_or(())?)
		},
		None => None,
	};
	match (whole, &about.witness_utxo) {
		(Some(whole), Some(other)) if whole != *other => Err(()),
		(Some(coin), _) => Ok(Some(coin)),
		(None, coin) => Ok(coin.clone()),
	}
}

/// The script outside of the witness that spends a coin. `None` unless it is clear before signing.
fn script_sig(coin: &Script, about: &Input) -> Option<ScriptBuf> {
	if coin.is_witness_program() {
		return Some(ScriptBuf::new());
	}
	let script = match &about.redeem_script {
		Some(redeem) => {
			let push = PushBytesBuf::try_from(redeem.to_bytes()).ok()?;
			Script::builder().push_slice(push).into_script()
		},
		None => about.final_script_sig.clone()?,
	};
	let redeem = nested(&script)?;
	(redeem.to_p2sh() == *coin).then_some(script)
}

/// Whether the script only names a witness program (BIP 141, P2SH), so that signing does not change it.
fn is_nested(script: &Script) -> bool {
	nested(script).is_some()
}

/// The witness program that the script pushes, and nothing else.
fn nested(script: &Script) -> Option<ScriptBuf> {
	let mut instructions = script.instructions_minimal();
	let (Some(Ok(Instruction::PushBytes(bytes))), None) =
		(instructions.next(), instructions.next())
	else {
		return None;
	};
	let redeem = ScriptBuf::from(bytes.as_bytes().to_vec());
	redeem.is_witness_program().then_some(redeem)
}
