// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

mod watch;

use super::*;
use crate::rpc::answer::{changes, submittable};
use crate::{
	bitcoin::testing::FakeChain,
	relay::watchlist::WatchError,
	tasks::testing::{keys, own_terms, with_batch, withdrawal, FakeView, CHAIN},
};
use entangled_bitcoin::{AddressError, FeeRate, InclusionError, Network, PayoutScript};
use entangled_runtime::opaque::UncheckedExtrinsic;
use futures::{executor::block_on, StreamExt};
use jsonrpsee::types::ErrorObjectOwned;
use pallet_btc_light_client::{Clock, NotFinal};
use pallet_peg::{
	self as pallet, DepositRecord, DepositView, HaltReason, QuoteError, Reservation,
	WithdrawalState,
};
use polkadot_sdk::{sc_rpc_api::UnsafeRpcError, sp_api::ApiError, sp_core::crypto::Ss58Codec};
use serde_json::{from_value, json, to_value, Value};

const NETWORK: Network = Network::Regtest;

fn view() -> FakeView {
	with_batch(FakeView::new(&keys(&["//Alice", "//Bob", "//Charlie"]), FakeChain::new(9)))
}

fn ss58(byte: u8) -> String {
	AccountId::new([byte; 32]).to_ss58check()
}

#[test]
fn terms_are_read_in_every_form_that_people_write() {
	let key = "11".repeat(32);
	let own = |account: Value, committee: Value| {
		let destination = json!({ "account": account });
		let mut own =
			json!({ "destination": destination, "refund": { "key": key, "delay": 2016 } });
		if !committee.is_null() {
			own["committee"] = committee;
		}
		from_value::<Terms>(json!({ "own": own }))
	};
	let wanted = own_terms(1, 2_016);
	for account in [ss58(1), "01".repeat(32), format!("0x{}", "01".repeat(32))] {
		assert_eq!(own(json!(account), json!(0)).unwrap().with(7), wanted);
		assert_eq!(own(json!(account), Value::Null).unwrap().with(0), wanted);
	}
	let fixed = |value| from_value::<Terms>(value).map(|terms| terms.with(3));
	let of = |committee| pallet::DepositTerms::Fixed { committee };
	assert_eq!(fixed(json!({ "fixed": {} })).unwrap(), of(3));
	assert_eq!(fixed(json!({ "fixed": { "committee": 1 } })).unwrap(), of(1));
	// As the pallet's own types are written.
	let written = to_value(&wanted).unwrap();
	assert_eq!(from_value::<Terms>(written).unwrap().with(7), wanted);
	for wrong in [
		json!({}),
		json!({ "own": {} }),
		json!({ "fixed": { "comittee": 1 } }),
		json!({ "own": { "destination": "reserve", "refund": { "key": key, "delay": 65_536 } } }),
		json!({ "own": { "destination": "reserve", "refund": { "key": "11", "delay": 1 } } }),
		json!({ "own": { "destination": { "account": "5x" }, "refund": { "key": key, "delay": 1 } } }),
	] {
		assert!(from_value::<Terms>(wrong.clone()).is_err(), "{wrong}");
	}
}

#[test]
fn terms_come_back_with_everything_filled_in() {
	let terms = Terms::from(own_terms(1, 144));
	assert_eq!(
		to_value(&terms).unwrap(),
		json!({ "own": {
			"committee": 0,
			"destination": { "account": ss58(1) },
			"refund": { "key": "11".repeat(32), "delay": 144 },
		} })
	);
	let back = from_value::<Terms>(to_value(&terms).unwrap()).unwrap();
	assert_eq!(back.with(9), own_terms(1, 144));
	let rollup = take::Destination::Rollup { rollup: 4, recipient: Bytes32([2; 32]) };
	let written = json!({ "rollup": { "rollup": 4, "recipient": "02".repeat(32) } });
	assert_eq!(to_value(&rollup).unwrap(), written);
	assert_eq!(to_value(take::Destination::Reserve).unwrap(), json!("reserve"));
}

