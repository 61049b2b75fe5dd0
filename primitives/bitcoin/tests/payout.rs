//! The five types of output: scripts, addresses on every network, dust, weight.

use bitcoin::{Address, ScriptBuf, TxOut, WitnessProgram, WitnessVersion};
use entangled_bitcoin::{
	taproot::NUMS, AddressError, Native, Network, PayoutScript, Weight, XOnlyKey,
};
use hex_literal::hex;
use proptest::{collection::vec, prelude::*};

const NETWORKS: [Network; 5] =
	[Network::Mainnet, Network::Testnet3, Network::Testnet4, Network::Signet, Network::Regtest];

fn payout() -> impl Strategy<Value = PayoutScript> {
	prop_oneof![
		any::<[u8; 20]>().prop_map(PayoutScript::P2pkh),
		any::<[u8; 20]>().prop_map(PayoutScript::P2sh),
		any::<[u8; 20]>().prop_map(PayoutScript::P2wpkh),
		any::<[u8; 32]>().prop_map(PayoutScript::P2wsh),
		any::<[u8; 32]>().prop_map(|key| PayoutScript::P2tr(XOnlyKey(key))),
	]
}

/// Whether addresses of `a` are addresses of `b` too.
fn share_addresses(a: Network, b: Network, payout: PayoutScript) -> bool {
	let legacy = matches!(payout, PayoutScript::P2pkh(_) | PayoutScript::P2sh(_));
	let group = |network| match network {
		Network::Mainnet => 0,
		Network::Testnet3 | Network::Testnet4 | Network::Signet => 1,
		Network::Regtest if legacy => 1,
		Network::Regtest => 2,
	};
	group(a) == group(b)
}

#[test]
fn addresses_from_the_bips() {
	use Network::*;
	let hash = hex!("751e76e8199196d454941c45d1b3a323f1433bd6");
	let script = hex!("1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262");
	let key = hex!("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
	for (network, address, payout) in [
		(Mainnet, "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", PayoutScript::P2pkh(hash)),
		(Regtest, "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r", PayoutScript::P2pkh(hash)),
		(Mainnet, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", PayoutScript::P2wpkh(hash)),
		(Mainnet, "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", PayoutScript::P2wpkh(hash)),
		(Testnet4, "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", PayoutScript::P2wpkh(hash)),
		(
			Signet,
			"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
			PayoutScript::P2wsh(script),
		),
		(
			Mainnet,
			"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
			PayoutScript::P2tr(XOnlyKey(key)),
		),
	] {
		assert_eq!(PayoutScript::from_address(address, network), Ok(payout), "{address}");
	}
}

#[test]
fn what_is_no_address() {
	let from = |text| PayoutScript::from_address(text, Network::Mainnet);
	for malformed in [
		"",
		" ",
		"bc1",
		"satoshi",
		// A checksum off by one.
		"1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMh",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
		// Mixed case.
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4",
		// Version 0 with the checksum of version 1, and the other way round (BIP 350).
		"bc1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
		// Version 0 with 16 bytes.
		"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
		// Space around it.
		" bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
		"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4\n",
	] {
		assert_eq!(from(malformed), Err(AddressError::Malformed), "{malformed:?}");
	}
	for unsupported in [
		// Versions 2 and 16, and version 1 with 40 bytes (BIP 350).
		"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
		"BC1SW50QGDZ25J",
		"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
		// Pay to anchor.
		"bc1pfeessrawgf",
	] {
		assert_eq!(from(unsupported), Err(AddressError::Unsupported), "{unsupported}");
	}
}

/// Whatever Bitcoin Core would say of such an output.
#[test]
fn dust_and_weight() {
	for (payout, dust) in [
		(PayoutScript::P2pkh([1; 20]), 546),
		(PayoutScript::P2sh([1; 20]), 540),
		(PayoutScript::P2wpkh([1; 20]), 294),
		(PayoutScript::P2wsh([1; 32]), 330),
		(PayoutScript::P2tr(NUMS), 330),
	] {
		let script = ScriptBuf::from(payout.to_script());
		assert_eq!(payout.dust_threshold().0, dust);
		assert_eq!(script.minimal_non_dust().to_sat(), dust);
		let output = TxOut { value: script.minimal_non_dust(), script_pubkey: script };
		assert_eq!(payout.output_weight(), Weight::from(output.weight()));
	}
}

#[test]
fn a_key_off_the_curve_can_never_be_spent() {
	assert!(PayoutScript::P2tr(NUMS).is_spendable::<Native>());
	assert!(!PayoutScript::P2tr(XOnlyKey([0; 32])).is_spendable::<Native>());
	assert!(!PayoutScript::P2tr(XOnlyKey([255; 32])).is_spendable::<Native>());
	assert!(PayoutScript::P2wsh([0; 32]).is_spendable::<Native>());
}

#[test]
fn other_scripts_are_none_of_the_five() {
	for version in 0..=16 {
		for length in 2..=40 {
			let script = match WitnessVersion::try_from(version)
				.ok()
				.and_then(|version| WitnessProgram::new(version, &vec![7; length]).ok())
			{
				Some(program) => ScriptBuf::new_witness_program(&program),
				None => continue,
			};
			let standard = matches!((version, length), (0, 20) | (0, 32) | (1, 32));
			assert_eq!(PayoutScript::parse(script.as_bytes()).is_some(), standard);
		}
	}
	// Twenty bytes pushed in another way than the shortest.
	let hash = [7; 20];
	assert_eq!(PayoutScript::parse(&[&[0x00, 0x4c, 20], &hash[..]].concat()), None);
	assert_eq!(PayoutScript::parse(&[&[0xa9, 0x4c, 20], &hash[..], &[0x87]].concat()), None);
}

#[test]
fn payouts_as_json() {
	let payout = PayoutScript::P2wpkh([0xab; 20]);
	let json = format!("{{\"p2wpkh\":\"{}\"}}", "ab".repeat(20));
	assert_eq!(serde_json::to_string(&payout).unwrap(), json);
	assert_eq!(serde_json::from_str::<PayoutScript>(&json).unwrap(), payout);
}

proptest! {
	#[test]
	fn addresses_lead_back_to_their_scripts(payout in payout()) {
		prop_assert_eq!(PayoutScript::parse(&payout.to_script()), Some(payout));
		for network in NETWORKS {
			let address = payout.to_address(network);
			let script = ScriptBuf::from(payout.to_script());
			let expected = Address::from_script(&script, bitcoin::Network::from(network)).unwrap();
			prop_assert_eq!(&address, &expected.to_string());
			for other in NETWORKS {
				let expected = if share_addresses(network, other, payout) {
					Ok(payout)
				} else {
					Err(AddressError::WrongNetwork)
				};
				prop_assert_eq!(PayoutScript::from_address(&address, other), expected);
			}
		}
	}

	#[test]
	fn whatever_is_parsed_is_written_the_same(
		bytes in vec(any::<u8>(), 0..40),
		payout in payout(),
		at: prop::sample::Index,
		byte: u8,
	) {
		let mut near = payout.to_script();
		let at = at.index(near.len());
		near[at] = byte;
		for bytes in [bytes, near.clone(), near[1..].to_vec(), [near, vec![byte]].concat()] {
			if let Some(payout) = PayoutScript::parse(&bytes) {
				prop_assert_eq!(payout.to_script(), bytes);
			}
		}
	}

	#[test]
	fn no_text_makes_it_panic(text: String) {
		for network in NETWORKS {
			let _ = PayoutScript::from_address(&text, network);
		}
	}
}
