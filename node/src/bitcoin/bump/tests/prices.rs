// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! How much is paid, and when more.

use crate::bitcoin::bump::testing::{coin, key, output, spend, Scene, PARENT_FEE};
use crate::bitcoin::{
	bump::{BumpError, Bumped},
	package::PackageError,
};
use bitcoin::consensus::encode::serialize_hex;
use entangled_bitcoin::{
	bond::{fee_child, FeeChild},
	FeeRate, Native, PayoutScript,
};
use serde_json::{json, Value};

/// What a child and its parent pay together, in satoshi per 1,000 virtual bytes.
fn paid(entry: &Value) -> u64 {
	let sats = (entry["fees"]["ancestor"].as_f64().unwrap() * 1e8).round() as u64;
	sats * 1_000 / entry["ancestorsize"].as_u64().unwrap()
}

#[test]
fn when_fees_rise_another_child_takes_its_place() {
	let mut scene = Scene::new(&[50_000, 60_000]);
	let parent = scene.parent();
	let (first, _) = scene.child(&parent);
	scene.estimate(50);
	let until = scene.height() + 1;
	assert_eq!(scene.bump(&parent).unwrap(), Bumped::TooEarly { until });
	scene.mine_nothing();
	// Whoever has forgotten the first finds it in the pool.
	scene.restart(100);
	let (second, entry) = scene.child(&parent);
	assert_ne!(first, second);
	assert!(paid(&entry) >= 50_000);
	assert_eq!(scene.waiting(), 2, "the first is gone");
	assert!(matches!(scene.bump(&parent).unwrap(), Bumped::Enough { .. }));

	// Hardly more is asked for: a quarter more is the least step.
	scene.estimate(51);
	scene.mine_nothing();
	let (_, entry) = scene.child(&parent);
	assert!((62_500..63_000).contains(&paid(&entry)), "{entry}");
	// Fees fall again.
	scene.estimate(20);
	scene.mine_nothing();
	assert!(matches!(scene.bump(&parent).unwrap(), Bumped::Enough { .. }));
	scene.mine();
}

#[test]
fn a_lighter_child_pays_no_less() {
	// Two coins are needed at first; then one comes that suffices alone.
	let mut scene = Scene::new(&[2_000, 2_000]);
	let parent = scene.parent();
	let (_, heavy) = scene.child(&parent);
	let address = json!(key(1).address(entangled_bitcoin::Network::Regtest));
	scene.call("generateblock", &[address, json!([])]);
	for _ in 0..100 {
		scene.mine_nothing();
	}
	scene.estimate(11);
	scene.restart(1_000);
	let (_, light) = scene.child(&parent);
	assert!(light["vsize"].as_u64() < heavy["vsize"].as_u64());
	assert!(light["fees"]["base"].as_f64() > heavy["fees"]["base"].as_f64());
	assert_eq!(scene.waiting(), 2);
}

#[test]
fn no_more_is_paid_than_the_operator_allows() {
	let mut scene = Scene::with_ceiling(&[100_000], 20);
	let parent = scene.parent();
	scene.child(&parent);
	// It would not help to go as far as is allowed.
	scene.estimate(300);
	scene.mine_nothing();
	let error = scene.bump(&parent).unwrap_err();
	assert!(
		matches!(error, BumpError::AboveCeiling { wanted, .. } if wanted == Scene::rate(300)),
		"{error}"
	);
	// What is asked for is allowed, but the least step is not.
	scene.restart(12);
	scene.estimate(11);
	let error = scene.bump(&parent).unwrap_err();
	assert!(matches!(error, BumpError::FloorAboveCeiling), "{error}");

	// The most is better than nothing, where nothing is there.
	let mut scene = Scene::with_ceiling(&[100_000], 20);
	let parent = scene.parent();
	scene.estimate(300);
	let (_, entry) = scene.child(&parent);
	assert!((20_000..20_100).contains(&paid(&entry)), "{entry}");

	let mut scene = Scene::with_ceiling(&[100_000], 20);
	let parent = scene.parent();
	scene.ask_for(21);
	let error = scene.bump(&parent).unwrap_err();
	assert!(
		matches!(error, BumpError::AboveCeiling { wanted, .. } if wanted == Scene::rate(21)),
		"{error}"
	);
	assert_eq!(scene.waiting(), 0);
}

#[test]
fn anybody_may_have_paid() {
	for (sat_vb, enough) in [(40, true), (12, false)] {
		let mut scene = Scene::new(&[50_000]);
		let (parent, other) = (scene.parent(), scene.parent());
		// Another's child, with a coin of its own.
		let stranger = key(5);
		let gift = spend(
			&scene.staker,
			coin(&scene.staker, &other, 0),
			3,
			vec![output(&stranger, 900_000)],
		);
		scene.mine_only(&other);
		scene.mine_only(&gift);
		let child = fee_child::<Native>(
			&parent,
			PARENT_FEE,
			&[coin(&stranger, &gift, 0)],
			PayoutScript::P2tr(stranger.script().0),
			FeeRate(sat_vb * 1_000),
		);
		let FeeChild { sighashes, .. } = child.as_ref().unwrap();
		let signature = stranger.sign(&sighashes[0]).unwrap();
		let child = child.unwrap().complete(&[signature]).unwrap();
		let package = json!([serialize_hex(&parent), serialize_hex(&child)]);
		assert_eq!(scene.call("submitpackage", &[package])["package_msg"], "success");
		scene.estimate(30);
		scene.mine_nothing();
		match scene.bump(&parent).unwrap() {
			Bumped::Enough { rate } if enough => assert!(rate >= Scene::rate(sat_vb)),
			Bumped::Sent { rate, .. } if !enough => assert_eq!(rate, Scene::rate(30)),
			other => panic!("{other:?}"),
		}
		assert_eq!(scene.waiting(), 2);
	}
}

#[test]
fn a_parent_that_lost_is_told() {
	let mut scene = Scene::new(&[50_000]);
	let parent = scene.parent();
	let mut rival = parent.clone();
	rival.output.pop();
	// Signed anew, for the same coin.
	let spent = parent.input[0].previous_output;
	let stake = entangled_bitcoin::bond::FeeCoin {
		outpoint: spent.into(),
		value: entangled_bitcoin::Sats(2_000_000),
		script_pubkey: scene.staker.script(),
	};
	let rival = spend(&scene.staker, stake, 3, rival.output);
	scene.mine_only(&rival);
	let error = scene.bump(&parent).unwrap_err();
	assert!(matches!(error, BumpError::Package(PackageError::ParentSpent)), "{error}");
	assert_eq!(scene.waiting(), 0);
}
