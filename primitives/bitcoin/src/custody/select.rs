//! Which withdrawals the next transaction pays.

use super::{
	share::{Frame, Price},
	Blocked, Payout, Request, Selection, Skip, Terms, MIN_CHANGE,
};
use crate::{Sats, Weight};
use alloc::{vec, vec::Vec};

/// Chooses the withdrawals of the next transaction and splits its fee.
///
/// # Who pays the fee
///
/// With `W` the weight of the transaction with all its signatures, its fee is exactly
///
/// ```text
/// F = max(rate · W, min_fee(W))
/// ```
///
/// `W = B + D + Σ wᵢ`, where `wᵢ` is the weight of withdrawal i's output, `D` what spending
/// deposits weighs, and `B` the base: the frame, custody's own coin, the change and the checkpoint.
/// Each of the `n` withdrawals answers for its own output and an equal part of the base:
///
/// ```text
/// shareᵢ = ⌈ F · (wᵢ + B/n) / W ⌉
/// ```
///
/// Together these are at least `F · (W - D) / W`. Custody pays what is missing to `F`: at most the
/// deposits' part, for which their claims have paid, and everything when there is no withdrawal.
/// Less than a satoshi for each withdrawal may be paid twice through rounding; it stays in the
/// change.
///
/// # Who gets in
///
/// The more withdrawals share the base, the less each pays. So the largest number of them that
/// fits and can pay is found first. Small amounts come first, since that is how most of them fit:
///
/// 1. Take the withdrawals from the smallest amount to the largest, each that fits.
/// 2. Strike out whoever cannot pay its share, in or not. If any of those was in, start again.
///
/// What follows in this order is no smaller, and outputs weigh nearly the same, so striking out makes
/// room for no more withdrawals than it takes away: their number falls and the shares rise, and who
/// is struck out could not have paid in a later round either. When no limit binds, everybody who is
/// not struck out is in. Where one binds, age decides:
///
/// 3. Take those not struck out in the order they have, each that fits. If everybody can pay, it is
///    they who get in. If not, because a few of them fill the transaction and cannot carry it, it is
///    those of step 1.
///
/// Hence a withdrawal that cannot pay does not keep out those who can, however large and however
/// old it is; and if any can pay for the transaction, some are paid.
///
/// Each repetition of steps 1 and 2 strikes somebody out and is linear in the number of requests. As
/// the number of withdrawals falls from one to the next, there are about as many as the limit of
/// payouts at worst, and in practice one or two.
pub fn select(terms: &Terms) -> Result<Selection, Blocked> {
	let frame = Frame::new(terms)?;
	let mut verdicts = terms.requests.iter().map(below_dust).collect::<Vec<_>>();

	let mut order = (0..).zip(&terms.requests).collect::<Vec<(usize, _)>>();
	order.sort_by_key(|(_, request)| request.amount);
	let mut batch = loop {
		let batch = Batch::fill(terms, &frame, &order, &verdicts)?;
		if !strike_out(terms, &frame, &batch, &mut verdicts) {
			break batch;
		}
	};

	order.sort_by_key(|(index, _)| *index);
	let older = Batch::fill(terms, &frame, &order, &verdicts)?;
	if older.is_affordable(terms) {
		batch = older;
	}
	finish(terms, &frame, batch, &verdicts)
}

/// A transaction with an amount that nodes do not relay gets nowhere.
fn below_dust(request: &Request) -> Option<Skip> {
	(request.amount < request.script.dust_threshold()).then_some(Skip::Dust)
}

/// Withdrawals that fit together.
struct Batch {
	/// For each request why it is not in; `None` when it is.
	skips: Vec<Option<Skip>>,
	/// What those that are in come to.
	totals: Totals,
}

#[derive(Clone, Copy)]
struct Totals {
	amount: Sats,
	payouts: usize,
	outputs: Weight,
	price: Price,
}

impl Batch {
	/// Takes the requests in the given order, each that has no verdict yet and fits.
	fn fill(
		terms: &Terms,
		frame: &Frame,
		order: &[(usize, &Request)],
		verdicts: &[Option<Skip>],
	) -> Result<Self, Blocked> {
		let mut skips = verdicts.to_vec();
		let mut totals = Totals {
			amount: Sats::ZERO,
			payouts: 0,
			outputs: Weight::ZERO,
			price: frame.price(0, Weight::ZERO).ok_or(Blocked::Overflow)?,
		};
		for (index, request) in order {
			let Some(skip @ None) = skips.get_mut(*index) else { continue };
			match totals.with(terms, frame, request) {
				Ok(more) => totals = more,
				Err(why) => *skip = Some(why),
			}
		}
		Ok(Self { skips, totals })
	}

