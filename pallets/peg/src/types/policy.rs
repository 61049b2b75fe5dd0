//! The numbers that governance sets.

use super::{MAX_ATTEMPTS, MAX_COMMITTEES};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use entangled_bitcoin::{custody::Policy as FeePolicy, FeeRate, Sats};
use pallet_btc_light_client::Clock;
use polkadot_sdk::frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Into how many parts the window of the rolling limit is cut.
pub const OUTFLOW_BUCKETS: u32 = 24;

/// The most that a deposit may cost beside its sweep, in parts per million: one per cent.
const MAX_FEE_PPM: u32 = 10_000;

/// What was paid out in each part of the window: the part's number and the sum.
pub type Outflow = BoundedVec<(u32, Sats), ConstU32<OUTFLOW_BUCKETS>>;

/// How the peg works. Blocks are Bitcoin's, unless they are called own.
#[derive(
	Clone,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Serialize,
	Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
	/// The least deposit. A coin that costs more to spend than it is worth helps nobody.
	pub min_deposit: Sats,
	/// The greatest deposit.
	pub max_deposit: Sats,
	/// What those who stand for custody have of each deposit that eBTC is minted for, in parts per million.
	pub fee_ppm: u32,
	/// The least withdrawal; dust is refused in any case.
	pub min_withdrawal: Sats,
	/// The most eBTC that there may be,
	pub cap: Sats,
	/// and, if it is to depend on what is bonded for validators, how much in parts per million of that.
	pub bonded_cap_ppm: Option<u32>,
	/// The shortest time after which a depositor may take a coin back.
	pub min_refund_delay: u16,
	/// The longest.
	pub max_refund_delay: u16,
	/// A deposit cannot be claimed when its refund opens within so many blocks. Within them it
	/// must be swept, and the sweep final.
	pub claim_margin: u32,
	/// A claimed deposit is swept at once when its refund opens within so many blocks.
	pub sweep_margin: u32,
	/// A batch leaves when so many withdrawals wait.
	pub batch_size: u32,
	/// Or when one has waited for so many blocks.
	pub batch_wait: u32,
	/// A batch leaves for sweeping alone when so many deposits are unswept.
	pub sweep_size: u32,
	/// When a withdrawal expires: in so many blocks,
	pub expiry_blocks: u32,
	/// and in so many own blocks. Both must have passed.
	pub expiry_own_blocks: u32,
	/// How long a reservation holds: so many blocks,
	pub reservation_blocks: u32,
	/// and so many own blocks.
	pub reservation_own_blocks: u32,
	/// What a reservation's bond is, in parts per million of the amount.
	pub reservation_bond_ppm: u32,
	/// The window of the rolling limit, in blocks.
	pub outflow_window: u32,
	/// What custody pays out within the window at the most.
	pub outflow_limit: Sats,
	/// What is asked for when too few validators have an estimate of the fee rate.
	pub default_fee_rate: FeeRate,
	/// When and how a transaction is replaced by one that pays more.
	pub fees: FeePolicy,
	/// How long an attempt waits for its signatures: so many blocks,
	pub signing_blocks: u32,
	/// and so many own blocks. Then the coins of those who have not signed are left out.
	pub signing_own_blocks: u32,
	/// For how long they stay left out, unless their committee signs.
	pub silent_blocks: u32,
	/// How long a committee serves at the least, while no more than a third of its members leave.
	pub term: u32,
	/// How long the members of the next one have to show that they can sign: so many blocks,
	pub hand_over_blocks: u32,
	/// and so many own blocks.
	pub hand_over_own_blocks: u32,
	/// How long deposits to the addresses of a committee are honoured after its time.
	pub committee_grace: u32,
}

impl Default for Policy {
	/// What fits Bitcoin's main network and own blocks of six seconds.
	fn default() -> Self {
		Self {
			min_deposit: Sats(100_000),
			max_deposit: Sats(1_000_000_000),
			fee_ppm: 500,
			min_withdrawal: Sats(10_000),
			cap: Sats(10_000_000_000),
			// No more than those stand for who hold the keys.
			bonded_cap_ppm: Some(1_000_000),
			// Two weeks to a year: time to claim, sweep and bump fees.
			min_refund_delay: 2_016,
			max_refund_delay: 52_560,
			claim_margin: 432,
			sweep_margin: 864,
			batch_size: 50,
			batch_wait: 3,
			sweep_size: 20,
			// Five days.
			expiry_blocks: 720,
			expiry_own_blocks: 72_000,
			// Half a day.
			reservation_blocks: 72,
			reservation_own_blocks: 7_200,
			reservation_bond_ppm: 10_000,
			outflow_window: 144,
			outflow_limit: Sats(2_000_000_000),
			default_fee_rate: FeeRate(5_000),
			// Some attempts are left for governance to allow.
			// A transaction that was mined is not settled before it has six confirmations, and must not
			// be replaced meanwhile.
			fees: FeePolicy { min_age: 9, max_attempts: MAX_ATTEMPTS - 4, ..Default::default() },
			// An hour, by either clock. Who does not sign then is asked again a day later.
			signing_blocks: 6,
			signing_own_blocks: 600,
			silent_blocks: 144,
			// Four weeks, of which two days to hand over, and deposits honoured for two weeks more:
			// those whose time is over are held by little.
			term: 4_032,
			hand_over_blocks: 288,
			hand_over_own_blocks: 28_800,
			committee_grace: 2_016,
		}
	}
}

impl Policy {
	/// Until when an attempt that is built now waits for its signatures.
	pub(crate) fn sign_by(&self, now: Clock) -> Clock {
		now.after(self.signing_blocks, self.signing_own_blocks)
	}

	/// Whether the numbers go together: deposits can be claimed and swept in time, fees can be
	/// paid, and no clock stands still.
	pub fn is_sound(&self) -> bool {
		let claimable = u32::from(self.min_refund_delay) > self.claim_margin;
		let swept_in_time = self.sweep_margin >= self.claim_margin && self.claim_margin > 0;
		let honoured = self.committee_grace >= u32::from(self.min_refund_delay);
		// One candidate, and the committee in office, beside those whose grace is not over.
		let slots = u64::from(MAX_COMMITTEES).saturating_sub(2);
		let terms = u64::from(self.term).saturating_mul(slots);
		let room_for_the_next = u64::from(self.committee_grace) <= terms;
		// What is claimed of a silent committee's is tried at least once before its refund opens.
		let tried_in_time =
			self.signing_blocks.saturating_add(self.silent_blocks) <= self.claim_margin;
		self.min_deposit >= Sats(1_000)
			&& self.min_deposit <= self.max_deposit
			&& self.max_deposit <= Sats::MAX_MONEY
			&& self.cap <= Sats::MAX_MONEY
			&& self.fee_ppm <= MAX_FEE_PPM
			&& self.min_refund_delay <= self.max_refund_delay
			&& claimable
			&& swept_in_time
			&& honoured
			&& room_for_the_next
			&& self.batch_size > 0
			&& self.sweep_size > 0
			&& self.expiry_blocks > 0
			&& self.reservation_blocks > 0
			&& self.reservation_bond_ppm <= 1_000_000
			&& self.outflow_window >= OUTFLOW_BUCKETS
			&& self.default_fee_rate.is_plausible()
			&& self.fees.ceiling.is_plausible()
			&& self.fees.min_age > 0
			&& (1..=MAX_ATTEMPTS).contains(&self.fees.max_attempts)
			&& self.signing_blocks > 0
			&& self.silent_blocks > 0
			&& tried_in_time
			&& self.term > 0
			&& self.hand_over_blocks > 0
	}
}
