//! # Bitcoin light client
//!
//! Follows Bitcoin by its headers, and tells other pallets which of its blocks may be relied on.
//!
//! ## Idea
//!
//! The pallet keeps one chain of headers: of all chains that it was shown, the one with the most
//! work. Headers are checked by the rules of Bitcoin Core ([`entangled_bitcoin::chain`]). A branch
//! arrives whole, in one list, and replaces the end of the chain only when it has strictly more
//! work.
//!
//! Work alone does not make a block reliable: who feeds us a private chain while honest relayers
//! are silent would be believed. So a block is *final* only behind three gates:
//!
//! 1. **Depth**: it has `confirmations` blocks, itself included.
//! 2. **Age**: we have known it for `own_blocks` of our own blocks.
//! 3. **Attestation**: two thirds of the active validators have named, in blocks that they
//!    authored, a block of this chain as the best one of their own Bitcoin node, at least
//!    `confirmations - 1` above it. An author's seal signs what the author names; no transaction
//!    is needed.
//!
//! And nothing is final while the client is *frozen* (a reorganisation removed a block that had once
//! had its `confirmations`; governance resumes) or *stale* (no header for `stale_after`).
//! The client follows headers in both conditions. It only stops vouching for them.
//!
//! Signet's blocks are signed by its operators, in the coinbase, where a client of headers does not
//! see it; their work alone anybody can surpass. There only the validators' inherents bring headers.
//!
//! ## State
//!
//! - [`Network`], [`CurrentPolicy`], [`Origin`]: set at genesis.
//! - [`Pages`]: the headers from `Origin` on, [`PAGE_SIZE`] to a page. A page is pruned when
//!   [`KEPT_PAGES`] newer ones exist. Hashes are not stored: each header names its parent.
//! - [`Tip`]: the last block and the work of the chain.
//! - [`Views`]: the last block of the chain that each validator named, and its fee-rate estimate.
//! - [`ConfirmedHeight`]: the highest block that has had its `confirmations`. What is at or below it
//!   must not leave. [`Freeze`]: set while frozen. [`LastAdvance`]: when the tip last changed.
//! - [`ActiveBlocks`]: how many of our blocks were made while the client was neither frozen nor
//!   stale: the clock in which deadlines run.
//!
//! ## Calls
//!
//! - [`observe`](Call::observe): the author's inherent. Without a fee, and no one can crowd it out.
//! - [`submit_headers`](Call::submit_headers): anybody's. Free when it advances the tip.
//! - [`resume`](Call::resume): ends a freeze; for [`Config::GovernanceOrigin`].
//! - [`restart`](Call::restart): starts anew at a checkpoint, for when Bitcoin's chain has left ours
//!   deeper than a branch may be; for [`Config::GovernanceOrigin`].
//!
//! ## Invariants (`try_state`)
//!
//! - Every header names the hash of the one before it, and the last one's hash is the tip's.
//! - Pages are full but for the last, and lie side by side.
//! - No validator's named block lies above the tip.

#![cfg_attr(not(feature = "std"), no_std)]
#![warn(missing_docs)]

extern crate alloc;

mod attestation;
mod authorize;
mod chain;
mod clock;
mod finality;
mod inherent;
mod interface;
mod our_chain;
mod types;
mod views;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub mod runtime_api;
pub mod weights;

pub use authorize::{OpenCalls, Validity};
pub use chain::{KEPT_PAGES, PAGE_SIZE};
pub use interface::{BitcoinChain, OnReorganisation};
pub use our_chain::our_chain;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use polkadot_sdk::{frame_support, frame_system, sp_io, sp_runtime};

/// SHA-256 and secp256k1 by the host, at native speed.
#[derive(Clone, Copy, Debug)]
pub struct Host;

impl entangled_bitcoin::Sha256 for Host {
	fn sha256(data: &[u8]) -> [u8; 32] {
		sp_io::hashing::sha2_256(data)
	}
}

