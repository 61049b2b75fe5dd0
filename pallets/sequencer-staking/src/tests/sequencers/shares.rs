//! What a satoshi earns, against numbers without rounding.

use crate::{Collected, Earnings, Sequencer};
use entangled_bitcoin::{Sats, U256};
use pallet_btc_light_client::Clock;
use proptest::{prelude::*, sample::Index};

#[derive(Clone, Debug)]
enum Step {
	/// Rewards are divided among all bonds.
	Divide(u128, u64),
	Join(u64),
	Leave(Index),
	Collect(Index),
}

fn step() -> impl Strategy<Value = Step> {
	let ent = prop_oneof![0..50u128, 0..1_000_000_000u128, 0..1u128 << 70];
	let ebtc = prop_oneof![0..5u64, 0..100_000_000u64];
	let value = prop_oneof![1_000..5_000u64, 1_000..21_000_000 * 100_000_000u64 / 64];
	prop_oneof![
		3 => (ent, ebtc).prop_map(|(ent, ebtc)| Step::Divide(ent, ebtc)),
		2 => value.prop_map(Step::Join),
		1 => any::<Index>().prop_map(Step::Leave),
		3 => any::<Index>().prop_map(Step::Collect),
	]
}

/// A bond, what it was paid, and what it has earned in units of 2⁻⁶⁴ rounded down and up at each division.
struct Bond {
	value: u64,
	collected: Collected,
	paid: Earnings,
	least: [U256; 2],
	most: [U256; 2],
	/// How often rewards were divided.
	rounded: u64,
}

impl Bond {
	fn settle(&mut self, earned: &crate::Shares) -> Earnings {
		let paid = self.collected.settle(earned, Sats(self.value));
		self.paid = self.paid.saturating_add(paid);
		paid
	}

	/// It was paid what it earned, less than one unit short, and not more. Each rounding may be wrong by as many
	/// of 2⁶⁴ parts of a unit as there are satoshi in the world.
	fn check(&self) {
		let paid = [self.paid.ent, self.paid.ebtc.0.into()].map(|paid| U256::from(paid) << 64);
		let rounding = U256::from(self.rounded) * U256::from(Sats::MAX_MONEY.0);
		for ((paid, least), most) in paid.iter().zip(self.least).zip(self.most) {
			assert!(*paid <= most + rounding, "more than it earned");
			let unit = U256::from(1) << 64;
			assert!(*paid + unit + rounding > least, "a unit less than it earned");
		}
	}
}

proptest! {
	/// However rewards come, bonds join and leave and collect: each gets what is its part, to the unit, and
	/// all together never more than was given.
	#[test]
	fn every_bond_earns_its_part(steps in prop::collection::vec(step(), 1..120)) {
		let mut sequencer = Sequencer::new(Clock { bitcoin_height: 0, active_blocks: 0 });
		let mut bonds = Vec::<Bond>::new();
		let mut given = Earnings::ZERO;
		let mut paid = Earnings::ZERO;
		for step in steps {
			match step {
				Step::Divide(ent, ebtc) => {
					let total = bonds.iter().map(|bond| bond.value).sum::<u64>();
					let rest = Earnings { ent, ebtc: Sats(ebtc) };
					sequencer.total = Sats(total);
					let divided = sequencer.divide(rest);
					prop_assert_eq!(divided, if total > 0 { rest } else { Earnings::ZERO });
					given = given.saturating_add(divided);
					for bond in &mut bonds {
						bond.rounded += 1;
						for (i, rest) in [ent, ebtc.into()].into_iter().enumerate() {
							let part = (U256::from(rest) * U256::from(bond.value)) << 64;
							bond.least[i] += part / U256::from(total);
							bond.most[i] += part / U256::from(total) + U256::from(1);
						}
					}
				},
				Step::Join(value) if bonds.len() < 64 => bonds.push(Bond {
					value,
					collected: Collected { shares: sequencer.earned, ..Collected::default() },
					paid: Earnings::ZERO,
					least: [U256::zero(); 2],
					most: [U256::zero(); 2],
					rounded: 0,
				}),
				Step::Join(_) => (),
				Step::Leave(which) if !bonds.is_empty() => {
					let mut bond = bonds.swap_remove(which.index(bonds.len()));
					paid = paid.saturating_add(bond.settle(&sequencer.earned));
					bond.check();
				},
				Step::Collect(which) if !bonds.is_empty() => {
					let which = which.index(bonds.len());
					let bond = &mut bonds[which];
					paid = paid.saturating_add(bond.settle(&sequencer.earned));
					bond.check();
					// At once there is nothing more.
					prop_assert_eq!(bond.settle(&sequencer.earned), Earnings::ZERO);
				},
				Step::Leave(_) | Step::Collect(_) => (),
			}
			let open = bonds.iter().fold(paid, |sum, bond| {
				let mut collected = bond.collected;
				sum.saturating_add(collected.settle(&sequencer.earned, Sats(bond.value)))
			});
			prop_assert!(open.ent <= given.ent && open.ebtc <= given.ebtc, "more than was given");
		}
	}
}

