//! Staking as this runtime sets it up: who is elected, and what cheating costs.

use crate::{
	bonds::*,
	chain::{close_block, genesis, open_block, send},
	consensus::{equivocation, index, ownership},
	regtest::{confirm, mine, next_block, FIRST_SLOT},
};
use codec::MaxEncodedLen as _;
use entangled_bitcoin::{bond::Slashable, Sats};
use entangled_runtime::{
	chain::{EBTC, ENT},
	configs::staking::{TimeToSlash, Treasury},
	genesis_config_presets::{dev_session_keys, preset_names},
	sessions::{ElectedValidators, KEPT_SESSIONS},
	*,
};
use pallet_peg::{CommitteeSource, Security};
use pallet_sequencer_staking::{
	runtime_api::runtime_decl_for_staking_api::StakingApi, Authored, BondState, Call, Earned,
	Earnings, Outcome, Owed, SequencerStatus, Sequencers, SlashOrders, WeightInfo,
};
use pallet_session::SessionManager;
use polkadot_sdk::*;

use frame_support::{assert_ok, dispatch::DispatchClass, traits::Get};
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave, Eve, Ferdie};
use sp_runtime::Perbill;

type Weights = <Runtime as pallet_sequencer_staking::Config>::WeightInfo;

const FOUNDERS: [Sr25519Keyring; 4] = [Alice, Bob, Charlie, Dave];

fn devnet(test: impl FnOnce()) {
	genesis("devnet").execute_with(|| {
		open_block(FIRST_SLOT, 0);
		next_block(vec![]);
		// Headers arrive.
		mine(vec![]);
		test();
		close_block();
	});
}

/// Blocks up to the first one of the next session.
fn next_session() {
	let session = Session::current_index();
	while Session::current_index() == session {
		next_block(vec![]);
	}
}

fn stake(who: Sr25519Keyring, ent: Balance) {
	assert_eq!(send(who, Call::stake { amount: ent * ENT }, None), Ok(Ok(())));
}

/// Somebody who was no founder registers keys, and stands for election.
fn stand(who: Sr25519Keyring) {
	pallet_session::NextKeys::<Runtime>::insert(who.to_account_id(), dev_session_keys(who));
	stake(who, 1_000);
	assert_eq!(send(who, Call::stand {}, None), Ok(Ok(())));
}

fn is_validator(who: Sr25519Keyring) -> bool {
	Session::validators().contains(&who.to_account_id())
}

fn status(who: Sr25519Keyring) -> SequencerStatus {
	Sequencers::<Runtime>::get(who.to_account_id()).expect("it is on record").status
}

/// Bob reports that a validator made two blocks for one slot.
fn report(who: Sr25519Keyring) {
	// A validator cannot have itself disabled in a block of its own.
	while Authorship::author() == Some(who.to_account_id()) {
		next_block(vec![]);
	}
	let before = System::block_weight().total();
	assert_ok!(Babe::report_equivocation(
		RuntimeOrigin::signed(Bob.to_account_id()),
		Box::new(equivocation(who, *pallet_babe::CurrentSlot::<Runtime>::get())),
		ownership(who),
	));
	// What follows counts, beside the call.
	let counted = System::block_weight().total().saturating_sub(before);
	assert!(counted.all_gte(Weights::offence()), "{counted:?}");
}

#[test]
fn in_every_preset_the_first_validators_are_the_founders() {
	for preset in preset_names() {
		genesis(&preset).execute_with(|| {
			open_block(FIRST_SLOT, 0);
			let status = Runtime::status();
			let mut founders = status.founders.clone();
			founders.sort();
			assert_eq!(founders, Session::validators(), "{preset}");
			let rules = status.rules.expect("there are rules from the start").rules;
			assert!(status.policy.is_sound() && status.policy.fits(&rules), "{preset}");
			assert!(TimeToSlash::get().fits(&rules), "{preset}");
			let finality = pallet_btc_light_client::CurrentPolicy::<Runtime>::get();
			assert!(u32::from(TimeToSlash::get().finality) >= finality.confirmations, "{preset}");
			assert_eq!((status.covenant, status.bonded), (Some(0), Sats::ZERO));
			let validators = Runtime::sequencers();
			assert!(validators.iter().all(|them| them.validator && them.next && them.founder));
			assert_eq!(validators.len(), founders.len());
		});
	}
}

