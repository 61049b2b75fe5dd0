//! The ranking against a list that is sorted.

use crate::ranking::{order, place, Full, Ranked};
use entangled_bitcoin::Sats;
use polkadot_sdk::frame_support::traits::ConstU32;
use proptest::prelude::*;
use std::collections::BTreeMap;

const PLACES: usize = 4;

proptest! {
	/// Whoever comes, moves and goes, the ranking is all who are in it, sorted; who is in it stays in it;
	/// and for who comes when it is full, the last one goes if it has less.
	#[test]
	fn the_ranking_is_what_sorting_makes_of_it(
		steps in prop::collection::vec((0..8u8, prop::option::of(0..6u64)), 1..200),
	) {
		let mut ranked = Ranked::<u8, ConstU32<{ PLACES as u32 }>>::new();
		let mut model = BTreeMap::<u8, u64>::new();
		for (who, weight) in steps {
			let Some(weight) = weight else {
				model.remove(&who);
				ranked.retain(|(_, other)| *other != who);
				continue;
			};
			let mut others = model.iter().filter(|(other, _)| **other != who).collect::<Vec<_>>();
			others.sort_by_key(|(other, weight)| (core::cmp::Reverse(**weight), **other));
			let last = others.get(PLACES - 1).map(|(other, weight)| (**other, **weight));
			let before = ranked.clone();
			let placed = place(&mut ranked, Sats(weight), who);
			match last {
				Some((_, least)) if least >= weight => {
					prop_assert_eq!(placed, Err(Full));
					// Nobody writes what is left then.
					ranked = before;
					continue;
				},
				Some((last, _)) => {
					prop_assert_eq!(placed, Ok(Some(last)));
					model.remove(&last);
				},
				None => prop_assert_eq!(placed, Ok(None)),
			}
			model.insert(who, weight);
			let mut sorted = model.iter().map(|(who, w)| (Sats(*w), *who)).collect::<Vec<_>>();
			sorted.sort_by_key(|(weight, who)| (core::cmp::Reverse(*weight), *who));
			prop_assert_eq!(ranked.to_vec(), sorted);
		}
	}

	/// The order is one: exactly one of two different entries comes first.
	#[test]
	fn no_two_sequencers_have_the_same_place(a: (u64, u8), b: (u64, u8)) {
		let (a, b) = ((Sats(a.0), a.1), (Sats(b.0), b.1));
		prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
		prop_assert_eq!(order(&a, &b).is_eq(), a == b);
	}
}
