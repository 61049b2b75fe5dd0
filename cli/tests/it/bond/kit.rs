//! A bond of the key 9, with the kit's committee for its covenant, as an honest node shows it.

use crate::kit::{committee, committee_json, key_file, payment, refused, Fake, GENESIS};
use bitcoin::Transaction;
use entangled_bitcoin::{
	bond::{
		bond_output, extension_transaction, unbonding_output, unbonding_transaction, BondRules,
		BondTerms, CovenantSpend, FundedBond,
	},
	transaction::without_witnesses,
	Native, Network, OutPoint, PayoutScript, Sats, Signature, TaprootScript, XOnlyKey,
};
use entangled_cli::{
	bitcoin::Bitcoin,
	bond::file::BondFile,
	chain::{staking::Bond, Chain},
	parse,
	rpc::RpcError,
	sign::key::SigningKey,
};
use entangled_runtime::AccountId;
use serde_json::{from_value, json, Value};

pub const VALUE: Sats = Sats(2_000_000);
pub const OWNER: [u8; 32] = [0xaa; 32];
pub const SEQUENCER: [u8; 32] = [0xbb; 32];

pub fn owner() -> AccountId {
	OWNER.into()
}

pub fn sequencer() -> AccountId {
	SEQUENCER.into()
}

/// The staker's key.
pub fn staker() -> SigningKey {
	key_file(9)
}

pub fn terms_for(staker: XOnlyKey, timelock: u16) -> BondTerms {
	BondTerms {
		chain: GENESIS,
		owner: OWNER,
		staker,
		covenant: committee().multisig().unwrap(),
		timelock,
		rules: BondRules::default(),
	}
}

pub fn bond_terms() -> BondTerms {
	terms_for(staker().public(), 5_000)
}

pub fn address(script: TaprootScript) -> String {
	PayoutScript::P2tr(script.0).to_address(Network::Regtest)
}

/// The answer to `staking_bondTerms`.
pub fn offer_json(terms: &BondTerms) -> Value {
	let script = bond_output::<Native>(terms).unwrap().script_pubkey();
	json!({
		"address": address(script),
		"script": hex::encode(script.to_bytes()),
		"covenant": committee().id,
		"terms": terms,
		"least": 1_000_000,
		"deposit": "1000000000000",
	})
}

/// A transaction that pays the bond, signed, and the coin that it makes.
pub fn funding() -> (Transaction, FundedBond) {
	let script = bond_output::<Native>(&bond_terms()).unwrap().script_pubkey().to_bytes();
	let transaction = payment(&[(5_000, vec![0x51]), (VALUE.0, script.to_vec())]);
	let outpoint = OutPoint { txid: transaction.compute_txid().into(), vout: 1 };
	(transaction, FundedBond { outpoint, value: VALUE })
}

/// What the covenant's members sign; of the keys that are not named, none does.
pub fn countersign(spend: &CovenantSpend, members: &[u8]) -> Vec<Option<Signature>> {
	let members = members.iter().map(|member| key_file(*member)).collect::<Vec<_>>();
	let sign = |key: &XOnlyKey| {
		let member = members.iter().find(|member| member.public() == *key)?;
		Some(member.sign(&spend.sighash, key).unwrap())
	};
	committee().keys.iter().map(sign).collect()
}

/// The same transaction, with its signatures in the same places. Keys in files sign differently each time.
pub fn assert_same(left: &Transaction, right: &Transaction) {
	assert_eq!(left.compute_txid(), right.compute_txid());
	let places = |tx: &Transaction| tx.input[0].witness.iter().map(<[u8]>::len).collect::<Vec<_>>();
	assert_eq!(places(left), places(right));
}

fn duty_json(duty: &str, spend: &CovenantSpend, signatures: &[Option<Signature>]) -> Value {
	json!({
		"duty": duty,
		"open": false,
		"threshold": 3,
		"keys": committee().keys,
		"spends": [{
			"txid": spend.txid::<Native>(),
			"unsigned": hex::encode(without_witnesses(&spend.transaction)),
			"sighash": hex::encode(spend.sighash),
			"staker": null,
			"signatures": signatures,
		}],
	})
}

