//! Whether a transaction is the right one, and what is wrong with every other.

use crate::kit::*;
use bitcoin::{
	absolute::LockTime, consensus, transaction::Version, Amount, ScriptBuf, Sequence, Transaction,
	TxIn, TxOut, Witness,
};
use entangled_bitcoin::{
	bond::{
		check_extension, check_slashing, check_unbonding, CovenantSpend, Deviation, FundedBond,
		Slashable,
	},
	Native, Sats,
};
use proptest::{collection::vec, prelude::*};

type Check = fn(&[u8]) -> Result<CovenantSpend, Deviation>;

/// The check of each of [`spends`].
const CHECKS: [Check; 4] = [
	|raw| check_unbonding::<Native>(raw, &terms(), &bond()),
	|raw| check_slashing::<Native>(raw, Slashable::Bond, &terms(), &bond()),
	|raw| check_slashing::<Native>(raw, Slashable::Unbonding, &terms(), &bond()),
	|raw| check_extension::<Native>(raw, &terms(), &bond(), &new_terms()),
];

#[test]
fn each_transaction_passes_its_own_check_only() {
	for (own, spend) in spends().into_iter().enumerate() {
		for (index, check) in CHECKS.into_iter().enumerate() {
			let checked = check(&raw(&spend.transaction));
			if index == own {
				assert_eq!(checked, Ok(spend.clone()));
			} else {
				assert!(checked.is_err(), "{own} by {index}");
			}
		}
	}
}

#[test]
fn everything_that_may_be_wrong_has_its_name() {
	let anything = ScriptBuf::from(vec![0x51]);
	for (spend, check) in spends().into_iter().zip(CHECKS) {
		let with = |change: &dyn Fn(&mut Transaction)| {
			let mut transaction = spend.transaction.clone();
			change(&mut transaction);
			let error = check(&consensus::serialize(&transaction)).unwrap_err();
			assert!(!error.to_string().is_empty());
			error
		};
		for version in [i32::MIN, -1, 0, 1, 2, 4, i32::MAX] {
			assert_eq!(with(&|t| t.version = Version(version)), Deviation::WrongVersion);
		}
		let lock_time = LockTime::from_consensus(1);
		assert_eq!(with(&|t| t.lock_time = lock_time), Deviation::WrongLockTime);
		assert_eq!(with(&|t| t.input.push(TxIn::default())), Deviation::InputCount);
		assert_eq!(with(&|t| t.input.clear()), Deviation::InputCount);
		let vout = |t: &mut Transaction| t.input[0].previous_output.vout += 1;
		assert_eq!(with(&vout), Deviation::WrongInput);
		let txid =
			|t: &mut Transaction| t.input[0].previous_output.txid = spend.txid::<Native>().into();
		assert_eq!(with(&txid), Deviation::WrongInput);
		let script_sig = |t: &mut Transaction| t.input[0].script_sig = anything.clone();
		assert_eq!(with(&script_sig), Deviation::ScriptSigNotEmpty);
		for sequence in [Sequence::MAX, Sequence::ENABLE_LOCKTIME_NO_RBF, Sequence::ZERO] {
			assert_eq!(with(&|t| t.input[0].sequence = sequence), Deviation::WrongSequence);
		}
		let witness = |t: &mut Transaction| t.input[0].witness = Witness::from_slice(&[[1]]);
		assert_eq!(with(&witness), Deviation::HasWitness);
		assert_eq!(with(&|t| t.output.push(t.output[0].clone())), Deviation::OutputCount);
		assert_eq!(with(&|t| drop(t.output.pop())), Deviation::OutputCount);
		for index in 0..spend.transaction.output.len() {
			let script = with(&|t| t.output[index].script_pubkey = anything.clone());
			let value = with(&|t| t.output[index].value += Amount::ONE_SAT);
			let index = index as u32;
			assert_eq!(script, Deviation::WrongOutputScript { index });
			assert_eq!(value, Deviation::WrongOutputValue { index });
			assert!(value.to_string().contains(&index.to_string()));
		}

		let bytes = raw(&spend.transaction);
		for malformed in [&[][..], &bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
			assert_eq!(check(malformed), Err(Deviation::Malformed));
		}
	}

	let poor = FundedBond { value: Sats(2_569), ..bond() };
	let bytes = raw(&spends()[0].transaction);
	let impossible = check_unbonding::<Native>(&bytes, &terms(), &poor);
	assert_eq!(impossible, Err(Deviation::Impossible));
	assert!(Deviation::Impossible.to_string().contains("too little"));
}

/// No byte of any of the transactions can be another.
#[test]
fn every_changed_byte_is_found() {
	for (spend, check) in spends().into_iter().zip(CHECKS) {
		let bytes = raw(&spend.transaction);
		for index in 0..bytes.len() {
			for change in (0..8).map(|bit| 1 << bit).chain([u8::MAX]) {
				let mut changed = bytes.clone();
				changed[index] ^= change;
				assert!(check(&changed).is_err(), "{index}: {change}");
			}
		}
	}
}

/// A count that takes more bytes than it needs reads the same and hashes differently.
#[test]
fn there_is_one_way_to_write_it() {
	for (spend, check) in spends().into_iter().zip(CHECKS) {
		let bytes = raw(&spend.transaction);
		// Version, and then the count of inputs.
		assert_eq!(bytes[4], 1);
		let longer = [&bytes[..4], &[0xfd, 1, 0], &bytes[5..]].concat();
		assert_eq!(check(&longer), Err(Deviation::Malformed));
		// As if it had witnesses, and then none.
		let marked =
			[&bytes[..4], &[0, 1], &bytes[4..bytes.len() - 4], &[0], &bytes[bytes.len() - 4..]];
		assert_eq!(check(&marked.concat()), Err(Deviation::Malformed));
	}
}

proptest! {
	#[test]
	fn no_bytes_make_it_panic(
		bytes in vec(any::<u8>(), 0..400),
		index in any::<prop::sample::Index>(),
		others in vec(any::<u8>(), 0..8),
	) {
		for (spend, check) in spends().into_iter().zip(CHECKS) {
			prop_assert!(check(&bytes).is_err());
			let right = raw(&spend.transaction);
			let at = index.index(right.len());
			let mut cut = right[..at].to_vec();
			cut.extend(&others);
			cut.extend(&right[(at + others.len()).min(right.len())..]);
			prop_assert_eq!(check(&cut).is_ok(), cut == right);
		}
	}

	/// Of all amounts that come near the right one, the right one passes.
	#[test]
	fn amounts_are_exact(off in -1_000i64..1_000, output in 0..2usize) {
		for (spend, check) in spends().into_iter().zip(CHECKS) {
			let mut transaction = spend.transaction.clone();
			let TxOut { value, .. } = &mut transaction.output[output];
			let Some(amount) = value.to_sat().checked_add_signed(off) else { continue };
			*value = Amount::from_sat(amount);
			prop_assert_eq!(check(&raw(&transaction)).is_ok(), off == 0);
		}
	}
}
