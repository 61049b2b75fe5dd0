// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! What the `peg` namespace takes, as JSON.
//!
//! What is taken is also given: with the committee filled in, and accounts as SS58.

use crate::rpc::take::{Account, Bytes32};
use entangled_bitcoin::{Refund as PalletRefund, XOnlyKey};
use pallet_peg::{CommitteeId, DepositTerms};
use serde::{Deserialize, Serialize};

/// Where a deposit goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Destination {
	/// To an account of ours.
	Account(Account),
	/// Into a rollup.
	Rollup {
		/// The rollup.
		rollup: u32,
		/// Whom the rollup credits.
		recipient: Bytes32,
	},
	/// To nobody: it pays custody's fees, or covers a loss.
	Reserve,
}

impl From<Destination> for entangled_bitcoin::Destination {
	fn from(destination: Destination) -> Self {
		match destination {
			Destination::Account(Account(account)) => Self::Account(account.into()),
			Destination::Rollup { rollup, recipient: Bytes32(recipient) } => {
				Self::Rollup { rollup, recipient }
			},
			Destination::Reserve => Self::Reserve,
		}
	}
}

impl From<entangled_bitcoin::Destination> for Destination {
	fn from(destination: entangled_bitcoin::Destination) -> Self {
		use entangled_bitcoin::Destination::*;
		match destination {
			Account(account) => Self::Account(self::Account(account.into())),
			Rollup { rollup, recipient } => Self::Rollup { rollup, recipient: Bytes32(recipient) },
			Reserve => Self::Reserve,
		}
	}
}

/// The owner's way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refund {
	/// The owner's BIP 340 key.
	pub key: Bytes32,
	/// After how many blocks the owner may take the coin back.
	pub delay: u16,
}

/// What a deposit address is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Terms {
	/// An address of the depositor's own.
	Own {
		/// The committee; the one that serves when it is left out.
		#[serde(default)]
		committee: Option<CommitteeId>,
		/// Where the deposit goes.
		destination: Destination,
		/// The way back.
		refund: Refund,
	},
	/// The committee's fixed address.
	Fixed {
		/// The committee; the one that serves when it is left out.
		#[serde(default)]
		committee: Option<CommitteeId>,
	},
}

impl Terms {
	/// The committee, if one is named.
	pub fn committee(&self) -> Option<CommitteeId> {
		match self {
			Self::Own { committee, .. } | Self::Fixed { committee } => *committee,
		}
	}

	/// As the chain takes them, with this committee where none is named.
	pub fn with(self, serving: CommitteeId) -> DepositTerms {
		match self {
			Self::Own { committee, destination, refund: Refund { key: Bytes32(key), delay } } => {
				DepositTerms::Own {
					committee: committee.unwrap_or(serving),
					destination: destination.into(),
					refund: PalletRefund { key: XOnlyKey(key), delay },
				}
			},
			Self::Fixed { committee } => {
				DepositTerms::Fixed { committee: committee.unwrap_or(serving) }
			},
		}
	}
}

impl From<DepositTerms> for Terms {
	fn from(terms: DepositTerms) -> Self {
		match terms {
			DepositTerms::Own { committee, destination, refund } => Self::Own {
				committee: Some(committee),
				destination: destination.into(),
				refund: Refund { key: Bytes32(refund.key.0), delay: refund.delay },
			},
			DepositTerms::Fixed { committee } => Self::Fixed { committee: Some(committee) },
		}
	}
}