/// A bond on record, whose way out these members have signed.
pub fn bond_json(terms: &BondTerms, coin: &FundedBond, state: Value, members: &[u8]) -> Value {
	let way_out = unbonding_transaction::<Native>(terms, coin).unwrap();
	json!({
		"outpoint": coin.outpoint,
		"address": address(bond_output::<Native>(terms).unwrap().script_pubkey()),
		"unbondingAddress": address(unbonding_output::<Native>(terms).unwrap().script_pubkey()),
		"owner": parse::ss58(&terms.owner.into()),
		"sequencer": parse::ss58(&sequencer()),
		"state": state,
		"value": coin.value,
		"covenant": 0,
		"terms": terms,
		"presigned": { "bond": Signature([0; 64]), "unbonding": Signature([0; 64]) },
		"extends": null,
		"registered": 90,
		"slashableUntil": null,
		"order": null,
		"duties": [duty_json("unbonding", &way_out, &countersign(&way_out, members))],
	})
}

/// The bond that extends the kit's one, and its coin.
pub fn extension() -> (BondTerms, FundedBond, CovenantSpend) {
	let terms = terms_for(staker().public(), 9_000);
	let spend = extension_transaction::<Native>(&bond_terms(), &funding().1, &terms).unwrap();
	let value = Sats(spend.transaction.output[0].value.to_sat());
	let outpoint = OutPoint { txid: spend.txid::<Native>(), vout: 0 };
	(terms, FundedBond { outpoint, value }, spend)
}

/// It on record, and the transaction that makes it signed by these members of the old covenant.
pub fn extension_json(state: Value, members: &[u8]) -> Value {
	let (terms, coin, spend) = extension();
	let mut bond = bond_json(&terms, &coin, state, &[1, 2, 3]);
	bond["extends"] = json!(funding().1.outpoint);
	let signed = duty_json("extension", &spend, &countersign(&spend, members));
	bond["duties"].as_array_mut().unwrap().insert(0, signed);
	bond
}

pub fn approved() -> Value {
	json!({ "approved": { "deadline": { "bitcoinHeight": 160, "activeBlocks": 500 } } })
}

pub fn registered() -> Value {
	json!({ "registered": { "deadline": { "bitcoinHeight": 160, "activeBlocks": 500 } } })
}

pub fn active() -> Value {
	json!({ "active": { "included": 100, "expires": 4_000 } })
}

/// It as the program reads it.
pub fn bond(state: Value, members: &[u8]) -> Bond {
	from_value(bond_json(&bond_terms(), &funding().1, state, members)).unwrap()
}

/// The file that `entangled bond address` writes.
pub fn bond_file() -> BondFile {
	let told = from_value(offer_json(&bond_terms())).unwrap();
	BondFile::offered(Network::Regtest, sequencer(), &told).unwrap()
}

/// What any node of the chain answers.
pub fn common(method: &str) -> Option<Value> {
	Some(match method {
		"bitcoin_network" => json!("regtest"),
		"bitcoin_getTip" => json!({ "height": 110, "hash": "00".repeat(32) }),
		"chain_getBlockHash" | "chain_getFinalizedHead" => json!(GENESIS),
		"chain_getHeader" => json!({
			"parentHash": GENESIS,
			"number": "0x7",
			"stateRoot": GENESIS,
			"extrinsicsRoot": GENESIS,
			"digest": { "logs": [] },
		}),
		"peg_committees" => json!([committee_json(&committee())]),
		_ => return None,
	})
}

/// A node that answers so, or as any does.
pub fn node(answer: impl Fn(&str, &[Value]) -> Option<Value> + Send + Sync + 'static) -> Chain {
	Chain::new(Fake::new("chain", move |method, params| {
		answer(method, params).or_else(|| common(method)).ok_or_else(|| no_such(method))
	}))
}

/// A Bitcoin node that answers so, or knows nothing.
pub fn bitcoin(
	answer: impl Fn(&str, &[Value]) -> Option<Value> + Send + Sync + 'static,
) -> Bitcoin {
	Bitcoin::new(Fake::new("bitcoin", move |method, params| {
		match (method, answer(method, params)) {
			(_, Some(answer)) => Ok(answer),
			("gettxout", None) => Ok(Value::Null),
			_ => Err(no_such(method)),
		}
	}))
}

fn no_such(method: &str) -> RpcError {
	refused(method, -5, "not found", None)
}
