//! The author's inherent.

use crate::{mock::*, Call, Error, Observation, INHERENT_IDENTIFIER};
use entangled_bitcoin::{BlockRef, FeeRate, Header, Native, Network};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, inherent::ProvideInherent},
	sp_inherents::InherentData,
	sp_runtime::DispatchError,
};

fn created(observation: &Observation) -> Option<Observation> {
	let mut data = InherentData::new();
	data.put_data(INHERENT_IDENTIFIER, observation).unwrap();
	match Bitcoin::create_inherent(&data)? {
		Call::observe { observation } => Some(observation),
		_ => panic!("not an inherent"),
	}
}

fn block(headers: &[Header], height: usize) -> BlockRef {
	BlockRef { height: height as u32, hash: headers[height - 1].hash::<Native>() }
}

#[test]
fn one_to_a_block_and_from_the_author_alone() {
	run(|| {
		let observation = Observation::default();
		assert_noop!(
			Bitcoin::observe(RuntimeOrigin::signed(1), observation.clone()),
			DispatchError::BadOrigin
		);
		assert_ok!(Bitcoin::observe(RuntimeOrigin::none(), observation.clone()));
		assert_noop!(
			Bitcoin::observe(RuntimeOrigin::none(), observation.clone()),
			Error::<Test>::AlreadyObserved
		);
		next_block();
		assert_ok!(Bitcoin::observe(RuntimeOrigin::none(), observation));
	});
}

#[test]
fn a_bad_bitcoin_node_does_not_cost_the_author_a_block() {
	run(|| {
		let headers = branch(&Network::Regtest.genesis(), 3, 0);
		let tip = Some(block(&headers, 3));
		let good = Observation { headers: bytes(&headers), tip, fee_rate: None };
		let none = Observation { headers: vec![], ..good.clone() };
		assert_eq!(created(&good), Some(none), "the clock does not run in the first block");
		next_block();
		assert_eq!(created(&good), Some(good.clone()));
		let mut unlinked = headers.clone();
		unlinked.remove(1);
		for bad in [bytes(&unlinked), vec![0; 80], vec![1; 79], bytes(&headers[1..])] {
			let observation = Observation { headers: bad, ..good.clone() };
			let kept = Observation { headers: vec![], ..good.clone() };
			assert_eq!(created(&observation), Some(kept));
		}
		assert_eq!(created(&Observation { headers: vec![1], ..Default::default() }), None);

		let mut malformed = InherentData::new();
		malformed.put_data(INHERENT_IDENTIFIER, &7u8).unwrap();
		assert_eq!(Bitcoin::create_inherent(&malformed), None);
		assert_eq!(Bitcoin::create_inherent(&InherentData::new()), None);
	});
}

#[test]
fn bad_headers_in_a_block_make_it_invalid() {
	run(|| {
		let headers = branch(&Network::Regtest.genesis(), 3, 0);
		let observation = Observation { headers: bytes(&headers[1..]), ..Default::default() };
		assert_noop!(
			Bitcoin::observe(RuntimeOrigin::none(), observation),
			Error::<Test>::UnknownParent
		);
	});
}

#[test]
fn a_named_block_counts_while_it_is_in_the_chain() {
	run(|| {
		let headers = branch(&Network::Regtest.genesis(), 10, 0);
		let height = |validator| crate::Views::<Test>::get()[&validator].height;
		observe(1, &headers, Some(block(&headers, 8)));
		assert_eq!(height(1), Some(8));
		// Not in the chain, or lower: what was named stays named.
		observe(1, &[], Some(BlockRef { height: 11, ..block(&headers, 10) }));
		observe(1, &[], Some(block(&headers, 4)));
		observe(1, &[], None);
		assert_eq!(height(1), Some(8));
		observe(1, &[], Some(block(&headers, 10)));
		assert_eq!(height(1), Some(10));
		observe(2, &[], Some(block(&headers, 5)));
		// Blocks 10 and above leave the chain with those who named them.
		let branch = branch(&headers[8], 2, 1);
		observe(3, &branch, None);
		assert_eq!((height(1), height(2)), (None, Some(5)));
	});
}

#[test]
fn former_validators_make_room() {
	run(|| {
		let headers = branch(&Network::Regtest.genesis(), 1, 0);
		observe(1, &headers, None);
		for validator in [10, 11, 12, 13] {
			Validators::set(vec![1, 2, validator]);
			observe(validator, &[], Some(tip()));
		}
		let views = crate::Views::<Test>::get();
		assert!(views.contains_key(&1) && views.contains_key(&13));
		assert!(!views.contains_key(&10));
	});
}

#[test]
fn the_fee_rate_is_the_median_of_plausible_estimates() {
	run(|| {
		let estimate = |author, rate| {
			next_block();
			Author::set(Some(author));
			let observation = Observation { fee_rate: Some(FeeRate(rate)), ..Default::default() };
			Bitcoin::observe(RuntimeOrigin::none(), observation).unwrap();
			Bitcoin::attestation().fee_rate.map(|rate| rate.0)
		};
		assert_eq!(Bitcoin::attestation().fee_rate, None);
		assert_eq!(estimate(1, 5_000), None, "one of three is no quorum");
		assert_eq!(estimate(2, 1_000_000), Some(5_000), "the lower of two");
		assert_eq!(estimate(3, 7_000), Some(7_000));
		assert_eq!(estimate(1, u64::MAX), Some(7_000), "a lie is passed over");
		assert_eq!(estimate(3, 0), None);
	});
}

#[test]
fn the_attested_height_lies_below_what_a_quorum_named() {
	run(|| {
		let headers = branch(&Network::Regtest.genesis(), 10, 0);
		observe(1, &headers, Some(block(&headers, 10)));
		assert_eq!(Bitcoin::attestation().attested_height, None);
		observe(2, &[], Some(block(&headers, 6)));
		let attestation = Bitcoin::attestation();
		assert_eq!(attestation.attested_height, Some(6 - (POLICY.confirmations - 1)));
		assert_eq!((attestation.validators, attestation.needed), (3, 2));
		assert_eq!(attestation.named, [(1, Some(10)), (2, Some(6)), (3, None)]);
	});
}
