//! Signed transactions, judged by the runtime.

use crate::kit::{refused, Fake};
use codec::Encode;
use entangled_cli::{
	chain::{Chain, OtherRelease},
	extrinsic::{sign, Circumstances},
	refusal::Refused,
	signer::{account, pair},
};
use entangled_runtime::{chain::EBTC, Runtime, RuntimeCall, VERSION};
use polkadot_sdk::{
	frame_system,
	sp_core::H256,
	sp_io::TestExternalities,
	sp_runtime::{
		generic::{Era, ExtrinsicFormat},
		traits::Checkable,
		DispatchError, ModuleError,
	},
};
use serde_json::json;

/// As a chain sees it that has no blocks yet.
fn circumstances(fee_asset: Option<u32>) -> Circumstances {
	let zero = H256::zero();
	Circumstances { genesis: zero, nonce: 3, era: Era::Immortal, era_hash: zero, fee_asset }
}

fn call() -> RuntimeCall {
	RuntimeCall::Peg(pallet_peg::Call::cancel { id: 7 })
}

#[test]
fn the_runtime_accepts_the_signature() {
	let alice = pair("//Alice").unwrap();
	let check = |circumstances: &Circumstances| {
		let extrinsic = sign(call(), &alice, circumstances);
		TestExternalities::default().execute_with(|| {
			// An immortal transaction names the first block, which must be known.
			frame_system::BlockHash::<Runtime>::insert(0, H256::zero());
			extrinsic.check(&frame_system::ChainContext::<Runtime>::default())
		})
	};
	for fee_asset in [None, Some(EBTC)] {
		let checked = check(&circumstances(fee_asset)).unwrap();
		assert_eq!(checked.function, call());
		let ExtrinsicFormat::Signed(who, extension) = checked.format else {
			panic!("it is signed");
		};
		assert_eq!(who, account(&alice));
		assert_eq!(extension.6.encode(), codec::Compact(3u32).encode());
	}
	// Signed for another chain.
	let genesis = H256::repeat_byte(1);
	assert!(check(&Circumstances { genesis, ..circumstances(None) }).is_err());
}

#[test]
fn errors_have_the_pallet_s_names() {
	let index = pallet_peg::Error::<Runtime>::BelowMinimum.encode()[0];
	let error = ModuleError { index: 41, error: [index, 0, 0, 0], message: None };
	assert_eq!(Refused::from(DispatchError::Module(error)).name, "Peg::BelowMinimum");
	assert_eq!(Refused::from(DispatchError::BadOrigin).name, "BadOrigin");
}

#[tokio::test]
async fn a_chain_of_another_release_gets_no_transaction() {
	let node = |spec_version: u32| {
		Chain::new(Fake::new("chain", move |method, _| match method {
			"state_getRuntimeVersion" => Ok(json!({
				"specName": VERSION.spec_name,
				"specVersion": spec_version,
				"transactionVersion": VERSION.transaction_version,
			})),
			_ => Err(refused(method, -32601, "no such method", None)),
		}))
	};
	assert!(node(VERSION.spec_version).expect_our_release().await.is_ok());
	let other = VERSION.spec_version + 1;
	let error = node(other).expect_our_release().await.unwrap_err();
	let spec_name = VERSION.spec_name.to_string();
	assert_eq!(error.downcast_ref(), Some(&OtherRelease { spec_name, spec_version: other }));
}
