//! What the change of a session costs, and that it does not matter how many bonds there are.

use crate::{
	activation::Activation, mock::*, Bond, BondState, Bonds, Collected, Duty, DutySignatures,
	Founders, Policy, Presigned, Ranking, SequencerStatus, Sequencers, Signatures, WeightInfo,
	MAX_SEQUENCERS, MAX_VALIDATORS,
};
use codec::Encode;
use entangled_bitcoin::{OutPoint, Signature, Txid};
use polkadot_sdk::{
	frame_support::{
		dispatch::DispatchClass,
		traits::{fungible::Mutate, WhitelistedStorageKeys},
		weights::{RuntimeDbWeight, Weight},
	},
	pallet_authorship::EventHandler,
	sp_core::hexdisplay::HexDisplay,
	sp_runtime::{AccountId32, BoundedVec},
};

type Weights = <Test as crate::Config>::WeightInfo;

/// A session has ended, and the next one is elected for.
#[derive(Debug, PartialEq, Eq)]
struct Change {
	touched: Touched,
	/// Bytes of a proof of all that was read, keys that were only gone through included.
	proof: usize,
	/// What it was charged.
	weight: Weight,
}

/// One of many accounts. The first are those who stand for election, then come founders.
fn person(n: u32) -> AccountId32 {
	let mut bytes = [0xaa; 32];
	bytes[..4].copy_from_slice(&n.to_be_bytes());
	bytes.into()
}

/// As many founders as there can be fill the set if need be.
fn founders() -> impl Iterator<Item = AccountId32> {
	(MAX_SEQUENCERS..MAX_SEQUENCERS + MAX_VALIDATORS).map(person)
}

fn numbers() -> Policy {
	Policy { validators: MAX_VALIDATORS, min_validators: MAX_VALIDATORS, ..policy() }
}

/// As many as can stand for election.
fn all_stand() {
	for who in (0..MAX_SEQUENCERS).map(person) {
		let origin = || RuntimeOrigin::signed(who.clone());
		Balances::mint_into(&who, ENT).unwrap();
		WithKeys::mutate(|all| all.push(who.clone()));
		Staking::stake(origin(), policy().min_stake).unwrap();
		Staking::set_commission(origin(), policy().max_commission).unwrap();
		Staking::stand(origin()).unwrap();
	}
}

/// The `n`th bond comes to count, as if its covenant had signed and its funding were proven. They go round among those
/// who stand, of whom each bonds for itself first.
fn bond(n: u32) {
	let (round, sequencer) = (n / MAX_SEQUENCERS, n % MAX_SEQUENCERS);
	let mut txid = [7; 32];
	txid[..4].copy_from_slice(&n.to_le_bytes());
	let outpoint = OutPoint { txid: Txid(txid), vout: 0 };
	let (covenant, now) = (Serving::get().unwrap(), Bitcoin::clock());
	let nothing = Signature([0; 64]);
	let bond = Bond {
		owner: person((sequencer + round) % MAX_SEQUENCERS),
		sequencer: person(sequencer),
		staker: key(1),
		covenant,
		timelock: 100 + (n % 100) as u16,
		rules: rules(),
		value: numbers().min_own_bond,
		presigned: Presigned { bond: nothing, unbonding: nothing },
		extends: None,
		deposit: 0,
		registered: now,
		counts_from: 0,
		collected: Collected::default(),
		state: BondState::Approved { deadline: now },
	};
	Staking::attach(&outpoint, &bond).unwrap();
	let committee = committee(covenant);
	for key in committee.keys().iter().take(committee.threshold() as usize) {
		let signed = DutySignatures::truncate_from(vec![nothing]);
		Signatures::<Test>::insert((outpoint, Duty::Unbonding, *key), signed);
	}
	let included = now.bitcoin_height;
	let expires = Some(Staking::place_to_expire(&bond, included).unwrap());
	Staking::bring_in(outpoint, Activation { bond, included, expires }).unwrap();
}

