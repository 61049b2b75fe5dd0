//! What nodes and users ask the runtime about the peg.

use crate::{
	BatchView, CandidateView, CoinView, CommitteeId, CommitteeView, DepositAddress, DepositQuote,
	DepositTerms, DepositView, PegStatus, QuoteError, SignedTransaction, SigningTask, Withdrawal,
	WithdrawalId, WithdrawalQuote,
};
use alloc::vec::Vec;
use codec::Codec;
use entangled_bitcoin::{OutPoint, PayoutScript, Sats, Signature, XOnlyKey};
use pallet_btc_light_client::InclusionClaim;
use polkadot_sdk::sp_api;

sp_api::decl_runtime_apis! {
	/// The peg.
	pub trait PegApi<AccountId> where AccountId: Codec {
		/// The peg at a glance.
		fn status() -> PegStatus;

		/// The committees whose deposit addresses are honoured; the one that serves is the last.
		fn committees() -> Vec<CommitteeView<AccountId>>;

		/// The committee that is to take over.
		fn candidate() -> Option<CandidateView<AccountId>>;

		/// Where a deposit on these terms is paid to.
		fn deposit_address(terms: DepositTerms) -> Result<DepositAddress, QuoteError>;

		/// What a deposit would give.
		fn quote_deposit(amount: Sats) -> Result<DepositQuote, QuoteError>;

		/// What a withdrawal would cost.
		fn quote_withdrawal(script: PayoutScript, amount: Sats)
			-> Result<WithdrawalQuote, QuoteError>;

		/// The deposit by this output; `None` when it was not claimed.
		fn deposit(outpoint: OutPoint) -> Option<DepositView>;

		/// The withdrawal with this number.
		fn withdrawal(id: WithdrawalId) -> Option<Withdrawal<AccountId>>;

		/// The numbers of the withdrawals that wait, oldest first.
		fn pending() -> Vec<WithdrawalId>;

		/// The batch in flight.
		fn batch() -> Option<BatchView<AccountId>>;

		/// The outputs that custody holds.
		fn custody() -> Vec<CoinView>;

		/// What the holder of this key still has to sign.
		fn signing_tasks(key: XOnlyKey) -> Vec<SigningTask>;

		/// Complete transactions, newest first: those of the batch in flight, and the last one that
		/// was settled.
		fn transactions() -> Vec<SignedTransaction>;

		/// The transaction by which anybody brings this claim of a deposit; it takes no account and
		/// costs nothing.
		fn claim_transaction(
			claim: InclusionClaim,
			vout: u32,
			terms: DepositTerms,
		) -> Block::Extrinsic;

		/// The transaction that brings the proof that an attempt of the batch was mined.
		fn settle_transaction(claim: InclusionClaim) -> Block::Extrinsic;

		/// The transaction that brings the proof that a withdrawal was paid by another.
		fn front_transaction(claim: InclusionClaim, id: WithdrawalId) -> Block::Extrinsic;

		/// The transaction that brings a member's signatures.
		fn sign_transaction(
			batch: u32,
			attempt: u32,
			key: XOnlyKey,
			signatures: Vec<Signature>,
		) -> Option<Block::Extrinsic>;

		/// The transaction that shows that a member of the next committee can sign.
		fn prove_life_transaction(
			committee: CommitteeId,
			key: XOnlyKey,
			signature: Signature,
		) -> Block::Extrinsic;
	}
}
