//! Taproot outputs and what their spenders sign, by BIP 341's vectors and by the `bitcoin` crate.

use bitcoin::{
	absolute::LockTime,
	hashes::Hash,
	hex::{DisplayHex, FromHex},
	key::Secp256k1,
	secp256k1::{SecretKey, XOnlyPublicKey},
	sighash::{Prevouts, SighashCache},
	taproot::{LeafVersion, TapLeafHash, TaprootBuilder},
	transaction::Version,
	Amount, OutPoint, ScriptBuf, Sequence, TapSighashType, Transaction, TxIn, TxOut, Txid, Witness,
};
use entangled_bitcoin::{
	bip340::tagged_hash,
	taproot::{branch_hash, leaf_hash, output_key, TaprootScript, Tree, NUMS},
	txid, Native, Network, Parity, PayoutScript, Sats, Sighashes, SpentOutput, XOnlyKey,
};
use proptest::{collection::vec, prelude::*};

/// A leaf's hash, of whatever version; ours for the version that we write.
fn hash_of(version: u8, script: &[u8]) -> [u8; 32] {
	let version = [version, u8::try_from(script.len()).unwrap()];
	let hash = tagged_hash::<Native>(b"TapLeaf", &[&version, script]);
	assert!(version[0] != 0xc0 || hash == leaf_hash::<Native>(script));
	hash
}

#[test]
fn every_output_of_the_bips_vectors() {
	let rows = include_str!("vectors/bip341.csv").lines().skip(1).collect::<Vec<_>>();
	assert_eq!(rows.len(), 7);
	let mut trees = 0;
	for row in rows {
		let [internal, leaves, root, key, address, blocks] = row.split(',').collect::<Vec<_>>()[..]
		else {
			panic!("six columns")
		};
		let internal: XOnlyKey = internal.parse().unwrap();
		let leaves = leaves
			.split_terminator(' ')
			.map(|leaf| {
				let (version, script) = leaf.split_once(':').unwrap();
				(u8::from_str_radix(version, 16).unwrap(), Vec::from_hex(script).unwrap())
			})
			.collect::<Vec<_>>();

		let own_root = leaves
			.iter()
			.map(|(version, script)| hash_of(*version, script))
			.rev()
			.reduce(|after, leaf| branch_hash::<Native>(&leaf, &after));
		assert_eq!(own_root.map(|root| root.to_lower_hex_string()).unwrap_or_default(), root);

		let (own_key, parity) = output_key::<Native>(&internal, own_root.as_ref()).unwrap();
		assert_eq!(own_key.to_string(), key);
		let payout = PayoutScript::parse(&TaprootScript(own_key).to_bytes()).unwrap();
		assert_eq!(payout, PayoutScript::P2tr(own_key));
		assert_eq!(payout.to_address(Network::Mainnet), address);
		assert_eq!(PayoutScript::from_address(address, Network::Mainnet), Ok(payout));

		// The control blocks of the trees that we can make.
		let tree = match &leaves[..] {
			[(0xc0, script)] => Tree::One(script.clone()),
			[(0xc0, left), (0xc0, right)] => Tree::Two(left.clone(), right.clone()),
			_ => continue,
		};
		trees += 1;
		let output = tree.output::<Native>(&internal).unwrap();
		assert_eq!((output.key, output.parity), (own_key, parity));
		let own_blocks = output.leaves.iter().map(|leaf| leaf.control_block.to_lower_hex_string());
		assert_eq!(own_blocks.collect::<Vec<_>>().join(" "), blocks);
	}
	assert_eq!(trees, 3);
}

#[test]
fn nobodys_key_is_the_hash_of_the_generator() {
	use entangled_bitcoin::Sha256;
	let secp = Secp256k1::new();
	let one = SecretKey::from_slice(&[&[0; 31][..], &[1]].concat()).unwrap();
	let generator = one.public_key(&secp).serialize_uncompressed();
	assert_eq!(NUMS.0, Native::sha256(&generator));
	assert!(NUMS.is_on_curve::<Native>());
}

#[test]
fn no_output_under_a_key_off_the_curve() {
	assert_eq!(Tree::One(vec![0x51]).output::<Native>(&XOnlyKey([0; 32])), None);
	assert_eq!(output_key::<Native>(&XOnlyKey([255; 32]), None), None);
}

#[test]
fn scripts_of_other_types_pay_to_no_output_key() {
	let script = TaprootScript(NUMS);
	assert_eq!(TaprootScript::parse(&script.to_bytes()), Some(script));
	assert_eq!(TaprootScript::parse(&script.to_bytes()[..33]), None);
	assert_eq!(TaprootScript::parse(&[&script.to_bytes()[..], &[0]].concat()), None);
	let mut version_2 = script.to_bytes();
	version_2[0] += 1;
	assert_eq!(TaprootScript::parse(&version_2), None);
}

