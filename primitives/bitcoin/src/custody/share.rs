//! Who pays how much of the fee.

use super::{transaction_weight, Blocked, Request, Terms, MAX_STANDARD_TX_WEIGHT, MIN_CHANGE};
use crate::{Sats, Weight};

/// What is the same for every choice of withdrawals.
pub(super) struct Frame<'a> {
	terms: &'a Terms,
	/// Value of all coins.
	pub(super) coins: Sats,
	/// What spending all coins weighs.
	inputs: Weight,
	/// What spending the deposits among them weighs: the part that no withdrawal pays for.
	deposits: Weight,
	/// What the transaction may weigh.
	pub(super) limit: Weight,
}

/// The fee of a transaction with certain withdrawals, and what shares depend on.
#[derive(Clone, Copy)]
pub(super) struct Price {
	/// What the transaction weighs.
	pub(super) weight: Weight,
	/// Its fee.
	pub(super) fee: Sats,
	/// How many withdrawals there are.
	payouts: usize,
	/// The weight that they share: the transaction without deposits and payouts.
	base: Weight,
}

impl<'a> Frame<'a> {
	/// Fails when not even a transaction without withdrawals is possible.
	pub(super) fn new(terms: &'a Terms) -> Result<Self, Blocked> {
		if terms.coins.is_empty() {
			return Err(Blocked::NoCoins);
		}
		let coins = Sats::checked_sum(terms.coins.iter().map(|coin| coin.value))
			.filter(|coins| *coins <= Sats::MAX_MONEY)
			.ok_or(Blocked::Overflow)?;
		let inputs = Weight::checked_sum(terms.coins.iter().map(|coin| coin.input_weight));
		let deposits = terms.coins.iter().filter(|coin| !coin.main).map(|coin| coin.input_weight);
		let frame = Self {
			terms,
			coins,
			inputs: inputs.ok_or(Blocked::Overflow)?,
			deposits: Weight::checked_sum(deposits).ok_or(Blocked::Overflow)?,
			limit: terms.limits.max_weight.min(MAX_STANDARD_TX_WEIGHT),
		};
		let weight = frame.weight(0, Weight::ZERO).ok_or(Blocked::Overflow)?;
		if weight > frame.limit {
			return Err(Blocked::TooHeavy { weight, limit: frame.limit });
		}
		let price = frame.price(0, Weight::ZERO).ok_or(Blocked::Overflow)?;
		let need = price.fee.checked_add(MIN_CHANGE).ok_or(Blocked::Overflow)?;
		if need > coins {
			return Err(Blocked::CoinsTooSmall { need, have: coins });
		}
		Ok(frame)
	}

	/// The weight with so many payouts that weigh so much together.
	pub(super) fn weight(&self, payouts: usize, payouts_weight: Weight) -> Option<Weight> {
		transaction_weight(self.terms.coins.len(), self.inputs, payouts, payouts_weight)
	}

	/// The price with so many payouts that weigh so much together. `None` when the fee does not
	/// fit.
	pub(super) fn price(&self, payouts: usize, payouts_weight: Weight) -> Option<Price> {
		let weight = self.weight(payouts, payouts_weight)?;
		let fee = self.terms.rate.fee_for(weight)?.max(self.terms.min_fee.fee_for(weight)?);
		let rest = self.deposits.checked_add(payouts_weight)?;
		Some(Price { weight, fee, payouts, base: Weight(weight.0.checked_sub(rest.0)?) })
	}
}

impl Price {
	/// The share of the fee that a withdrawal with an output of this weight pays, rounded up.
	///
	/// The weight that it answers for is its output and an equal part of the base. Whatever has
	/// set the fee, every unit of weight costs the same: `⌈fee · (output + base / n) / weight⌉`.
	pub(super) fn share(&self, output: Weight) -> Sats {
		let (numerator, denominator) = self.ratio(output);
		Sats(numerator.div_ceil(denominator).try_into().unwrap_or(u64::MAX))
	}

	/// Whether the request can pay its share.
	pub(super) fn suits(&self, request: &Request) -> bool {
		let (numerator, denominator) = self.ratio(request.script.output_weight());
		numerator <= denominator.saturating_mul(request.max_fee.0.into())
	}

	/// The share before rounding. Weights and counts are far below 2^32 and amounts below 2^64, so
	/// that nothing saturates.
	fn ratio(&self, output: Weight) -> (u128, u128) {
		let n = (self.payouts as u128).max(1);
		let units = n.saturating_mul(output.0.into()).saturating_add(self.base.0.into());
		let all = n.saturating_mul(self.weight.0.into()).max(1);
		(units.saturating_mul(self.fee.0.into()), all)
	}
}
