// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Staking: what the change of a session costs by how many bonds there are, and whether the weights
//! suffice.

mod bonds;
mod calls;
mod candidates;
mod offence;
mod scene;
mod session_change;
mod weights;

use crate::Figures;

/// All of it.
pub fn measure(figures: &mut Figures) {
	session_change::measure(figures);
	calls::measure(figures);
}
