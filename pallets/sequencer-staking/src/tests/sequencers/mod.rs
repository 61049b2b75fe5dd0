//! Stake, election, presence, offences and rewards.

mod commission;
mod election;
mod founders;
mod governance;
mod offences;
mod order;
mod presence;
mod random;
mod rewards;
mod same_block;
mod shares;
mod stake;
mod standing;

use crate::{
	mock::*, Asked, Bond, BondState, Bonds, Collected, CurrentPolicy, Duty, Earned, Earnings,
	Event, Founders, Leave, Policy, Presigned, Ranking, Sequencer, SequencerStatus, Sequencers,
};
use entangled_bitcoin::{OutPoint, Sats, Signature, Txid};
use pallet_btc_light_client::Clock;
use polkadot_sdk::{
	frame_support::traits::fungible::{Inspect, Mutate},
	pallet_authorship::EventHandler,
	sp_runtime::{AccountId32, DispatchResult},
};

type Why = crate::Error<Test>;

/// The least stake of a candidate, and the least own bond.
const STAKE: u128 = 1_000;
const OWN_BOND: u64 = 50_000;

/// Numbers under which everything happens soon. No ENT is made.
fn numbers(policy: Policy) -> Policy {
	Policy {
		min_stake: STAKE,
		min_own_bond: Sats(OWN_BOND),
		validators: 4,
		min_validators: 2,
		unstake_blocks: 4,
		unstake_own_blocks: 10,
		max_commission: 300_000,
		max_commission_rise: 50_000,
		commission_delay: 15,
		offline_sessions: 2,
		missed_signatures: 3,
		jail_blocks: 3,
		jail_own_blocks: 8,
		inflation: 0,
		year: 1_000,
		..policy
	}
}

/// Runs `test` under these numbers, without founders. Accounts 1 to 40 have ENT and keys.
fn start(test: impl FnOnce()) {
	run_with(numbers(policy()), || {
		Founders::<Test>::kill();
		WithKeys::set(accounts(1..=40));
		for n in 21..=40 {
			Balances::mint_into(&account(n), ENT).unwrap();
		}
		test();
	});
}

/// Those who had keys have none any more.
fn lose_keys(numbers: impl IntoIterator<Item = u8>) {
	let lost = accounts(numbers);
	WithKeys::mutate(|all| all.retain(|who| !lost.contains(who)));
}

/// So many blocks of Bitcoin and so many own blocks go by, at the least.
fn pass(bitcoin: u32, own: u32) {
	let start = clock();
	while clock().bitcoin_height < start.bitcoin_height + bitcoin {
		bury(1);
	}
	while clock().active_blocks < start.active_blocks + own {
		next_block();
	}
}

fn clock() -> Clock {
	Bitcoin::clock()
}

/// A bond comes to count, on whatever way.
fn bond(owner: u8, sequencer: u8, value: u64) -> OutPoint {
	let mut txid = [7; 32];
	txid[..8].copy_from_slice(&(Bonds::<Test>::iter_keys().count() as u64).to_le_bytes());
	let outpoint = OutPoint { txid: Txid(txid), vout: 0 };
	let included = clock().bitcoin_height;
	let expires = included + 900;
	let mut bond = Bond {
		owner: account(owner),
		sequencer: account(sequencer),
		staker: key(owner),
		covenant: Serving::get().unwrap(),
		timelock: 1_000,
		rules: rules(),
		value: Sats(value),
		presigned: Presigned { bond: Signature([0; 64]), unbonding: Signature([0; 64]) },
		extends: None,
		deposit: 0,
		registered: clock(),
		counts_from: 0,
		collected: Collected::default(),
		state: BondState::Active { included, expires },
	};
	Staking::attach(&outpoint, &bond).unwrap();
	Staking::add_weight(&mut bond).unwrap();
	Staking::await_expiry(outpoint, expires).unwrap();
	Asked::<Test>::insert(outpoint, Duty::Unbonding, ());
	Bonds::<Test>::insert(outpoint, bond);
	outpoint
}

/// A bond counts no more, on whatever way.
fn leave(outpoint: OutPoint) {
	let mut bond = Bonds::<Test>::get(outpoint).unwrap();
	Staking::leave(outpoint, &mut bond, Leave::Asked);
	Bonds::<Test>::insert(outpoint, bond);
}

/// Somebody stakes, bonds so much for itself, and stands.
fn candidate(n: u8, own: u64) -> OutPoint {
	Staking::stake(signed(n), STAKE).unwrap();
	let outpoint = bond(n, n, own);
	Staking::stand(signed(n)).unwrap();
	outpoint
}

fn sequencer(n: u8) -> Sequencer {
	Sequencers::<Test>::get(account(n)).unwrap()
}

fn status(n: u8) -> SequencerStatus {
	sequencer(n).status
}

fn is_jailed(n: u8) -> bool {
	matches!(status(n), SequencerStatus::Jailed { .. })
}

/// The ranking, by numbers of accounts.
fn ranking() -> Vec<(u64, u8)> {
	Ranking::<Test>::get().iter().map(|(weight, who)| (weight.0, number(who))).collect()
}

fn number(who: &AccountId32) -> u8 {
	AsRef::<[u8; 32]>::as_ref(who)[0]
}

fn accounts(numbers: impl IntoIterator<Item = u8>) -> Vec<AccountId32> {
	numbers.into_iter().map(account).collect()
}

/// The validators of the next session, in order.
fn elected() -> Vec<u8> {
	elected_after([])
}

/// The same, when these were validators until now.
fn elected_after(until_now: impl IntoIterator<Item = u8>) -> Vec<u8> {
	let until_now = accounts(until_now);
	Staking::elect(Session::get() + 1, until_now).iter().map(number).collect()
}

/// A session ends in which these validators made so many blocks each.
fn end_session(authored: impl IntoIterator<Item = (u8, u32)>) {
	let authored = authored.into_iter().collect::<Vec<_>>();
	for (n, blocks) in &authored {
		(0..*blocks).for_each(|_| author(*n));
	}
	let validators = accounts(authored.into_iter().map(|(n, _)| n));
	Staking::end_session(Session::get(), &validators);
	Session::mutate(|session| *session += 1);
}

/// A validator makes a block.
fn author(n: u8) {
	<Staking as EventHandler<_, _>>::note_author(account(n));
}

/// Fees come in, of each kind.
fn pay_fees(ent: u128, ebtc: u64) {
	Balances::mint_into(&Staking::pot(), ent).unwrap();
	if ebtc > 0 {
		Ebtc::mint_into(&Staking::pot(), ebtc.into()).unwrap();
	}
}

/// What the pot needs to exist is there already.
fn open_pot() {
	pay_fees(Balances::minimum_balance(), 1);
	assert_eq!(Staking::unshared(), Earnings::ZERO);
}

fn earned(n: u8) -> Earnings {
	Earned::<Test>::get(account(n))
}

fn collect(n: u8, bonds: &[OutPoint]) -> DispatchResult {
	Staking::collect(signed(n), bonds.to_vec().try_into().unwrap())
}

fn ent(amount: u128) -> Earnings {
	Earnings { ent: amount, ebtc: Sats::ZERO }
}

/// Whether the pallet has said this in this block.
fn said(event: Event<Test>) -> bool {
	System::events().into_iter().any(|record| record.event == RuntimeEvent::from(event.clone()))
}
