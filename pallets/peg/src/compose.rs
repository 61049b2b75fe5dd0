//! What a transaction of custody spends and whom it pays, chosen anew.

use crate::{
	coin::Spendable, outflow, Coins, CommitteeId, Config, Event, MainCoin, PaidOut, Pallet, Policy,
	Unswept, MAX_COMMITTEES, MAX_INPUTS, MAX_PAYOUTS,
};
use alloc::{collections::BTreeSet, vec::Vec};
use entangled_bitcoin::{
	custody::{select, FeeFloor, Limits, Request, Selection, Terms},
	FeeRate, OutPoint,
};
use pallet_btc_light_client::Clock;

/// What is asked of a transaction.
pub(crate) struct Order {
	/// The coin that it spends in any case, if there is one.
	pub(crate) first: Option<OutPoint>,
	/// Deposits that it may sweep, the most urgent first.
	pub(crate) deposits: Vec<Unswept>,
	/// Whether it is due even if nobody has waited for long enough.
	pub(crate) due: bool,
	/// Whether it is another attempt at the batch in flight.
	pub(crate) in_flight: bool,
	/// The rate that it should pay.
	pub(crate) rate: FeeRate,
	/// What it must pay.
	pub(crate) min_fee: FeeFloor,
}

impl<T: Config> Pallet<T> {
	/// The coins and payments of a transaction, when there is one that is worth its fee: that pays
	/// somebody, or sweeps what must be swept to the committee that serves.
	pub(crate) fn compose(
		current: CommitteeId,
		order: &Order,
		clock: Clock,
		policy: &Policy,
	) -> Option<(Vec<Spendable>, Selection)> {
		let deposits = &order.deposits;
		let urgent = |deposit: &Unswept| deposit.is_urgent(current, clock, policy);
		let moves = MainCoin::<T>::get().is_some_and(|(_, committee)| committee != current);
		let must_sweep =
			moves || deposits.len() >= policy.sweep_size as usize || deposits.iter().any(urgent);
		let requests = Self::requests(order.rate, order.in_flight);
		if !must_sweep && !order.due && !Self::is_due(&requests, clock, policy) {
			return None;
		}
		let (soon, later): (Vec<_>, Vec<_>) = deposits.iter().partition(|deposit| urgent(deposit));
		// The coins of more committees wait for the next.
		let first = order.first.and_then(Coins::<T>::get).map(|coin| coin.committee);
		let mut committees = first.into_iter().collect::<BTreeSet<_>>();
		let mut fits = |deposit: &&Unswept| {
			let room = committees.len() < MAX_COMMITTEES as usize;
			committees.contains(&deposit.committee)
				|| (room && committees.insert(deposit.committee))
		};
		let soon = soon.into_iter().filter(&mut fits).collect::<Vec<_>>();
		let later = later.into_iter().filter(&mut fits).collect::<Vec<_>>();
		let coins = Self::coins_with(order.first, soon.iter().chain(&later));
		// First with all deposits that fit, for their claims have paid for it. Where fees have risen
		// too far since, with those only that cannot wait, or as many of them as can be paid for. And
		// where custody has no coin of its own, with one that those who are paid pay for.
		let most = soon.len().min(MAX_INPUTS as usize);
		let first = soon.iter().all(|deposit| Some(deposit.outpoint) != order.first);
		let fewer = core::iter::successors(Some(most), |most| (*most > 0).then_some(most / 2))
			.map(|most| most.saturating_add(first.into()).max(1).min(coins.len()));
		let stand_in = carried(&coins);
		let choices = core::iter::once(coins.len())
			.chain(fewer)
			.filter_map(|most| coins.get(..most))
			.chain(stand_in.as_ref().and_then(|coins| coins.get(..1)));
		let mut blocked = None;
		for coins in choices {
			let price = (order.rate, order.min_fee);
			match select(&Self::terms(coins, requests.clone(), price, clock, policy)) {
				Ok(selection) => {
					// With nobody to pay and nothing to sweep it would be a gift to miners.
					let sweeps = coins.iter().any(|spendable| !spendable.coin.main);
					if moves || (must_sweep && sweeps) || !selection.payouts.is_empty() {
						return Some((coins.to_vec(), selection));
					}
					break;
				},
				Err(why) => blocked = blocked.or(Some(why)),
			}
		}
		if let Some(why) = blocked {
			Self::deposit_event(Event::BatchBlocked { why });
		}
		None
	}

	/// What payments are chosen by.
	pub(crate) fn terms(
		coins: &[Spendable],
		requests: Vec<Request>,
		(rate, min_fee): (FeeRate, FeeFloor),
		clock: Clock,
		policy: &Policy,
	) -> Terms {
		Terms {
			coins: coins.iter().map(|spendable| spendable.coin).collect(),
			requests,
			rate,
			min_fee,
			reserve: Self::reserve_fund(),
			outflow_left: outflow::left(&PaidOut::<T>::get(), clock.bitcoin_height, policy),
			limits: Limits { max_payouts: MAX_PAYOUTS, ..Default::default() },
		}
	}

	/// The first coin and these deposits, as far as an input is left for them.
	fn coins_with<'a>(
		first: Option<OutPoint>,
		deposits: impl Iterator<Item = &'a &'a Unswept>,
	) -> Vec<Spendable> {
		let deposits = deposits.map(|deposit| deposit.outpoint);
		first
			.into_iter()
			.chain(deposits.filter(|outpoint| Some(*outpoint) != first))
			.take(MAX_INPUTS as usize)
			.filter_map(Self::spendable)
			.collect()
	}
}

/// The same coins where custody's own is not among them: the first takes its place, so that those who
/// are paid share what spending it costs.
pub(crate) fn carried(coins: &[Spendable]) -> Option<Vec<Spendable>> {
	if coins.iter().any(|spendable| spendable.coin.main) {
		return None;
	}
	let mut coins = coins.to_vec();
	coins.first_mut()?.coin.main = true;
	Some(coins)
}
