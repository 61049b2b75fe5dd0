//! The transactions of a batch, rebuilt from what is stored of them.

use crate::{
	coin::Spendable, Attempt, Attempts, Batch, Committees, Config, Pallet, Signatures, Withdrawals,
	MAX_INPUTS,
};
use alloc::{collections::BTreeMap, vec::Vec};
use bitcoin::consensus;
use entangled_bitcoin::{
	custody::{assemble, build, Payout, Selection},
	sighash::{Sighashes, SpentOutput},
	taproot::TaprootScript,
	transaction::txid,
	AnchorPayload, Txid,
};
use pallet_btc_light_client::Host;
use polkadot_sdk::frame_support::{traits::ConstU32, BoundedVec};

/// What is signed for each input.
type InputHashes = BoundedVec<[u8; 32], ConstU32<MAX_INPUTS>>;

/// The id of a transaction, and what is signed for each of its inputs.
pub(crate) fn to_sign(
	selection: &Selection,
	coins: &[Spendable],
	change: TaprootScript,
	anchor: &AnchorPayload,
) -> Option<(Txid, InputHashes)> {
	let inputs = coins.iter().map(|spendable| spendable.coin).collect::<Vec<_>>();
	let transaction = build(selection, &inputs, change, anchor);
	let spent = inputs
		.iter()
		.map(|coin| SpentOutput { value: coin.value, script_pubkey: coin.script_pubkey.into() })
		.collect::<Vec<_>>();
	let sighashes = Sighashes::new::<Host>(&transaction, &spent)?;
	let hashes = coins
		.iter()
		.enumerate()
		.map(|(input, spendable)| sighashes.script_path::<Host>(input, &spendable.leaf.hash))
		.collect::<Option<Vec<_>>>()?;
	Some((txid::<Host>(&transaction), hashes.try_into().ok()?))
}

/// What of a stored attempt makes its transaction.
fn selection<T: Config>(attempt: &Attempt) -> Option<Selection> {
	let payouts = attempt
		.payouts
		.iter()
		.map(|(id, fee)| {
			let withdrawal = Withdrawals::<T>::get(id)?;
			let (script, amount) = (withdrawal.script, withdrawal.amount);
			Some(Payout { id: *id, script, amount, fee: *fee })
		})
		.collect::<Option<Vec<_>>>()?;
	Some(Selection {
		payouts,
		skipped: Vec::new(),
		change: attempt.change,
		fee: attempt.fee,
		custody_fee: attempt.custody_fee,
		weight: attempt.weight,
	})
}

/// An attempt's transaction with its witnesses, in Bitcoin's serialisation; `None` while signatures
/// are missing.
pub(crate) fn signed<T: Config>(batch: &Batch, index: u32) -> Option<Vec<u8>> {
	let attempt = Attempts::<T>::get(index).filter(|attempt| attempt.complete)?;
	let coins = Pallet::<T>::coins_of(&attempt)?;
	let inputs = coins.iter().map(|spendable| spendable.coin).collect::<Vec<_>>();
	let change = Committees::<T>::get(batch.change_to)?.custody;
	let unsigned = build(&selection::<T>(&attempt)?, &inputs, change, &attempt.anchor);
	let witnesses = witnesses::<T>(coins, index)?;
	Some(consensus::serialize(&assemble(unsigned, &witnesses)?))
}

/// The witness of each input.
fn witnesses<T: Config>(coins: Vec<Spendable>, index: u32) -> Option<Vec<Vec<Vec<u8>>>> {
	// The signatures of each key, in the order of the inputs that it signs.
	let mut unused = BTreeMap::new();
	coins
		.into_iter()
		.map(|Spendable { committee, leaf, .. }| {
			let committee = Committees::<T>::get(committee)?;
			let signatures = committee
				.members
				.iter()
				.map(|member| {
					let signatures = || {
						let stored = Signatures::<T>::get(index, member.key).unwrap_or_default();
						stored.into_inner().into_iter()
					};
					unused.entry(member.key).or_insert_with(signatures).next()
				})
				.collect::<Vec<_>>();
			let mut witness = committee.multisig()?.witness(&signatures)?;
			witness.extend([leaf.script, leaf.control_block]);
			Some(witness)
		})
		.collect()
}
