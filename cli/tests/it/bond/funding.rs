//! The transaction that pays a bond, as wallets give it.

use super::kit::{bitcoin, bond_file, funding};
use base64::{engine::general_purpose::STANDARD, Engine};
use bitcoin::{
	consensus::encode::serialize_hex, hashes::Hash, psbt::Psbt, script::PushBytesBuf, Amount,
	PubkeyHash, ScriptBuf, Sequence, Transaction, TxIn, TxOut, WPubkeyHash, Witness,
};
use entangled_cli::bond::funding::{Funding, FundingRefused};
use serde_json::json;

/// The kit's transaction without signatures.
fn unsigned() -> Transaction {
	let (mut transaction, _) = funding();
	for input in &mut transaction.input {
		input.witness = Witness::new();
	}
	transaction
}

fn coin(script_pubkey: ScriptBuf) -> TxOut {
	TxOut { value: Amount::from_sat(3_000_000), script_pubkey }
}

fn segwit() -> ScriptBuf {
	ScriptBuf::new_p2wpkh(&WPubkeyHash::all_zeros())
}

fn legacy() -> ScriptBuf {
	ScriptBuf::new_p2pkh(&PubkeyHash::all_zeros())
}

/// A PSBT of the transaction whose input is known to spend this script.
fn psbt(transaction: Transaction, spends: ScriptBuf) -> Psbt {
	let mut psbt = Psbt::from_unsigned_tx(transaction).unwrap();
	psbt.inputs[0].witness_utxo = Some(coin(spends));
	psbt
}

fn refused(file: &[u8]) -> FundingRefused {
	Funding::parse(file).unwrap_err()
}

#[test]
fn hexadecimal_and_both_kinds_of_psbt_are_the_same_transaction() {
	let (signed, coin) = funding();
	let psbt = psbt(unsigned(), segwit());
	let script = bond_file().script().unwrap().to_bytes();
	for file in [
		format!("{}\n", serialize_hex(&signed)).into_bytes(),
		serialize_hex(&unsigned()).into_bytes(),
		psbt.serialize(),
		STANDARD.encode(psbt.serialize()).into_bytes(),
	] {
		let read = Funding::parse(&file).unwrap();
		assert_eq!(read.transaction.compute_txid(), signed.compute_txid());
		assert_eq!(read.vout(&script), Some(coin.outpoint.vout));
		assert_eq!(
			read.bytes(),
			Funding::parse(serialize_hex(&signed).as_bytes()).unwrap().bytes()
		);
	}
	for wrong in [&b""[..], b"00", b"cHNidP8=", b"\xff\xfe", b"psbt\xff"] {
		assert_eq!(refused(wrong), FundingRefused::Malformed, "{wrong:?}");
	}
}

#[test]
fn coins_of_old_addresses_are_refused() {
	assert_eq!(refused(&psbt(unsigned(), legacy()).serialize()), FundingRefused::LegacyInput(0));
	// The whole transaction that made the coin says it too.
	let made = Transaction { output: vec![coin(legacy())], ..unsigned() };
	let mut spends = unsigned();
	spends.input[0].previous_output = bitcoin::OutPoint::new(made.compute_txid(), 0);
	let mut psbt = Psbt::from_unsigned_tx(spends).unwrap();
	psbt.inputs[0].non_witness_utxo = Some(made);
	assert_eq!(refused(&psbt.serialize()), FundingRefused::LegacyInput(0));
	// In hexadecimal a signature outside of the witness shows it.
	let mut signed = unsigned();
	signed.input[0].script_sig =
		ScriptBuf::builder().push_slice([3; 71]).push_slice([2; 33]).into_script();
	assert_eq!(refused(serialize_hex(&signed).as_bytes()), FundingRefused::LegacyInput(0));
	// A script hash of which nobody knows what is behind it.
	let hidden = ScriptBuf::new_p2sh(&legacy().script_hash());
	let mut psbt = self::psbt(unsigned(), hidden);
	assert_eq!(refused(&psbt.serialize()), FundingRefused::LegacyInput(0));
	psbt.inputs[0].redeem_script = Some(legacy());
	assert_eq!(refused(&psbt.serialize()), FundingRefused::LegacyInput(0));
	// A redeem script of another coin.
	psbt.inputs[0].redeem_script = Some(segwit());
	assert_eq!(refused(&psbt.serialize()), FundingRefused::LegacyInput(0));
}

