//! # Sequencer staking
//!
//! Who makes blocks has bonded BTC for it, on Bitcoin itself. Who cheats loses it, on Bitcoin itself.
//!
//! ## Idea
//!
//! **A bond** is a Bitcoin output ([`entangled_bitcoin::bond`]). Until its timelock ends it can be spent only
//! by the staker and the *covenant* together: the committee of the peg that served when it was registered. The
//! staker signs in advance the transactions that slash it, and the covenant signs in advance the one
//! transaction by which the staker leaves. So the order is: [`register`](Call::register), the covenant
//! [`sign`](Call::sign)s the way out, the staker funds the bond on Bitcoin, and anybody brings the proof
//! ([`activate`](Call::activate)). A coin is never locked before its way out is signed.
//!
//! It ends by unbonding ([`unbond`](Call::unbond), or simply by the unbonding transaction on Bitcoin), by the
//! end of its timelock, by an [`extend`](Call::extend)ed bond that takes its coin over, or by being slashed. It
//! counts no more as soon as any of these is certain; and it can be slashed for as long as the staker cannot have
//! the coin.
//!
//! **A sequencer** holds token stake (ENT) and stands for election. Those with the most bonded BTC, their own and
//! what others have bonded for them, are the validators of the next session.
//!
//! **Rewards** of a session, of fees and of new ENT, go to its validators by the blocks they made; from each to
//! those who bonded for it, by what they bonded, after its commission. They are [`collect`](Call::collect)ed when
//! somebody likes to.
//!
//! **Offences.** Who signs two blocks for one slot, or two votes for one round, loses a part of the token stake at once
//! and is banned. All BTC bonded for it is slashed: the covenant completes the transactions that the stakers signed in
//! advance, anybody sends one to Bitcoin, and the proof that it is there ([`report_spend`](Call::report_spend)) brings
//! what was slashed into the peg's custody. Who is absent is jailed for a while,
//! and so is a validator that as a member of covenants or of the peg's committee does not sign.
//!
//! ## State
//!
//! - [`CurrentPolicy`]: the numbers. [`Rules`]: those of bonds, by the height of Bitcoin from which on they hold; a bond
//!   keeps those it was registered under.
//! - [`Bonds`]: every bond ever registered; [`BondsOf`]: those of each sequencer that have not ended;
//!   [`Asked`], [`Signatures`]: what covenants are to sign, and have; [`Expiries`], [`ExpiredTo`]: which bonds stop counting at which
//!   height; [`CovenantBonds`]: how many bonds depend on each committee.
//! - [`Sequencers`]; [`Ranking`]: those who stand for election, by bonded BTC; [`Founders`]: who fills the set first while
//!   there are too few of them; [`BondedTotal`].
//! - [`Authored`]: blocks of this session by each validator. [`Earned`]: what may be collected without any bond.
//!   [`Owed`]: what has been given to somebody and not collected. [`LastInflation`]: when ENT was last made.
//! - [`PendingSlashes`]: offences whose bonds are gone through; [`SlashOrders`]: bonds that are to be slashed.
//!
//! ## Invariants (`try_state`)
//!
//! - A sequencer's totals are the sums of its bonds that count; [`BondedTotal`] is the sum of all.
//! - [`Ranking`] has exactly the sequencers that stand for election, in order, with the BTC that counts for it.
//! - [`BondsOf`], [`Expiries`], [`CovenantBonds`] and [`Asked`] name exactly the bonds that they should, and
//!   only bonds that stopped counting and have not ended have [`SlashOrders`].
//! - On hold is exactly what is at stake, unlocking, or deposited for registrations.
//! - The pallet's account holds at least what is [`Owed`], and what all could collect together is no more than that.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

mod activation;
mod authorize;
mod bond;
mod election;
mod expiry;
mod extension;
mod governance;
mod interface;
mod invariants;
mod liveness;
mod offences;
mod ranking;
mod registration;
mod sequencer;
mod signing;
mod silence;
mod slashing;
mod spending;
mod types;
mod unbonding;
mod views;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub mod rewards;
pub mod runtime_api;
pub mod weights;

