//! What `OP_RETURN` outputs say: destinations, payments in advance, checkpoints.

use bitcoin::{Amount, Script, ScriptBuf, TxOut};
use entangled_bitcoin::{
	script::{fixed_commitment, Fronted},
	AnchorPayload, ChainId, Destination, Native,
};
use hex_literal::hex;
use proptest::{collection::vec, prelude::*};

/// The chain that everything is for where nothing else is said.
const CHAIN: ChainId = ChainId([0xcc; 32]);

fn destination() -> impl Strategy<Value = Destination> {
	prop_oneof![
		any::<[u8; 32]>().prop_map(Destination::Account),
		any::<(u32, [u8; 32])>()
			.prop_map(|(rollup, recipient)| Destination::Rollup { rollup, recipient }),
		Just(Destination::Reserve),
	]
}

fn output(script: Vec<u8>) -> TxOut {
	TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::from(script) }
}

fn payment() -> TxOut {
	output(vec![0x51])
}

fn fronting(id: u64) -> Fronted {
	Fronted { chain: CHAIN, id, account: [0xee; 32] }
}

fn fronted(id: u64) -> Vec<u8> {
	fronting(id).to_script()
}

fn names(outputs: &[TxOut], id: u64) -> bool {
	Fronted::from_outputs(outputs) == Some(fronting(id))
}

/// The formats byte by byte: wallets write them too.
#[test]
fn the_bytes_of_each_kind() {
	let account = Destination::Account([0xaa; 32]).to_script();
	assert_eq!(account, [&hex!("6a26 656e7464 01 00")[..], &[0xaa; 32]].concat());
	let rollup = Destination::Rollup { rollup: 0x0102_0304, recipient: [0xbb; 32] }.to_script();
	assert_eq!(rollup, [&hex!("6a2a 656e7464 01 01 04030201")[..], &[0xbb; 32]].concat());
	assert_eq!(Destination::Reserve.to_script(), hex!("6a06 656e7464 01 02"));

	let fronted = fronted(0x0102);
	let id = hex!("0201000000000000");
	let head = hex!("6a4c4d 656e7466 01");
	assert_eq!(fronted, [&head[..], &[0xcc; 32], &id, &[0xee; 32]].concat());
	assert_eq!(fronted[3..], fronting(0x0102).to_bytes());

	let anchor =
		AnchorPayload { epoch: 0x0102_0304, state_root: [0xcc; 32], proof_hash: [0xdd; 32] };
	let script = anchor.to_script();
	assert_eq!(script, [&hex!("6a49 656e7463 01 01020304")[..], &[0xcc; 32], &[0xdd; 32]].concat());
	assert_eq!(script.len(), 2 + AnchorPayload::SIZE);
	assert_eq!(anchor.to_bytes()[..], script[2..]);
}

#[test]
fn all_are_standard_data_outputs() {
	let anchor = AnchorPayload::default().to_script();
	for script in [Destination::Reserve.to_script(), fronted(7), anchor] {
		let script = Script::from_bytes(&script);
		assert!(script.is_op_return());
		assert!(script.len() <= 83);
		assert_eq!(script.instructions_minimal().filter(Result::is_ok).count(), 2);
		// As wallets write it that are given the data.
		let push = script.instructions().nth(1).unwrap().unwrap();
		assert_eq!(ScriptBuf::new_op_return(push.push_bytes().unwrap()), *script);
	}
}

/// Whoever derives an address without a node needs these to be right.
#[test]
fn what_addresses_commit_to() {
	let chain = ChainId(core::array::from_fn(|index| index as u8));
	for (destination, commitment) in [
		(
			Destination::Account([0xaa; 32]),
			hex!("41e9c77f57f4c71702fb963b999b67c4368e116d3ae1ba9c66481d0dd9b5aeec"),
		),
		(
			Destination::Rollup { rollup: 0x0102_0304, recipient: [0xbb; 32] },
			hex!("0522ee9d223c35469fa6b53cd27aaad2d49be55152df51c9bf190ae08c310e5e"),
		),
		(
			Destination::Reserve,
			hex!("57e2a7c9cff2de7a6214d97d71ef79653ee5d48a6dcb08230bf00fb1545120c0"),
		),
	] {
		assert_eq!(destination.commitment::<Native>(chain), commitment);
	}
	let fixed = hex!("827bf268f4c95d8368a6d97eede9804a67bbd5a5d4e5bc8f8e4f17bc90e0f076");
	assert_eq!(fixed_commitment::<Native>(chain), fixed);
}