#[test]
fn status_says_at_once_whether_the_peg_works() {
	let mut status = view().status;
	let works = to_value(Status::new(CHAIN, status.clone())).unwrap();
	assert_eq!((&works["halted"], &works["halt"]), (&json!(false), &Value::Null));
	assert_eq!(works["chain"], format!("0x{}", "42".repeat(32)));
	assert_eq!(works["supply"], 3_000_000);
	assert_eq!(works["outflowLeft"], 1_000_000_000);
	assert_eq!(works["feeRate"], 5_000);
	assert_eq!(works["policy"]["minDeposit"], 100_000);
	status.halt = Some(HaltReason::InvariantBroken { supply: Sats(2), custody: Sats(1) });
	let halted = to_value(Status::new(CHAIN, status)).unwrap();
	assert_eq!(halted["halted"], true);
	assert_eq!(halted["halt"], json!({ "invariantBroken": { "supply": 2, "custody": 1 } }));
}

#[test]
fn committees_have_addresses() {
	let view = view();
	let committee = to_value(Committee::new(view.committees[0].clone(), NETWORK)).unwrap();
	assert!(committee["fixed"].as_str().unwrap().starts_with("bcrt1p"));
	assert!(committee["custody"].as_str().unwrap().starts_with("bcrt1p"));
	assert_eq!(committee["threshold"], 2);
	let member = &committee["members"][0];
	assert_eq!(member["key"].as_str().unwrap().len(), 64);
	assert!(AccountId::from_ss58check(member["account"].as_str().unwrap()).is_ok());
	assert_eq!(committee["honouredUntil"], Value::Null);
	assert_eq!(committee["silentUntil"], Value::Null);
	// The address stands for the script.
	let fixed = PayoutScript::from_address(committee["fixed"].as_str().unwrap(), NETWORK);
	assert_eq!(fixed.unwrap(), PayoutScript::P2tr(view.committees[0].fixed.0));
}

#[test]
fn deposit_addresses_are_for_the_network() {
	let script = view().committees[0].fixed;
	for (network, prefix) in [
		(Network::Mainnet, "bc1p"),
		(Network::Testnet4, "tb1p"),
		(Network::Signet, "tb1p"),
		(Network::Regtest, "bcrt1p"),
	] {
		let terms = pallet::DepositTerms::Fixed { committee: 0 };
		let address = to_value(DepositAddress::new(terms, script, network)).unwrap();
		assert!(address["address"].as_str().unwrap().starts_with(prefix));
		assert_eq!(address["script"].as_str().unwrap().len(), 68);
		assert_eq!(address["terms"], json!({ "fixed": { "committee": 0 } }));
	}
}

#[test]
fn quotes() {
	let quote = pallet::WithdrawalQuote {
		rate: FeeRate(5_000),
		alone: Sats(1_500),
		shared: Sats(300),
		min_amount: Sats(10_000),
		outflow_left: Sats(9),
	};
	let quote = WithdrawalQuote::new(PayoutScript::P2wpkh([7; 20]), quote, NETWORK);
	let quote = to_value(quote).unwrap();
	assert!(quote["address"].as_str().unwrap().starts_with("bcrt1q"));
	assert_eq!(quote["script"], format!("0014{}", "07".repeat(20)));
	assert_eq!(quote["payout"], json!({ "p2wpkh": "07".repeat(20) }));
	assert_eq!((&quote["alone"], &quote["minAmount"]), (&json!(1_500), &json!(10_000)));
}

#[test]
fn deposits() {
	let outpoint = OutPoint { txid: Txid([1; 32]), vout: 3 };
	let record = DepositRecord {
		height: 8,
		amount: Sats(500_000),
		fee: Sats(1_000),
		peg_fee: Sats(250),
		destination: entangled_bitcoin::Destination::Account([2; 32]),
	};
	let view = DepositView { record, swept: false, refund_height: Some(2_024) };
	assert_eq!(
		to_value(Deposit::new(outpoint, view)).unwrap(),
		json!({
			"outpoint": format!("{}:3", "01".repeat(32)),
			"height": 8,
			"amount": 500_000,
			"fee": 1_000,
			"pegFee": 250,
			"destination": { "account": ss58(2) },
			"swept": false,
			"refundHeight": 2_024,
		})
	);
}

