//! Outputs of Bitcoin under a committee's keys, from the proof to the books.

use crate::{
	coin::spend_weight, CoinOrigin, Coins, CommitteeId, Config, CustodyCoin, CustodyTotal, Error,
	Pallet, Policy, Unswept, UnsweptDeposits, MAX_TRANSACTION,
};
use bitcoin::Transaction;
use entangled_bitcoin::{Multisig, OutPoint, Sats, Sha256, Txid, Weight};
use pallet_btc_light_client::{BitcoinChain, ClaimError, Host, InclusionClaim, NotFinal};
use polkadot_sdk::frame_support::ensure;

/// A coinbase output can be spent from the hundredth block after its own (`COINBASE_MATURITY`).
const COINBASE_MATURITY: u32 = 100;

/// An output that a proof shows to be in a final block, and that custody's keys can spend.
pub(crate) struct Found {
	/// Where it is.
	pub(crate) outpoint: OutPoint,
	/// What it is.
	pub(crate) coin: CustodyCoin,
	/// Height of the first block in which its owner can take it back. [`u32::MAX`]: never.
	pub(crate) refund_height: u32,
	/// What spending it weighs.
	pub(crate) weight: Weight,
	/// Height of its block.
	pub(crate) height: u32,
	/// The transaction that has it.
	pub(crate) transaction: Transaction,
}

impl<T: Config> Pallet<T> {
	/// The id of a claim's transaction, which the proof has yet to show.
	pub(crate) fn claimed_txid(claim: &InclusionClaim) -> Result<Txid, Error<T>> {
		let bytes = &claim.proof.transaction;
		ensure!(bytes.len() <= MAX_TRANSACTION as usize, Error::<T>::TransactionTooLong);
		Ok(Self::txid_of(claim))
	}

	/// The id of a claim's transaction, however long it is.
	pub(crate) fn txid_of(claim: &InclusionClaim) -> Txid {
		Txid(Host::sha256d(&claim.proof.transaction))
	}

	/// An output of a claim's transaction, if the block is final, the output's script is exactly the
	/// one that the committee and the origin give, and nobody else can spend it soon.
	pub(crate) fn find(
		claim: &InclusionClaim,
		vout: u32,
		(committee, keys): (CommitteeId, &Multisig),
		origin: CoinOrigin,
		policy: &Policy,
	) -> Result<Found, Error<T>> {
		let included = T::Bitcoin::verify(claim)?;
		let transaction = included.transaction;
		let (tip, height) = (T::Bitcoin::clock().bitcoin_height, claim.block.height);
		let depth = tip.saturating_sub(height).saturating_add(1);
		let mature = !transaction.is_coinbase() || depth >= COINBASE_MATURITY;
		ensure!(mature, Error::<T>::ImmatureCoinbase);
		let paid = usize::try_from(vout)
			.ok()
			.and_then(|vout| transaction.output.get(vout))
			.ok_or(Error::<T>::NoSuchOutput)?;
		let value = Sats(paid.value.to_sat());
		let output = origin.output::<Host>(keys).ok_or(Error::<T>::WrongScript)?;
		let expected = output.script_pubkey().to_bytes();
		ensure!(paid.script_pubkey.as_bytes() == expected, Error::<T>::WrongScript);

		let opens = |delay: u16| height.saturating_add(delay.into());
		let refund_height = origin.refund().map_or(u32::MAX, |refund| opens(refund.delay));
		let margin = refund_height.saturating_sub(tip);
		ensure!(margin >= policy.claim_margin, Error::<T>::InsufficientMargin);
		Ok(Found {
			outpoint: OutPoint { txid: included.txid, vout },
			coin: CustodyCoin { value, committee, origin },
			refund_height,
			weight: spend_weight(keys, &output).ok_or(Error::<T>::WrongScript)?,
			height,
			transaction,
		})
	}

	/// Takes a coin onto the books. The caller says whether it is the main one or waits to be swept.
	pub(crate) fn book(found: &Found) -> Result<(), Error<T>> {
		let custody = CustodyTotal::<T>::get().checked_add(found.coin.value);
		CustodyTotal::<T>::put(custody.ok_or(Error::<T>::AboveMaximum)?);
		Coins::<T>::insert(found.outpoint, &found.coin);
		Self::rely_on(found.height);
		Ok(())
	}

	/// Lets a coin wait to be swept.
	pub(crate) fn await_sweep(found: &Found) -> Result<(), Error<T>> {
		let Found { outpoint, refund_height, .. } = *found;
		let unswept = Unswept { refund_height, outpoint, committee: found.coin.committee };
		UnsweptDeposits::<T>::try_mutate(|waiting| {
			let place = waiting.binary_search(&unswept).unwrap_or_else(|place| place);
			waiting.try_insert(place, unswept).map_err(|_| Error::<T>::TooManyUnswept)
		})
	}
}

impl<T> From<ClaimError> for Error<T> {
	fn from(error: ClaimError) -> Self {
		match error {
			ClaimError::Block(NotFinal::Frozen) => Error::Frozen,
			ClaimError::Block(NotFinal::Stale) => Error::Stale,
			ClaimError::Block(_) => Error::BlockNotFinal,
			ClaimError::Proof(_) => Error::WrongProof,
		}
	}
}