#[test]
fn nobody_is_elected_anew_while_nothing_changes() {
	devnet(|| {
		let elect = || ElectedValidators::new_session(2);
		assert_eq!(elect(), None);
		// Who has more BTC comes first, but the set is the same.
		stake(Dave, 1_000);
		assert_eq!(send(Dave, Call::stand {}, None), Ok(Ok(())));
		bond(Dave, Dave, 1_000_000, [Alice, Bob, Charlie]);
		assert_eq!(elect(), None);
		// Another key gives it anew, and so does a validator that has none.
		let eves = dev_session_keys(Eve);
		pallet_session::NextKeys::<Runtime>::insert(Alice.to_account_id(), eves);
		let mut all = FOUNDERS.map(|founder| founder.to_account_id());
		all.sort();
		assert_eq!(elect(), Some(all.to_vec()));
		pallet_session::NextKeys::<Runtime>::remove(Alice.to_account_id());
		let left = all.into_iter().filter(|who| *who != Alice.to_account_id());
		assert_eq!(elect(), Some(left.collect()));
		// When nobody can be elected, those who make blocks go on; and if nobody can do that, nothing changes.
		pallet_sequencer_staking::Founders::<Runtime>::kill();
		assert_eq!(send(Dave, Call::chill {}, None), Ok(Ok(())));
		assert_eq!(elect().map(|left| left.len()), Some(3));
		for founder in FOUNDERS {
			SequencerStaking::punish(&founder.to_account_id(), 1, Perbill::one(), None);
		}
		assert_eq!(elect(), None);
	});
}

#[test]
fn who_bonds_is_elected_and_who_leaves_is_not() {
	devnet(|| {
		stand(Eve);
		let eves = bond(Eve, Eve, 500_000, [Alice, Bob, Charlie]);
		assert_eq!(Runtime::status().bonded, Sats(500_000));
		assert_eq!(<Runtime as pallet_peg::Config>::Security::bonded(), Sats(500_000));
		let set = Grandpa::current_set_id();
		next_session();
		let view = Runtime::sequencer(Eve.to_account_id()).expect("it is on record");
		assert_eq!((view.rank, view.weight), (Some(0), Sats(500_000)));
		assert!(view.next && !view.validator);
		// The block that begins the session is of one of its own validators.
		next_session();
		assert!(is_validator(Eve) && Grandpa::current_set_id() > set);
		let author = Authorship::author().expect("the block has one");
		assert_eq!(Authored::<Runtime>::iter().collect::<Vec<_>>(), [(author.clone(), 1)]);
		assert!(Session::validators().contains(&author));
		// Founders fill the set up to four. Who has bonded comes first in the peg's committee.
		assert!(is_validator(Alice) && is_validator(Charlie) && !is_validator(Dave));
		let members = <Runtime as pallet_peg::Config>::Committee::members();
		assert_eq!((members[0].account.clone(), members.len()), (Eve.to_account_id(), 4));

		// The block that begins a session has no room for anything else.
		next_block(vec![]);
		assert_eq!(send(Eve, Call::unbond { outpoint: eves }, None), Ok(Ok(())));
		next_session();
		next_session();
		assert!(!is_validator(Eve) && is_validator(Dave));
	});
}

#[test]
fn the_change_of_a_session_is_charged() {
	devnet(|| {
		stand(Eve);
		bond(Eve, Eve, 500_000, [Alice, Bob, Charlie]);
		next_session();
		let change = Weights::end_session(4).saturating_add(Weights::elect(1));
		// The session pallet takes the whole block beside.
		let least = change.ref_time() + configs::system::MAXIMUM_BLOCK_WEIGHT.ref_time();
		let mandatory = || System::block_weight().get(DispatchClass::Mandatory).ref_time();
		assert!(mandatory() >= least);
		next_block(vec![]);
		assert!(mandatory() < change.ref_time(), "other blocks are free for transactions");
	});
}

