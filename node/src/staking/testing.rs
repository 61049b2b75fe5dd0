// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Bonds, as our chain tells of them, for tests.

use crate::tasks::{
	testing::{multisig, FakeView, CHAIN},
	Keys,
};
use bitcoin::{
	consensus,
	secp256k1::{Keypair, Message, Secp256k1},
};
use entangled_bitcoin::{
	bond::{
		bond_output, extension_transaction, slashing_transaction, unbonding_output,
		unbonding_transaction, BondRules, BondTerms, CovenantSpend, FundedBond, Slashable,
	},
	transaction::without_witnesses,
	Native, OutPoint, Sats, Signature, Txid, XOnlyKey,
};
use entangled_runtime::AccountId;
use pallet_btc_light_client::Clock;
use pallet_sequencer_staking::{
	Bond, BondState, BondView, Duty, DutyTask, DutyView, Presigned, SignedSlash, SlashOrder,
	SpendView, WatchedBond,
};

/// What a bond holds.
pub const VALUE: Sats = Sats(1_000_000);

fn staker() -> Keypair {
	Keypair::from_seckey_slice(&Secp256k1::new(), &[7; 32]).unwrap()
}

/// The staker's signature.
pub fn sign(hash: &[u8; 32]) -> Signature {
	let message = Message::from_digest(*hash);
	Signature(Secp256k1::new().sign_schnorr_no_aux_rand(&message, &staker()).serialize())
}

/// Whose bonds they are.
const OWNER: [u8; 32] = [1; 32];

/// The output with this number.
pub fn outpoint(number: u8) -> OutPoint {
	OutPoint { txid: Txid([number; 32]), vout: number.into() }
}

/// When nothing is over yet.
pub fn deadline() -> Clock {
	Clock { bitcoin_height: 500, active_blocks: 5_000 }
}

/// A bond that waits for its covenant, which is the view's first committee.
pub fn registered(view: &FakeView, outpoint: OutPoint) -> BondView<AccountId> {
	let covenant = multisig(&view.committees[0]);
	let staker = XOnlyKey(staker().x_only_public_key().0.serialize());
	let terms = BondTerms {
		chain: CHAIN,
		owner: OWNER,
		staker,
		covenant,
		timelock: 5_000,
		rules: BondRules::default(),
	};
	bond_on(terms, FundedBond { outpoint, value: VALUE })
}

fn bond_on(terms: BondTerms, coin: FundedBond) -> BondView<AccountId> {
	let presign = |which| sign(&slashing(which, &terms, coin).sighash);
	let bond = Bond {
		owner: AccountId::new(OWNER),
		sequencer: AccountId::new([2; 32]),
		staker: terms.staker,
		covenant: 0,
		timelock: terms.timelock,
		rules: terms.rules,
		value: coin.value,
		presigned: Presigned {
			bond: presign(Slashable::Bond),
			unbonding: presign(Slashable::Unbonding),
		},
		extends: None,
		deposit: 1,
		registered: Clock { bitcoin_height: 4, active_blocks: 40 },
		counts_from: 0,
		collected: Default::default(),
		state: BondState::Registered { deadline: deadline() },
	};
	let mut view = BondView {
		outpoint: coin.outpoint,
		script: bond_output::<Native>(&terms).unwrap().script_pubkey(),
		unbonding_script: unbonding_output::<Native>(&terms).unwrap().script_pubkey(),
		slashable_until: None,
		order: None,
		duties: Vec::new(),
		bond,
		terms,
	};
	view.duties = vec![duty(&view, Duty::Slash), duty(&view, Duty::Unbonding)];
	view
}

/// The bond that takes over the coin of another, whose way out these keys have signed.
pub fn extension(old: &BondView<AccountId>, way_out: &Keys) -> BondView<AccountId> {
	let terms = BondTerms { timelock: 9_000, ..old.terms.clone() };
	let spend =
		extension_transaction::<Native>(&old.terms, &old.bond.coin(old.outpoint), &terms).unwrap();
	let outpoint = OutPoint { txid: spend.txid::<Native>(), vout: 0 };
	let value = Sats(spend.transaction.output[0].value.to_sat());
	let mut view = bond_on(terms, FundedBond { outpoint, value });
	view.bond.extends = Some(old.outpoint);
	let sighash = unbonding(&view).sighash;
	let duty = view.duties.iter_mut().find(|duty| duty.duty == Duty::Unbonding).unwrap();
	duty.open = false;
	for key in way_out.all().unwrap() {
		let place = duty.keys.iter().position(|known| *known == key).unwrap();
		duty.spends[0].signatures[place] = Some(way_out.sign(key, &[sighash]).unwrap()[0]);
	}
	view
}