/// One for whom so much is bonded.
fn backed_by(total: u64) -> Sequencer {
	Sequencer {
		total: Sats(total),
		..Sequencer::new(Clock { bitcoin_height: 0, active_blocks: 0 })
	}
}

#[test]
fn who_collects_every_day_gets_as_much_as_who_waits() {
	let mut sequencer = backed_by(3_000);
	let (mut patient, mut eager) = (Collected::default(), Collected::default());
	let mut eagers = 0;
	for _ in 0..301 {
		// A third of a satoshi each time.
		sequencer.divide(Earnings { ent: 0, ebtc: Sats(1) });
		eagers += eager.settle(&sequencer.earned, Sats(1_000)).ebtc.0;
	}
	assert_eq!(patient.settle(&sequencer.earned, Sats(1_000)).ebtc, Sats(100));
	assert_eq!(eagers, 100);
}

#[test]
fn a_bond_alone_gets_everything_and_two_equal_ones_get_half() {
	let mut sequencer = backed_by(10_007);
	let rest = Earnings { ent: 899, ebtc: Sats(3) };
	let mut alone = Collected::default();
	for _ in 0..10 {
		sequencer.divide(rest);
		assert_eq!(alone.settle(&sequencer.earned, Sats(10_007)), rest);
	}
	let mut sequencer = backed_by(2 * 30_011);
	sequencer.divide(Earnings { ent: 1_000, ebtc: Sats(7) });
	for _ in 0..2 {
		let half = Collected::default().settle(&sequencer.earned, Sats(30_011));
		assert_eq!(half, Earnings { ent: 500, ebtc: Sats(3) });
	}
}

#[test]
fn what_was_rounded_up_is_taken_back_before_it_is_a_unit() {
	let mut sequencer = backed_by(Sats::MAX_MONEY.0 - 1);
	let mut alone = Collected::default();
	let (mut paid, mut taken_back) = (0, 0);
	for divided in 1..=40_000u64 {
		let before = sequencer.ahead.ebtc;
		sequencer.divide(Earnings { ent: 0, ebtc: Sats(1) });
		assert!(sequencer.ahead.ebtc < 1 << 64);
		taken_back += u32::from(sequencer.ahead.ebtc < before);
		paid += alone.settle(&sequencer.earned, sequencer.total).ebtc.0;
		assert_eq!(paid, divided);
	}
	assert!(taken_back > 0);
}

#[test]
fn what_does_not_fit_is_not_given() {
	let mut sequencer = backed_by(1);
	let rest = Earnings { ent: u128::MAX, ebtc: Sats(u64::MAX) };
	let divided = sequencer.divide(rest);
	assert_eq!(divided, Earnings { ent: 0, ebtc: Sats(u64::MAX) });
	assert_eq!((sequencer.earned.ent, sequencer.ahead.ent), (0, 0));
	// And nothing is divided among nobody.
	assert_eq!(backed_by(0).divide(rest), Earnings::ZERO);
}
