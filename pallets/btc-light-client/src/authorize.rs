//! Calls that need no account: what they bring speaks for itself.
//!
//! Proofs and signatures come in general transactions that nobody signs and that cost nothing. They
//! enter the pool only when the call would succeed at that moment. Why one was refused is the code
//! of the refusal: the index of the pallet's error.

use alloc::vec::Vec;
use codec::Encode;
use polkadot_sdk::{
	frame_support::{
		pallet_prelude::{
			InvalidTransaction, TransactionSource, TransactionValidityError, ValidTransaction,
		},
		weights::Weight,
	},
	frame_system::RawOrigin,
	sp_runtime::{traits::BadOrigin, transaction_validity::TransactionPriority},
};

/// How long a transaction stays valid, in own blocks: about six minutes. Its sender looks at the
/// chain again then.
const LONGEVITY: u64 = 64;

/// Above what ordinary transactions pay for: Bitcoin's clock runs.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// What says whether a transaction without an account may come in.
pub type Validity = Result<(ValidTransaction, Weight), TransactionValidityError>;

/// A pallet with calls that need no account.
pub trait OpenCalls {
	/// Why it refuses one. There are at most 256 variants without fields.
	type Error: Encode;

	/// Tells its transactions from those of other pallets.
	const NAME: &'static str;

	/// Lets a transaction into the pool when the rule accepts it, one for each `tag` at a time.
	///
	/// In a block the call itself applies the rule, so it is not applied twice.
	fn authorize(
		source: TransactionSource,
		tag: impl Encode,
		rule: impl FnOnce() -> Result<(), Self::Error>,
	) -> Validity {
		if source != TransactionSource::InBlock {
			rule().map_err(|error| InvalidTransaction::Custom(code(&error)))?;
		}
		let validity = ValidTransaction {
			priority: PRIORITY,
			requires: Vec::new(),
			provides: alloc::vec![(Self::NAME, tag).encode()],
			longevity: LONGEVITY,
			propagate: true,
		};
		Ok((validity, Weight::zero()))
	}

	/// Accepts who brings a proof: anybody with an account, or nobody.
	fn ensure_anybody<Origin, AccountId>(origin: Origin) -> Result<(), BadOrigin>
	where
		Origin: Into<Result<RawOrigin<AccountId>, Origin>>,
	{
		match origin.into() {
			Ok(RawOrigin::Signed(_) | RawOrigin::Authorized) => Ok(()),
			_ => Err(BadOrigin),
		}
	}
}

/// The error's index in the pallet's metadata.
fn code(error: &impl Encode) -> u8 {
	// The encoding of a variant begins with its index.
	error.using_encoded(|bytes| bytes.first().copied().unwrap_or(u8::MAX))
}