#[test]
fn withdrawals_say_how_far_they_are() {
	let of = |state| {
		let mut withdrawal = withdrawal(3, 500_000);
		withdrawal.state = state;
		to_value(Withdrawal::new(7, withdrawal, NETWORK)).unwrap()
	};
	let pending = of(WithdrawalState::Pending);
	assert_eq!(
		pending,
		json!({
			"id": 7,
			"owner": ss58(3),
			"address": PayoutScript::P2wpkh([3; 20]).to_address(NETWORK),
			"script": format!("0014{}", "03".repeat(20)),
			"amount": 500_000,
			"maxFee": 20_000,
			"requested": { "bitcoinHeight": 5, "activeBlocks": 50 },
			"expires": { "bitcoinHeight": 725, "activeBlocks": 72_050 },
			"lapsed": false,
			"state": "pending",
		})
	);
	let paid = of(WithdrawalState::Paid { txid: Txid([1; 32]), fee: Sats(9) });
	assert_eq!(paid["state"], "paid");
	assert_eq!((&paid["txid"], &paid["fee"]), (&json!("01".repeat(32)), &json!(9)));
	let by = AccountId::new([4; 32]);
	let fronted =
		of(WithdrawalState::Fronted { by: by.clone(), txid: Txid([1; 32]), fee: Sats(9) });
	assert_eq!((&fronted["state"], &fronted["by"]), (&json!("fronted"), &json!(ss58(4))));
	let until = Clock { bitcoin_height: 9, active_blocks: 90 };
	let reservation = Reservation { by, bond: Sats(5), reward: Sats(6), until };
	let reserved = of(WithdrawalState::Reserved(reservation));
	assert_eq!(reserved["state"], "reserved");
	assert_eq!((&reserved["bond"], &reserved["reward"]), (&json!(5), &json!(6)));
	assert_eq!(reserved["until"]["bitcoinHeight"], 9);
	for (state, name) in [
		(WithdrawalState::InBatch, "inBatch"),
		(WithdrawalState::Cancelled, "cancelled"),
		(WithdrawalState::Expired, "expired"),
	] {
		let view = of(state);
		assert_eq!(view["state"], name);
		assert!(view.get("txid").is_none() && view.get("until").is_none());
	}
}

#[test]
fn the_batch_shows_coins_payments_and_signers() {
	let mut view = view();
	let signer = pallet::SignerView {
		committee: 0,
		member: view.committees[0].members[0].clone(),
		signed: true,
	};
	view.batch.as_mut().unwrap().attempts[0].signers.push(signer);
	let batch = view.batch.unwrap();
	let txid = batch.attempts[0].txid.to_string();
	let json = to_value(Batch::new(batch, NETWORK)).unwrap();
	assert_eq!((&json["id"], &json["changeTo"]), (&json!(2), &json!(0)));
	assert!(json["changeAddress"].as_str().unwrap().starts_with("bcrt1p"));
	let attempt = &json["attempts"][0];
	let coins = attempt["coins"].as_array().unwrap();
	assert_eq!((&coins[0]["origin"], &coins[1]["origin"]), (&json!("change"), &json!("deposit")));
	assert_eq!(coins[0]["value"], 2_000_000);
	assert_eq!(coins[0]["outpoint"], format!("{}:1", "01".repeat(32)));
	assert_eq!(json["common"], coins[0]["outpoint"]);
	assert_eq!(attempt["signBy"], json!({ "bitcoinHeight": 15, "activeBlocks": 600 }));
	assert_eq!(attempt["txid"], txid);
	assert_eq!(attempt["anchor"]["stateRoot"], "05".repeat(32));
	assert_eq!(attempt["payouts"][1]["id"], 7);
	assert_eq!(attempt["payouts"][1]["amount"], 250_000);
	assert!(attempt["payouts"][1]["address"].as_str().unwrap().starts_with("bcrt1q"));
	assert_eq!((&attempt["complete"], &attempt["builtAt"]), (&json!(false), &json!(9)));
	assert_eq!(attempt["signers"][0]["signed"], true);
	assert_eq!(attempt["signers"][0]["key"].as_str().unwrap().len(), 64);
	assert!(attempt["fee"].is_u64() && attempt["weight"].is_u64() && attempt["rate"].is_u64());
}

