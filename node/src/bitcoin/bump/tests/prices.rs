// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! How much is paid, and when more.

use crate::bitcoin::bump::testing::{key, Scene, PARENT_FEE};
use crate::bitcoin::{
	bump::{BumpError, Bumped},
	package::PackageError,
};
use entangled_bitcoin::Sats;
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

/// Whoever is to be slashed pays a little more with every block, so that there is always a new child.
#[test]
fn the_children_of_others_keep_nobody_waiting() {
	let mut scene = Scene::new(&[200_000]);
	let parent = scene.parent();
	scene.send_with_child(&parent, PARENT_FEE, 12);
	scene.estimate(30);
	let (ours, _) = scene.child(&parent);
	let until = scene.height() + 1;
	scene.estimate(90);
	assert_eq!(scene.bump(&parent).unwrap(), Bumped::TooEarly { until }, "ours has its block");
	// Another's takes its place in the next block, and the next look is in that block as well.
	scene.mine_nothing();
	scene.send_with_child(&parent, PARENT_FEE, 50);
	assert!(scene.call("getrawmempool", &[]).to_string().find(&ours).is_none());
	let (_, entry) = scene.child(&parent);
	assert!(paid(&entry) >= 90_000);
	assert_eq!(scene.bumper.sent.len(), 1);
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
		let parent = scene.parent();
		scene.send_with_child(&parent, PARENT_FEE, sat_vb);
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
	let rival = scene.rival(&parent, 1_000);
	scene.mine_only(&rival);
	let error = scene.bump(&parent).unwrap_err();
	assert!(matches!(error, BumpError::Package(PackageError::ParentSpent)), "{error}");
	assert_eq!(scene.waiting(), 0);
}

/// As a staker does who unbonds while the order to slash is out.
#[test]
fn a_rival_that_waits_is_outbid() {
	for (alone, sat_vb, estimate) in [(6_000, 0, 10), (6_000, 0, 0), (3_000, 60, 20), (200, 60, 0)]
	{
		let mut scene = Scene::new(&[200_000, 200_000]);
		let parent = scene.parent();
		let rival = scene.rival(&parent, alone);
		match sat_vb {
			0 => scene.send(&rival),
			_ => scene.send_with_child(&rival, Sats(alone), sat_vb),
		}
		if estimate > 0 {
			scene.estimate(estimate);
		} else {
			scene.ask_for(0);
		}
		let (_, entry) = scene.child(&parent);
		assert_eq!(scene.waiting(), 2, "the rival is gone");
		let least = sat_vb.max(alone * 1_000 / rival.vsize() as u64 / 1_000) * 1_000;
		assert!(paid(&entry) >= least, "{entry}");
		assert!(matches!(scene.bump(&parent).unwrap(), Bumped::Enough { .. }));
		scene.mine();
		// However much is asked for then.
		scene.estimate(50);
		assert_eq!(scene.bump(&parent).unwrap(), Bumped::Mined);
	}
}

#[test]
fn a_rival_is_outbid_only_as_far_as_the_operator_allows() {
	for (fee, ceiling) in [(6_000, 30), (6_000, 60)] {
		let mut scene = Scene::with_ceiling(&[200_000], ceiling);
		let parent = scene.parent();
		scene.send(&scene.rival(&parent, fee));
		match scene.bump(&parent) {
			Err(BumpError::AboveCeiling { wanted, .. }) if ceiling == 30 => {
				assert!(wanted > Scene::rate(30));
			},
			Ok(Bumped::Sent { rate, .. }) if ceiling == 60 => assert!(rate <= Scene::rate(60)),
			other => panic!("{other:?}"),
		}
	}
}
