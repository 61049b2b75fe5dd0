// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Which coins pay, and for what.

use crate::bitcoin::bump::testing::{key, output, Scene, PARENT_FEE};
use crate::bitcoin::bump::{BumpError, Bumped};
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::Transaction;
use entangled_bitcoin::bond::ChildError;
use serde_json::json;

fn transaction(scene: &Scene, txid: &str) -> Transaction {
	let raw = scene.call("getrawtransaction", &[json!(txid)]);
	deserialize_hex(raw.as_str().unwrap()).unwrap()
}

#[test]
fn a_child_brings_in_its_parent() {
	let mut scene = Scene::new(&[1_000, 500_000, 30_000]);
	let parent = scene.parent();
	let (child, _) = scene.child(&parent);
	assert_eq!(scene.waiting(), 2);
	// The smallest coin that suffices, the rest back, and nothing for the anchor's input.
	let child = transaction(&scene, &child);
	assert_eq!(child.input.len(), 2);
	assert!(child.input[0].witness.is_empty());
	let funding = scene.call(
		"gettxout",
		&[
			json!(child.input[1].previous_output.txid),
			json!(child.input[1].previous_output.vout),
			json!(false),
		],
	);
	assert_eq!(funding["value"], 0.0003);
	assert_eq!(child.output.len(), 1);
	assert_eq!(child.output[0], output(&key(1), child.output[0].value.to_sat()));

	// It is enough, after a restart as well.
	for _ in 0..2 {
		assert!(
			matches!(scene.bump(&parent).unwrap(), Bumped::Enough { rate } if rate.0 >= 10_000)
		);
		scene.restart(100);
	}
	scene.mine();
	assert_eq!(scene.bump(&parent).unwrap(), Bumped::Mined);
	assert_eq!(scene.waiting(), 0);
}

#[test]
fn what_comes_back_pays_for_the_next() {
	let mut scene = Scene::new(&[50_000]);
	for _ in 0..3 {
		let parent = scene.parent();
		scene.child(&parent);
		scene.mine();
	}
}

#[test]
fn what_is_spent_already_pays_for_nothing_else() {
	let mut scene = Scene::new(&[50_000, 60_000]);
	let parents = [scene.parent(), scene.parent(), scene.parent()];
	scene.child(&parents[0]);
	scene.child(&parents[1]);
	let error = scene.bump(&parents[2]).unwrap_err();
	assert!(matches!(error, BumpError::Child(ChildError::TooLittle { .. })), "{error}");
	assert_eq!(scene.waiting(), 4);
	// Both come back with the block.
	scene.mine();
	scene.child(&parents[2]);
}

#[test]
fn small_coins_pay_together() {
	let mut scene = Scene::new(&[900, 2_000, 2_000, 2_000, 1_500]);
	let parent = scene.parent();
	let (child, _) = scene.child(&parent);
	assert_eq!(transaction(&scene, &child).input.len(), 3, "as few as suffice");
}

#[test]
fn too_little_is_told() {
	for (values, enough) in [(vec![], false), (vec![600, 700], false), (vec![700; 40], true)] {
		let mut scene = Scene::new(&values);
		let parent = scene.parent();
		match scene.bump(&parent).unwrap_err() {
			BumpError::Child(ChildError::TooLittle { need, have }) if !enough => {
				assert!(have < need);
				assert_eq!(have.0, values.iter().sum::<u64>() + 240);
			},
			BumpError::Child(ChildError::TooManyCoins) if enough => {},
			other => panic!("{other}"),
		}
		assert_eq!(scene.waiting(), 0);
	}
}

#[test]
fn coins_that_come_later_are_found() {
	let mut scene = Scene::new(&[]);
	let parent = scene.parent();
	assert!(scene.bump(&parent).is_err());
	// A coinbase is not ripe at first.
	let address = json!(key(1).address(entangled_bitcoin::Network::Regtest));
	scene.call("generatetoaddress", &[json!(1), address]);
	scene.restart(100);
	assert!(scene.bump(&parent).is_err());
	for _ in 0..99 {
		scene.mine_nothing();
	}
	scene.restart(100);
	scene.child(&parent);
}

#[test]
fn a_coin_that_comes_to_many_small_ones_is_found() {
	let mut scene = Scene::new(&[700; 40]);
	let parent = scene.parent();
	let error = scene.bump(&parent).unwrap_err();
	assert!(matches!(error, BumpError::Child(ChildError::TooManyCoins)), "{error}");
	scene.pay(key(1).script().into(), 500_000);
	scene.bumper.purse.next_scan = None;
	let (child, _) = scene.child(&parent);
	assert_eq!(transaction(&scene, &child).input.len(), 2);
}

#[test]
fn a_mined_parent_costs_nothing() {
	let mut scene = Scene::new(&[50_000]);
	let parent = scene.parent();
	scene.mine_only(&parent);
	assert_eq!(scene.bump(&parent).unwrap(), Bumped::Mined);
	assert_eq!(scene.waiting(), 0);
}

#[test]
fn what_has_no_anchor_cannot_be_paid_for() {
	let mut scene = Scene::new(&[50_000]);
	let mut parent = scene.parent();
	parent.output.pop();
	let error = scene.bump(&parent).unwrap_err();
	assert!(matches!(error, BumpError::Child(ChildError::NoAnchor)), "{error}");
}

#[test]
fn a_parent_that_pays_enough_needs_no_child() {
	let mut scene = Scene::new(&[50_000]);
	scene.ask_for(0);
	let parent = scene.parent();
	let vbytes = parent.vsize() as u64;
	let alone = Bumped::Enough { rate: entangled_bitcoin::FeeRate(PARENT_FEE.0 * 1_000 / vbytes) };
	// Nobody estimates anything, or no more than that.
	assert_eq!(scene.bump(&parent).unwrap(), alone);
	scene.estimate(1);
	assert_eq!(scene.bump(&parent).unwrap(), alone);
	assert_eq!(scene.waiting(), 0);
	scene.send(&parent);
	assert_eq!(scene.bump(&parent).unwrap(), alone);
	scene.estimate(3);
	scene.child(&parent);
}
