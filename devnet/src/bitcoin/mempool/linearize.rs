//! The order in which a set of transactions is best mined, and the chunks it falls into.
//!
//! Bitcoin Core's pool keeps each cluster of connected transactions in an order of falling fee rate
//! and cuts it into *chunks*: groups that are mined together because the later ones pay for the
//! earlier ones. Here the order is built when it is asked for, by taking the transaction whose
//! unmined ancestors and itself pay the best rate, again and again.

use std::cmp::Ordering;

use bitcoin::Txid;

/// A transaction of the set.
#[derive(Debug, Clone)]
pub struct Item {
	/// Its id.
	pub txid: Txid,
	/// Its fee in satoshis.
	pub fee: u64,
	/// Its weight, raised for signature operations.
	pub weight: u64,
	/// Positions of its parents in the set, all lower than its own.
	pub parents: Vec<usize>,
}

/// Transactions that are mined together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
	/// Sum of their fees in satoshis.
	pub fee: u64,
	/// Sum of their weights.
	pub weight: u64,
	/// Their ids, parents first.
	pub txids: Vec<Txid>,
}

/// Compares two fee rates without dividing.
pub fn compare_rates(a: (u64, u64), b: (u64, u64)) -> Ordering {
	(u128::from(a.0) * u128::from(b.1)).cmp(&(u128::from(b.0) * u128::from(a.1)))
}

/// Orders `items`, which must come parents first, and cuts the order into chunks of falling fee
/// rate.
pub fn linearize(items: &[Item]) -> Vec<Chunk> {
	let mut chunks: Vec<Chunk> = Vec::new();
	for index in order(items) {
		let item = &items[index];
		let mut chunk = Chunk { fee: item.fee, weight: item.weight, txids: vec![item.txid] };
		// A chunk that pays better than the one before it pulls that one up.
		while let Some(before) = chunks.pop_if(|before| {
			compare_rates((chunk.fee, chunk.weight), (before.fee, before.weight)).is_gt()
		}) {
			let txids = before.txids.into_iter().chain(chunk.txids).collect();
			chunk =
				Chunk { fee: before.fee + chunk.fee, weight: before.weight + chunk.weight, txids };
		}
		chunks.push(chunk);
	}
	chunks
}

fn order(items: &[Item]) -> Vec<usize> {
	let mut done = vec![false; items.len()];
	let mut order = Vec::with_capacity(items.len());
	while order.len() < items.len() {
		let mut best: Option<((u64, u64), Vec<usize>)> = None;
		for index in (0..items.len()).filter(|index| !done[*index]) {
			let ancestors = pending_ancestors(items, &done, index);
			let rate = ancestors
				.iter()
				.fold((0, 0), |(fee, weight), &i| (fee + items[i].fee, weight + items[i].weight));
			if best.as_ref().is_none_or(|(best, _)| compare_rates(rate, *best).is_gt()) {
				best = Some((rate, ancestors));
			}
		}
		let Some((_, ancestors)) = best else { break };
		for index in ancestors {
			done[index] = true;
			order.push(index);
		}
	}
	order
}

/// `index` and its ancestors that are not done, parents first.
fn pending_ancestors(items: &[Item], done: &[bool], index: usize) -> Vec<usize> {
	let mut found = vec![index];
	let mut next = 0;
	while let Some(&at) = found.get(next) {
		for &parent in &items[at].parents {
			if !done[parent] && !found.contains(&parent) {
				found.push(parent);
			}
		}
		next += 1;
	}
	found.sort_unstable();
	found
}

/// Whether miners strictly gain by `new` in place of `old`: at no size does `new` collect less fee,
/// at one it collects more (`ImprovesFeerateDiagram`).
pub fn improves_diagram(mut old: Vec<Chunk>, mut new: Vec<Chunk>) -> bool {
	for chunks in [&mut old, &mut new] {
		chunks.sort_by(|a, b| compare_rates((b.fee, b.weight), (a.fee, a.weight)));
	}
	let (old, new) = (diagram(&old), diagram(&new));
	let mut better = false;
	for &(weight, _) in old.iter().chain(&new) {
		let ((old_fee, old_scale), (new_fee, new_scale)) =
			(fee_at(&old, weight), fee_at(&new, weight));
		match (new_fee * old_scale).cmp(&(old_fee * new_scale)) {
			Ordering::Less => return false,
			Ordering::Greater => better = true,
			Ordering::Equal => {},
		}
	}
	better
}

/// Corners of the fee collected by weight.
fn diagram(chunks: &[Chunk]) -> Vec<(u128, u128)> {
	let mut at = (0, 0);
	let mut corners = vec![at];
	for chunk in chunks {
		at = (at.0 + u128::from(chunk.weight), at.1 + u128::from(chunk.fee));
		corners.push(at);
	}
	corners
}

/// The fee collected within `weight`, as a fraction.
fn fee_at(corners: &[(u128, u128)], weight: u128) -> (u128, u128) {
	for pair in corners.windows(2) {
		if let [(from, low), (to, high)] = *pair {
			if weight <= to && to > from {
				return (low * (to - from) + (weight - from) * (high - low), to - from);
			}
		}
	}
	(corners.last().map_or(0, |(_, fee)| *fee), 1)
}

#[cfg(test)]
mod tests {
	use bitcoin::hashes::Hash;

	use super::*;

	fn item(id: u8, fee: u64, weight: u64, parents: &[usize]) -> Item {
		Item { txid: Txid::from_byte_array([id; 32]), fee, weight, parents: parents.to_vec() }
	}

	#[test]
	fn a_child_pays_for_its_parent() {
		let chunks =
			linearize(&[item(0, 100, 400, &[]), item(1, 0, 400, &[]), item(2, 1000, 400, &[1])]);
		let shape: Vec<(u64, u64, usize)> =
			chunks.iter().map(|c| (c.fee, c.weight, c.txids.len())).collect();
		assert_eq!(shape, vec![(1000, 800, 2), (100, 400, 1)]);
	}

	#[test]
	fn order_keeps_parents_first() {
		let chunks =
			linearize(&[item(0, 10, 400, &[]), item(1, 20, 400, &[0]), item(2, 900, 400, &[0, 1])]);
		assert_eq!(chunks.len(), 1);
		let ids: Vec<u8> = chunks[0].txids.iter().map(|txid| txid.to_byte_array()[0]).collect();
		assert_eq!(ids, vec![0, 1, 2]);
	}

	#[test]
	fn a_replacement_must_not_collect_less_anywhere() {
		let chunk = |fee, weight| Chunk { fee, weight, txids: Vec::new() };
		assert!(improves_diagram(vec![chunk(100, 400)], vec![chunk(101, 400)]));
		assert!(!improves_diagram(vec![chunk(100, 400)], vec![chunk(100, 400)]));
		// More fee in all, at a lower rate.
		assert!(!improves_diagram(vec![chunk(100, 400)], vec![chunk(200, 4000)]));
		assert!(improves_diagram(vec![], vec![chunk(1, 400)]));
	}
}