#[test]
fn every_input_needs_its_coin() {
	let transaction = Transaction {
		version: Version::TWO,
		lock_time: LockTime::ZERO,
		input: vec![TxIn::default(); 2],
		output: vec![],
	};
	let coin = SpentOutput { value: Sats(1), script_pubkey: ScriptBuf::new() };
	for count in [0, 1, 3] {
		assert!(Sighashes::new::<Native>(&transaction, &vec![coin.clone(); count]).is_none());
	}
	let hashes = Sighashes::new::<Native>(&transaction, &vec![coin; 2]).unwrap();
	assert!(hashes.script_path::<Native>(1, &[0; 32]).is_some());
	assert_eq!(hashes.script_path::<Native>(2, &[0; 32]), None);
	assert_eq!(hashes.script_path::<Native>(usize::MAX, &[0; 32]), None);
}

fn script() -> impl Strategy<Value = ScriptBuf> {
	vec(any::<u8>(), 0..300).prop_map(ScriptBuf::from)
}

fn transaction() -> impl Strategy<Value = (Transaction, Vec<TxOut>)> {
	let coin = || {
		(any::<u64>(), script()).prop_map(|(value, script_pubkey)| TxOut {
			value: Amount::from_sat(value),
			script_pubkey,
		})
	};
	let input = (any::<([u8; 32], u32, u32)>(), vec(any::<u8>(), 0..40)).prop_map(
		|((txid, vout, sequence), witness)| TxIn {
			previous_output: OutPoint { txid: Txid::from(entangled_bitcoin::Txid(txid)), vout },
			script_sig: ScriptBuf::new(),
			sequence: Sequence(sequence),
			witness: Witness::from_slice(&[witness]),
		},
	);
	(any::<(i32, u32)>(), vec((input, coin()), 1..6), vec(coin(), 0..6)).prop_map(
		|((version, lock_time), spent, output)| {
			let (input, spent) = spent.into_iter().unzip();
			let version = Version(version);
			let lock_time = LockTime::from_consensus(lock_time);
			(Transaction { version, lock_time, input, output }, spent)
		},
	)
}

proptest! {
	#[test]
	fn outputs_are_those_of_the_bitcoin_crate(
		secret: [u8; 32],
		left in script(),
		right in proptest::option::of(script()),
	) {
		let secp = Secp256k1::new();
		let Ok(secret) = SecretKey::from_slice(&secret) else { return Ok(()) };
		let (internal, _) = secret.x_only_public_key(&secp);
		let builder = match &right {
			None => TaprootBuilder::new().add_leaf(0, left.clone()).unwrap(),
			Some(right) => TaprootBuilder::new()
				.add_leaf(1, left.clone()).unwrap()
				.add_leaf(1, right.clone()).unwrap(),
		};
		let expected = builder.finalize(&secp, internal).unwrap();

		let tree = match &right {
			None => Tree::One(left.to_bytes()),
			Some(right) => Tree::Two(left.to_bytes(), right.to_bytes()),
		};
		let output = tree.output::<Native>(&XOnlyKey(internal.serialize())).unwrap();
		prop_assert_eq!(output.key.0, expected.output_key().serialize());
		prop_assert_eq!(output.parity == Parity::Odd, expected.output_key_parity().to_u8() == 1);
		prop_assert_eq!(
			ScriptBuf::from(output.script_pubkey()),
			ScriptBuf::new_p2tr_tweaked(expected.output_key())
		);
		prop_assert_eq!(output.leaves.len(), 1 + usize::from(right.is_some()));
		for (leaf, script) in output.leaves.iter().zip([Some(left), right].into_iter().flatten()) {
			prop_assert_eq!(&leaf.script, script.as_bytes());
			let hash = TapLeafHash::from_script(&script, LeafVersion::TapScript);
			prop_assert_eq!(leaf.hash, hash.to_byte_array());
			// Two equal leaves have two control blocks that differ in nothing.
			let block = expected.control_block(&(script.clone(), LeafVersion::TapScript)).unwrap();
			prop_assert_eq!(&leaf.control_block, &block.serialize());
			let key = XOnlyPublicKey::from_slice(&output.key.0).unwrap();
			prop_assert!(block.verify_taproot_commitment(&secp, key, &script));
		}
	}

	#[test]
	fn signatures_sign_what_the_bitcoin_crate_says((transaction, spent) in transaction(), leaf: [u8; 32]) {
		let coins = spent.iter()
			.map(|coin| SpentOutput {
				value: Sats(coin.value.to_sat()),
				script_pubkey: coin.script_pubkey.clone(),
			})
			.collect::<Vec<_>>();
		let hashes = Sighashes::new::<Native>(&transaction, &coins).unwrap();
		let mut cache = SighashCache::new(&transaction);
		for index in 0..spent.len() {
			let expected = cache
				.taproot_script_spend_signature_hash(
					index,
					&Prevouts::All(&spent),
					TapLeafHash::from_byte_array(leaf),
					TapSighashType::Default,
				)
				.unwrap();
			let own = hashes.script_path::<Native>(index, &leaf).unwrap();
			prop_assert_eq!(own, expected.to_byte_array());
			let expected = cache
				.taproot_key_spend_signature_hash(
					index,
					&Prevouts::All(&spent),
					TapSighashType::Default,
				)
				.unwrap();
			let own = hashes.key_path::<Native>(index).unwrap();
			prop_assert_eq!(own, expected.to_byte_array());
		}
		prop_assert_eq!(hashes.key_path::<Native>(spent.len()), None);
		prop_assert_eq!(txid::<Native>(&transaction), transaction.compute_txid().into());
	}
}