#[test]
fn tasks_and_transactions_are_hexadecimal() {
	let task = pallet::SigningTask::ProofOfLife { committee: 1, challenge: [9; 32] };
	let written = json!({ "proofOfLife": { "committee": 1, "challenge": "09".repeat(32) } });
	assert_eq!(to_value(SigningTask::from(task)).unwrap(), written);
	let task = pallet::SigningTask::Attempt { batch: 1, attempt: 2, inputs: vec![0, 3] };
	let written = json!({ "attempt": { "batch": 1, "attempt": 2, "inputs": [0, 3] } });
	assert_eq!(to_value(SigningTask::from(task)).unwrap(), written);
	let transaction =
		pallet::SignedTransaction { txid: Txid([1; 32]), bytes: vec![2, 0, 255], settled: false };
	let written = json!({ "txid": "01".repeat(32), "hex": "0200ff", "settled": false });
	assert_eq!(to_value(Transaction::from(transaction)).unwrap(), written);
	assert_eq!(
		from_value::<Bytes32>(json!("0x".to_owned() + &"0a".repeat(32))).unwrap().0,
		[10; 32]
	);
	// What `author_submitExtrinsic` decodes is the transaction with its length.
	let extrinsic = UncheckedExtrinsic::from_blob(vec![5, 6]);
	assert_eq!(to_value(submittable(extrinsic)).unwrap(), json!("0x080506"));
}

#[test]
fn every_error_has_a_code_a_message_and_advice() {
	let errors = || {
		[
			Error::State {
				at: Default::default(),
				reason: ApiError::UnknownBlock("no such block".into()),
			},
			Error::NotFollowing,
			Error::Quote(QuoteError::BelowMinimum),
			Error::Address(AddressError::WrongNetwork),
			Error::NoCommittee,
			Error::BlockNotFinal(NotFinal::Stale.into()),
			Error::WrongProof(InclusionError::WrongRoot),
			Error::NotWatching,
			Error::from(WatchError::Full),
			Error::from(WatchError::Unwritable {
				path: "x".into(),
				reason: std::io::ErrorKind::StorageFull.into(),
			}),
			Error::from(UnsafeRpcError),
		]
	};
	let codes = errors().iter().map(Error::code).collect::<Vec<_>>();
	assert_eq!(codes, (8_101..=8_110).chain([-32_601]).collect::<Vec<_>>());
	for error in errors() {
		let object = ErrorObjectOwned::from(error);
		assert!(!object.message().is_empty());
		assert!(object.data().is_some_and(|data| data.get().len() > 20), "{object}");
	}
	let data = |error: Error| -> Value {
		serde_json::from_str(ErrorObjectOwned::from(error).data().unwrap().get()).unwrap()
	};
	assert_eq!(data(Error::Quote(QuoteError::BelowMinimum))["reason"], "belowMinimum");
	assert_eq!(data(Error::Address(AddressError::WrongNetwork))["reason"], "wrongNetwork");
}

#[test]
fn every_refused_quote_and_address_is_explained() {
	for reason in [
		QuoteError::UnknownCommittee,
		QuoteError::CommitteeRetired,
		QuoteError::RefundDelayOutOfRange,
		QuoteError::InvalidRefundKey,
		QuoteError::UnknownRollup,
		QuoteError::BelowMinimum,
		QuoteError::AboveMaximum,
		QuoteError::UnspendableScript,
		QuoteError::ReserveTakesFixedOnly,
		QuoteError::OverCap,
	] {
		let object = ErrorObjectOwned::from(Error::Quote(reason));
		assert!(object.message().len() > 15 && object.data().unwrap().get().contains("advice"));
	}
	for (address, reason) in [
		("", AddressError::Malformed),
		("bcrt1qzzz", AddressError::Malformed),
		("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", AddressError::WrongNetwork),
	] {
		assert_eq!(PayoutScript::from_address(address, NETWORK), Err(reason), "{address}");
	}
}

#[test]
fn a_subscription_tells_changes_only() {
	let answers = [Some(None), Some(None), None, Some(Some(1)), Some(Some(1)), Some(Some(2)), None];
	let told = block_on(changes(futures::stream::iter(answers)).collect::<Vec<_>>());
	assert_eq!(told, [None, Some(1), Some(2)]);
}
