//! Refunds as partially signed transactions, for keys that another program holds (BIP 174, 371).

use super::plan::{Plan, RefundRefused};
use anyhow::Context;
use base64::{engine::general_purpose::STANDARD, Engine};
use bitcoin::{
	bip32::{DerivationPath, Fingerprint},
	hashes::Hash,
	psbt::{Psbt, PsbtSighashType},
	taproot::{ControlBlock, LeafVersion, TapLeafHash, TapNodeHash},
	Amount, ScriptBuf, TxOut, XOnlyPublicKey,
};
use entangled_bitcoin::{
	taproot::{branch_hash, NUMS},
	Native, Signature,
};

pub use bitcoin::bip32::KeySource;

/// Where a key lies in its wallet: `FINGERPRINT/PATH`, as `1a2b3c4d/86'/0'/0'/0/5`. Brackets around
/// it are allowed.
pub fn key_origin(text: &str) -> Result<KeySource, String> {
	const WRONG: &str = "write it as FINGERPRINT/PATH, as 1a2b3c4d/86'/0'/0'/0/5";
	let text = text.trim_start_matches('[').trim_end_matches(']');
	let (fingerprint, path) = text.split_once('/').ok_or(WRONG)?;
	let fingerprint: Fingerprint = fingerprint.parse().map_err(|_| WRONG)?;
	let path: DerivationPath = path.parse().map_err(|_| WRONG)?;
	Ok((fingerprint, path))
}

/// The refund, ready to be signed. With the origin of its key, wallets find the key by it.
pub fn build(plan: &Plan, origin: Option<KeySource>) -> anyhow::Result<Psbt> {
	let mut psbt = Psbt::from_unsigned_tx(plan.unsigned.transaction.clone())?;
	let output = plan.terms.output()?;
	let leaf = &plan.unsigned.leaf;
	let hash = TapLeafHash::from_byte_array(leaf.hash);
	let key = XOnlyPublicKey::from_slice(&plan.refund.key.0)?;
	let leaves = output.leaves.iter().map(|leaf| leaf.hash).collect::<Vec<_>>();

	let input = psbt.inputs.first_mut().context("a refund has an input")?;
	input.witness_utxo = Some(TxOut {
		value: Amount::from_sat(plan.amount.0),
		script_pubkey: ScriptBuf::from(output.script_pubkey()),
	});
	input.sighash_type = Some(PsbtSighashType::from(bitcoin::TapSighashType::Default));
	input.tap_internal_key = Some(XOnlyPublicKey::from_slice(&NUMS.0)?);
	if let [a, b] = &leaves[..] {
		input.tap_merkle_root = Some(TapNodeHash::from_byte_array(branch_hash::<Native>(a, b)));
	}
	input.tap_scripts.insert(
		ControlBlock::decode(&leaf.control_block)?,
		(ScriptBuf::from(leaf.script.clone()), LeafVersion::TapScript),
	);
	let origin = origin.unwrap_or_default();
	input.tap_key_origins.insert(key, (vec![hash], origin));
	Ok(psbt)
}

/// A PSBT's text.
pub fn to_base64(psbt: &Psbt) -> String {
	STANDARD.encode(psbt.serialize())
}

/// The refund key's signature in a PSBT, as bytes or as text. Whatever else it says is not believed.
pub fn signature(plan: &Plan, file: &[u8]) -> anyhow::Result<Signature> {
	let bytes = match file.starts_with(b"psbt\xff") {
		true => file.to_vec(),
		false => STANDARD.decode(file.trim_ascii()).context("this is not a PSBT")?,
	};
	let psbt = Psbt::deserialize(&bytes).context("this is not a PSBT")?;
	if psbt.unsigned_tx != plan.unsigned.transaction {
		return Err(RefundRefused::WrongSignature.into());
	}
	let key = XOnlyPublicKey::from_slice(&plan.refund.key.0)?;
	let hash = TapLeafHash::from_byte_array(plan.unsigned.leaf.hash);
	let input = psbt.inputs.first().context("the PSBT has no input")?;
	if let Some(signature) = input.tap_script_sigs.get(&(key, hash)) {
		return Ok(Signature(signature.signature.serialize()));
	}
	// Wallets that complete transactions drop the signatures into the witness.
	input
		.final_script_witness
		.as_ref()
		.and_then(|witness| witness.nth(0))
		.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
		.map(Signature)
		.context("the PSBT is not signed by the refund key")
}
