//! Output descriptors, as far as a node without a wallet meets them: written for a script, read as
//! `addr(...)`, `raw(...)` and `rawtr(...)`.

use bitcoin::{
	address::NetworkUnchecked,
	key::{TweakedPublicKey, XOnlyPublicKey},
	Address, Network, Script, ScriptBuf,
};

use super::script::{address, ScriptKind};

/// Why a descriptor is refused, in Bitcoin Core's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
	/// The part after `#` is not 8 characters long.
	#[error("Expected 8 character checksum, not {0} characters")]
	ChecksumLength(usize),
	/// The checksum does not match.
	#[error("Provided checksum '{provided}' does not match computed checksum '{computed}'")]
	Checksum {
		/// As given.
		provided: String,
		/// As it should be.
		computed: String,
	},
	/// A character that no descriptor has.
	#[error("Invalid characters in payload")]
	Characters,
	/// `addr()` of no regtest address.
	#[error("Address is not valid")]
	Address,
	/// `raw()` of no hexadecimal string.
	#[error("Raw script is not hex")]
	Raw,
	/// `rawtr()` of no x-only key.
	#[error("rawtr(): key '{0}' is not valid")]
	Key(String),
	/// Another function.
	#[error("'{0}' is not a valid descriptor function")]
	Function(String),
}

/// The script of a descriptor. A checksum may be missing, as in `scantxoutset`.
pub fn parse(descriptor: &str) -> Result<ScriptBuf, DescriptorError> {
	let payload = match descriptor.split_once('#') {
		None => descriptor,
		Some((payload, provided)) => {
			if provided.len() != 8 {
				return Err(DescriptorError::ChecksumLength(provided.len()));
			}
			let computed = checksum(payload).ok_or(DescriptorError::Characters)?;
			if computed != provided {
				return Err(DescriptorError::Checksum { provided: provided.to_owned(), computed });
			}
			payload
		},
	};
	let unknown = || DescriptorError::Function(payload.to_owned());
	let (function, rest) = payload.split_once('(').ok_or_else(unknown)?;
	let argument = rest.strip_suffix(')').ok_or_else(unknown)?;
	match function {
		"addr" => parse_address(argument)
			.map(|address| address.script_pubkey())
			.ok_or(DescriptorError::Address),
		"raw" => ScriptBuf::from_hex(argument).map_err(|_| DescriptorError::Raw),
		"rawtr" => {
			let key: XOnlyPublicKey =
				argument.parse().map_err(|_| DescriptorError::Key(argument.to_owned()))?;
			Ok(ScriptBuf::new_p2tr_tweaked(TweakedPublicKey::dangerous_assume_tweaked(key)))
		},
		_ => Err(unknown()),
	}
}

/// A regtest address.
pub fn parse_address(text: &str) -> Option<Address> {
	text.parse::<Address<NetworkUnchecked>>().ok()?.require_network(Network::Regtest).ok()
}

/// The descriptor of a script whose keys' origin is not known (`InferDescriptor`).
pub fn infer(script: &Script) -> String {
	let bytes = script.as_bytes();
	let payload = match (ScriptKind::of(script), bytes) {
		(ScriptKind::PubKey, [_push, key @ .., _checksig]) => format!("pk({})", hex::encode(key)),
		(ScriptKind::WitnessV1Taproot, [_version, _push, key @ ..])
			if XOnlyPublicKey::from_slice(key).is_ok() =>
		{
			format!("rawtr({})", hex::encode(key))
		},
		(ScriptKind::Multisig { m, .. }, _) => {
			let keys: Vec<String> = script
				.instructions()
				.flatten()
				.filter_map(|push| push.push_bytes().map(|key| hex::encode(key.as_bytes())))
				.collect();
			format!("multi({m},{})", keys.join(","))
		},
		_ => match address(script) {
			Some(address) => format!("addr({address})"),
			None => format!("raw({})", hex::encode(bytes)),
		},
	};
	match checksum(&payload) {
		Some(checksum) => format!("{payload}#{checksum}"),
		None => payload,
	}
}

/// The checksum of BIP380. `None` when the payload has a character that no descriptor has.
fn checksum(payload: &str) -> Option<String> {
	const INPUT: &str = "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
	const OUTPUT: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	const GENERATOR: [u64; 5] =
		[0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d, 0x3706b1677a, 0x644d626ffd];
	let step = |state: u64, value: u64| {
		let top = state >> 35;
		let shifted = ((state & 0x7_ffff_ffff) << 5) ^ value;
		GENERATOR.iter().enumerate().fold(shifted, |sum, (bit, term)| {
			if (top >> bit) & 1 == 1 {
				sum ^ term
			} else {
				sum
			}
		})
	};
	let mut state = 1;
	let mut group = 0;
	let mut in_group = 0;
	for character in payload.chars() {
		let position = INPUT.find(character)? as u64;
		state = step(state, position & 31);
		group = group * 3 + (position >> 5);
		in_group += 1;
		if in_group == 3 {
			state = step(state, group);
			(group, in_group) = (0, 0);
		}
	}
	if in_group > 0 {
		state = step(state, group);
	}
	state = (0..8).fold(state, |state, _| step(state, 0)) ^ 1;
	Some((0..8).map(|i| char::from(OUTPUT[((state >> (5 * (7 - i))) & 31) as usize])).collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn checksums_match_bitcoin_core() {
		let descriptor = "raw(76a91411b366edfc0a8b66feebae5c2e25a7b6a5d1cf3188ac)#fm24fxxy";
		assert_eq!(
			parse(descriptor).unwrap().to_hex_string(),
			"76a91411b366edfc0a8b66feebae5c2e25a7b6a5d1cf3188ac"
		);
		assert!(matches!(
			parse(&descriptor.replace("fxxy", "fxxx")),
			Err(DescriptorError::Checksum { .. })
		));
		assert_eq!(parse("raw(00)#a"), Err(DescriptorError::ChecksumLength(1)));
	}

	#[test]
	fn inferred_descriptors_read_back() {
		for script in [
			"51024e73",
			"6a0548656c6c6f",
			"512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
			"76a91411b366edfc0a8b66feebae5c2e25a7b6a5d1cf3188ac",
			"",
		] {
			let script = ScriptBuf::from_hex(script).unwrap();
			assert_eq!(parse(&infer(&script)).unwrap(), script);
		}
	}

	#[test]
	fn others_are_refused() {
		assert_eq!(
			parse("addr(bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq)"),
			Err(DescriptorError::Address)
		);
		assert_eq!(parse("raw(zz)"), Err(DescriptorError::Raw));
		assert!(matches!(parse("wpkh(02)"), Err(DescriptorError::Function(_))));
		assert!(matches!(parse(""), Err(DescriptorError::Function(_))));
	}
}
