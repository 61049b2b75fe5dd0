//! The transactions that spend bonds, by whoever can sign them.

use super::*;
use crate::{CovenantId, Duty, DutySignatures, Presigned};
use bitcoin::{ScriptBuf, Transaction};
use entangled_bitcoin::{
	bond::{
		extension_transaction, slashing_transaction, unbonding_transaction, withdrawal_transaction,
		BondOutput, BondTerms, CovenantSpend, FundedBond, Slashable,
	},
	FeeRate, Native, OutPoint, PayoutScript, Sighashes, Signature, XOnlyKey,
};
use pallet_btc_light_client::our_chain;

/// What the holder of key `n` signs in advance.
pub fn presign(n: u8, terms: &BondTerms, coin: &FundedBond) -> Presigned {
	let sign = |which| {
		slashing_transaction::<Native>(which, terms, coin)
			.map_or(Signature([7; 64]), |spend| signature(n, &spend.sighash))
	};
	Presigned { bond: sign(Slashable::Bond), unbonding: sign(Slashable::Unbonding) }
}

/// What the bond's scripts are made from, whether the chain remembers the covenant or not.
pub fn terms_of(outpoint: OutPoint) -> BondTerms {
	let bond = bond(outpoint);
	let covenant = committee(bond.covenant);
	bond.terms(our_chain::<Test>().unwrap(), covenant)
}

/// The transactions of a duty.
pub fn spends(outpoint: OutPoint, duty: Duty) -> Vec<CovenantSpend> {
	let (bond, terms) = (bond(outpoint), terms_of(outpoint));
	let coin = bond.coin(outpoint);
	match duty {
		Duty::Unbonding => vec![unbonding_transaction::<Native>(&terms, &coin).unwrap()],
		Duty::Extension => {
			let old = bond.extends.unwrap();
			let coin = super::bond(old).coin(old);
			vec![extension_transaction::<Native>(&terms_of(old), &coin, &terms).unwrap()]
		},
		Duty::Slash => [Slashable::Bond, Slashable::Unbonding]
			.map(|which| slashing_transaction::<Native>(which, &terms, &coin).unwrap())
			.to_vec(),
	}
}

/// What the holder of key `n` signs for a duty.
pub fn signatures(n: u8, outpoint: OutPoint, duty: Duty) -> DutySignatures {
	let signatures = spends(outpoint, duty).iter().map(|s| signature(n, &s.sighash)).collect();
	Vec::try_into(signatures).unwrap()
}

/// Whose keys a duty takes.
pub fn signers(outpoint: OutPoint, duty: Duty) -> CovenantId {
	let this = bond(outpoint);
	match duty {
		Duty::Extension => bond(this.extends.unwrap()).covenant,
		_ => this.covenant,
	}
}

/// A transaction that was signed in advance, with signatures of the staker and of `members`.
pub fn witness(
	spend: CovenantSpend,
	staker: &Signature,
	covenant: CovenantId,
	members: &[u8],
) -> Transaction {
	let committee = committee(covenant);
	let sign = |key: &XOnlyKey| {
		let n = holder(key);
		members.contains(&n).then(|| signature(n, &spend.sighash))
	};
	let signatures = committee.keys().iter().map(sign).collect::<Vec<_>>();
	spend.complete(&committee, staker, &signatures).expect("enough have signed")
}

/// The first transaction of a duty, signed by the staker and the whole covenant, as they can whether the
/// chain asked for it or not.
pub fn transaction(outpoint: OutPoint, duty: Duty) -> Transaction {
	nth_transaction(outpoint, duty, 0)
}

/// The same for another one.
pub fn nth_transaction(outpoint: OutPoint, duty: Duty, n: usize) -> Transaction {
	let spend = spends(outpoint, duty).remove(n);
	let id = signers(outpoint, duty);
	let staker = signature(holder(&bond(outpoint).staker), &spend.sighash);
	witness(spend, &staker, id, &member_numbers(id))
}

/// The transaction that slashes a bond, by the signatures that are on record.
pub fn slashing(outpoint: OutPoint, which: Slashable) -> Transaction {
	let bond = bond(outpoint);
	let (n, staker) = match which {
		Slashable::Bond => (0, bond.presigned.bond),
		Slashable::Unbonding => (1, bond.presigned.unbonding),
	};
	let spend = spends(outpoint, Duty::Slash).remove(n);
	let covenant = committee(bond.covenant);
	let signatures = covenant.keys().iter().map(|key| {
		let all = crate::Signatures::<Test>::get((outpoint, Duty::Slash, key))?;
		Some(all[n])
	});
	let signatures = signatures.collect::<Vec<_>>();
	spend.complete(&covenant, &staker, &signatures).expect("enough have signed")
}

/// The staker takes the coin alone, when its delay is over.
pub fn withdrawal(outpoint: OutPoint, from: BondOutput) -> Transaction {
	let (bond, terms) = (bond(outpoint), terms_of(outpoint));
	let mut coin = bond.coin(outpoint);
	if from == BondOutput::Unbonding {
		coin = Slashable::Unbonding.coin::<Native>(&terms, &coin).unwrap();
	}
	let to = PayoutScript::P2wpkh([9; 20]);
	let refund = withdrawal_transaction::<Native>(
		from,
		&terms,
		coin.outpoint,
		coin.value,
		to,
		FeeRate(1_000),
	)
	.unwrap();
	let staker = signature(holder(&bond.staker), &refund.sighash);
	refund.complete(&staker)
}

/// What staker and covenant make together that nobody knows: it pays everything to a script of theirs.
pub fn collusion(outpoint: OutPoint, duty: Duty, n: usize) -> Transaction {
	let mut spend = spends(outpoint, duty).remove(n);
	spend.transaction.output = vec![output(ScriptBuf::from(vec![0x51]), spend.spent.value.0 - 500)];
	spend.sighash =
		Sighashes::new::<Native>(&spend.transaction, core::slice::from_ref(&spend.spent))
			.unwrap()
			.script_path::<Native>(0, &spend.leaf.hash)
			.unwrap();
	let id = bond(outpoint).covenant;
	let staker = signature(holder(&bond(outpoint).staker), &spend.sighash);
	witness(spend, &staker, id, &member_numbers(id))
}

/// What account `n` registers in order to extend a bond: the new bond, and the call.
pub fn extension(outpoint: OutPoint, timelock: u16) -> (OutPoint, Presigned) {
	let old = bond(outpoint);
	let covenant = committee(Serving::get().unwrap());
	let rules = Staking::rules_now().unwrap();
	let new = BondTerms { covenant, timelock, rules, ..terms_of(outpoint) };
	let spend =
		extension_transaction::<Native>(&terms_of(outpoint), &old.coin(outpoint), &new).unwrap();
	let coin = FundedBond {
		outpoint: OutPoint { txid: spend.txid::<Native>(), vout: 0 },
		value: Sats(spend.transaction.output[0].value.to_sat()),
	};
	(coin.outpoint, presign(holder(&old.staker), &new, &coin))
}
