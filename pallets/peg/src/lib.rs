//! # The peg
//!
//! BTC comes in and goes out under the keys of a committee of validators. Every satoshi that the
//! committee holds beyond its reserve is one unit of eBTC.
//!
//! ## Idea
//!
//! **In.** A depositor pays to an address that commits to this chain and to the destination, and that has
//! two ways out: the committee's, and after some blocks its own. Once the payment is final on Bitcoin, anybody
//! brings the proof ([`claim`](Call::claim)) and eBTC is minted. It is refused when the depositor's way
//! back opens soon: *no mint may outlive its coin*. What sweeping the coin costs is kept back, and a
//! small part goes to those who stand for custody ([`Config::FeesTo`]). Those who cannot pay to an address of their own pay to a fixed one and name the destination beside it.
//!
//! **Out.** A [`withdrawal`](Call::withdraw) locks eBTC: an amount, that is paid to the satoshi, and
//! a ceiling for the fee. Withdrawals leave together in a *batch*: one Bitcoin transaction that spends
//! custody's coin and claimed deposits, pays everybody, writes the chain's newest checkpoint into
//! Bitcoin, and returns the rest to the committee. The runtime builds it, from state alone. Members build it
//! again and [`sign`](Call::sign) their own result; each signature is checked when it arrives. The
//! transaction is complete with two thirds of them, and whoever likes sends it to Bitcoin. While it does
//! not confirm, *attempts* that pay more replace it; while it does not get its signatures, one that
//! leaves out the coins of those who do not sign. They all spend one coin in common, so only one can be
//! mined. The proof that one was ([`settle`](Call::settle)) burns what was paid and settles the
//! books. Who does not want to wait finds somebody who [`front`](Call::front)s the payment.
//!
//! **Committees** change by a hand-over, see [`handover`](crate) in the source: every member of the new
//! one shows first that it can sign. A former committee, whose members may be gone, still holds what was
//! not swept in its time. One of which too few sign in time is *silent* for a while: nothing waits for it.
//!
//! ## State
//!
//! - [`CurrentPolicy`]: the numbers. [`Halt`]: set while halted.
//! - [`Committees`]: all that have served; [`Honoured`]: the numbers of those that still matter to depositors,
//!   the serving one last; [`CandidateCommittee`]; [`Absent`]: who did not show up for those that failed.
//! - [`Coins`]: what custody holds; [`CustodyTotal`]: the sum; [`MainCoin`]: the change of the last
//!   batch; [`UnsweptDeposits`]: claimed deposits and adopted coins among them, the most urgent first;
//!   [`FormerCoins`]: what was on the books, and how it left them.
//! - [`Deposits`]: every deposit ever claimed or adopted.
//! - [`Withdrawals`]; [`Queue`]: those that have not ended, oldest first; [`ClosedRing`]: those that
//!   ended last.
//! - [`InFlight`], [`Attempts`], [`Signatures`]: the batch in flight. [`LastSettled`]: the transaction
//!   of the one before, in case that Bitcoin loses it.
//! - [`PaidOut`]: what left within the rolling window. [`ReliedHeight`]: the highest Bitcoin block that
//!   a claim or a settlement relied on. [`LastStep`]: the height of Bitcoin at which the peg last acted.
//!
//! ## Calls
//!
//! | call | who | |
//! |---|---|---|
//! | [`claim`](Call::claim), [`settle`](Call::settle), [`front`](Call::front) | anybody with a proof | free when good; no account needed |
//! | [`sign`](Call::sign), [`prove_life`](Call::prove_life) | anybody with a member's signatures | the same |
//! | [`withdraw`](Call::withdraw), [`raise_fee`](Call::raise_fee), [`cancel`](Call::cancel) | the owner | |
//! | [`expire`](Call::expire), [`release`](Call::release) | anybody | what a deadline allows |
//! | [`reserve`](Call::reserve) | who wants to front | with a bond |
//! | [`halt`](Call::halt), [`resume`](Call::resume), [`set_policy`](Call::set_policy) | [`Config::GovernanceOrigin`] | |
//! | [`abandon`](Call::abandon), [`adopt`](Call::adopt) | the same | the books follow Bitcoin: a coin that is gone, one that they do not know |
//!
//! ## What stops it
//!
//! Nothing is minted and nothing is built while Bitcoin cannot be relied on, or while the peg is
//! *halted*: by governance, or by itself when there is more eBTC than BTC, when a claimed deposit's refund
//! opens, or when a reorganisation removes a block that it relied on. While halted nothing is signed,
//! asked for or reserved either. What an open refund halts is still swept, for that is the cure. What was
//! paid on Bitcoin can be settled whenever a proof can be relied on, halted or not, and what was slashed
//! ([`Pallet::receive`]) comes in with its own coin, that covers what is minted for it. Withdrawals that wait can
//! always be taken back; one that is reserved can when the reservation has lapsed and is released, halted or
//! not. While Bitcoin cannot be relied on, no payer could show its payment: then nothing is released, and own
//! blocks do not count, so that no reservation lapses by them.
//!
//! ## Invariants (`try_state`)
//!
//! - There is no more eBTC than custody holds BTC, or the peg is halted.
//! - [`CustodyTotal`] is the sum of the [`Coins`]; [`MainCoin`] and [`UnsweptDeposits`] name each of
//!   them once. None of them is among the [`FormerCoins`], and every one of the [`Deposits`] is there
//!   or here. Of none was more taken than it holds.
//! - The vault holds what is locked for open withdrawals and the bonds of reservations.
//! - [`Queue`] has the numbers of the open withdrawals, ascending.
//! - A withdrawal is in a batch exactly when an attempt of the batch in flight pays it.
//! - Every attempt spends the batch's common coin first, and coins of custody's only, none twice, and of
//!   no more committees than [`MAX_COMMITTEES`]; pays its outputs and its fee from them; and asks of nobody
//!   more than its ceiling.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