pub use interface::{Covenants, RegisteredKeys};
pub use pallet::*;
pub use types::*;
pub use views::Elected;
pub use weights::WeightInfo;

use polkadot_sdk::{frame_support, frame_system};

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use entangled_bitcoin::{OutPoint, Sats, Txid, XOnlyKey};
	use frame_support::{
		pallet_prelude::*,
		traits::fungible::{hold, Balanced, Inspect, Mutate},
		PalletId,
	};
	use frame_system::pallet_prelude::*;
	use pallet_btc_light_client::{BitcoinChain, InclusionClaim, OpenCalls};
	use polkadot_sdk::{sp_runtime::Perbill, sp_staking::SessionIndex};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config<AccountId: Into<[u8; 32]>> {
		/// Bitcoin, as the chain knows it.
		type Bitcoin: BitcoinChain;

		/// ENT.
		type Currency: Inspect<Self::AccountId, Balance = Ent>
			+ Mutate<Self::AccountId>
			+ Balanced<Self::AccountId>
			+ hold::Mutate<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ hold::Balanced<Self::AccountId>;

		/// eBTC: one unit is one satoshi.
		type Ebtc: Inspect<Self::AccountId, Balance = u128> + Mutate<Self::AccountId>;

		/// The committees of the peg.
		type Covenants: Covenants<Self::AccountId>;

		/// The keys of validators.
		type Keys: RegisteredKeys<Self::AccountId>;

		/// The session that runs.
		type CurrentSession: Get<SessionIndex>;

		/// How long it takes to slash. The rules of bonds leave as much time.
		#[pallet::constant]
		type SlashingTime: Get<SlashingTime>;

		/// Who gets what is slashed of the token stake, and a part of the BTC.
		type Treasury: Get<Self::AccountId>;

		/// The runtime's reasons to hold ENT.
		type RuntimeHoldReason: From<HoldReason>;

		/// Who may set the numbers.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Names the account from which rewards are paid. Fees may be paid into it.
		#[pallet::constant]
		type PalletId: Get<PalletId>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// What ENT is on hold for.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// It is at stake, or was and can still be slashed.
		Stake,
		/// A bond was registered and is not on Bitcoin yet.
		Registration,
	}

	/// The numbers that governance sets.
	#[pallet::storage]
	pub type CurrentPolicy<T> = StorageValue<_, types::Policy, ValueQuery>;

	/// The rules of bonds by the height of Bitcoin from which on they hold, ascending.
	#[pallet::storage]
	pub type Rules<T> =
		StorageValue<_, BoundedVec<RulesVersion, ConstU32<MAX_VERSIONS>>, ValueQuery>;

	/// Every bond that was registered. None is forgotten, so that no output is registered twice: the rules do not
	/// stand in its script, so that under others it would have a second way out.
	#[pallet::storage]
	pub type Bonds<T: Config> =
		StorageMap<_, Blake2_128Concat, OutPoint, Bond<T::AccountId>, OptionQuery>;

	/// The bonds of each sequencer that have not ended.
	#[pallet::storage]
	pub type BondsOf<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		OutPoint,
		(),
		OptionQuery,
	>;

	/// What the covenant's members have signed for bonds that have not ended; and the ways out of those that were
	/// approved and given up.
	#[pallet::storage]
	pub type Signatures<T> = StorageNMap<
		_,
		(
			NMapKey<Blake2_128Concat, OutPoint>,
			NMapKey<Twox64Concat, Duty>,
			NMapKey<Twox64Concat, XOnlyKey>,
		),
		DutySignatures,
		OptionQuery,
	>;

	/// What covenants are asked to sign, until enough members have.
	#[pallet::storage]
	pub type Asked<T> =
		StorageDoubleMap<_, Blake2_128Concat, OutPoint, Twox64Concat, Duty, (), OptionQuery>;

	/// Which bonds stop counting at which height of Bitcoin.
	#[pallet::storage]
	pub type Expiries<T> =
		StorageMap<_, Twox64Concat, u32, BoundedVec<OutPoint, ConstU32<MAX_EXPIRING>>, ValueQuery>;

	/// Below which height all of them have.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type ExpiredTo<T> = StorageValue<_, u32, ValueQuery>;

	/// How many bonds that have not ended depend on each committee.
	#[pallet::storage]
	pub type CovenantBonds<T> = StorageMap<_, Twox64Concat, CovenantId, u32, ValueQuery>;

	/// Those who hold stake to be elected, have bonds, or were banned.
	#[pallet::storage]
	pub type Sequencers<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Sequencer, OptionQuery>;

	/// Those who stand for election and the BTC that counts for it, which is none while they lack what a candidate
	/// must have. Those with the most come first, of equals the smaller account.
	#[pallet::storage]
	pub type Ranking<T: Config> =
		StorageValue<_, BoundedVec<(Sats, T::AccountId), ConstU32<MAX_SEQUENCERS>>, ValueQuery>;

	/// Who fills the set of validators while there are fewer candidates than it needs.
	#[pallet::storage]
	pub type Founders<T: Config> =
		StorageValue<_, BoundedVec<T::AccountId, ConstU32<MAX_VALIDATORS>>, ValueQuery>;

	/// All BTC in bonds that count.
	#[pallet::storage]
	pub type BondedTotal<T> = StorageValue<_, Sats, ValueQuery>;

	/// How many blocks of this session each validator has made.
	#[pallet::storage]
	pub type Authored<T: Config> = StorageMap<_, Twox64Concat, T::AccountId, u32, ValueQuery>;

	/// What accounts have earned that waits to be collected, beside what their bonds earn since they last
	/// collected.
	#[pallet::storage]
	pub type Earned<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Earnings, ValueQuery>;

	/// What was given to somebody and not collected, all together.
	#[pallet::storage]
	pub type Owed<T> = StorageValue<_, Earnings, ValueQuery>;

	/// The block up to which new ENT has been made.
	#[pallet::storage]
	pub type LastInflation<T: Config> = StorageValue<_, BlockNumberFor<T>, ValueQuery>;

	/// Offences whose bonds are gone through, the oldest first.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type PendingSlashes<T: Config> =
		StorageValue<_, BoundedVec<PendingSlash<T::AccountId>, ConstU32<MAX_SLASHES>>, ValueQuery>;

	/// Bonds that are to be slashed on Bitcoin.
	#[pallet::storage]
	pub type SlashOrders<T: Config> =
		StorageMap<_, Blake2_128Concat, OutPoint, SlashOrder<T::AccountId>, OptionQuery>;

	/// The numbers at first.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The numbers that governance may change later.
		pub policy: types::Policy,
		/// The rules of bonds from the start.
		pub rules: entangled_bitcoin::bond::BondRules,
		/// Who makes blocks until enough others have bonded.
		pub founders: Vec<T::AccountId>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// At genesis there is nobody to report to; a chain that cannot work must not start.
			assert!(self.policy.is_sound(), "the numbers of staking do not go together");
			assert!(self.rules.is_sound(), "the rules of bonds do not go together");
			assert!(self.policy.fits(&self.rules), "the rules of bonds do not fit the numbers");
			let in_time = T::SlashingTime::get().fits(&self.rules);
			assert!(in_time, "the unbonding time is too short to slash anybody");
			CurrentPolicy::<T>::put(self.policy.clone());
			let first = RulesVersion { from: 0, rules: self.rules };
			Rules::<T>::put(BoundedVec::truncate_from(alloc::vec![first]));
			let founders = BoundedVec::try_from(self.founders.clone());
			ExpiredTo::<T>::put(T::Bitcoin::clock().bitcoin_height);
			Founders::<T>::put(founders.expect("there are no more founders than validators"));
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A bond was registered. The covenant is to sign its way out.
		BondRegistered {
			/// The output.
			outpoint: OutPoint,
			/// Whose.
			owner: T::AccountId,
			/// For whom.
			sequencer: T::AccountId,
			/// What it is to hold.
			value: Sats,
		},
		/// A member of the covenant has signed.
		CovenantSigned {
			/// The bond.
			outpoint: OutPoint,
			/// What for.
			duty: Duty,
			/// The member's key.
			key: XOnlyKey,
		},
		/// The covenant has signed the way out. The bond may be funded.
		BondApproved {
			/// The bond.
			outpoint: OutPoint,
		},
		/// The bond is on Bitcoin and counts.
		BondActivated {
			/// The bond.
			outpoint: OutPoint,
			/// What it holds.
			value: Sats,
			/// Height of Bitcoin's tip at which it counts no more.
			expires: u32,
		},
		/// The bond does not count, or no more. It can still be slashed if it did.
		BondLeaves {
			/// The bond.
			outpoint: OutPoint,
			/// Why.
			why: Leave,
		},
		/// The unbonding transaction is on Bitcoin.
		BondUnbonded {
			/// The bond.
			outpoint: OutPoint,
			/// Height of Bitcoin's tip from which on the staker can spend what it made.
			until: u32,
		},
		/// The bond has ended.
		BondClosed {
			/// The bond.
			outpoint: OutPoint,
			/// How.
			outcome: Outcome,
		},
		/// A bond was given up that could have been funded. The deposit is shared with the rewards.
		DepositForfeited {
			/// The bond.
			outpoint: OutPoint,
			/// Whose deposit.
			owner: T::AccountId,
			/// How much.
			amount: Ent,
		},
		/// The bond is to be slashed. The covenant is to sign.
		SlashOrdered {
			/// The bond.
			outpoint: OutPoint,
			/// For whose offence.
			offender: T::AccountId,
		},
		/// The transactions that slash the bond have all signatures. Anybody may send them to Bitcoin.
		SlashCompleted {
			/// The bond.
			outpoint: OutPoint,
		},
		/// The covenant has not signed an order to slash in time. Who of its members had not has missed it.
		SilenceNoted {
			/// The bond.
			outpoint: OutPoint,
		},
		/// A slashing transaction is on Bitcoin.
		SlashSettled {
			/// The bond.
			outpoint: OutPoint,
			/// The transaction.
			txid: Txid,
			/// What came into the peg's custody,
			proceeds: Sats,
			/// what of it the reporter got,
			reporter: Sats,
			/// and what the treasury.
			treasury: Sats,
		},
		/// A sequencer changed its token stake.
		StakeChanged {
			/// Who.
			sequencer: T::AccountId,
			/// What is at stake now.
			stake: Ent,
		},
		/// Token stake was given back.
		StakeReleased {
			/// To whom.
			sequencer: T::AccountId,
			/// How much.
			amount: Ent,
		},
		/// A sequencer set its commission.
		CommissionSet {
			/// Who.
			sequencer: T::AccountId,
			/// The commission.
			commission: Ppm,
		},
		/// A sequencer stands for election, or does not.
		StatusChanged {
			/// Who.
			sequencer: T::AccountId,
			/// Whether.
			status: SequencerStatus,
		},
		/// A sequencer's token stake was slashed.
		StakeSlashed {
			/// Whose.
			sequencer: T::AccountId,
			/// How much.
			amount: Ent,
			/// For an offence that costs this part of it.
			fraction: Perbill,
		},
		/// The rewards of a session have been given to those who earned them.
		RewardsShared {
			/// The session.
			session: SessionIndex,
			/// What was shared.
			earnings: Earnings,
		},
		/// Somebody collected rewards.
		RewardsCollected {
			/// Who.
			who: T::AccountId,
			/// What.
			earnings: Earnings,
		},
		/// The validators of a session were elected.
		Elected {
			/// The session.
			session: SessionIndex,
			/// How many.
			validators: u32,
			/// How many of them fill the set, for want of candidates.
			filling: u32,
		},
		/// Governance set the numbers.
		PolicyChanged {
			/// The numbers.
			policy: types::Policy,
		},
		/// Governance named other founders.
		FoundersChanged {
			/// Who.
			founders: Vec<T::AccountId>,
		},
		/// Governance set the rules of bonds.
		RulesChanged {
			/// The rules, and from when on.
			version: RulesVersion,
		},
	}

	/// Why a call was refused. It changed nothing then.
	#[pallet::error]
	pub enum Error<T> {
		/// There is no such sequencer.
		UnknownSequencer,
		/// There is no such bond.
		UnknownBond,
		/// There is no such committee, or it is not the one that serves.
		UnknownCovenant,
		/// The timelock is too short or too long.
		TimelockOutOfRange,
		/// The key is not on the curve, or is one of the covenant's.
		InvalidKey,
		/// What the rules' transactions pay is too little for them to be relayed.
		FeesTooLow,
		/// The bytes are not a transaction without witnesses.
		NotATransaction,
		/// The transaction is a coinbase. Newly mined coins must be moved before they are bonded.
		Coinbase,
		/// The transaction has no output with this index.
		NoSuchOutput,
		/// The output's script is not that of the bond.
		WrongScript,
		/// Another output pays to the bond's script too.
		SeveralOutputs,
		/// The bond holds less than the least one.
		BelowMinimum,
		/// The bond holds more than there are bitcoins.
		AboveMaximum,
		/// The output has been registered before.
		AlreadyRegistered,
		/// The signature of the transaction that slashes the bond is not the staker's, or not of it, or for another
		/// account or chain.
		WrongBondSlashSignature,
		/// The signature of the transaction that slashes what unbonding makes is not the staker's, or not of it, or for
		/// another account or chain.
		WrongUnbondingSlashSignature,
		/// The sequencer has as many bonds as it can have.
		TooManyBonds,
		/// The sequencer has been banned.
		Banned,
		/// The key is of no member of the covenant.
		NotAMember,
		/// The member has signed that already.
		AlreadySigned,
		/// A signature is not the member's, or not of this transaction.
		WrongSignature,
		/// There are not as many signatures as the duty asks for.
		WrongSignatureCount,
		/// Nobody asked the covenant to sign this.
		NotAsked,
		/// The way out of the bond is not signed yet.
		NotApproved,
		/// The bond counts already, or did.
		AlreadyActive,
		/// The bond does not count, or nobody has shown yet that it has taken over the coin of the one that it extends.
		NotActive,
		/// The bond has ended.
		Ended,
		/// The bond waits for signatures or funds still, or the transaction that would make it of another one
		/// may have been signed.
		NotDropped,
		/// Only the owner may do this.
		NotOwner,
		/// The transaction does not fund the bond.
		NotTheFunding,
		/// The transaction does not spend the bond.
		NotASpend,
		/// The transaction is known, and nothing follows from it.
		NothingNew,
		/// The coin was in a block before the bond was registered.
		FundedTooEarly,
		/// The coin is in a block after the time in which the bond had to be funded. The way out is signed.
		FundedTooLate,
		/// So little of the timelock is left that the bond would not count.
		ExpiresTooSoon,
		/// Too many bonds expire at that height.
		TooManyExpiring,
		/// The bond can still be slashed.
		NotReleased,
		/// The bond is to be slashed.
		BeingSlashed,
		/// Bitcoin cannot be relied on: a reorganisation was too deep.
		Frozen,
		/// Bitcoin's headers have not been arriving.
		Stale,
		/// The Bitcoin block may not be relied on, or not yet.
		BlockNotFinal,
		/// The proof does not show that the transaction is in the block.
		WrongProof,
		/// The transaction is longer than any that Bitcoin's nodes relay.
		TransactionTooLong,
		/// So many coins wait to be swept by the peg that what was slashed must wait, too.
		CustodyFull,
		/// The amount is zero.
		ZeroAmount,
		/// The account has not as much ENT.
		InsufficientBalance,
		/// As many sequencers stand for election as can, and none of them has less BTC.
		TooManySequencers,
		/// The stake would be below the least one of a candidate. To take it back, chill first.
		BelowMinimumStake,
		/// There is not so much at stake.
		InsufficientStake,
		/// Too many amounts wait to be unlocked.
		TooManyUnlocking,
		/// Nothing is unlocked yet.
		NothingUnlocked,
		/// The commission is above the highest one.
		CommissionTooHigh,
		/// The commission rises by more than it may at once.
		CommissionRisesTooFast,
		/// The commission was changed too short a time ago.
		CommissionTooSoon,
		/// The sequencer does not stand for election.
		NotACandidate,
		/// The sequencer stands for election.
		AlreadyCandidate,
		/// The sequencer is in jail still.
		StillJailed,
		/// The account has not registered the keys of a validator.
		NoSessionKeys,
		/// There is nothing to collect.
		NothingToCollect,
		/// The numbers do not go together.
		UnsoundPolicy,
		/// The rules of bonds do not go together, not with the numbers, leave no time to slash, or are to hold from a
		/// height that has passed.
		UnsoundRules,
		/// There are as many versions of the rules as can be kept.
		TooManyVersions,
		/// The covenant has time to sign still.
		NotSilent,
		/// A founder is named twice.
		DuplicateFounder,
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
		/// Registers a bond that is not on Bitcoin yet, with all that the staker signs in advance. ENT is on hold
		/// until it is on Bitcoin, or given up.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(registration.funding.len() as u32))]
		pub fn register(
			origin: OriginFor<T>,
			registration: Registration<T::AccountId>,
		) -> DispatchResult {
			Self::do_register(ensure_signed(origin)?, registration)
		}

		/// Registers a bond that takes over the coin of one of the caller's that counts, under the covenant and the rules
		/// of today and with a new timelock. Its funding transaction follows from the old bond; both covenants are to
		/// sign.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::register(MAX_FUNDING))]
		pub fn extend(
			origin: OriginFor<T>,
			outpoint: OutPoint,
			timelock: u16,
			covenant: CovenantId,
			presigned: Presigned,
		) -> DispatchResult {
			Self::do_extend(ensure_signed(origin)?, outpoint, timelock, covenant, presigned)
		}

		/// Brings what a member of a covenant signs for a bond.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::sign())]
		#[pallet::authorize(|source, outpoint, duty, key, signatures| {
			Pallet::<T>::authorize(source, ("sign", outpoint, duty, key), || {
				Pallet::<T>::check_signatures(outpoint, *duty, key, signatures).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn sign(
			origin: OriginFor<T>,
			outpoint: OutPoint,
			duty: Duty,
			key: XOnlyKey,
			signatures: DutySignatures,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_sign(outpoint, duty, key, signatures)?;
			Ok(Pays::No.into())
		}

		/// Lets a bond count, with the proof that its funding transaction is in a final Bitcoin block.
		#[pallet::call_index(3)]
		#[pallet::weight(
			T::Bitcoin::verify_weight(claim).saturating_add(T::WeightInfo::activate())
		)]
		#[pallet::authorize(|source, outpoint, claim| {
			Pallet::<T>::authorize(source, ("activate", outpoint), || {
				Pallet::<T>::plan_activation(outpoint, claim).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn activate(
			origin: OriginFor<T>,
			outpoint: OutPoint,
			claim: InclusionClaim,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_activate(outpoint, &claim)?;
			Ok(Pays::No.into())
		}

		/// Gives up a bond that was not approved or not funded in time. If it was approved, the deposit is lost.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::close())]
		pub fn drop_bond(origin: OriginFor<T>, outpoint: OutPoint) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_drop(outpoint)
		}

		/// Lets a bond of one's own count no more. The staker may send the unbonding transaction to Bitcoin.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, outpoint: OutPoint) -> DispatchResult {
			Self::do_unbond(&ensure_signed(origin)?, outpoint)
		}

		/// Brings the proof that a transaction in a final Bitcoin block spends a bond, or what unbonding made of it.
		/// What follows depends on which transaction it is.
		#[pallet::call_index(6)]
		#[pallet::weight(
			T::Bitcoin::verify_weight(claim).saturating_add(T::WeightInfo::report_spend())
		)]
		#[pallet::authorize(|source, outpoint, claim| {
			Pallet::<T>::authorize(source, ("spend", outpoint, claim.txid()), || {
				Pallet::<T>::plan_spend(outpoint, claim).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn report_spend(
			origin: OriginFor<T>,
			outpoint: OutPoint,
			claim: InclusionClaim,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_report_spend(outpoint, &claim)?;
			Ok(Pays::No.into())
		}

		/// Closes a bond that cannot be slashed any more, because the staker can have the coin.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::close())]
		pub fn release(origin: OriginFor<T>, outpoint: OutPoint) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_release(outpoint)
		}

		/// Puts ENT at stake. With the first, the caller becomes a sequencer, chilled.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::stake())]
		pub fn stake(origin: OriginFor<T>, amount: Ent) -> DispatchResult {
			Self::do_stake(ensure_signed(origin)?, amount)
		}

		/// Asks ENT back. It stays on hold, and can be slashed, for a time.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::stake())]
		pub fn unstake(origin: OriginFor<T>, amount: Ent) -> DispatchResult {
			Self::do_unstake(&ensure_signed(origin)?, amount)
		}

		/// Takes the ENT whose time on hold is over.
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::stake())]
		pub fn withdraw_stake(origin: OriginFor<T>) -> DispatchResult {
			Self::do_withdraw_stake(&ensure_signed(origin)?)
		}

		/// Sets what the caller takes of rewards before those who bonded for it.
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::stake())]
		pub fn set_commission(origin: OriginFor<T>, commission: Ppm) -> DispatchResult {
			Self::do_set_commission(&ensure_signed(origin)?, commission)
		}

		/// Stands for election: at first, after a rest, or after jail.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::stand())]
		pub fn stand(origin: OriginFor<T>) -> DispatchResult {
			Self::do_stand(&ensure_signed(origin)?)
		}

		/// Stands for election no more.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::stand())]
		pub fn chill(origin: OriginFor<T>) -> DispatchResult {
			Self::do_chill(&ensure_signed(origin)?)
		}

		/// Collects what the caller has earned: by commission, and by these bonds of its own.
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::collect(bonds.len() as u32))]
		pub fn collect(
			origin: OriginFor<T>,
			bonds: BoundedVec<OutPoint, ConstU32<MAX_COLLECTED>>,
		) -> DispatchResult {
			Self::do_collect(&ensure_signed(origin)?, &bonds)
		}

		/// Sets the numbers.
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::govern())]
		pub fn set_policy(origin: OriginFor<T>, policy: types::Policy) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_set_policy(policy)
		}

		/// Sets the rules of bonds that are registered from a height of Bitcoin on, in place of what was to hold from
		/// there on.
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::govern())]
		pub fn set_rules(origin: OriginFor<T>, version: RulesVersion) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_set_rules(version)
		}

		/// Names those who fill the set of validators while there are too few candidates, in this order.
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::govern())]
		pub fn set_founders(
			origin: OriginFor<T>,
			founders: BoundedVec<T::AccountId, ConstU32<MAX_VALIDATORS>>,
		) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_set_founders(founders)
		}

		/// Closes a bond that is on Bitcoin no more, because a reorganisation was too deep. Of such a coin nothing can
		/// be proven.
		#[pallet::call_index(18)]
		#[pallet::weight(T::WeightInfo::close())]
		pub fn strike(origin: OriginFor<T>, outpoint: OutPoint) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			Self::do_strike(outpoint)
		}

		/// Notes who of a covenant has not signed in time what slashes a bond. Once for each order.
		#[pallet::call_index(19)]
		#[pallet::weight(T::WeightInfo::sign())]
		#[pallet::authorize(|source, outpoint| {
			Pallet::<T>::authorize(source, ("silence", outpoint), || {
				Pallet::<T>::silent_order(outpoint).map(drop)
			})
		})]
		#[pallet::weight_of_authorize(Weight::zero())]
		pub fn note_silence(
			origin: OriginFor<T>,
			outpoint: OutPoint,
		) -> DispatchResultWithPostInfo {
			Self::ensure_anybody(origin)?;
			Self::do_note_silence(outpoint)?;
			Ok(Pays::No.into())
		}
	}
}
