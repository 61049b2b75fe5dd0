//! The chain of headers in storage.

use crate::{
	pallet::header_count, Config, ConfirmedHeight, CurrentPolicy, Error, Event, Freeze, Host,
	LastAdvance, Network, OnReorganisation, Origin, Pages, Pallet, Reorganisation, StoredHeader,
	Tip,
};
use alloc::collections::BTreeMap;
use core::cell::RefCell;
use entangled_bitcoin::{
	apply,
	chain::{MAX_HEADERS, MIN_KEPT},
	network::MEDIAN_TIME_SPAN,
	BlockHash, BlockRef, Checkpoint, Header, HeaderError, HeaderStore, Network as BitcoinNetwork,
	Plan, Record, Tip as ChainTip,
};
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{ConstU32, UnixTime},
		BoundedVec,
	},
	frame_system,
	sp_runtime::{traits::SaturatedConversion, DispatchError},
};

/// Headers to a page. A header is found by one read, and 2,016 of them are written by 42.
pub const PAGE_SIZE: u32 = 48;

/// Pages that are kept: enough for every rule, and one that is being filled.
pub const KEPT_PAGES: u32 = MIN_KEPT.div_ceil(PAGE_SIZE) + 1;

/// Headers that follow one another.
pub type Page = BoundedVec<StoredHeader, ConstU32<PAGE_SIZE>>;

/// The page that holds the header at `height`, and its index there.
fn place(origin: u32, height: u32) -> Option<(u32, usize)> {
	let position = height.checked_sub(origin)?;
	Some((position / PAGE_SIZE, (position % PAGE_SIZE) as usize))
}

/// The chain as the rules read it. Each page is read once.
pub(crate) struct Stored<T> {
	network: BitcoinNetwork,
	origin: u32,
	tip: ChainTip,
	pages: RefCell<BTreeMap<u32, Option<Page>>>,
	_config: core::marker::PhantomData<T>,
}

impl<T: Config> Stored<T> {
	/// The chain; `None` when the chain specification names no checkpoint.
	pub fn open() -> Option<Self> {
		Some(Self {
			network: Network::<T>::get()?,
			origin: Origin::<T>::get(),
			tip: Tip::<T>::get()?,
			pages: Default::default(),
			_config: Default::default(),
		})
	}

	/// The header at `height`, and when it was stored.
	pub fn stored(&self, height: u32) -> Option<StoredHeader> {
		if height > self.tip.block.height {
			return None;
		}
		let (page, index) = place(self.origin, height)?;
		self.pages
			.borrow_mut()
			.entry(page)
			.or_insert_with(|| Pages::<T>::get(page))
			.as_ref()?
			.get(index)
			.copied()
	}

	/// The height of the oldest header that is kept.
	pub fn oldest(&self) -> Option<u32> {
		let (last, _) = place(self.origin, self.tip.block.height)?;
		// After a reorganisation fewer pages are kept than there might be.
		let most = last.saturating_add(1).saturating_sub(KEPT_PAGES);
		let first = (most..=last).find(|page| Pages::<T>::contains_key(page))?;
		self.origin.checked_add(first.checked_mul(PAGE_SIZE)?)
	}

	/// The height of the block with this hash.
	pub fn height_of(&self, hash: &BlockHash) -> Option<u32> {
		let tip = self.tip.block;
		if *hash == tip.hash {
			return Some(tip.height);
		}
		let mut height = tip.height;
		while let Some(record) = self.record(height) {
			height = height.checked_sub(1)?;
			if record.header.prev == *hash {
				// The parent of the oldest header is named, but not there.
				return self.record(height).map(|_| height);
			}
		}
		None
	}
}

impl<T: Config> HeaderStore for Stored<T> {
	fn network(&self) -> BitcoinNetwork {
		self.network
	}

	fn tip(&self) -> ChainTip {
		self.tip
	}

	fn record(&self, height: u32) -> Option<Record> {
		self.stored(height).map(|stored| stored.record)
	}
}

impl<T: Config> Pallet<T> {
	/// Starts the chain at a checkpoint, with the tip that it gives.
	pub(crate) fn start(checkpoint: &Checkpoint, tip: ChainTip) {
		let ancestors = checkpoint.height.min(MEDIAN_TIME_SPAN as u32 - 1);
		let origin = checkpoint.height.saturating_sub(ancestors);
		// The checkpoint opens a period, so no bits before it matter to those after it.
		let record = |header: &Header| Record { header: *header, real_bits: header.bits };
		Network::<T>::put(checkpoint.network);
		Origin::<T>::put(origin);
		Self::replace_from(origin, checkpoint.headers.iter().map(record), None);
		Tip::<T>::put(tip);
	}

