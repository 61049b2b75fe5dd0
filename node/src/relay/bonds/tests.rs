// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::{
	bitcoin::testing::FakeChain,
	tasks::testing::{keys, FakeView},
};

/// Where a scan stands at first.
const NEXT: u32 = 1_000;

fn outpoint(number: u8) -> OutPoint {
	OutPoint { txid: Txid([number; 32]), vout: 1 }
}

fn unbonded(number: u8) -> OutPoint {
	OutPoint { txid: Txid([number + 100; 32]), vout: 0 }
}

fn bond(number: u8, awaited: bool, since: u32) -> WatchedBond {
	let coins = vec![outpoint(number), unbonded(number)];
	WatchedBond { outpoint: outpoint(number), awaited, coins, since }
}

struct Scene {
	bonds: Bonds,
	view: FakeView,
	scan: Scan,
}

/// The chain tells of two bonds at one time.
fn scene(watched: Vec<WatchedBond>) -> Scene {
	let mut view = FakeView::new(&keys(&["//Alice"]), FakeChain::new(9));
	view.watched = watched;
	Scene { bonds: Bonds::default(), view, scan: Scan::from(NEXT, 0) }
}

impl Scene {
	/// The table after another look, and to where the scan went back.
	fn look(&mut self) -> (Arc<Table>, Option<u32>) {
		self.scan = Scan::from(NEXT, 0);
		let table = self.bonds.update(&self.view, &mut self.scan).unwrap();
		(table, Some(self.scan.next()).filter(|next| *next < NEXT))
	}

	/// So many looks, in which nothing is found that is new.
	fn settle(&mut self, looks: usize) -> Arc<Table> {
		for _ in 1..looks {
			assert_eq!(self.look().1, None);
		}
		let (table, rewound) = self.look();
		assert_eq!(rewound, None);
		table
	}
}

fn holding(number: u8) -> Option<Holding> {
	Some(Holding { bond: outpoint(number), unbonding: unbonded(number).txid })
}

#[test]
fn a_start_knows_all_bonds_before_it_looks() {
	let mut scene = scene((1..=7).map(|n| bond(n, n % 2 == 0, 900 - u32::from(n))).collect());
	let (table, rewound) = scene.look();
	assert_eq!(rewound, Some(893));
	assert_eq!(table.awaited, [2, 4, 6].map(outpoint).into());
	assert_eq!(table.coins.len(), 14);
	for number in 1..=7 {
		assert_eq!(table.coins.get(&outpoint(number)).copied(), holding(number));
		assert_eq!(table.coins.get(&unbonded(number)).copied(), holding(number));
	}
	assert_eq!(scene.settle(5), table, "and nothing changes");
}

#[test]
fn a_new_bond_is_known_within_a_round() {
	let mut scene = scene((1..=6).map(|n| bond(n, false, 900)).collect());
	scene.look();
	scene.view.watched.push(bond(7, true, 950));
	let found = (0..3).find_map(|_| {
		let (table, rewound) = scene.look();
		rewound.map(|height| (height, table.awaited.contains(&outpoint(7))))
	});
	assert_eq!(found, Some((950, true)));
}

#[test]
fn what_has_ended_is_forgotten_after_a_round() {
	let mut scene = scene((1..=3).map(|n| bond(n, true, 900)).collect());
	scene.look();
	scene.view.watched.remove(1);
	let table = scene.settle(4);
	assert_eq!(table.awaited, [1, 3].map(outpoint).into());
	assert_eq!(table.coins.len(), 4);
	assert_eq!(scene.bonds.known.len(), 2);
	// One that was forgotten is looked for anew, should it be told of again.
	scene.view.watched.push(bond(2, true, 900));
	assert!((0..3).any(|_| scene.look().1 == Some(900)));
	scene.view.watched.clear();
	assert_eq!(*scene.settle(3), Table::default());
}

#[test]
fn a_bond_that_changes_is_looked_for_as_it_is() {
	let mut scene = scene(vec![bond(1, false, 900)]);
	scene.look();
	// Approved: it may have been funded too early.
	scene.view.watched[0].awaited = true;
	let (table, rewound) = scene.look();
	assert_eq!((rewound, table.awaited.len()), (Some(900), 1));
	// It counts now.
	scene.view.watched[0].awaited = false;
	let (table, rewound) = scene.look();
	assert_eq!((rewound, table.awaited.len(), table.coins.len()), (None, 0, 2));
	// It was unbonded.
	scene.view.watched[0].coins.remove(0);
	let (table, rewound) = scene.look();
	assert_eq!(rewound, None);
	assert_eq!(table.coins, [(unbonded(1), holding(1).unwrap())].into());
	// A coin that comes back was looked for all the time until it went.
	scene.view.watched[0] = bond(1, false, 900);
	let (table, rewound) = scene.look();
	assert_eq!((rewound, table.coins.len()), (None, 2));
}

#[test]
fn a_chain_without_bonds_is_asked_and_looked_through() {
	let mut scene = scene(vec![]);
	assert_eq!(*scene.settle(3), Table::default());
	scene.view.unreadable = true;
	assert!(scene.bonds.update(&scene.view, &mut scene.scan).is_err());
}
