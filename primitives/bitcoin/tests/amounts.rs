//! Amounts, weights, fees, and the names of coins.

use codec::{Decode, Encode, MaxEncodedLen};
use entangled_bitcoin::{FeeRate, OutPoint, Sats, Txid, Weight};
use proptest::prelude::*;

#[test]
fn amounts_are_shown_in_bitcoin() {
	assert_eq!(Sats(100_000).to_string(), "0.00100000 BTC");
	assert_eq!(Sats::ZERO.to_string(), "0.00000000 BTC");
	assert_eq!(Sats::MAX_MONEY.to_string(), "21000000.00000000 BTC");
	assert_eq!(Sats(u64::MAX).to_string(), "184467440737.09551615 BTC");
	assert_eq!(serde_json::to_string(&Sats(5)).unwrap(), "5");
	assert_eq!(Sats::MAX_MONEY.0, bitcoin::Amount::MAX_MONEY.to_sat());
}

#[test]
fn amounts_never_wrap() {
	let max = Sats(u64::MAX);
	assert_eq!(max.checked_add(Sats(1)), None);
	assert_eq!(Sats(1).checked_sub(Sats(2)), None);
	assert_eq!(Sats(1).saturating_sub(Sats(2)), Sats::ZERO);
	assert_eq!(Sats::checked_sum([]), Some(Sats::ZERO));
	assert_eq!(Sats::checked_sum([Sats(1), Sats(2), Sats(3)]), Some(Sats(6)));
	assert_eq!(Sats::checked_sum([max, Sats(1)]), None);
	assert_eq!(Weight(u64::MAX).checked_add(Weight(1)), None);
	assert_eq!(Weight::from_base_bytes(u64::MAX), None);
	assert_eq!(Weight::from_base_bytes(10), Some(Weight(40)));
}

#[test]
fn fees_are_rounded_up() {
	assert_eq!(Weight(0).vbytes(), 0);
	assert_eq!(Weight(561).vbytes(), 141);
	assert_eq!(Weight(u64::MAX).vbytes(), 1 << 62);
	assert_eq!(FeeRate(1_000).fee_for(Weight(561)), Some(Sats(141)));
	assert_eq!(FeeRate(1_001).fee_for(Weight(561)), Some(Sats(142)));
	assert_eq!(FeeRate(1).fee_for(Weight(1)), Some(Sats(1)));
	assert_eq!(FeeRate(0).fee_for(Weight(400_000)), Some(Sats(0)));
	assert_eq!(FeeRate(u64::MAX).fee_for(Weight(4_000)), Some(Sats(u64::MAX)));
	assert_eq!(FeeRate(u64::MAX).fee_for(Weight(4_001)), None);
}

#[test]
fn coins_are_named_as_bitcoin_core_names_them() {
	let text = format!("{}:7", "0123456789abcdef".repeat(4));
	let coin: OutPoint = text.parse().unwrap();
	assert_eq!(coin.to_string(), text);
	assert_eq!(coin.vout, 7);
	assert_eq!(coin.txid.0[0], 0xef);
	assert_eq!(serde_json::to_string(&coin).unwrap(), format!("\"{text}\""));
	assert_eq!(serde_json::from_str::<OutPoint>(&format!("\"{text}\"")).unwrap(), coin);
	for wrong in
		["", ":", &text[..64], &text[1..], &format!("{text}:1"), &text.replace(":7", ":07")]
	{
		assert!(wrong.parse::<OutPoint>().is_err(), "{wrong}");
	}
}

proptest! {
	#[test]
	fn coins_survive_every_form(txid: [u8; 32], vout: u32) {
		let coin = OutPoint { txid: Txid(txid), vout };
		prop_assert_eq!(OutPoint::decode(&mut &coin.encode()[..]).unwrap(), coin);
		prop_assert_eq!(coin.encode().len(), OutPoint::max_encoded_len());
		prop_assert_eq!(OutPoint::from(bitcoin::OutPoint::from(coin)), coin);
		prop_assert_eq!(coin.to_string().parse::<OutPoint>().unwrap(), coin);
		// Bitcoin's own serialisation is the same.
		prop_assert_eq!(
			coin.encode(),
			bitcoin::consensus::serialize(&bitcoin::OutPoint::from(coin))
		);
	}

	#[test]
	fn fees_are_never_below_the_rate(rate: u32, weight: u32) {
		let (rate, weight) = (u64::from(rate), u64::from(weight));
		let fee = FeeRate(rate).fee_for(Weight(weight)).unwrap().0;
		let exact = u128::from(rate) * u128::from(Weight(weight).vbytes());
		prop_assert!(u128::from(fee) * 1_000 >= exact);
		prop_assert!(u128::from(fee) * 1_000 < exact + 1_000);
	}
}
