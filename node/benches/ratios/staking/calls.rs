// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Every call, and what the hook does.

use super::{
	bonds::{fund, sign, sign_calls, Draft, Wish},
	candidates::{enlist, give_keys, stand, STAKE},
	offence,
	scene::{alice, wish, Scene},
	weights,
};
use crate::{
	chain::Runtime,
	committee::{self, MEMBERS},
	regtest::{confirm, Miner},
	Figures,
};
use entangled_bitcoin::{
	bond::{extension_transaction, FundedBond, MAIN_VOUT},
	Native, OutPoint, Sats,
};
use entangled_runtime::{
	configs::peg::Ebtc, AccountId, Runtime as Entangled, RuntimeCall, SequencerStaking,
};
use pallet_sequencer_staking::{
	Call, Duty, Expiries, PendingSlashes, RulesVersion, BONDS_PER_BLOCK, MAX_COLLECTED,
	MAX_EXPIRING, MAX_SEQUENCERS,
};
use polkadot_sdk::{
	frame_support::traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
	},
	pallet_authorship::EventHandler,
	pallet_sudo,
};
use std::ops::Range;

/// Inputs with which a funding transaction is about as long as it may be.
const INPUTS: u32 = 97;
/// The timelock of bonds that last, and of those that expire soon.
const LONG: u16 = 1_000;
const SHORT: u16 = 40;

/// Sequencers come and go, and the life of bonds from the registration to the end, whatever it is.
pub fn measure(figures: &mut Figures) {
	let members = committee::members(MEMBERS);
	let runtime = Runtime::of(|patch| {
		committee::appoint(patch, &members);
		// No session ends meanwhile.
		patch["timing"]["epochLength"] = 1_000_000.into();
		let policy = &mut patch["sequencerStaking"]["policy"];
		policy["minOwnBond"] = 0.into();
		for soon in
			["registrationBlocks", "registrationOwnBlocks", "unstakeBlocks", "unstakeOwnBlocks"]
		{
			policy[soon] = 1.into();
		}
	});
	let cheat = members[0].account();
	let (chain, miner) = (runtime.chain(), Miner::new());
	let mut scene = Scene { chain, miner, members, figures, database: f64::INFINITY };
	scene.chain.block(None, vec![]);
	// The last places are for whoever will cheat, and for Alice.
	let sequencers = enlist(&mut scene.chain, MAX_SEQUENCERS - 2);
	stand(&mut scene.chain, &cheat);
	scene.mine(1);

	stake(&mut scene);
	drop_bond(&mut scene, &sequencers[0]);
	let group = |keys: Range<u32>, timelock| {
		keys.zip(&sequencers).map(|(key, who)| wish(key, who, timelock)).collect::<Vec<_>>()
	};
	let expiring = group(0..MAX_EXPIRING, SHORT);
	let paying = group(0..MAX_COLLECTED, LONG);
	let others = group(1_000..1_003, LONG);
	// Its own: of what is slashed of those, a part goes to whoever reports it.
	let own = |key| Wish { owner: cheat.clone(), ..wish(key, &cheat, LONG) };
	let cheats = (0..BONDS_PER_BLOCK).map(own).collect::<Vec<_>>();
	let mut groups = expiring.chunks(50).collect::<Vec<_>>();
	groups.extend([&paying[..], &cheats, &others]);
	let (fundings, drafts) = scene.approve(&groups);
	let claims = confirm(&mut scene.chain, &mut scene.miner, fundings);
	let [.., paying, cheats, others] = &drafts[..] else { panic!("there are these groups") };
	for (drafts, claim) in drafts.iter().zip(claims) {
		if std::ptr::eq(drafts, others) {
			let activate = |draft: &Draft| Call::activate {
				outpoint: draft.coin.outpoint,
				claim: claim.clone(),
			};
			scene.run("activate", drafts.iter().map(activate));
		} else {
			drafts.iter().for_each(|draft| draft.activate(&mut scene.chain, claim.clone()));
		}
	}
	expire(&mut scene);
	slash(&mut scene, cheats);
	collect(&mut scene, paying, &sequencers);
	extend(&mut scene, &others[0]);
	unbond(&mut scene, &others[1]);
	govern(&mut scene);
	let database = scene.database;
	figures.add("staking_database_weight_vs_touched", database, "ratio");
}

/// A sequencer's stake. In the end Alice stands for election.
fn stake(scene: &mut Scene) {
	give_keys(&mut scene.chain, &alice());
	scene.run("stake", [Call::stake { amount: 3 * STAKE }]);
	scene.run("set_commission", [Call::set_commission { commission: 100_000 }]);
	scene.run("stand", [Call::stand {}]);
	scene.run("unstake", [Call::unstake { amount: STAKE }]);
	scene.mine(1);
	scene.run("withdraw_stake", [Call::withdraw_stake {}]);
	scene.run("chill", [Call::chill {}]);
	scene.chain.block(None, vec![Call::stand {}.into()]);
}