#[test]
fn nested_segregated_witness_has_its_script_before_it_is_signed() {
	let mut psbt = psbt(unsigned(), ScriptBuf::new_p2sh(&segwit().script_hash()));
	psbt.inputs[0].redeem_script = Some(segwit());
	let registered = Funding::parse(&psbt.serialize()).unwrap();

	let mut signed = unsigned();
	let push = PushBytesBuf::try_from(segwit().to_bytes()).unwrap();
	signed.input[0].script_sig = ScriptBuf::builder().push_slice(push).into_script();
	signed.input[0].witness = Witness::from_slice(&[[1; 71], [2; 71]]);
	let sent = Funding::parse(serialize_hex(&signed).as_bytes()).unwrap();
	assert_eq!(registered.bytes(), sent.bytes());
	assert_eq!(registered.transaction.compute_txid(), signed.compute_txid());
}

#[test]
fn a_psbt_that_lies_about_a_coin_is_refused() {
	let other = Transaction { output: vec![coin(segwit())], ..unsigned() };
	let mut psbt = Psbt::from_unsigned_tx(unsigned()).unwrap();
	psbt.inputs[0].non_witness_utxo = Some(other.clone());
	assert_eq!(refused(&psbt.serialize()), FundingRefused::OtherCoin(0));

	let mut spends = unsigned();
	spends.input[0].previous_output = bitcoin::OutPoint::new(other.compute_txid(), 0);
	let mut psbt = self::psbt(spends, legacy());
	psbt.inputs[0].non_witness_utxo = Some(other);
	assert_eq!(refused(&psbt.serialize()), FundingRefused::OtherCoin(0));
}

#[test]
fn only_what_is_signed_can_be_sent() {
	let mut psbt = psbt(unsigned(), segwit());
	let read = Funding::parse(&psbt.serialize()).unwrap();
	assert_eq!(read.signed(), Err(FundingRefused::NotSigned(0)));
	psbt.inputs[0].final_script_witness = Some(funding().0.input[0].witness.clone());
	let read = Funding::parse(&psbt.serialize()).unwrap();
	assert_eq!(read.signed(), Ok(&funding().0));
	// Of two inputs, the second.
	let mut half = funding().0;
	half.input.push(TxIn { sequence: Sequence::ZERO, ..TxIn::default() });
	let read = Funding::parse(serialize_hex(&half).as_bytes()).unwrap();
	assert_eq!(read.signed(), Err(FundingRefused::NotSigned(1)));
}

#[tokio::test]
async fn what_nothing_shows_is_asked_of_bitcoin() {
	let bare = Funding::parse(serialize_hex(&unsigned()).as_bytes()).unwrap();
	let outpoint = unsigned().input[0].previous_output.into();
	assert_eq!(bare.check_coins(None).await.unwrap(), [outpoint]);
	let node = |script: ScriptBuf| {
		bitcoin(move |method, _| {
			(method == "gettxout").then(|| {
				let script = json!({ "hex": hex::encode(script.as_bytes()) });
				json!({ "confirmations": 3, "value": 0.03, "scriptPubKey": script })
			})
		})
	};
	assert!(bare.check_coins(Some(&node(segwit()))).await.unwrap().is_empty());
	let nested = ScriptBuf::new_p2sh(&segwit().script_hash());
	for script in [legacy(), nested] {
		let error = bare.check_coins(Some(&node(script))).await.unwrap_err();
		assert_eq!(error.downcast_ref(), Some(&FundingRefused::LegacyInput(0)));
	}
	let nobody = bitcoin(|_, _| None);
	assert_eq!(bare.check_coins(Some(&nobody)).await.unwrap(), [outpoint]);
	// What is shown is not asked for.
	let shown = Funding::parse(&psbt(unsigned(), segwit()).serialize()).unwrap();
	assert!(shown.check_coins(Some(&node(legacy()))).await.unwrap().is_empty());
}