mod adopt;
mod authorize;
mod batch;
mod claim;
mod coin;
mod committee;
mod compose;
mod covenant;
mod found;
mod fronting;
mod governance;
mod handover;
mod interface;
mod invariants;
mod outflow;
mod price;
mod safety;
mod settlement;
mod signing;
mod silence;
mod step;
mod transaction;
mod types;
mod views;
mod withdrawal;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub mod runtime_api;
pub mod weights;

pub use interface::{Checkpoints, CommitteeSource, RollupInbox, Security};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use polkadot_sdk::{frame_support, frame_system};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use entangled_bitcoin::{
		custody::{Blocked, Skip, Why},
		AnchorPayload, Destination, FeeRate, OutPoint, PayoutScript, Sats, Signature, Txid,
		XOnlyKey,
	};
	use frame_support::{
		dispatch::WithPostDispatchInfo,
		pallet_prelude::*,
		traits::fungible::{Inspect, Mutate},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use pallet_btc_light_client::{BitcoinChain, InclusionClaim, OpenCalls};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// A member's signatures for one attempt, one for each input that it signs.
	pub type AttemptSignatures = BoundedVec<Signature, ConstU32<MAX_INPUTS>>;

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// Bitcoin, as the chain knows it. Tells this pallet of reorganisations.
		type Bitcoin: BitcoinChain;

		/// eBTC: one unit is one satoshi. Only this pallet issues it.
		type Ebtc: Inspect<Self::AccountId, Balance = u128> + Mutate<Self::AccountId>;

		/// Who should hold custody's keys.
		type Committee: CommitteeSource<Self::AccountId>;

		/// What those who hold them stand for it with.
		type Security: Security<Self::AccountId>;

		/// The account that has the part of deposits that goes to those who stand for custody.
		type FeesTo: Get<Self::AccountId>;

		/// The rollups that deposits go to.
		type Rollups: RollupInbox<Self::AccountId>;

		/// The checkpoints that batches write into Bitcoin.
		type Checkpoints: Checkpoints;

		/// Who may halt and resume, and set the numbers.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Names the account that holds what is locked.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The numbers that governance sets.
	#[pallet::storage]
	pub type CurrentPolicy<T> = StorageValue<_, types::Policy, ValueQuery>;

	/// Why the peg is halted, while it is.
	#[pallet::storage]
	pub type Halt<T> = StorageValue<_, HaltReason, OptionQuery>;

	/// The height of Bitcoin's tip when the peg last acted.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type LastStep<T> = StorageValue<_, u32, ValueQuery>;

	/// Height of the highest Bitcoin block that a claim or a settlement relied on.
	#[pallet::storage]
	pub type ReliedHeight<T> = StorageValue<_, u32, ValueQuery>;

	/// The committees that serve, or have served. None is forgotten: what was bonded in the time of one can
	/// be slashed by it only.
	#[pallet::storage]
	pub type Committees<T: Config> =
		StorageMap<_, Twox64Concat, CommitteeId, Committee<T::AccountId>, OptionQuery>;

	/// The numbers of those whose addresses are honoured, or that hold coins since they were, ascending.
	/// The last one serves. One whose time is over holds coins again when it slashes something.
	#[pallet::storage]
	pub type Honoured<T> =
		StorageValue<_, BoundedVec<CommitteeId, ConstU32<MAX_COMMITTEES>>, ValueQuery>;

	/// The number of the next committee.
	#[pallet::storage]
	pub type NextCommittee<T> = StorageValue<_, CommitteeId, ValueQuery>;

	/// The committee that is to take over.
	#[pallet::storage]
	pub type CandidateCommittee<T: Config> = StorageValue<_, Candidate<T::AccountId>, OptionQuery>;

	/// Who was missing when hand-overs failed, since one succeeded. The next candidate is formed without
	/// them.
	#[pallet::storage]
	pub type Absent<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, ConstU32<MAX_MEMBERS>>, ValueQuery>;

	/// What custody holds.
	#[pallet::storage]
	pub type Coins<T> = StorageMap<_, Blake2_128Concat, OutPoint, CustodyCoin, OptionQuery>;

	/// The sum of what custody holds.
	#[pallet::storage]
	pub type CustodyTotal<T> = StorageValue<_, Sats, ValueQuery>;

	/// The change of the last batch, and whose it is.
	#[pallet::storage]
	pub type MainCoin<T> = StorageValue<_, (OutPoint, CommitteeId), OptionQuery>;

	/// Claimed deposits and adopted coins that no settled batch has spent, those first whose refund
	/// opens first.
	#[pallet::storage]
	pub type UnsweptDeposits<T> =
		StorageValue<_, BoundedVec<Unswept, ConstU32<MAX_UNSWEPT>>, ValueQuery>;

	/// Every deposit that was claimed, or adopted for the reserve.
	#[pallet::storage]
	pub type Deposits<T> = StorageMap<_, Blake2_128Concat, OutPoint, DepositRecord, OptionQuery>;

	/// What was on the books once and is not any more. Kept for good, so that no coin that was spent
	/// is booked again.
	#[pallet::storage]
	pub type FormerCoins<T> = StorageMap<_, Blake2_128Concat, OutPoint, Departure, OptionQuery>;

	/// The withdrawals that have not ended, and those that ended last.
	#[pallet::storage]
	pub type Withdrawals<T: Config> =
		StorageMap<_, Twox64Concat, WithdrawalId, Withdrawal<T::AccountId>, OptionQuery>;

	/// The number of the next withdrawal.
	#[pallet::storage]
	pub type NextWithdrawal<T> = StorageValue<_, WithdrawalId, ValueQuery>;

	/// The withdrawals that have not ended, oldest first.
	#[pallet::storage]
	pub type Queue<T> =
		StorageValue<_, BoundedVec<WithdrawalId, ConstU32<MAX_PENDING>>, ValueQuery>;

	/// How many withdrawals have ended.
	#[pallet::storage]
	pub type Closed<T> = StorageValue<_, u64, ValueQuery>;

	/// Which withdrawals ended last, in a ring of [`KEPT_OUTCOMES`] places.
	#[pallet::storage]
	pub type ClosedRing<T> = StorageMap<_, Twox64Concat, u64, WithdrawalId, OptionQuery>;

	/// The batch in flight.
	#[pallet::storage]
	pub type InFlight<T> = StorageValue<_, Batch, OptionQuery>;

	/// The number of the next batch.
	#[pallet::storage]
	pub type NextBatch<T> = StorageValue<_, u32, ValueQuery>;

	/// The attempts at the batch in flight.
	#[pallet::storage]
	pub type Attempts<T> = StorageMap<_, Twox64Concat, u32, Attempt, OptionQuery>;

	/// The signatures for each attempt, by key.
	#[pallet::storage]
	pub type Signatures<T> = StorageDoubleMap<
		_,
		Twox64Concat,
		u32,
		Twox64Concat,
		XOnlyKey,
		AttemptSignatures,
		OptionQuery,
	>;

	/// The last transaction that was settled.
	#[pallet::storage]
	#[pallet::unbounded]
	pub type LastSettled<T> = StorageValue<_, LastTransaction, OptionQuery>;

	/// The last checkpoint that a settled batch wrote into Bitcoin.
	#[pallet::storage]
	pub type Anchored<T> = StorageValue<_, AnchorPayload, OptionQuery>;

	/// What left within the rolling window.
	#[pallet::storage]
	pub type PaidOut<T> = StorageValue<_, Outflow, ValueQuery>;

	/// The numbers at first. The first committee is that of the genesis validators.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The numbers that governance may change later.
		pub policy: types::Policy,
		/// Nothing.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// At genesis there is nobody to report to; a chain that cannot work must not start.
			assert!(self.policy.is_sound(), "the numbers of the peg do not go together");
			CurrentPolicy::<T>::put(self.policy.clone());
			let height = T::Bitcoin::clock().bitcoin_height;
			if let Some(committee) = Pallet::<T>::desired_committee(height) {
				NextCommittee::<T>::put(1);
				Pallet::<T>::activate(0, committee);
			}
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A deposit was claimed.
		DepositClaimed {
			/// The output.
			outpoint: OutPoint,
			/// What it holds.
			amount: Sats,
			/// What was minted for it.
			minted: Sats,
			/// For whom.
			destination: Destination,
			/// What was minted of it for those who stand for custody.
			peg_fee: Sats,
		},
		/// BTC was asked for, and eBTC locked.
		WithdrawalRequested {
			/// The withdrawal.
			id: WithdrawalId,
			/// Who asked.
			owner: T::AccountId,
			/// Who is to be paid.
			script: PayoutScript,
			/// What is to be paid.
			amount: Sats,
			/// What it may cost beside.
			max_fee: Sats,
		},
		/// The owner raised the ceiling for the fee.
		FeeRaised {
			/// The withdrawal.
			id: WithdrawalId,
			/// The new ceiling.
			max_fee: Sats,
		},
		/// The owner took a withdrawal back.
		WithdrawalCancelled {
			/// The withdrawal.
			id: WithdrawalId,
		},
		/// A withdrawal waited too long; the owner has the eBTC again.
		WithdrawalExpired {
			/// The withdrawal.
			id: WithdrawalId,
		},
		/// Somebody is about to pay a withdrawal from coins of their own.
		WithdrawalReserved {
			/// The withdrawal.
			id: WithdrawalId,
			/// Who.
			by: T::AccountId,
			/// eBTC at stake.
			bond: Sats,
			/// What is earned beside the amount.
			reward: Sats,
		},
		/// Whoever reserved a withdrawal did not pay in time. The owner has the bond.
		ReservationForfeited {
			/// The withdrawal, which waits again.
			id: WithdrawalId,
			/// Who did not pay.
			by: T::AccountId,
			/// What it lost.
			bond: Sats,
		},
		/// A withdrawal was paid by somebody, who has the eBTC now.
		WithdrawalFronted {
			/// The withdrawal.
			id: WithdrawalId,
			/// Who paid.
			by: T::AccountId,
			/// The Bitcoin transaction.
			txid: Txid,
			/// What it earned beside the amount, paid by the owner.
			reward: Sats,
		},
		/// Custody paid a withdrawal.
		WithdrawalPaid {
			/// The withdrawal.
			id: WithdrawalId,
			/// The Bitcoin transaction.
			txid: Txid,
			/// What the owner paid for it.
			fee: Sats,
		},
		/// A withdrawal was left out of a batch. It waits for the next.
		WithdrawalSkipped {
			/// The withdrawal.
			id: WithdrawalId,
			/// Why.
			why: Skip,
		},
		/// Another attempt than those that pay this withdrawal was mined. It waits again.
		WithdrawalReturned {
			/// The withdrawal.
			id: WithdrawalId,
		},
		/// There should be a transaction, but there cannot be one.
		BatchBlocked {
			/// Why.
			why: Blocked,
		},
		/// A transaction was built. The members are to sign it.
		AttemptBuilt {
			/// The batch.
			batch: u32,
			/// Which attempt at it: 0 is the first.
			attempt: u32,
			/// The transaction.
			txid: Txid,
			/// What it pays to the miner.
			fee: Sats,
		},
		/// A member signed a transaction.
		Signed {
			/// The batch.
			batch: u32,
			/// The attempt.
			attempt: u32,
			/// The member's key.
			key: XOnlyKey,
		},
		/// A transaction has all its signatures. Anybody may send it to Bitcoin.
		AttemptCompleted {
			/// The batch.
			batch: u32,
			/// The attempt.
			attempt: u32,
			/// The transaction.
			txid: Txid,
		},
		/// Too few members of a committee signed an attempt in time. What the committee holds is left
		/// out of the next attempt, and of later batches.
		CommitteeSilent {
			/// The committee.
			committee: CommitteeId,
			/// Until Bitcoin's tip has this height, or the committee signs.
			until: u32,
		},
		/// A committee that was silent has signed an attempt. Nothing of its is left out any more.
		CommitteeHeard {
			/// The committee.
			committee: CommitteeId,
		},
		/// A replacement would have to pay more than the ceiling, until fees fall.
		ReplacementBlocked {
			/// The rate that it would have to pay.
			wanted: FeeRate,
		},
		/// There will be no further attempt at the batch in flight, unless governance raises limits.
		NoMoreReplacements {
			/// Why.
			why: Why,
		},
		/// One of the attempts at a batch is final on Bitcoin.
		BatchSettled {
			/// The batch.
			batch: u32,
			/// Which attempt it was.
			attempt: u32,
			/// The transaction.
			txid: Txid,
			/// What the miner got.
			fee: Sats,
			/// The checkpoint that it wrote into Bitcoin.
			anchor: AnchorPayload,
		},
		/// Governance struck off a coin that every attempt at the batch in flight spends, so that none
		/// of them can be mined. Those that it would have paid wait again.
		BatchDissolved {
			/// The batch.
			batch: u32,
		},
		/// Governance struck off a coin that this attempt spends, so that it cannot be mined. The
		/// batch goes on with those that do not spend it.
		AttemptGivenUp {
			/// The batch.
			batch: u32,
			/// The attempt.
			attempt: u32,
		},
		/// Other validators are to form the committee; each must show first that it can sign.
		CommitteeProposed {
			/// The candidate.
			committee: CommitteeId,
		},
		/// A member of the candidate showed that it can sign.
		LifeProven {
			/// The candidate.
			committee: CommitteeId,
			/// The member's key.
			key: XOnlyKey,
		},
		/// Not every member of the candidate showed in time that it can sign. The committee before
		/// it goes on.
		HandOverFailed {
			/// The candidate.
			committee: CommitteeId,
			/// Who was missing.
			missing: Vec<T::AccountId>,
		},
		/// A committee took over.
		CommitteeActivated {
			/// The committee.
			committee: CommitteeId,
		},
		/// A committee's time of grace is over, and it holds nothing any more.
		CommitteeRetired {
			/// The committee.
			committee: CommitteeId,
		},
		/// A coin came into custody that was slashed.
		CoinReceived {
			/// The coin.
			outpoint: OutPoint,
			/// What it holds.
			value: Sats,
			/// Whose signatures it takes.
			committee: CommitteeId,
			/// How much of it was minted for somebody.
			credited: Sats,
		},
		/// The peg stands still until governance resumes.
		Halted {
			/// Why.
			reason: HaltReason,
		},
		/// A reorganisation of Bitcoin removed a block that a claim or a settlement relied on. The peg
		/// is halted, for this or for an earlier reason.
		Reorganised {
			/// Height of the last block that stayed.
			fork_height: u32,
		},
		/// The peg works again.
		Resumed,
		/// The numbers have changed.
		PolicyChanged {
			/// All of them.
			policy: types::Policy,
		},
		/// Governance struck a coin off the books, which Bitcoin has no more.
		CoinAbandoned {
			/// The coin.
			outpoint: OutPoint,
			/// What it held.
			value: Sats,
		},
		/// Governance booked a coin that custody's keys hold. It belongs to the reserve.
		CoinAdopted {
			/// The coin.
			outpoint: OutPoint,
			/// What it holds.
			value: Sats,
			/// Whose signatures it takes.
			committee: CommitteeId,
			/// Which of the committee's scripts it has.
			origin: CoinOrigin,
		},
	}

	/// Why a call was refused. It changed nothing then.
	#[pallet::error]
	pub enum Error<T> {
		/// The peg is halted.
		Halted,
		/// The peg is not halted.
		NotHalted,
		/// A reorganisation of Bitcoin was too deep; governance must look and resume.
		Frozen,
		/// Bitcoin's headers have not been arriving.
		Stale,
		/// The Bitcoin block may not be relied on, or not yet.
		BlockNotFinal,
		/// The proof does not show that the transaction is in the block.
		WrongProof,
		/// The transaction is longer than any that Bitcoin's nodes relay.
		TransactionTooLong,
		/// There is no such committee.
		UnknownCommittee,
		/// There is no committee at all.
		NoCommittee,
		/// The committee's time is over, and deposits to it are honoured no more.
		CommitteeRetired,
		/// The refund opens too early or too late.
		RefundDelayOutOfRange,
		/// The refund key is not on the curve.
		InvalidRefundKey,
		/// The transaction has no output with this index.
		NoSuchOutput,
		/// The output's script is not that of the terms on this chain.
		WrongScript,
		/// The transaction names no destination, or several.
		NoDestination,
		/// What goes to the reserve must come by a fixed address, for nobody may take it back.
		ReserveTakesFixedOnly,
		/// The destination is not an account.
		UnknownAccount,
		/// There is no such rollup.
		UnknownRollup,
		/// The deposit was claimed already.
		AlreadyClaimed,
		/// The output is of a coinbase transaction and cannot be spent yet.
		ImmatureCoinbase,
		/// The depositor could take the coin back before it is swept.
		InsufficientMargin,
		/// Too many claimed deposits and other coins wait to be swept.
		TooManyUnswept,
		/// The amount is below the least one.
		BelowMinimum,
		/// The amount is above the greatest one.
		AboveMaximum,
		/// There would be more eBTC than governance and what is bonded for validators allow.
		OverCap,
		/// Bitcoin's nodes do not relay an output of so small an amount.
		Dust,
		/// Nobody could spend an output with this script.
		UnspendableScript,
		/// What the payment costs at the least is above the ceiling for the fee.
		FeeAboveCeiling,
		/// The new ceiling is not above the old one.
		FeeNotRaised,
		/// The account has not as much eBTC.
		InsufficientBalance,
		/// Too many withdrawals wait.
		QueueFull,
		/// There is no such withdrawal, or its outcome has been forgotten.
		UnknownWithdrawal,
		/// Only the owner may do this.
		NotOwner,
		/// The withdrawal does not wait any more: it is in a batch, or has ended.
		NotPending,
		/// The withdrawal has not expired yet.
		NotExpired,
		/// Somebody is about to pay the withdrawal.
		Reserved,
		/// Nobody has reserved the withdrawal.
		NotReserved,
		/// A reservation of this withdrawal has lapsed. There is no second one.
		ReservedBefore,
		/// The withdrawal expires before a reservation would lapse.
		ExpiresTooSoon,
		/// The reservation has not lapsed yet.
		ReservationActive,
		/// Another has reserved the withdrawal.
		ReservedByOther,
		/// The transaction does not pay the withdrawal, or does not name it and this chain.
		NotThePayment,
		/// There is no such batch in flight.
		UnknownBatch,
		/// There is no such attempt at the batch in flight.
		UnknownAttempt,
		/// The key belongs to no member that has something to sign.
		NotAMember,
		/// The member has signed already.
		AlreadySigned,
		/// There must be one signature for each input that the member signs.
		WrongSignatureCount,
		/// A signature is not the key's, or not of this.
		WrongSignature,
		/// There is no such candidate.
		NoCandidate,
		/// The numbers do not go together.
		UnsoundPolicy,
		/// There is more eBTC than custody holds BTC. Pay the difference in, for the reserve.
		InvariantBroken,
		/// Custody has no such coin.
		UnknownCoin,
		/// The output is on the books, or was spent from them.
		AlreadyBooked,
		/// The transaction spends a coin that is on the books. Settle it, or strike the coin off first.
		SpendsBookedCoin,
		/// What is stored contradicts itself. This never happens.
		BooksBroken,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::step()
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(
			_: BlockNumberFor<T>,
		) -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call(weight(<T as Config>::WeightInfo))]
	impl<T: Config> Pallet<T> {
		/// Claims a deposit for its destination, with the proof that it is in a final Bitcoin block.
		#[pallet::call_index(0)]
		#[pallet::weight(
			T::Bitcoin::verify_weight(claim).saturating_add(T::WeightInfo::claim())
		)]
		#[pallet::authorize(|source, claim, vout, terms| {
			Pallet::<T>::authorize(source, ("claim", claim.txid(), *vout), || {
				Pallet::<T>::plan_claim(claim, *vout, terms).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn claim(
			origin: OriginFor<T>,
			claim: InclusionClaim,
			vout: u32,
			terms: DepositTerms,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_claim(&claim, vout, &terms)?;
			Ok(Pays::No.into())
		}

		/// Settles the batch in flight, with the proof that one of its attempts is in a final
		/// Bitcoin block.
		#[pallet::call_index(1)]
		#[pallet::weight(
			T::Bitcoin::verify_weight(claim).saturating_add(T::WeightInfo::settle(MAX_PAYOUTS))
		)]
		#[pallet::authorize(|source, claim| {
			Pallet::<T>::authorize(source, ("settle", claim.txid()), || {
				Pallet::<T>::plan_settlement(claim).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn settle(origin: OriginFor<T>, claim: InclusionClaim) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			let paid = Self::do_settle(&claim)?;
			let weight =
				T::Bitcoin::verify_weight(&claim).saturating_add(T::WeightInfo::settle(paid));
			Ok((Some(weight), Pays::No).into())
		}

		/// Gives the eBTC of a withdrawal to whoever paid it, with the proof that the payment is in
		/// a final Bitcoin block.
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::Bitcoin::verify_weight(claim).saturating_add(T::WeightInfo::front())
		)]
		#[pallet::authorize(|source, claim, id| {
			Pallet::<T>::authorize(source, ("front", id), || {
				Pallet::<T>::plan_front(claim, *id).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn front(
			origin: OriginFor<T>,
			claim: InclusionClaim,
			id: WithdrawalId,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_front(&claim, id)?;
			Ok(Pays::No.into())
		}

		/// Brings a member's signatures for an attempt at the batch in flight: one for each input
		/// that its key signs, in ascending order.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::sign(signatures.len() as u32))]
		#[pallet::authorize(|source, batch, attempt, key, signatures| {
			Pallet::<T>::authorize(source, ("sign", batch, attempt, key), || {
				Pallet::<T>::check_signatures(*batch, *attempt, key, signatures).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn sign(
			origin: OriginFor<T>,
			batch: u32,
			attempt: u32,
			key: XOnlyKey,
			signatures: AttemptSignatures,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_sign(batch, attempt, key, signatures)?;
			Ok(Pays::No.into())
		}

		/// Shows that a member of the candidate can sign. With the last one it takes over.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::prove_life())]
		#[pallet::authorize(|source, committee, key, signature| {
			Pallet::<T>::authorize(source, ("life", committee, key), || {
				Pallet::<T>::check_life(*committee, key, signature).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn prove_life(
			origin: OriginFor<T>,
			committee: CommitteeId,
			key: XOnlyKey,
			signature: Signature,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_prove_life(committee, key, signature)?;
			Ok(Pays::No.into())
		}

		/// Asks for BTC: locks `amount + max_fee` of eBTC. The script is paid the amount to the
		/// satoshi; of the fee, what was not needed comes back.
		///
		/// Where too many withdrawals wait, the oldest that has expired makes room, if there is one.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::withdraw(MAX_PENDING))]
		pub fn withdraw(
			origin: OriginFor<T>,
			script: PayoutScript,
			amount: Sats,
			max_fee: Sats,
		) -> DispatchResultWithPostInfo {
			let who = ensure_signed(origin)?;
			let weight = T::WeightInfo::withdraw(Self::looked_at());
			Self::do_withdraw(who, script, amount, max_fee)
				.map(|()| Some(weight).into())
				.map_err(|error| error.with_weight(weight))
		}

		/// Raises the ceiling for a withdrawal's fee, and locks the difference. Also while it is in
		/// a batch: the next attempt may then pay for it more.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::raise_fee())]
		pub fn raise_fee(origin: OriginFor<T>, id: WithdrawalId, max_fee: Sats) -> DispatchResult {
			Self::do_raise_fee(&ensure_signed(origin)?, id, max_fee)
		}

		/// Takes a withdrawal back that waits.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, id: WithdrawalId) -> DispatchResult {
			Self::do_cancel(&ensure_signed(origin)?, id)
		}

		/// Returns to the owner what is locked for a withdrawal that has waited too long.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn expire(origin: OriginFor<T>, id: WithdrawalId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_expire(id)
		}

		/// Reserves a withdrawal, to pay it from coins of one's own. Locks a bond in eBTC.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::reserve())]
		pub fn reserve(origin: OriginFor<T>, id: WithdrawalId) -> DispatchResult {
			Self::do_reserve(ensure_signed(origin)?, id)
		}

		/// Ends a reservation that has lapsed, also while the peg is halted. The bond goes to the
		/// withdrawal's owner.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::reserve())]
		pub fn release(origin: OriginFor<T>, id: WithdrawalId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_release(id)
		}

		/// Halts the peg.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::govern())]
		pub fn halt(origin: OriginFor<T>) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::ensure_running()?;
			Self::halt_for(HaltReason::Governance);
			Ok(())
		}

		/// Lets the peg work again. Refused while there is more eBTC than custody holds BTC.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::govern())]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_resume()
		}

		/// Sets the numbers.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::govern())]
		pub fn set_policy(origin: OriginFor<T>, policy: types::Policy) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_set_policy(policy)
		}

		/// Strikes a coin off the books that Bitcoin has no more, as after a reorganisation in which
		/// its depositor spent it otherwise. Attempts at the batch in flight that spend it are given
		/// up, and the batch with the last of them.
		///
		/// Only for a coin that will never come back: attempts that were given up could be mined then,
		/// beside the payments that took its place.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::govern())]
		pub fn abandon(origin: OriginFor<T>, outpoint: OutPoint) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_abandon(outpoint)
		}

		/// Books a Bitcoin output that custody's keys hold and the books do not know, with the proof
		/// that it is in a final block: the change of another attempt than the settled one, after a
		/// deep reorganisation, or a payment to a committee's own or fixed address that names nobody.
		/// Nothing is minted for it.
		///
		/// A change becomes custody's main coin where there is none and no batch is in flight.
		/// Everything else waits to be swept, at the reserve's cost. A deposit that its payer can still
		/// claim should be left to the payer.
		#[pallet::call_index(15)]
		#[pallet::weight(
			T::Bitcoin::verify_weight(claim).saturating_add(T::WeightInfo::adopt())
		)]
		pub fn adopt(
			origin: OriginFor<T>,
			claim: InclusionClaim,
			vout: u32,
			committee: CommitteeId,
			coin_origin: CoinOrigin,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_adopt(&claim, vout, committee, coin_origin)
		}
	}
}