/// A bond that is not funded in time.
fn drop_bond(scene: &mut Scene, sequencer: &AccountId) {
	let (_, drafts) = fund(&mut scene.chain, &[wish(0, sequencer, LONG)], INPUTS);
	let draft = &drafts[0];
	let outpoint = draft.coin.outpoint;
	scene.run("register", [Call::register { registration: draft.registration.clone() }]);
	let calls = sign_calls(outpoint, Duty::Unbonding, &[draft.unbonding()], &scene.members);
	scene.run("sign_unbonding", calls);
	scene.mine(2);
	scene.run("drop_bond", [Call::drop_bond { outpoint }]);
}

/// As many bonds expire as can in one block, of a list as long as it can be.
fn expire(scene: &mut Scene) {
	let first = scene.chain.natively(|| Expiries::<Entangled>::iter_keys().min());
	let left = first.expect("some will expire") - scene.height();
	scene.mine(left - 1);
	scene.miner.mine_empty(1);
	scene.chain.block(Some(scene.miner.observation()), vec![]);
	scene.hook("expire", weights::of_step(1, BONDS_PER_BLOCK), || {
		let _ = Expiries::<Entangled>::clear(u32::MAX, None);
	});
}

/// A validator cheats, and one of the bonds that count for it is slashed.
fn slash(scene: &mut Scene, bonds: &[Draft]) {
	offence::measure(scene);
	scene.hook("order_slashes", weights::of_step(0, BONDS_PER_BLOCK), || {
		PendingSlashes::<Entangled>::kill();
	});
	let (outpoint, spends) = (bonds[0].coin.outpoint, bonds[0].slashing());
	let calls = sign_calls(outpoint, Duty::Slash, &spends, &scene.members);
	scene.run("sign_slash", calls);
	let [spend, _] = spends;
	let claim = scene.confirm(spend.transaction);
	scene.run("settle_slash", [Call::report_spend { outpoint, claim }]);
}

/// Alice collects for as many bonds as can be at once. Her part of what was slashed is shared, too.
fn collect(scene: &mut Scene, bonds: &[Draft], sequencers: &[AccountId]) {
	scene.chain.natively(|| {
		let pot = SequencerStaking::pot();
		let all = Ebtc::balance(&alice());
		Ebtc::transfer(&alice(), &pot, all / 2, Preservation::Expendable).expect("it is hers");
		for who in &sequencers[..bonds.len()] {
			<SequencerStaking as EventHandler<_, _>>::note_author(who.clone());
		}
		SequencerStaking::end_session(0, &[]);
	});
	let bonds = bonds.iter().map(|draft| draft.coin.outpoint).collect::<Vec<_>>();
	let bonds = bonds.try_into().expect("as many as can be");
	scene.run("collect", [Call::collect { bonds }]);
}

/// A bond goes over into another one.
fn extend(scene: &mut Scene, old: &Draft) {
	let (sequencer, staker) = (old.registration.sequencer.clone(), old.terms.staker);
	let new = scene
		.chain
		.natively(|| SequencerStaking::bond_terms(&alice(), &sequencer, staker, LONG - 100));
	let new = new.expect("the terms are good").terms;
	let spend = extension_transaction::<Native>(&old.terms, &old.coin, &new);
	let spend = spend.expect("it is not too little");
	let coin = FundedBond {
		outpoint: OutPoint { txid: spend.txid::<Native>(), vout: MAIN_VOUT },
		value: Sats(spend.transaction.output[0].value.to_sat()),
	};
	let (timelock, covenant) = (new.timelock, old.registration.covenant);
	let presigned = old.presign(&new, &coin);
	let outpoint = old.coin.outpoint;
	scene.run("extend", [Call::extend { outpoint, timelock, covenant, presigned }]);
	let unbonding = entangled_bitcoin::bond::unbonding_transaction::<Native>(&new, &coin);
	let unbonding = unbonding.expect("it is not too little");
	let calls = sign_calls(coin.outpoint, Duty::Unbonding, &[unbonding], &scene.members);
	sign(&mut scene.chain, calls);
	let transaction = spend.transaction.clone();
	let calls = sign_calls(coin.outpoint, Duty::Extension, &[spend], &scene.members);
	scene.run("sign_extension", calls);
	let claim = scene.confirm(transaction);
	scene.run("report_extension", [Call::report_spend { outpoint, claim }]);
}

/// A bond is left.
fn unbond(scene: &mut Scene, bond: &Draft) {
	let outpoint = bond.coin.outpoint;
	scene.run("unbond", [Call::unbond { outpoint }]);
	let claim = scene.confirm(bond.unbonding().transaction);
	scene.run("report_unbonding", [Call::report_spend { outpoint, claim }]);
	scene.mine(bond.terms.rules.unbonding_time.into());
	scene.run("release", [Call::release { outpoint }]);
}

/// The numbers and the rules are set.
fn govern(scene: &mut Scene) {
	let sudo = |call: Call<Entangled>| {
		let call = Box::new(RuntimeCall::SequencerStaking(call));
		[RuntimeCall::Sudo(pallet_sudo::Call::sudo { call })]
	};
	let status = scene.chain.natively(SequencerStaking::status);
	let rules = status.rules.expect("there are rules").rules;
	let version = RulesVersion { from: scene.height() + 100, rules };
	scene.run("set_policy", sudo(Call::set_policy { policy: status.policy }));
	scene.run("set_rules", sudo(Call::set_rules { version }));
}