	/// Whether everybody who is in can pay its share.
	fn is_affordable(&self, terms: &Terms) -> bool {
		let mut places = terms.requests.iter().zip(&self.skips);
		places.all(|(request, skip)| skip.is_some() || self.totals.price.suits(request))
	}
}

impl Totals {
	/// The totals with one more request, unless it does not fit.
	fn with(self, terms: &Terms, frame: &Frame, request: &Request) -> Result<Self, Skip> {
		let payouts = self.payouts.saturating_add(1);
		if usize::try_from(terms.limits.max_payouts).is_ok_and(|max| payouts > max) {
			return Err(Skip::BatchFull);
		}
		let amount = self.amount.checked_add(request.amount).ok_or(Skip::OverOutflowLimit)?;
		if amount > terms.outflow_left {
			return Err(Skip::OverOutflowLimit);
		}
		let outputs = self.outputs.checked_add(request.script.output_weight());
		let outputs = outputs.ok_or(Skip::BatchFull)?;
		if frame.weight(payouts, outputs).is_none_or(|weight| weight > frame.limit) {
			return Err(Skip::BatchFull);
		}
		let price = frame.price(payouts, outputs).ok_or(Skip::InsufficientCustody)?;
		let need = Sats::checked_sum([amount, price.fee, MIN_CHANGE]);
		if need.is_none_or(|need| need > frame.coins) {
			return Err(Skip::InsufficientCustody);
		}
		Ok(Self { amount, payouts, outputs, price })
	}

	/// The price that a request would pay. Where there is no withdrawal, it would be alone.
	fn price_for(&self, frame: &Frame, request: &Request) -> Price {
		let alone = || frame.price(1, request.script.output_weight());
		if self.payouts == 0 { alone() } else { None }.unwrap_or(self.price)
	}
}

/// Gives a verdict on everybody who cannot pay. Whether any of them was in.
fn strike_out(terms: &Terms, frame: &Frame, batch: &Batch, verdicts: &mut [Option<Skip>]) -> bool {
	let mut was_in = false;
	for ((request, skip), verdict) in terms.requests.iter().zip(&batch.skips).zip(verdicts) {
		let price = batch.totals.price_for(frame, request);
		if verdict.is_none() && !price.suits(request) {
			let share = price.share(request.script.output_weight());
			*verdict = Some(Skip::FeeAboveCeiling { share });
			was_in |= skip.is_none();
		}
	}
	was_in
}

/// Splits the fee, and tells everybody else why it is not in.
fn finish(
	terms: &Terms,
	frame: &Frame,
	batch: Batch,
	verdicts: &[Option<Skip>],
) -> Result<Selection, Blocked> {
	let Totals { amount: paid, price, .. } = batch.totals;
	let (mut payouts, mut skipped) = (vec![], vec![]);
	for ((request, skip), verdict) in terms.requests.iter().zip(batch.skips).zip(verdicts) {
		let Request { id, script, amount, .. } = *request;
		let fee = batch.totals.price_for(frame, request).share(script.output_weight());
		match verdict.or(skip) {
			None => payouts.push(Payout { id, script, amount, fee }),
			// Others have been struck out since, and those who are left pay more.
			Some(Skip::FeeAboveCeiling { share }) => {
				skipped.push((id, Skip::FeeAboveCeiling { share: share.max(fee) }))
			},
			Some(skip) => skipped.push((id, skip)),
		}
	}
	payouts.sort_by_key(|payout| payout.id);

	let shares = Sats::checked_sum(payouts.iter().map(|payout| payout.fee));
	let custody_fee = price.fee.saturating_sub(shares.ok_or(Blocked::Overflow)?);
	if custody_fee > terms.reserve {
		return Err(Blocked::ReserveTooSmall { need: custody_fee, have: terms.reserve });
	}
	let spent = paid.checked_add(price.fee).ok_or(Blocked::Overflow)?;
	let change = frame.coins.checked_sub(spent).ok_or(Blocked::Overflow)?;
	Ok(Selection { payouts, skipped, change, fee: price.fee, custody_fee, weight: price.weight })
}
