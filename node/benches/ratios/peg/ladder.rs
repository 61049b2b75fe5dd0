// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The longest choice of withdrawals that somebody can bring about.

use super::{withdraw, MEMBERS, WITHDRAWAL};
use crate::{chain::Chain, regtest::Miner};
use entangled_bitcoin::{FeeRate, PayoutScript, Sats};
use pallet_btc_light_client::Observation;
use pallet_peg::{QuoteError, WithdrawalQuote, MAX_PAYOUTS};

/// What a withdrawal must pay for when fees have risen.
const RISEN: FeeRate = FeeRate(450_000);
/// Bitcoin blocks after which deposits cannot wait any more for being swept.
const WAIT: usize = 62;

/// Fills the queue with withdrawals of which each look at them strikes out one more, because the fee
/// is shared by one fewer. Then fees rise so far that custody cannot sweep its deposits, which cannot
/// wait: the next step tries with all of them, with the urgent ones, which are all, and again with half
/// of them each time.
pub fn climb(chain: &mut Chain, miner: &mut Miner, script: PayoutScript) {
	let quote: Result<WithdrawalQuote, QuoteError> =
		chain.ask("PegApi_quote_withdrawal", (script, WITHDRAWAL));
	let quote = quote.expect("it can be paid");
	let own = script.output_weight().0 as f64;
	let per_unit = |rate: FeeRate| rate.0 as f64 / 4_000.0;
	let base = quote.alone.0 as f64 / per_unit(quote.rate) - own;
	let share = |payouts: f64| per_unit(RISEN) * (own + base / payouts);
	// Enough for it and those below, but not without the one above.
	let rungs = (1..MAX_PAYOUTS).map(|n| Sats(share(f64::from(n) + 0.5) as u64));
	chain.block(None, rungs.map(|max_fee| withdraw(script, max_fee)).collect());
	for _ in 0..MEMBERS {
		let observation = miner.observation();
		chain.block(Some(Observation { fee_rate: Some(RISEN), ..observation }), vec![]);
	}
	miner.mine_empty(WAIT);
	chain.block(Some(miner.observation()), vec![]);
}