#[test]
fn an_equivocation_costs_stake_at_once_and_bonds_on_bitcoin() {
	devnet(|| {
		stake(Charlie, 1_000);
		let own = bond(Charlie, Charlie, 1_000_000, [Alice, Bob, Dave]);
		let delegated = bond(Ferdie, Charlie, 300_000, [Alice, Bob, Dave]);
		report(Charlie);
		// One of four: (3 / 4)².
		let cost = Perbill::from_rational(9u32, 16);
		assert_eq!(status(Charlie), SequencerStatus::Banned { cost });
		assert_eq!(Balances::free_balance(Treasury::get()), cost * (1_000 * ENT));
		assert_eq!(Session::disabled_validators(), [index(Charlie)]);

		next_block(vec![]);
		for outpoint in [own, delegated] {
			assert!(SlashOrders::<Runtime>::contains_key(outpoint));
			assert!(matches!(state(outpoint), BondState::Leaving { .. }));
		}
		assert_eq!(Runtime::status().bonded, Sats::ZERO);
		assert_eq!(Runtime::complete_slashes(None, 100), []);
		for member in [Alice, Bob, Dave] {
			assert_eq!(sign_duties(member), 2);
		}
		let slashes = Runtime::complete_slashes(None, 100);
		assert_eq!(slashes.len(), 4, "each bond in either of its coins");
		let page = Runtime::complete_slashes(None, 1);
		assert_eq!(page.len(), 2);
		assert_eq!(Runtime::complete_slashes(Some(page[0].outpoint), 1), slashes[2..]);

		// A tenth is slashed: to Bob a twentieth of it, to the treasury a fifth.
		let slash = slashes.iter().find(|s| s.outpoint == own && s.which == Slashable::Bond);
		let slash = slash.expect("it is complete");
		let tx = bitcoin::consensus::deserialize(&slash.bytes).expect("a transaction");
		let report = Runtime::report_spend_transaction(own, confirm(&tx));
		assert_eq!(Executive::apply_extrinsic(report), Ok(Ok(())));
		assert_eq!(state(own), BondState::Closed(Outcome::Slashed { txid: slash.txid }));
		let ebtc = |who| Assets::balance(EBTC, who);
		assert_eq!((ebtc(Bob.to_account_id()), ebtc(Treasury::get())), (5_000, 20_000));
		let peg = Peg::status();
		assert_eq!((peg.custody, peg.supply), (Sats(100_000), Sats(25_000)));
		assert_eq!(Runtime::complete_slashes(None, 100).len(), 2);

		next_session();
		next_session();
		assert!(!is_validator(Charlie) && is_validator(Dave));
		assert!(Session::disabled_validators().is_empty());
	});
}

/// The session pallet forgets who was disabled when the set changes.
#[test]
fn who_has_cheated_makes_no_blocks_though_it_was_planned_for_the_next_session() {
	devnet(|| {
		// So that the set of the next session is another one.
		pallet_session::NextKeys::<Runtime>::insert(Dave.to_account_id(), dev_session_keys(Eve));
		next_session();
		report(Charlie);
		next_session();
		assert!(is_validator(Charlie));
		assert_eq!(Session::disabled_validators(), [index(Charlie)]);
		next_session();
		assert!(!is_validator(Charlie));
		assert!(Session::disabled_validators().is_empty());
	});
}

/// More than a third of the validators must not be kept from making blocks.
#[test]
fn of_four_no_more_than_one_is_disabled() {
	devnet(|| {
		for cheat in [Charlie, Dave] {
			report(cheat);
		}
		assert_eq!(Session::disabled_validators().len(), 1);
		assert!(SequencerStaking::is_banned(&Dave.to_account_id()));
	});
}

#[test]
fn fees_and_new_ent_are_shared_when_a_session_ends() {
	devnet(|| {
		let issued = Balances::total_issuance();
		let remark = frame_system::Call::remark { remark: vec![7; 100] };
		assert_eq!(send(Ferdie, remark, None), Ok(Ok(())));
		let fee = Balances::free_balance(SequencerStaking::pot());
		assert!(fee > 0);
		next_session();
		let owed = Owed::<Runtime>::get();
		let new = Balances::total_issuance() - issued;
		// A fifth of the 5 % that a year brings, by the blocks that there were.
		let blocks = u128::from(System::block_number());
		assert_eq!(new, issued * 50_000 * blocks / (10_512_000 * 1_000_000));
		let kept = Balances::free_balance(SequencerStaking::pot()) - owed.ent;
		assert!(kept < 2 * chain::EXISTENTIAL_DEPOSIT, "all but {kept} is shared");
		for founder in FOUNDERS {
			let who = founder.to_account_id();
			let Earnings { ent, .. } = Earned::<Runtime>::get(&who);
			assert!(ent > owed.ent / 5, "each has made about as many blocks");
			assert_eq!(Runtime::pending_rewards(who.clone(), vec![]).ent, ent);
			let before = Balances::free_balance(&who);
			let collect =
				SequencerStaking::collect(RuntimeOrigin::signed(who.clone()), Default::default());
			assert_ok!(collect);
			assert_eq!(Balances::free_balance(&who), before + ent);
		}
		assert!(Owed::<Runtime>::get().ent < 4);
	});
}