/// The same bond, to be slashed.
pub fn to_be_slashed(mut view: BondView<AccountId>) -> BondView<AccountId> {
	view.bond.state = BondState::Leaving { included: 10, left: 3, unbonded: None };
	view.order =
		Some(SlashOrder { reporter: None, since: deadline(), complete: false, noted: false });
	view
}

pub fn unbonding(view: &BondView<AccountId>) -> CovenantSpend {
	unbonding_transaction::<Native>(&view.terms, &view.bond.coin(view.outpoint)).unwrap()
}

fn slashing(which: Slashable, terms: &BondTerms, coin: FundedBond) -> CovenantSpend {
	slashing_transaction::<Native>(which, terms, &coin).unwrap()
}

/// The transactions that slash a bond.
pub fn slashes(view: &BondView<AccountId>) -> [CovenantSpend; 2] {
	let coin = view.bond.coin(view.outpoint);
	[Slashable::Bond, Slashable::Unbonding].map(|which| slashing(which, &view.terms, coin))
}

fn duty(view: &BondView<AccountId>, duty: Duty) -> DutyView {
	let covenant = &view.terms.covenant;
	let spends = match duty {
		Duty::Slash => slashes(view).to_vec(),
		_ => vec![unbonding(view)],
	};
	let spend = |spend: CovenantSpend| SpendView {
		txid: spend.txid::<Native>(),
		bytes: without_witnesses(&spend.transaction),
		sighash: spend.sighash,
		staker: None,
		signatures: vec![None; covenant.keys().len()],
	};
	DutyView {
		duty,
		open: duty == Duty::Unbonding,
		threshold: covenant.threshold(),
		spends: spends.into_iter().map(spend).collect(),
		keys: covenant.keys().to_vec(),
	}
}

/// What members are asked for.
pub fn task(view: &BondView<AccountId>, duty: Duty, spends: &[CovenantSpend]) -> DutyTask {
	let sighashes = spends.iter().map(|spend| spend.sighash).collect();
	DutyTask { outpoint: view.outpoint, duty, sighashes }
}

/// The transactions that slash a bond, complete with signatures of these keys.
pub fn signed(view: &BondView<AccountId>, members: &Keys) -> Vec<SignedSlash> {
	let covenant = &view.terms.covenant;
	let whichs = [Slashable::Bond, Slashable::Unbonding];
	let presigned = [view.bond.presigned.bond, view.bond.presigned.unbonding];
	let spends = whichs.into_iter().zip(slashes(view)).zip(presigned);
	spends
		.map(|((which, spend), staker)| {
			let sign = |key: &XOnlyKey| {
				members.sign(*key, &[spend.sighash]).ok().map(|signatures| signatures[0])
			};
			let signatures = covenant.keys().iter().map(sign).collect::<Vec<_>>();
			let coin = spend.transaction.input[0].previous_output.into();
			let txid = spend.txid::<Native>();
			let complete = spend.complete(covenant, &staker, &signatures).unwrap();
			let bytes = consensus::serialize(&complete);
			let (outpoint, fee) = (view.outpoint, view.terms.rules.slashing_fee);
			SignedSlash { outpoint, which, coin, txid, bytes, fee }
		})
		.collect()
}

/// A bond as it is looked for.
pub fn watched(view: &BondView<AccountId>) -> WatchedBond {
	let unbonded = OutPoint { txid: unbonding(view).txid::<Native>(), vout: 0 };
	WatchedBond {
		outpoint: view.outpoint,
		awaited: matches!(view.bond.state, BondState::Approved { .. }),
		coins: vec![view.outpoint, unbonded],
		since: view.bond.registered.bitcoin_height,
	}
}