impl entangled_bitcoin::Secp256k1 for Host {
	fn recover(signature: &[u8; 65], message: &[u8; 32]) -> Option<[u8; 64]> {
		sp_io::crypto::secp256k1_ecdsa_recover(signature, message).ok()
	}
}

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use entangled_bitcoin::{Checkpoint, HeaderError};
	use frame_support::{pallet_prelude::*, traits::UnixTime};
	use frame_system::pallet_prelude::*;
	use sp_runtime::traits::SaturatedConversion;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// Our clock: the timestamp of the block in execution once its inherent has run.
		type Time: UnixTime;

		/// How a validator is named.
		type ValidatorId: Parameter + Member + MaxEncodedLen + Ord;

		/// The author of the block in execution.
		type Author: Get<Option<Self::ValidatorId>>;

		/// The active validators: those whose attestations count.
		type Validators: Get<Vec<Self::ValidatorId>>;

		/// The most active validators that there can be.
		#[pallet::constant]
		type MaxValidators: Get<u32>;

		/// Who may end a freeze, and name a new checkpoint.
		type GovernanceOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// Who must know of blocks that left the chain.
		type OnReorganisation: OnReorganisation;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// The Bitcoin network that is followed.
	#[pallet::storage]
	pub type Network<T> = StorageValue<_, entangled_bitcoin::Network, OptionQuery>;

	/// When a block counts as final.
	#[pallet::storage]
	pub type CurrentPolicy<T> = StorageValue<_, types::Policy, ValueQuery>;

	/// Height of the first header of the first page.
	#[pallet::storage]
	pub type Origin<T> = StorageValue<_, u32, ValueQuery>;

	/// The headers, [`PAGE_SIZE`] to a page; page `p` begins at height `Origin + p * PAGE_SIZE`.
	#[pallet::storage]
	pub type Pages<T> = StorageMap<_, Identity, u32, chain::Page, OptionQuery>;

	/// The last block of the chain.
	#[pallet::storage]
	pub type Tip<T> = StorageValue<_, entangled_bitcoin::Tip, OptionQuery>;

	/// What each validator last saw of Bitcoin.
	#[pallet::storage]
	pub type Views<T: Config> =
		StorageValue<_, BoundedBTreeMap<T::ValidatorId, View, T::MaxValidators>, ValueQuery>;

	/// When the tip last changed, in milliseconds since 1970-01-01.
	#[pallet::storage]
	pub type LastAdvance<T> = StorageValue<_, u64, ValueQuery>;

	/// Height of the highest block that has had all its confirmations, and may have been relied on.
	#[pallet::storage]
	pub type ConfirmedHeight<T> = StorageValue<_, u32, ValueQuery>;

	/// The reorganisation that froze the client, while it is frozen.
	#[pallet::storage]
	pub type Freeze<T> = StorageValue<_, Reorganisation, OptionQuery>;

	/// How many of our blocks were made while the client was neither frozen nor stale.
	#[pallet::storage]
	pub type ActiveBlocks<T> = StorageValue<_, u32, ValueQuery>;

	/// Whether the author's inherent of this block has run.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type Observed<T> = StorageValue<_, bool, ValueQuery>;

	/// Where the chain starts, and when its blocks are final.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// The block that is taken on trust. The client does nothing without one.
		pub checkpoint: Option<Checkpoint>,
		/// When a block counts as final.
		pub policy: types::Policy,
		/// Nothing.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			// At genesis there is nobody to report to; a chain that cannot work must not start.
			assert!(self.policy.is_sound(), "invalid policy on the finality of Bitcoin blocks");
			CurrentPolicy::<T>::put(self.policy);
			if let Some(checkpoint) = &self.checkpoint {
				let tip = checkpoint.tip::<Host>().expect("invalid Bitcoin checkpoint");
				Pallet::<T>::start(checkpoint, tip);
			}
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// Headers were added to the end of the chain.
		Extended {
			/// The last block before.
			from: BlockRef,
			/// The last block now.
			to: BlockRef,
		},
		/// A branch with more work replaced the end of the chain.
		Reorganised(Reorganisation),
		/// A reorganisation removed a block that had all its confirmations. Nothing is final until
		/// governance resumes.
		Frozen(Reorganisation),
		/// Governance ended the freeze.
		Resumed,
		/// Governance started the client anew at this block.
		Restarted(BlockRef),
	}

	/// Why a call was refused. It changed nothing then.
	#[pallet::error]
	pub enum Error<T> {
		/// The chain specification names no Bitcoin checkpoint.
		NotStarted,
		/// The bytes are not a whole number of 80-byte headers.
		MalformedHeaders,
		/// There are no headers.
		NoHeaders,
		/// There are more headers than one list may have.
		TooManyHeaders,
		/// The parent of the first header is not in the chain.
		UnknownParent,
		/// The first header is in the chain already.
		KnownHeader,
		/// The branch leaves the chain too far below its tip.
		ForkTooDeep,
		/// A header does not name the one before it as its parent.
		Unlinked,
		/// A header's target is invalid or easier than the network allows.
		TargetAboveLimit,
		/// A header has not the target that its place in the chain asks for.
		WrongBits,
		/// A header's hash does not meet its target.
		InsufficientProofOfWork,
		/// A header's time is not after the median of the eleven before it.
		TimeTooOld,
		/// The first header of a period lies too far before its parent.
		Timewarp,
		/// A header's time is more than two hours ahead of our clock. Try again later.
		TimeTooFarAhead,
		/// A header's version is outdated.
		VersionTooLow,
		/// The branch has not more work than what it would replace.
		InsufficientWork,
		/// On signet only validators bring headers.
		ValidatorsOnly,
		/// The checkpoint is not one that a client can start from.
		InvalidCheckpoint,
		/// The author's inherent has run in this block already.
		AlreadyObserved,
		/// There is no freeze to end.
		NotFrozen,
	}

	impl<T> From<HeaderError> for Error<T> {
		fn from(error: HeaderError) -> Self {
			match error {
				HeaderError::NoHeaders => Error::NoHeaders,
				HeaderError::TooManyHeaders => Error::TooManyHeaders,
				HeaderError::UnknownParent => Error::UnknownParent,
				HeaderError::KnownHeader => Error::KnownHeader,
				HeaderError::ForkTooDeep => Error::ForkTooDeep,
				HeaderError::Unlinked => Error::Unlinked,
				HeaderError::TargetAboveLimit => Error::TargetAboveLimit,
				HeaderError::WrongBits => Error::WrongBits,
				HeaderError::InsufficientProofOfWork => Error::InsufficientProofOfWork,
				HeaderError::TimeTooOld => Error::TimeTooOld,
				HeaderError::Timewarp => Error::Timewarp,
				HeaderError::TimeTooFarAhead => Error::TimeTooFarAhead,
				HeaderError::VersionTooLow => Error::VersionTooLow,
				HeaderError::InsufficientWork => Error::InsufficientWork,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::tick();
			T::WeightInfo::on_initialize()
		}

		fn on_finalize(_: BlockNumberFor<T>) {
			Observed::<T>::kill();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}

		fn integrity_test() {
			assert!(T::MaxValidators::get() > 0, "somebody must be able to attest");
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// What the author of this block sees of Bitcoin: new headers, the best block of the
		/// author's own Bitcoin node, and an estimate of the fee rate.
		///
		/// An inherent; a block has at most one. A named block that is not in the chain, and an
		/// estimate beyond reason, are passed over. Headers that are refused make the block invalid.
		#[pallet::call_index(0)]
		#[pallet::weight((
			T::WeightInfo::observe(header_count(&observation.headers)),
			DispatchClass::Mandatory,
		))]
		pub fn observe(origin: OriginFor<T>, observation: Observation) -> DispatchResult {
			ensure_none(origin)?;
			ensure!(!Observed::<T>::get(), Error::<T>::AlreadyObserved);
			if !observation.headers.is_empty() {
				Self::do_submit(&observation.headers)?;
			}
			if let Some(author) = T::Author::get() {
				Self::record_view(author, observation.tip, observation.fee_rate);
			}
			Observed::<T>::put(true);
			Ok(())
		}

		/// Adds Bitcoin headers, 80 bytes each, every one the child of the one before it.
		///
		/// The first one's parent must be in the chain. If that is not the tip, the whole branch
		/// must be given, and have more work than the blocks it replaces. Free when it succeeds.
		#[pallet::call_index(1)]
		#[pallet::weight(
			T::WeightInfo::submit_headers(header_count(headers))
				.saturating_add(T::WeightInfo::search())
		)]
		pub fn submit_headers(
			origin: OriginFor<T>,
			headers: Vec<u8>,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let signed_blocks = Network::<T>::get() == Some(entangled_bitcoin::Network::Signet);
			ensure!(!signed_blocks, Error::<T>::ValidatorsOnly);
			let count = header_count(&headers);
			let rollback = Self::do_submit(&headers)?;
			let mut weight = T::WeightInfo::submit_headers(count);
			if rollback > 0 {
				weight.saturating_accrue(T::WeightInfo::search());
			}
			Ok((Some(weight), Pays::No).into())
		}

		/// Ends a freeze. What was final in the meantime is judged anew, by the chain as it is now.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::resume())]
		pub fn resume(origin: OriginFor<T>) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			ensure!(Freeze::<T>::take().is_some(), Error::<T>::NotFrozen);
			Self::deposit_event(Event::Resumed);
			Ok(())
		}

		/// Starts anew at a checkpoint, of the same network or of another.
		///
		/// All headers and all attestations are forgotten, so that nothing is final until validators
		/// attest again. A freeze stays.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::restart())]
		pub fn restart(origin: OriginFor<T>, checkpoint: Checkpoint) -> DispatchResult {
			T::GovernanceOrigin::ensure_origin(origin)?;
			let tip = checkpoint.tip::<Host>().map_err(|_| Error::<T>::InvalidCheckpoint)?;
			// Never more pages than these, so none stays.
			let _ = Pages::<T>::clear(KEPT_PAGES, None);
			Views::<T>::kill();
			ConfirmedHeight::<T>::kill();
			Self::start(&checkpoint, tip);
			T::OnReorganisation::on_reorganisation(0);
			Self::deposit_event(Event::Restarted(tip.block));
			Ok(())
		}
	}

	#[pallet::inherent]
	impl<T: Config> ProvideInherent for Pallet<T> {
		type Call = Call<T>;
		type Error = polkadot_sdk::sp_inherents::MakeFatalError<()>;
		const INHERENT_IDENTIFIER: InherentIdentifier = types::INHERENT_IDENTIFIER;

		fn create_inherent(data: &InherentData) -> Option<Self::Call> {
			let observation = data.get_data::<Observation>(&types::INHERENT_IDENTIFIER).ok()??;
			Self::acceptable(observation).map(|observation| Call::observe { observation })
		}

		fn is_inherent(call: &Self::Call) -> bool {
			matches!(call, Call::observe { .. })
		}
	}

	/// How many whole headers the bytes hold.
	pub(crate) fn header_count(headers: &[u8]) -> u32 {
		(headers.len() / entangled_bitcoin::Header::SIZE).saturated_into()
	}
}