#[test]
fn commitments_tell_destinations_apart() {
	let destinations = [
		Destination::Account([0; 32]),
		Destination::Account([1; 32]),
		Destination::Rollup { rollup: 0, recipient: [0; 32] },
		Destination::Rollup { rollup: 1, recipient: [0; 32] },
		Destination::Rollup { rollup: 0, recipient: [1; 32] },
		Destination::Reserve,
	];
	let mut commitments = destinations.map(|d| d.commitment::<Native>(CHAIN)).to_vec();
	commitments.push(fixed_commitment::<Native>(CHAIN));
	commitments.sort_unstable();
	commitments.dedup();
	assert_eq!(commitments.len(), destinations.len() + 1);
}

#[test]
fn one_destination_or_none() {
	let account = output(Destination::Account([1; 32]).to_script());
	let reserve = output(Destination::Reserve.to_script());
	let from = Destination::from_outputs;
	assert_eq!(from(&[]), None);
	assert_eq!(from(&[payment()]), None);
	assert_eq!(from(&[payment(), account.clone()]), Some(Destination::Account([1; 32])));
	assert_eq!(from(&[account.clone(), payment()]), Some(Destination::Account([1; 32])));
	assert_eq!(from(&[account.clone(), reserve]), None);
	assert_eq!(from(&[account.clone(), account.clone()]), None);

	// What others write does not count.
	let others = output(hex!("6a04 deadbeef").to_vec());
	let later_version = output(hex!("6a06 656e7464 02 02").to_vec());
	assert_eq!(from(&[others, later_version, account]), Some(Destination::Account([1; 32])));
}

#[test]
fn one_payment_stands_for_one_withdrawal() {
	let (one, two) = (output(fronted(1)), output(fronted(2)));
	assert!(names(&[payment(), one.clone()], 1));
	assert!(!names(&[payment(), one.clone()], 2));
	assert!(!names(&[payment()], 1));
	assert!(!names(&[one.clone(), two.clone()], 1));
	assert!(!names(&[one.clone(), two], 2));
	assert!(!names(&[one.clone(), one.clone()], 1));
	// Nor for one of each of two chains.
	let elsewhere = output(Fronted { chain: ChainId([0; 32]), ..fronting(1) }.to_script());
	assert!(!names(core::slice::from_ref(&elsewhere), 1));
	assert!(!names(&[one, elsewhere], 1));
}

/// What does not name the chain, and what pushes the data otherwise.
#[test]
fn payloads_of_another_length_or_push_say_nothing() {
	let bytes = fronting(7).to_bytes();
	assert_eq!(bytes.len(), 77);
	assert_eq!(Fronted::parse(&bytes), Some(fronting(7)));
	let without_chain = [&hex!("656e7466 01 0700000000000000")[..], &[0xee; 32]].concat();
	let pushed = |head: &[u8], data: &[u8]| Fronted::from_script(&[head, data].concat());
	assert_eq!(Fronted::parse(&without_chain), None);
	assert_eq!(pushed(&hex!("6a2d"), &without_chain), None);
	for longer in [&bytes[..76], &[&bytes[..], &[0]].concat()] {
		assert_eq!(Fronted::parse(longer), None);
		assert_eq!(pushed(&[0x6a, 0x4c, longer.len() as u8], longer), None);
	}
	assert_eq!(pushed(&hex!("6a4c4d"), &bytes), Some(fronting(7)));
	// By the length as the opcode, which is OP_PUSHDATA2, and by that and OP_PUSHDATA4.
	for head in [&hex!("6a4d")[..], &hex!("6a4d4d00"), &hex!("6a4e4d000000")] {
		assert_eq!(pushed(head, &bytes), None);
	}
	// What fits a shorter push must have it.
	let reserve = Destination::Reserve.to_bytes();
	let long = [&[0x6a, 0x4c, reserve.len() as u8], &reserve[..]].concat();
	assert_eq!(Destination::from_script(&long), None);
}

