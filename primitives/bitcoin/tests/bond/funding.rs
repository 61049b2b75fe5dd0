//! Which transactions fund a bond.

use crate::kit::*;
use bitcoin::{
	absolute::LockTime, consensus, transaction::Version, Amount, ScriptBuf, Sequence, Transaction,
	TxIn, TxOut, Witness,
};
use entangled_bitcoin::{
	bond::{
		bond_output, check_extension, check_funding, extension_transaction, BondTerms, FundedBond,
		FundingError, TermsError, MAIN_VOUT,
	},
	Native, OutPoint, Sats, Txid, XOnlyKey,
};
use proptest::{collection::vec, prelude::*};

const VALUE: u64 = 2_000_000;
const MIN: Sats = Sats(1_000_000);

fn coin(n: u8) -> TxIn {
	TxIn {
		previous_output: OutPoint { txid: Txid([n; 32]), vout: n.into() }.into(),
		sequence: Sequence::MAX,
		..TxIn::default()
	}
}

/// Two coins into the bond, after a change.
fn funding() -> Transaction {
	let bond = bond_output::<Native>(&terms()).unwrap().script_pubkey();
	let output = |value, script_pubkey| TxOut { value: Amount::from_sat(value), script_pubkey };
	Transaction {
		version: Version::ONE,
		lock_time: LockTime::from_consensus(800_000),
		input: vec![coin(1), coin(2)],
		output: vec![output(5_000, ScriptBuf::from(vec![0x51])), output(VALUE, bond.into())],
	}
}

fn check(transaction: &Transaction, vout: u32) -> Result<FundedBond, FundingError> {
	check_funding::<Native>(&consensus::serialize(transaction), vout, &terms(), MIN)
}

#[test]
fn a_wallet_may_make_it_as_it_likes() {
	let txid = Txid::from(funding().compute_txid());
	let bond = FundedBond { outpoint: OutPoint { txid, vout: 1 }, value: Sats(VALUE) };
	assert_eq!(check(&funding(), 1), Ok(bond));
	// A coin that is wrapped in a script hash has a script outside the witness. It is in the id.
	let mut wrapped = funding();
	wrapped.input[0].script_sig = ScriptBuf::from(vec![0; 23]);
	assert_ne!(check(&wrapped, 1).unwrap().outpoint.txid, txid);
}

#[test]
fn an_extension_funds_the_new_bond() {
	let extension = extension_transaction::<Native>(&terms(), &bond(), &new_terms()).unwrap();
	let bytes = raw(&extension.transaction);
	let new = check_funding::<Native>(&bytes, MAIN_VOUT, &new_terms(), MIN).unwrap();
	let outpoint = OutPoint { txid: extension.txid::<Native>(), vout: 0 };
	assert_eq!(new, FundedBond { outpoint, value: Sats(bond().value.0 - 2_000 - 240) });
	assert_eq!(check_extension::<Native>(&bytes, &terms(), &bond(), &new_terms()), Ok(extension));
}

#[test]
fn everything_that_may_be_wrong_has_its_name() {
	let with = |change: &dyn Fn(&mut Transaction)| {
		let mut transaction = funding();
		change(&mut transaction);
		let error = check(&transaction, 1).unwrap_err();
		assert!(!error.to_string().is_empty());
		error
	};
	assert_eq!(check(&funding(), 0), Err(FundingError::NoBondOutput));
	for vout in [2, u32::MAX] {
		assert_eq!(check(&funding(), vout), Err(FundingError::NoSuchOutput));
	}
	let witness = |t: &mut Transaction| t.input[1].witness = Witness::from_slice(&[[1]]);
	assert_eq!(with(&witness), FundingError::HasWitness);
	assert_eq!(with(&|t| t.input = vec![TxIn::default()]), FundingError::Coinbase);
	assert_eq!(with(&|t| t.output.push(t.output[1].clone())), FundingError::SeveralBondOutputs);
	let other = |t: &mut Transaction| t.output[1].script_pubkey = t.output[0].script_pubkey.clone();
	assert_eq!(with(&other), FundingError::NoBondOutput);
	let holding = |value| {
		let mut transaction = funding();
		transaction.output[1].value = Amount::from_sat(value);
		check(&transaction, 1).map(|bond| bond.value.0)
	};
	assert_eq!(holding(MIN.0), Ok(MIN.0));
	let too_little = FundingError::TooLittle { least: MIN };
	assert_eq!(holding(MIN.0 - 1), Err(too_little));
	assert_eq!(too_little.to_string(), "a bond must hold at least 0.01000000 BTC");
	assert_eq!(holding(Sats::MAX_MONEY.0), Ok(Sats::MAX_MONEY.0));
	assert_eq!(holding(Sats::MAX_MONEY.0 + 1), Err(FundingError::TooMuch));
	assert_eq!(holding(u64::MAX), Err(FundingError::TooMuch));

	let bytes = raw(&funding());
	let funds = |bytes: &[u8], terms: &BondTerms, min| {
		check_funding::<Native>(bytes, 1, terms, Sats(min)).map(|bond| bond.value.0)
	};
	for malformed in [&[][..], &bytes[1..], &[&bytes[..], &[0]].concat()] {
		assert_eq!(funds(malformed, &terms(), 0), Err(FundingError::Malformed));
	}
	// The rules have a least value of their own.
	let mut dear = terms();
	dear.rules.slash_ppm = 100;
	let least = dear.rules.min_value().unwrap();
	assert!(least > Sats(VALUE));
	assert_eq!(funds(&bytes, &dear, 0), Err(FundingError::TooLittle { least }));
	// And nothing is a bond on terms that are not sound.
	let short = BondTerms { timelock: 1_008, ..terms() };
	let error = FundingError::Terms(TermsError::TimelockTooShort);
	assert_eq!(funds(&bytes, &short, 0), Err(error));
	let nobody = BondTerms { staker: XOnlyKey([0; 32]), ..terms() };
	assert_eq!(funds(&bytes, &nobody, 0), Err(FundingError::Terms(TermsError::NoSuchKey)));
	assert!([FundingError::NoSuchOutput, FundingError::Malformed, FundingError::TooMuch, error]
		.iter()
		.all(|error| !error.to_string().is_empty()));
}

proptest! {
	/// Of the bytes of a transaction, those decide that are the bond's; all others are in the id.
	#[test]
	fn changed_bytes_fund_another_coin_or_none(
		index in any::<prop::sample::Index>(),
		xor in 1..=u8::MAX,
		bytes in vec(any::<u8>(), 0..300),
	) {
		prop_assert!(check_funding::<Native>(&bytes, 0, &terms(), MIN).is_err());
		let own = check(&funding(), 1).unwrap();
		let mut changed = raw(&funding());
		let at = index.index(changed.len());
		changed[at] ^= xor;
		if let Ok(bond) = check_funding::<Native>(&changed, 1, &terms(), MIN) {
			prop_assert_ne!(bond.outpoint.txid, own.outpoint.txid);
		}
	}
}