	/// Adds headers to the chain, and says how many blocks they removed.
	pub(crate) fn do_submit(headers: &[u8]) -> Result<u32, DispatchError> {
		ensure!(header_count(headers) <= MAX_HEADERS, Error::<T>::TooManyHeaders);
		let headers = Header::parse_many(headers).ok_or(Error::<T>::MalformedHeaders)?;
		let store = Stored::<T>::open().ok_or(Error::<T>::NotStarted)?;
		let plan = Self::plan(&store, &headers).map_err(Error::<T>::from)?;
		let rollback = plan.rollback;
		Self::execute(store.tip.block, plan);
		Ok(rollback)
	}

	/// What the headers would change.
	pub(crate) fn plan(store: &Stored<T>, headers: &[Header]) -> Result<Plan, HeaderError> {
		apply::<Host, _>(store, headers, T::Time::now().as_secs())
	}

	fn execute(from: BlockRef, plan: Plan) {
		let Plan { fork_height, rollback, insert, tip } = plan;
		let to = tip.block;
		Self::replace_from(fork_height.saturating_add(1), insert.into_iter(), Some(from.height));
		Tip::<T>::put(tip);
		LastAdvance::<T>::put(Self::now_millis());
		let safety = CurrentPolicy::<T>::get().confirmations.saturating_sub(1);
		let was_confirmed = ConfirmedHeight::<T>::get();
		let confirmed = was_confirmed.min(fork_height).max(to.height.saturating_sub(safety));
		ConfirmedHeight::<T>::put(confirmed);
		if rollback == 0 {
			Self::deposit_event(Event::Extended { from, to });
			return;
		}
		let reorganisation = Reorganisation { fork_height, from, to };
		Self::forget_views_above(fork_height);
		Self::deposit_event(Event::Reorganised(reorganisation));
		if fork_height < was_confirmed && !Freeze::<T>::exists() {
			Freeze::<T>::put(reorganisation);
			Self::deposit_event(Event::Frozen(reorganisation));
		}
		T::OnReorganisation::on_reorganisation(fork_height);
	}

	/// Puts `records` at `first` and the heights that follow, in place of all that was there up to
	/// `old_tip`, and prunes what is no longer needed.
	fn replace_from(first: u32, records: impl Iterator<Item = Record>, old_tip: Option<u32>) {
		let origin = Origin::<T>::get();
		let stored_at = frame_system::Pallet::<T>::block_number().saturated_into();
		let Some((mut current, kept)) = place(origin, first) else { return };
		let mut page = Pages::<T>::get(current).unwrap_or_default();
		page.truncate(kept);
		for record in records {
			let stored = StoredHeader { record, stored_at };
			if let Err(stored) = page.try_push(stored) {
				// The page is full, and the next one is empty, so it takes the header.
				Pages::<T>::insert(current, core::mem::take(&mut page));
				current = current.saturating_add(1);
				let _ = page.try_push(stored);
			}
		}
		Pages::<T>::insert(current, page);

		let old_last = old_tip.and_then(|height| place(origin, height)).map_or(0, |(page, _)| page);
		for removed in current.saturating_add(1)..=old_last {
			Pages::<T>::remove(removed);
		}
		for added in old_last.saturating_add(1)..=current {
			if let Some(pruned) = added.checked_sub(KEPT_PAGES) {
				Pages::<T>::remove(pruned);
			}
		}
	}
}

#[cfg(any(feature = "try-runtime", test))]
impl<T: Config> Pallet<T> {
	/// Checks the invariants of the module's documentation.
	pub(crate) fn do_try_state() -> Result<(), polkadot_sdk::sp_runtime::TryRuntimeError> {
		let Some(store) = Stored::<T>::open() else { return Ok(()) };
		let tip = store.tip.block;
		let (last, length) = place(store.origin, tip.height).ok_or("tip below the origin")?;
		let mut pages = Pages::<T>::iter_keys().collect::<alloc::vec::Vec<_>>();
		pages.sort_unstable();
		ensure!(pages.last() == Some(&last), "the last page is not the tip's");
		ensure!(pages.len() <= KEPT_PAGES as usize, "more pages than are kept");
		let mut parent: Option<BlockHash> = None;
		let mut expected = pages.first().copied().unwrap_or(0);
		for index in pages {
			ensure!(index == expected, "pages do not lie side by side");
			expected = expected.saturating_add(1);
			let page = Pages::<T>::get(index).unwrap_or_default();
			let full = if index == last { length.saturating_add(1) } else { PAGE_SIZE as usize };
			ensure!(page.len() == full, "a page is not full");
			for stored in page {
				let header = stored.record.header;
				ensure!(parent.is_none_or(|hash| hash == header.prev), "headers are not linked");
				parent = Some(header.hash::<Host>());
			}
		}
		ensure!(parent == Some(tip.hash), "the last header is not the tip's");
		let above = crate::Views::<T>::get().values().any(|view| view.height > Some(tip.height));
		ensure!(!above, "a validator named a block above the tip");
		Ok(())
	}
}