#[test]
fn as_json() {
	let rollup = Destination::Rollup { rollup: 7, recipient: [0xab; 32] };
	let json = format!("{{\"rollup\":{{\"rollup\":7,\"recipient\":\"{}\"}}}}", "ab".repeat(32));
	assert_eq!(serde_json::to_string(&rollup).unwrap(), json);
	assert_eq!(serde_json::from_str::<Destination>(&json).unwrap(), rollup);
	assert_eq!(serde_json::to_string(&Destination::Reserve).unwrap(), "\"reserve\"");

	let anchor = AnchorPayload { epoch: 1, ..Default::default() };
	let json = serde_json::to_string(&anchor).unwrap();
	assert!(json.starts_with("{\"epoch\":1,\"stateRoot\":\"00"));
	assert_eq!(serde_json::from_str::<AnchorPayload>(&json).unwrap(), anchor);

	let json = format!("\"0x{}\"", "cc".repeat(32));
	assert_eq!(serde_json::to_string(&CHAIN).unwrap(), json);
	assert_eq!(serde_json::from_str::<ChainId>(&json).unwrap(), CHAIN);
	for wrong in ["cc".repeat(32), format!("0x{}", "cc".repeat(31)), "0xzz".into()] {
		assert!(serde_json::from_value::<ChainId>(wrong.into()).is_err());
	}
}

/// What is parsed is written the same, whatever the bytes are.
fn check(script: &[u8]) -> Result<(), TestCaseError> {
	if let Some(destination) = Destination::from_script(script) {
		prop_assert_eq!(destination.to_script(), script);
	}
	if let Some(fronted) = Fronted::from_script(script) {
		prop_assert_eq!(fronted.to_script(), script);
	}
	if let Some(anchor) = AnchorPayload::from_script(script) {
		prop_assert_eq!(anchor.to_script(), script);
	}
	if let Some(fronted) = Fronted::parse(script) {
		prop_assert_eq!(fronted.to_bytes(), script);
	}
	if let Some(destination) = Destination::parse(script) {
		prop_assert_eq!(destination.to_bytes(), script);
	}
	if let Some(anchor) = AnchorPayload::parse(script) {
		prop_assert_eq!(&anchor.to_bytes()[..], script);
	}
	Ok(())
}

proptest! {
	#[test]
	fn what_is_written_is_parsed(
		destination in destination(),
		chain: [u8; 32],
		id: u64,
		account: [u8; 32],
		epoch: u32,
		state_root: [u8; 32],
		proof_hash: [u8; 32],
	) {
		prop_assert_eq!(Destination::from_script(&destination.to_script()), Some(destination));
		let fronted = Fronted { chain: ChainId(chain), id, account };
		prop_assert_eq!(Fronted::from_script(&fronted.to_script()), Some(fronted));
		let anchor = AnchorPayload { epoch, state_root, proof_hash };
		prop_assert_eq!(AnchorPayload::from_script(&anchor.to_script()), Some(anchor));
	}

	#[test]
	fn no_two_chains_share_an_address(
		from in destination(),
		to in destination(),
		chains: [[u8; 32]; 2],
	) {
		let [one, other] = chains.map(ChainId);
		prop_assume!(one != other);
		let fixed = fixed_commitment::<Native>(other);
		prop_assert_ne!(fixed_commitment::<Native>(one), fixed);
		for to in [from, to] {
			let ours = from.commitment::<Native>(one);
			prop_assert_ne!(ours, to.commitment::<Native>(other));
			prop_assert_ne!(ours, fixed);
		}
	}

	#[test]
	fn any_bytes(bytes in vec(any::<u8>(), 0..120)) {
		check(&bytes)?;
		// The same with the right head, so that more than the head is read.
		for magic in [b"entd", b"entf", b"entc"] {
			let data = [&magic[..], &[1], &bytes].concat();
			check(&data)?;
			check(&[&[0x6a, data.len() as u8], &data[..]].concat())?;
			check(&[&[0x6a, 0x4c, data.len() as u8], &data[..]].concat())?;
		}
	}

	#[test]
	fn near_misses(
		destination in destination(),
		id: u64,
		at: prop::sample::Index,
		byte: u8,
	) {
		let anchor = AnchorPayload { epoch: 9, state_root: [1; 32], proof_hash: [2; 32] };
		for script in [destination.to_script(), fronted(id), anchor.to_script()] {
			let at = at.index(script.len());
			let mut changed = script.clone();
			changed[at] = byte;
			check(&changed)?;
			check(&script[..at])?;
			let mut longer = script.clone();
			longer.insert(at, byte);
			check(&longer)?;
			// The same data pushed by OP_PUSHDATA1.
			let mut pushed = script.clone();
			pushed.insert(1, 0x4c);
			prop_assert_eq!(Destination::from_script(&pushed), None);
			prop_assert_eq!(Fronted::from_script(&pushed), None);
			prop_assert_eq!(AnchorPayload::from_script(&pushed), None);
		}
	}
}
