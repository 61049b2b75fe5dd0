//! What people and nodes ask about bonds.

use crate::{
	Asked, Bond, BondState, BondView, Bonds, BondsOf, Config, CovenantBonds, CovenantId, Duty,
	DutyTask, DutyView, Earned, Earnings, Pallet, Presigned, Signatures, SignedSlash, SlashOrders,
	SpendView, WatchedBond, MAX_PAGE,
};
use alloc::{collections::BTreeSet, vec::Vec};
use bitcoin::consensus;
use entangled_bitcoin::{
	bond::{
		bond_output, slashing_transaction, unbonded, unbonding_output, CovenantSpend, Slashable,
	},
	transaction::without_witnesses,
	OutPoint, Signature, XOnlyKey,
};
use pallet_btc_light_client::{BitcoinChain, Host};

/// For how many blocks of Bitcoin after the last one in which a bond could be funded it is still looked for: longer
/// than it takes until that block may be relied on and somebody has brought the proof.
const AWAITED_FOR: u32 = 144;

/// What covenants sign, the most urgent first.
const DUTIES: [Duty; 3] = [Duty::Slash, Duty::Extension, Duty::Unbonding];

impl<T: Config> Pallet<T> {
	/// The bond by this output.
	pub fn bond(outpoint: OutPoint) -> Option<BondView<T::AccountId>> {
		let bond = Bonds::<T>::get(outpoint)?;
		let terms = Self::terms_of(&bond).ok()?;
		Some(BondView {
			outpoint,
			script: bond_output::<Host>(&terms)?.script_pubkey(),
			unbonding_script: unbonding_output::<Host>(&terms)?.script_pubkey(),
			slashable_until: bond.slashable_until(),
			order: SlashOrders::<T>::get(outpoint),
			duties: DUTIES
				.into_iter()
				.filter_map(|duty| Self::duty_view(outpoint, &bond, duty))
				.collect(),
			terms,
			bond,
		})
	}

	fn duty_view(outpoint: OutPoint, bond: &Bond<T::AccountId>, duty: Duty) -> Option<DutyView> {
		let signers = Self::signers(bond, duty).ok()?;
		let spends = Self::to_sign(outpoint, bond, duty).ok()?;
		let given = signers
			.keys()
			.iter()
			.map(|key| Signatures::<T>::get((outpoint, duty, key)))
			.collect::<Vec<_>>();
		let view = |(which, spend): (usize, CovenantSpend)| SpendView {
			txid: spend.txid::<Host>(),
			bytes: without_witnesses(&spend.transaction),
			sighash: spend.sighash,
			staker: in_advance(&bond.presigned, duty).get(which).copied(),
			signatures: given.iter().map(|all| all.as_ref()?.get(which).copied()).collect(),
		};
		Some(DutyView {
			duty,
			open: Asked::<T>::contains_key(outpoint, duty),
			threshold: signers.threshold(),
			spends: spends.into_iter().enumerate().map(view).collect(),
			keys: signers.keys().to_vec(),
		})
	}

	/// The bonds for a sequencer that have not ended.
	pub fn bonds_of(sequencer: &T::AccountId) -> Vec<OutPoint> {
		BondsOf::<T>::iter_key_prefix(sequencer).collect()
	}

	/// What the account would collect if it named these bonds. One that is named twice counts once.
	pub fn pending_rewards(who: &T::AccountId, bonds: &[OutPoint]) -> Earnings {
		bonds
			.iter()
			.collect::<BTreeSet<_>>()
			.into_iter()
			.filter_map(Bonds::<T>::get)
			.filter(|bond| bond.owner == *who)
			.filter_map(|mut bond| Self::settle(&mut bond).ok())
			.fold(Earned::<T>::get(who), Earnings::saturating_add)
	}

	/// What the holder of this key still has to sign, what slashes first. Anybody can ask for a lot to be
	/// signed, so who is in no covenant is told at once, and no more is looked at than what fills a page.
	pub fn duties(key: &XOnlyKey) -> Vec<DutyTask> {
		let theirs = CovenantBonds::<T>::iter_keys()
			.filter(|id| Self::covenant(*id).is_ok_and(|covenant| covenant.keys().contains(key)))
			.collect::<BTreeSet<_>>();
		if theirs.is_empty() {
			return Vec::new();
		}
		let slashes = SlashOrders::<T>::iter()
			.filter(|(_, order)| !order.complete)
			.map(|(outpoint, _)| (outpoint, Duty::Slash));
		let others = Asked::<T>::iter_keys().filter(|(_, duty)| *duty != Duty::Slash);
		slashes
			.chain(others)
			.filter_map(|(outpoint, duty)| Self::task(outpoint, duty, key, &theirs))
			.take(MAX_PAGE as usize)
			.collect()
	}

