//! The rolling limit on what custody pays out.
//!
//! The window is cut into parts, one fewer than [`OUTFLOW_BUCKETS`]. What is paid counts until the
//! whole part that it was paid in has left the window, so within no window is more paid than the
//! limit.

use crate::{Outflow, Policy, OUTFLOW_BUCKETS};
use entangled_bitcoin::Sats;

/// The number of the part that a height belongs to.
fn bucket(height: u32, policy: &Policy) -> u32 {
	let length = policy.outflow_window.div_ceil(OUTFLOW_BUCKETS - 1).max(1);
	height / length
}

/// Whether what was paid in a part still counts in the part `now`.
fn counts(then: u32, now: u32) -> bool {
	now.saturating_sub(then) < OUTFLOW_BUCKETS
}

/// What has been paid within the window.
fn counted(outflow: &Outflow, height: u32, policy: &Policy) -> Sats {
	let now = bucket(height, policy);
	let paid = outflow.iter().filter(|(then, _)| counts(*then, now)).map(|(_, paid)| *paid);
	Sats::checked_sum(paid).unwrap_or(Sats::MAX_MONEY)
}

/// What may still be paid.
pub(crate) fn left(outflow: &Outflow, height: u32, policy: &Policy) -> Sats {
	policy.outflow_limit.saturating_sub(counted(outflow, height, policy))
}

/// What has been paid already still counts when the window changes, as if it were paid now: the parts
/// of one window are not those of another.
pub(crate) fn rebase(outflow: &mut Outflow, height: u32, old: &Policy, new: &Policy) {
	if old.outflow_window == new.outflow_window {
		return;
	}
	let paid = counted(outflow, height, old);
	outflow.clear();
	note(outflow, height, paid, new);
}

/// Notes a payment, and forgets those that count no more.
pub(crate) fn note(outflow: &mut Outflow, height: u32, paid: Sats, policy: &Policy) {
	let now = bucket(height, policy);
	outflow.retain(|(then, _)| counts(*then, now));
	// Should there be no room, as after reorganisations that took Bitcoin far back, the newest part
	// takes it.
	let full = outflow.is_full();
	match outflow.iter_mut().rev().find(|(then, _)| full || *then == now) {
		Some((_, sum)) => *sum = sum.checked_add(paid).unwrap_or(Sats::MAX_MONEY),
		None => drop(outflow.try_push((now, paid))),
	}
}