/// The session of the first of those who stand ends, at its dearest: all have made blocks, there is something to share,
/// and a third is jailed. Then nobody who stands can be elected, and founders fill the set.
fn prepare(bonds: u32) -> Vec<AccountId32> {
	all_stand();
	(0..bonds).for_each(bond);
	let validators = (0..MAX_VALIDATORS).map(person).collect::<Vec<_>>();
	for who in &validators {
		<Staking as EventHandler<_, _>>::note_author(who.clone());
	}
	for who in validators.iter().take(MAX_VALIDATORS as usize / 3) {
		(0..numbers().missed_signatures).for_each(|_| Staking::note_signature(who, false));
	}
	Balances::mint_into(&Staking::pot(), ENT).unwrap();
	Ebtc::mint_into(&Staking::pot(), 1_000_000).unwrap();
	WithKeys::set(founders().collect());
	Founders::<Test>::put(BoundedVec::truncate_from(founders().collect()));
	// What was said of all that is no part of what comes next.
	System::reset_events();
	validators
}

fn change(bonds: u32) -> Change {
	let mut externalities = begin(numbers());
	let validators = externalities.execute_with(|| {
		let validators = prepare(bonds);
		Staking::do_try_state().unwrap();
		assert_eq!(Bonds::<Test>::iter_keys().count(), bonds as usize);
		assert_eq!(Ranking::<Test>::get().len(), MAX_SEQUENCERS as usize);
		validators
	});
	externalities.commit_all().unwrap();
	let mandatory = || System::block_weight().get(DispatchClass::Mandatory).to_owned();
	let ((weight, touched), proof) = externalities.execute_and_prove(|| {
		touched(|| {
			let before = mandatory();
			Staking::end_session(1, &validators);
			let elected = Staking::elect(2, validators.clone());
			assert_eq!(elected, founders().collect::<Vec<_>>());
			mandatory() - before
		})
	});
	externalities.execute_with(|| {
		let jailed = Sequencers::<Test>::iter_values()
			.filter(|them| matches!(them.status, SequencerStatus::Jailed { .. }));
		assert_eq!(jailed.count(), 33);
		Staking::do_try_state().unwrap();
	});
	Change { touched, proof: proof.encoded_size(), weight }
}

/// How often a weight counts an access to the database of this cost.
fn counted(cost: RuntimeDbWeight, weight: impl Fn() -> Weight) -> usize {
	let computation = weight();
	Database::set(cost);
	let count = weight().ref_time() - computation.ref_time();
	Database::set(RuntimeDbWeight { read: 0, write: 0 });
	count as usize
}

#[test]
fn it_costs_the_same_with_ten_times_the_bonds_and_no_more_than_it_is_charged() {
	let few = change(1_000);
	let many = change(10_000);
	assert_eq!(few, many);

	// Who was just jailed stands no more.
	let stand = MAX_SEQUENCERS - MAX_VALIDATORS / 3;
	let weight = || Weights::end_session(MAX_VALIDATORS).saturating_add(Weights::elect(stand));
	assert_eq!(many.weight, weight());
	let free = AllPalletsWithSystem::whitelisted_storage_keys()
		.into_iter()
		.map(|free| HexDisplay::from(&free.key).to_string())
		.collect::<Vec<_>>();
	let dear = |keys: &std::collections::BTreeSet<String>| {
		keys.iter().filter(|key| !free.contains(key)).count()
	};
	// Keys of validators do not lie in the state here. There is one question for each who stands, and for each
	// founder.
	let keys = (stand + MAX_VALIDATORS) as usize;
	let reads = dear(&many.touched.reads) + keys;
	let writes = dear(&many.touched.writes);
	assert!(reads <= counted(RuntimeDbWeight { read: 1, write: 0 }, weight));
	assert!(writes <= counted(RuntimeDbWeight { read: 0, write: 1 }, weight));
	// Each of the validators has its record, its blocks and what it earned.
	assert!(reads > 3 * MAX_VALIDATORS as usize + keys && writes > 3 * MAX_VALIDATORS as usize);
}