	/// What a duty asks the holder of a key for, who is in these covenants.
	fn task(
		outpoint: OutPoint,
		duty: Duty,
		key: &XOnlyKey,
		theirs: &BTreeSet<CovenantId>,
	) -> Option<DutyTask> {
		if Signatures::<T>::contains_key((outpoint, duty, key)) {
			return None;
		}
		let bond = Self::open_bond(&outpoint).ok()?;
		let covenant = match duty {
			Duty::Slash | Duty::Unbonding => bond.covenant,
			Duty::Extension => Self::extended(&bond)?.1.covenant,
		};
		if !theirs.contains(&covenant) {
			return None;
		}
		Self::ensure_asked(&outpoint, &bond, duty).ok()?;
		let spends = Self::to_sign(outpoint, &bond, duty).ok()?;
		Some(DutyTask { outpoint, duty, sighashes: spends.iter().map(|s| s.sighash).collect() })
	}

	/// Complete transactions of orders to slash that are not settled.
	pub fn complete_slashes(after: Option<OutPoint>, limit: u32) -> Vec<SignedSlash> {
		let orders = match after {
			Some(after) => SlashOrders::<T>::iter_from(SlashOrders::<T>::hashed_key_for(after)),
			None => SlashOrders::<T>::iter(),
		};
		orders
			.filter(|(_, order)| order.complete)
			.take(limit.min(MAX_PAGE) as usize)
			.filter_map(|(outpoint, _)| Some((outpoint, Bonds::<T>::get(outpoint)?)))
			.flat_map(|(outpoint, bond)| {
				[Slashable::Bond, Slashable::Unbonding]
					.into_iter()
					.filter(|which| *which == Slashable::Unbonding || bond.may_be_unspent())
					.filter_map(|which| Self::signed_slash(outpoint, &bond, which))
					.collect::<Vec<_>>()
			})
			.collect()
	}

	fn signed_slash(
		outpoint: OutPoint,
		bond: &Bond<T::AccountId>,
		which: Slashable,
	) -> Option<SignedSlash> {
		let terms = Self::terms_of(bond).ok()?;
		let coin = which.coin::<Host>(&terms, &bond.coin(outpoint))?;
		let spend = slashing_transaction::<Host>(which, &terms, &bond.coin(outpoint))?;
		let txid = spend.txid::<Host>();
		let (place, staker) = match which {
			Slashable::Bond => (0, bond.presigned.bond),
			Slashable::Unbonding => (1, bond.presigned.unbonding),
		};
		let signatures = terms
			.covenant
			.keys()
			.iter()
			.map(|key| Signatures::<T>::get((outpoint, Duty::Slash, key))?.get(place).copied())
			.collect::<Vec<_>>();
		let complete = spend.complete(&terms.covenant, &staker, &signatures)?;
		let bytes = consensus::serialize(&complete);
		let (coin, fee) = (coin.outpoint, terms.rules.slashing_fee);
		Some(SignedSlash { outpoint, which, coin, txid, bytes, fee })
	}

	/// What to look for on Bitcoin for bonds that have not ended.
	pub fn watched(after: Option<OutPoint>, limit: u32) -> Vec<WatchedBond> {
		// No bond is forgotten, so where one stands among the others is known when it has ended too.
		let after = after.and_then(|after| Some((Bonds::<T>::get(after)?.sequencer, after)));
		let open = match after {
			Some((sequencer, after)) => {
				BondsOf::<T>::iter_keys_from(BondsOf::<T>::hashed_key_for(sequencer, after))
			},
			None => BondsOf::<T>::iter_keys(),
		};
		open.take(limit.min(MAX_PAGE) as usize)
			.filter_map(|(_, outpoint)| Self::watched_bond(outpoint))
			.collect()
	}

	fn watched_bond(outpoint: OutPoint) -> Option<WatchedBond> {
		let bond = Bonds::<T>::get(outpoint)?;
		let terms = Self::terms_of(&bond).ok()?;
		let unbonded = unbonded::<Host>(&terms, &bond.coin(outpoint))?.outpoint;
		let itself = bond.may_be_unspent().then_some(outpoint);
		Some(WatchedBond {
			outpoint,
			awaited: match bond.state {
				// The coin may move, no matter when, or that a signature is missing.
				BondState::Registered { .. } | BondState::Approved { .. }
					if bond.extends.is_some() =>
				{
					true
				},
				BondState::Approved { deadline } => {
					let last = deadline.bitcoin_height.saturating_add(AWAITED_FOR);
					T::Bitcoin::clock().bitcoin_height <= last
				},
				_ => false,
			},
			coins: itself.into_iter().chain([unbonded]).collect(),
			since: bond.registered.bitcoin_height,
		})
	}
}

/// What the staker has signed of a duty's transactions, in their order.
fn in_advance(presigned: &Presigned, duty: Duty) -> Vec<Signature> {
	match duty {
		Duty::Slash => [presigned.bond, presigned.unbonding].into(),
		Duty::Unbonding | Duty::Extension => Vec::new(),
	}
}
