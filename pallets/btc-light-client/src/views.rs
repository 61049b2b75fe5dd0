//! What the validators see of Bitcoin.

use crate::{
	attestation::{agreed_height, quorum},
	chain::Stored,
	Attestation, Config, CurrentPolicy, Pallet, View, Views,
};
use alloc::vec::Vec;
use entangled_bitcoin::{fee, BlockRef, FeeRate, HeaderStore};
use polkadot_sdk::frame_support::traits::Get;

impl<T: Config> Pallet<T> {
	/// Notes what `author` sees. A named block counts when it is in the chain, and for good: having
	/// named a block is not undone by naming one below it.
	pub(crate) fn record_view(
		author: T::ValidatorId,
		tip: Option<BlockRef>,
		fee_rate: Option<FeeRate>,
	) {
		let height = tip
			.filter(|tip| Stored::<T>::open().is_some_and(|chain| chain.contains(tip)))
			.map(|tip| tip.height);
		let fee_rate = fee_rate.filter(|rate| rate.is_plausible());
		Views::<T>::mutate(|views| {
			if !views.contains_key(&author) && views.len() >= T::MaxValidators::get() as usize {
				// Those who are validators no more make room; there is never one validator too many.
				let active = T::Validators::get();
				views.retain(|validator, _| active.contains(validator));
			}
			let before = views.get(&author).and_then(|view| view.height);
			let view = View { height: before.max(height), fee_rate };
			let _ = views.try_insert(author, view);
		});
	}

	/// Whoever named a block that has left the chain must name one again.
	pub(crate) fn forget_views_above(fork_height: u32) {
		Views::<T>::mutate(|views| {
			for (_, view) in views.iter_mut() {
				view.height = view.height.filter(|height| *height <= fork_height);
			}
		});
	}

	/// What the active validators see, in the order of the validator set.
	fn active_views() -> Vec<(T::ValidatorId, View)> {
		let views = Views::<T>::get();
		T::Validators::get()
			.into_iter()
			.map(|validator| {
				let view = views.get(&validator).copied().unwrap_or_default();
				(validator, view)
			})
			.collect()
	}

	/// How many active validators have named `height` or a block above it, and how many must.
	pub(crate) fn attested_by(height: u32) -> (u32, u32) {
		let views = Self::active_views();
		let have = views.iter().filter(|(_, view)| view.height >= Some(height)).count();
		(have as u32, quorum(views.len() as u32))
	}

	/// What the validators say of Bitcoin.
	pub fn attestation() -> Attestation<T::ValidatorId> {
		let views = Self::active_views();
		let validators = views.len() as u32;
		let needed = quorum(validators);
		let rates = views.iter().filter_map(|(_, view)| view.fee_rate).collect::<Vec<_>>();
		let above = CurrentPolicy::<T>::get().confirmations.saturating_sub(1);
		Attestation {
			validators,
			needed,
			attested_height: agreed_height(views.iter().filter_map(|(_, v)| v.height), validators)
				.and_then(|height| height.checked_sub(above)),
			// A few estimates are those of a few; the rate is that of a quorum or of nobody.
			fee_rate: if rates.len() >= needed as usize { fee::median(rates) } else { None },
			named: views.into_iter().map(|(validator, view)| (validator, view.height)).collect(),
		}
	}
}
