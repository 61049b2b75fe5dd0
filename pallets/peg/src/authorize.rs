//! Calls that need no account: what they bring speaks for itself.
//!
//! Proofs and signatures come in general transactions that nobody signs and that cost nothing. They
//! enter the pool only when the call would succeed at that moment. Why one was refused is the code
//! of the refusal: the index of the pallet's error.

use crate::{Config, Error, Pallet};
use alloc::vec::Vec;
use codec::Encode;
use polkadot_sdk::{
	frame_support::pallet_prelude::{
		InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
	},
	frame_support::weights::Weight,
	frame_system::RawOrigin,
	sp_runtime::{traits::BadOrigin, transaction_validity::TransactionPriority},
};

/// How long a transaction stays valid, in own blocks: about six minutes. Its sender looks at the
/// chain again then.
const LONGEVITY: u64 = 64;

/// Above what ordinary transactions pay for: Bitcoin's clock runs.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// What says whether a transaction without an account may come in.
pub(crate) type Validity = Result<(ValidTransaction, Weight), TransactionValidityError>;

impl<T: Config> Pallet<T> {
	/// Lets a transaction into the pool when the rule accepts it, one for each `tag` at a time.
	///
	/// In a block the call itself applies the rule, so it is not applied twice.
	pub(crate) fn authorize(
		source: TransactionSource,
		tag: impl Encode,
		rule: impl FnOnce() -> Result<(), Error<T>>,
	) -> Validity {
		if source != TransactionSource::InBlock {
			rule().map_err(|error| InvalidTransaction::Custom(code(&error)))?;
		}
		let validity = ValidTransaction {
			priority: PRIORITY,
			requires: Vec::new(),
			provides: alloc::vec![("peg", tag).encode()],
			longevity: LONGEVITY,
			propagate: true,
		};
		Ok((validity, Weight::zero()))
	}

	/// Accepts who brings a proof: anybody with an account, or nobody.
	pub(crate) fn ensure_anybody(origin: T::RuntimeOrigin) -> Result<(), BadOrigin> {
		match origin.into() {
			Ok(RawOrigin::Signed(_) | RawOrigin::Authorized) => Ok(()),
			_ => Err(BadOrigin),
		}
	}
}

/// The error's index in the pallet's metadata.
fn code<T>(error: &Error<T>) -> u8 {
	// Every error is one of at most 256 variants, so its encoding begins with its index.
	error.using_encoded(|bytes| bytes.first().copied().unwrap_or(u8::MAX))
}
