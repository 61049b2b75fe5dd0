//! Bonds that are registered.

use crate::{mock::*, BondState};

#[test]
fn a_bond_comes_to_count() {
	run(|| {
		enlist(1);
		let outpoint = bonded(1, 1, 1_000_000);
		assert!(matches!(state(outpoint), BondState::Active { .. }));
	});
}
