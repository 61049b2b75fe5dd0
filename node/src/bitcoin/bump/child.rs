// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Which coins a child pays with, and how much.

use super::{key::FeeKey, BumpError};
use bitcoin::Transaction;
use entangled_bitcoin::{
	bond::{fee_child, ChildError, FeeChild, FeeCoin},
	custody::FeeFloor,
	weight::WITNESS_SCALE_FACTOR,
	FeeRate, Native, PayoutScript, Sats, Signature, Weight,
};

/// What a child is to pay, for itself and its parent together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
	/// At this rate.
	pub rate: FeeRate,
	/// And no less than this, to replace another child.
	pub floor: FeeFloor,
	/// At no higher rate.
	pub ceiling: FeeRate,
}

/// A child that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
	/// The transaction.
	pub transaction: Transaction,
	/// Its fee.
	pub fee: Sats,
	/// What it and its parent pay together.
	pub rate: FeeRate,
}

/// The child of `parent`, which pays `parent_fee`, with the smallest coin that suffices, or with as few
/// of the largest ones as do.
pub fn make(
	key: &FeeKey,
	parent: &Transaction,
	parent_fee: Sats,
	coins: &[FeeCoin],
	price: Price,
) -> Result<Child, BumpError> {
	let mut coins = coins.to_vec();
	coins.sort_by_key(|coin| (coin.value, coin.outpoint));
	let maker = Maker { key, parent, parent_fee, price };
	let mut answer = maker.with(&[]);
	let is_short = |answer: &Result<Child, BumpError>| {
		matches!(answer, Err(BumpError::Child(ChildError::TooLittle { .. })))
	};
	for coin in coins.chunks(1) {
		if is_short(&answer) {
			answer = maker.with(coin);
		}
	}
	coins.reverse();
	for count in 2..=coins.len() {
		if is_short(&answer) {
			answer = maker.with(coins.get(..count).unwrap_or(&coins));
		}
	}
	answer
}

struct Maker<'a> {
	key: &'a FeeKey,
	parent: &'a Transaction,
	parent_fee: Sats,
	price: Price,
}

impl Maker<'_> {
	/// The child that pays with these coins.
	fn with(&self, coins: &[FeeCoin]) -> Result<Child, BumpError> {
		let Price { rate, floor, ceiling } = self.price;
		let mut rate = rate;
		let mut child = self.at(coins, rate)?;
		let mut transaction = self.signed(child.clone())?;
		let vbytes = self.vbytes(&transaction)?;
		// The floor is one of fees, and binds a child that is lighter than the one before.
		let least = floor.fee_for(Weight(vbytes.saturating_mul(WITNESS_SCALE_FACTOR)));
		let least = least.ok_or(ChildError::Overflow)?;
		let both = |child: &FeeChild| child.fee.checked_add(self.parent_fee);
		if both(&child).ok_or(ChildError::Overflow)? < least {
			rate = rate_of(least, vbytes);
			child = self.at(coins, rate)?;
			transaction = self.signed(child.clone())?;
		}
		if rate > ceiling {
			return Err(BumpError::AboveCeiling { wanted: rate, ceiling });
		}
		Ok(Child { transaction, fee: child.fee, rate })
	}

	fn at(&self, coins: &[FeeCoin], rate: FeeRate) -> Result<FeeChild, ChildError> {
		let change = PayoutScript::P2tr(self.key.script().0);
		fee_child::<Native>(self.parent, self.parent_fee, coins, change, rate)
	}

	fn signed(&self, child: FeeChild) -> Result<Transaction, BumpError> {
		let signatures = child.sighashes.iter().map(|hash| self.key.sign(hash));
		let signatures = signatures.collect::<Result<Vec<Signature>, _>>()?;
		child.complete(&signatures).ok_or(BumpError::Child(ChildError::Overflow))
	}

	/// Virtual bytes of both.
	fn vbytes(&self, child: &Transaction) -> Result<u64, ChildError> {
		let vbytes = |transaction: &Transaction| Weight::from(transaction.weight()).vbytes();
		vbytes(self.parent).checked_add(vbytes(child)).ok_or(ChildError::Overflow)
	}
}

/// The least rate at which so many virtual bytes pay this fee.
fn rate_of(fee: Sats, vbytes: u64) -> FeeRate {
	let rate = u128::from(fee.0).saturating_mul(1_000).div_ceil(vbytes.max(1).into());
	FeeRate(rate.try_into().unwrap_or(u64::MAX))
}
