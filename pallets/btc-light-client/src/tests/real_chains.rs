//! The real networks, through the calls.

use crate::mock::*;
use entangled_bitcoin::{Checkpoint, Header, Network, U256};
use polkadot_sdk::frame_support::assert_ok;

fn follow(checkpoint: Checkpoint, headers: &[Header], list: usize) -> (u32, U256) {
	let mut tip = None;
	let network = checkpoint.network;
	run_from(Some(checkpoint), || {
		for list in headers.chunks(list) {
			match network {
				// Only validators bring signet's headers.
				Network::Signet => observe(1, list, None),
				_ => {
					assert_ok!(Bitcoin::submit_headers(RuntimeOrigin::signed(1), bytes(list)));
				},
			}
		}
		tip = crate::Tip::<Test>::get();
	});
	tip.map(|tip| (tip.block.height, tip.work)).unwrap()
}

fn work(hex: &str) -> U256 {
	U256::from_str_radix(hex, 16).unwrap()
}

#[test]
fn mainnet_from_a_checkpoint() {
	let Some(headers) = real_headers("mainnet-822528-826560.bin") else { return };
	let at = 824_544 - 822_528;
	let checkpoint = Checkpoint {
		network: Network::Mainnet,
		height: 824_544,
		work: work("64501794587ef4725e5041f9"),
		headers: headers[at - 10..=at].to_vec(),
	};
	for list in [1, 47, 2_016] {
		let tip = follow(checkpoint.clone(), &headers[at + 1..], list);
		assert_eq!(tip, (826_560, work("665c59eb16adc0cb05db7eb4")));
	}
}

#[test]
fn testnet3_and_signet_from_their_genesis() {
	for (network, file, height) in [
		(Network::Testnet3, "testnet3-0-6047.bin", 6_047),
		(Network::Signet, "signet-0-2015.bin", 2_015),
	] {
		let Some(headers) = real_headers(file) else { return };
		let sum = headers
			.iter()
			.map(|header| entangled_bitcoin::target::work(header.bits.target().unwrap()))
			.fold(U256::zero(), |sum, work| sum + work);
		let tip = follow(Checkpoint::genesis(network), &headers[1..], 333);
		assert_eq!(tip, (height, sum));
	}
}