#[test]
fn members_of_the_committee_are_jailed_for_signatures_that_they_owe() {
	devnet(|| {
		stake(Dave, 1_000);
		let note = <Runtime as pallet_peg::Config>::Security::note_signature;
		(0..10).for_each(|_| note(&Dave.to_account_id(), false));
		next_session();
		assert!(matches!(status(Dave), SequencerStatus::Jailed { .. }));
	});
}

/// The covenant knows keys, and a validator is an account.
#[test]
fn members_of_a_covenant_are_jailed_for_what_they_do_not_sign() {
	devnet(|| {
		stake(Charlie, 1_000);
		let outpoint = bond_of(&register(Ferdie, Charlie, 200_000));
		assert_eq!(sign_duties(Alice), 1);
		for _ in 0..60 {
			mine(vec![]);
		}
		(0..70).for_each(|_| next_block(vec![]));
		assert_eq!(send(Bob, Call::drop_bond { outpoint }, None), Ok(Ok(())));
		assert_eq!(state(outpoint), BondState::Closed(Outcome::Dropped));
		let record = Sequencers::<Runtime>::get(Charlie.to_account_id()).expect("it is on record");
		assert_eq!(record.missed_duties, 1);
	});
}

#[test]
fn what_is_watched_and_asked_for_follows_a_bond() {
	devnet(|| {
		stake(Charlie, 1_000);
		let funding = register(Ferdie, Charlie, 200_000);
		let outpoint = bond_of(&funding);
		let watched = || Runtime::watched(None, 100);
		assert_eq!((watched().len(), watched()[0].awaited), (1, false));
		let view = Runtime::bond(outpoint).expect("it is registered");
		assert_eq!(
			view.script,
			Runtime::bond_terms(
				Ferdie.to_account_id(),
				Charlie.to_account_id(),
				view.bond.staker,
				400
			)
			.expect("terms")
			.script
		);
		let open = view.duties.iter().filter(|duty| duty.open).count();
		assert_eq!((open, view.duties.len()), (1, 2), "to slash is not asked for");
		for member in [Alice, Bob, Dave] {
			assert_eq!(sign_duties(member), 1);
			assert_eq!(sign_duties(member), 0, "once is enough");
		}
		assert_eq!(sign_duties(Charlie), 0, "three are enough");
		assert!(watched()[0].awaited);
		assert_eq!(activate(&funding), Ok(Ok(())));
		let bonds = watched();
		assert_eq!(
			(bonds[0].awaited, bonds[0].coins[0], bonds[0].coins.len()),
			(false, outpoint, 2)
		);
		assert_eq!(Runtime::watched(Some(outpoint), 100), []);
		assert_eq!(Runtime::bonds_of(Charlie.to_account_id()), [outpoint]);
	});
}

/// Who registers a bond and does not fund it pays for the place of the record and of the signatures in the state,
/// and for the work of checking them.
#[test]
fn the_deposit_pays_for_what_a_registration_leads_to() {
	devnet(|| {
		let members = pallet_peg::MAX_MEMBERS;
		let record = <pallet_sequencer_staking::Bond<AccountId>>::max_encoded_len() as u32;
		// Of each member the bond, the duty, the key and a signature.
		let places = chain::deposit(1 + members, record + members * 200);
		let sign = <Runtime as pallet_sequencer_staking::Config>::WeightInfo::sign();
		let work = TransactionPayment::weight_to_fee(sign) * Balance::from(members);
		let deposit = pallet_sequencer_staking::Policy::default().registration_deposit;
		assert!(deposit >= places + work, "{deposit} is less than {places} and {work}");
	});
}

/// An equivocation can be reported for so many sessions. Who asks stake back makes blocks for up to two more. The
/// numbers of the built-in networks let stake come back while one watches; those of any other are these.
#[test]
fn stake_comes_back_when_no_offence_can_be_reported_any_more() {
	let session = TimingConfig::default().epoch_length;
	let kept = u64::from(KEPT_SESSIONS + 2) * session;
	let policy = pallet_sequencer_staking::Policy::default();
	assert!(u64::from(policy.unstake_own_blocks) >= kept);
}
