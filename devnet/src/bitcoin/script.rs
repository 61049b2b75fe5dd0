//! Kinds of scripts and their written form, as Bitcoin Core names them.

use bitcoin::{
	opcodes::{all, Opcode},
	script::Instruction,
	Address, EcdsaSighashType, Network, Script,
};

/// What a script is (`TxoutType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptKind {
	/// None of the others.
	Nonstandard,
	/// The anchor anyone can spend, `OP_1 <4e73>`.
	Anchor,
	/// Pay to public key.
	PubKey,
	/// Pay to public key hash.
	PubKeyHash,
	/// Pay to script hash.
	ScriptHash,
	/// Bare `m`-of-`n` multisig.
	Multisig {
		/// Signatures needed.
		m: u8,
		/// Keys.
		n: u8,
	},
	/// `OP_RETURN` and pushes.
	NullData,
	/// P2WPKH.
	WitnessV0KeyHash,
	/// P2WSH.
	WitnessV0ScriptHash,
	/// P2TR.
	WitnessV1Taproot,
	/// A witness program whose meaning is not defined.
	WitnessUnknown,
}

impl ScriptKind {
	/// The kind of a script (`Solver`).
	pub fn of(script: &Script) -> Self {
		if script.is_p2sh() {
			Self::ScriptHash
		} else if script.is_p2wpkh() {
			Self::WitnessV0KeyHash
		} else if script.is_p2wsh() {
			Self::WitnessV0ScriptHash
		} else if script.is_p2tr() {
			Self::WitnessV1Taproot
		} else if is_pay_to_anchor(script) {
			Self::Anchor
		} else if script.is_witness_program() {
			// A version 0 program of another length can never be spent.
			let v0 = script.as_bytes().first() == Some(&0);
			if v0 {
				Self::Nonstandard
			} else {
				Self::WitnessUnknown
			}
		} else if script.is_op_return() {
			let pushes = Script::from_bytes(script.as_bytes().get(1..).unwrap_or_default());
			if pushes.is_push_only() {
				Self::NullData
			} else {
				Self::Nonstandard
			}
		} else if script.is_p2pk() {
			Self::PubKey
		} else if script.is_p2pkh() {
			Self::PubKeyHash
		} else {
			multisig(script).map_or(Self::Nonstandard, |(m, n)| Self::Multisig { m, n })
		}
	}

	/// Bitcoin Core's word (`GetTxnOutputType`).
	pub fn name(self) -> &'static str {
		match self {
			Self::Nonstandard => "nonstandard",
			Self::Anchor => "anchor",
			Self::PubKey => "pubkey",
			Self::PubKeyHash => "pubkeyhash",
			Self::ScriptHash => "scripthash",
			Self::Multisig { .. } => "multisig",
			Self::NullData => "nulldata",
			Self::WitnessV0KeyHash => "witness_v0_keyhash",
			Self::WitnessV0ScriptHash => "witness_v0_scripthash",
			Self::WitnessV1Taproot => "witness_v1_taproot",
			Self::WitnessUnknown => "witness_unknown",
		}
	}

	/// Whether outputs of this kind are relayed (`IsStandard`).
	pub fn is_standard(self) -> bool {
		match self {
			Self::Nonstandard => false,
			Self::Multisig { m, n } => (1..=3).contains(&n) && (1..=n).contains(&m),
			_ => true,
		}
	}
}

/// Whether the script is the anchor that anyone can spend (`CScript::IsPayToAnchor`).
pub fn is_pay_to_anchor(script: &Script) -> bool {
	script.as_bytes() == [0x51, 0x02, 0x4e, 0x73]
}

/// The regtest address of a script, where it has one.
pub fn address(script: &Script) -> Option<Address> {
	Address::from_script(script, Network::Regtest).ok()
}

/// `m` and `n` of a bare multisig script (`MatchMultisig`).
fn multisig(script: &Script) -> Option<(u8, u8)> {
	if !script.is_multisig() {
		return None;
	}
	let bytes = script.as_bytes();
	let number = |opcode: u8| opcode.checked_sub(0x50);
	Some((number(*bytes.first()?)?, number(*bytes.get(bytes.len().checked_sub(2)?)?)?))
}

/// A script in words (`ScriptToAsmStr`). With `sighash`, signatures are written with their sighash
/// type's name.
pub fn asm(script: &Script, sighash: bool) -> String {
	let mut words = Vec::new();
	for instruction in script.instructions() {
		words.push(match instruction {
			Ok(Instruction::PushBytes(push)) => {
				push_word(push.as_bytes(), sighash && !script.is_op_return())
			},
			Ok(Instruction::Op(opcode)) => opcode_word(opcode),
			Err(_) => "[error]".to_owned(),
		});
	}
	words.join(" ")
}

fn push_word(push: &[u8], sighash: bool) -> String {
	if push.len() <= 4 {
		return bitcoin::script::read_scriptint_non_minimal(push)
			.map_or_else(|_| hex::encode(push), |n| n.to_string());
	}
	if sighash && bitcoin::ecdsa::Signature::from_slice(push).is_ok() {
		if let Some((last, signature)) = push.split_last() {
			if let Ok(kind) = EcdsaSighashType::from_standard(u32::from(*last)) {
				let name = kind.to_string().replace("SIGHASH_", "");
				return format!("{}[{name}]", hex::encode(signature));
			}
		}
	}
	hex::encode(push)
}

/// The name of an opcode (`GetOpName`).
fn opcode_word(opcode: Opcode) -> String {
	match opcode {
		all::OP_PUSHNUM_NEG1 => "-1".to_owned(),
		all::OP_CLTV => "OP_CHECKLOCKTIMEVERIFY".to_owned(),
		all::OP_CSV => "OP_CHECKSEQUENCEVERIFY".to_owned(),
		opcode => match opcode.to_u8() {
			number @ 0x51..=0x60 => (number - 0x50).to_string(),
			0xbb..=0xfe => "OP_UNKNOWN".to_owned(),
			0xff => "OP_INVALIDOPCODE".to_owned(),
			_ => opcode.to_string(),
		},
	}
}

#[cfg(test)]
mod tests {
	use bitcoin::ScriptBuf;

	use super::*;

	fn script(hex: &str) -> ScriptBuf {
		ScriptBuf::from_hex(hex).unwrap()
	}

	#[test]
	fn kinds_are_named_as_in_bitcoin_core() {
		let key = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
		for (hex, name) in [
			("51024e73".to_owned(), "anchor"),
			(format!("21{key}ac"), "pubkey"),
			("76a91411b366edfc0a8b66feebae5c2e25a7b6a5d1cf3188ac".to_owned(), "pubkeyhash"),
			(format!("5121{key}21{key}52ae"), "multisig"),
			("6a0548656c6c6f".to_owned(), "nulldata"),
			("6aac".to_owned(), "nonstandard"),
			(format!("5120{}", &key[2..]), "witness_v1_taproot"),
			(format!("5220{}", &key[2..]), "witness_unknown"),
			("51".to_owned(), "nonstandard"),
		] {
			assert_eq!(ScriptKind::of(&script(&hex)).name(), name, "{hex}");
		}
	}

	#[test]
	fn asm_is_written_as_in_bitcoin_core() {
		assert_eq!(
			asm(&script("02e803b2755160"), false),
			"1000 OP_CHECKSEQUENCEVERIFY OP_DROP 1 16"
		);
		assert_eq!(asm(&script("6a0548656c6c6f"), false), "OP_RETURN 48656c6c6f");
		assert_eq!(asm(&script("004f"), false), "0 -1");
	}
}
