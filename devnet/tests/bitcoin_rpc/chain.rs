//! Blocks: mining, branches, proofs, restarts.

use bitcoin::{
	consensus::encode::{deserialize_hex, serialize_hex},
	hashes::Hash,
	script::Builder,
	MerkleBlock, OutPoint, Txid,
};
use serde_json::{json, Value};

use crate::kit::{genesis, raw, Key, Net, COIN};

#[test]
fn a_fresh_chain_is_bitcoin_cores_regtest() {
	let net = Net::start();
	net.client.check_expected_server_version().unwrap();
	assert_eq!(net.height(), 0);
	assert_eq!(net.tip(), genesis());
	let info = net.client.get_blockchain_info().unwrap().into_model().unwrap();
	assert_eq!(info.chain, bitcoin::Network::Regtest);
	assert!(info.initial_block_download);
	assert_eq!(info.bits.unwrap().to_consensus(), 0x207fffff);
	assert!((info.difficulty - 4.656542373906925e-10).abs() < 1e-20);
	assert_eq!(net.fail("getblockhash", &[json!(1)]), (-8, "Block height out of range".into()));
	assert_eq!(net.fail("getblockhash", &[json!(-1)]), (-8, "Block height out of range".into()));
}

#[test]
fn mined_blocks_are_served_alike_in_every_form() {
	let net = Net::start();
	let key = Key::new(1);
	let hashes = net.mine(3, &key.address);
	assert_eq!(net.height(), 3);
	assert_eq!(net.tip(), hashes[2]);
	for (index, hash) in hashes.iter().enumerate() {
		let block = net.block(*hash);
		assert_eq!(block.block_hash(), *hash);
		let bip34 = Builder::new().push_int(index as i64 + 1);
		let script_sig = &block.txdata[0].input[0].script_sig;
		assert!(script_sig.as_bytes().starts_with(bip34.as_bytes()));
		assert!(block.check_merkle_root() && block.check_witness_commitment());
		assert_eq!(
			net.client.get_block_header(hash).unwrap().into_model().unwrap().0,
			block.header
		);
		let verbose = net.client.get_block_header_verbose(hash).unwrap().into_model().unwrap();
		assert_eq!(verbose.height as usize, index + 1);
		assert_eq!(verbose.confirmations, 3 - index as i64);
		assert_eq!(verbose.merkle_root, block.header.merkle_root);
		assert_eq!(verbose.next_block_hash, hashes.get(index + 1).copied());
		let one = net.client.get_block_verbose_one(*hash).unwrap().into_model().unwrap();
		assert_eq!(one.tx, vec![block.txdata[0].compute_txid()]);
		// The client's types cannot read these where serde_json keeps numbers as text, which a crate
		// of the workspace asks it to.
		for verbosity in [2, 3] {
			let detailed = net.call("getblock", &[json!(hash), json!(verbosity)]);
			assert_eq!(detailed["tx"][0]["hex"], raw(&block.txdata[0]));
			assert_eq!(detailed["tx"][0]["txid"], json!(block.txdata[0].compute_txid()));
		}
	}
	let info = net.client.get_blockchain_info().unwrap().into_model().unwrap();
	assert!(!info.initial_block_download);
	assert_eq!(info.median_time, net.block(hashes[1]).header.time);
	assert_eq!(net.fail("getblock", &[json!(Txid::all_zeros())]), (-5, "Block not found".into()));
}

#[test]
fn a_declared_block_leaves_the_chain_and_comes_back() {
	let net = Net::start();
	let key = Key::new(1);
	let coin = net.fund(&key);
	let transaction = key.sweep(&[coin.clone()], 1_000);
	let txid = net.send(&transaction);
	let hashes = net.mine(3, &key.address);
	assert!(net.pool().is_empty());
	let mined = net.client.get_raw_transaction_verbose(txid).unwrap();
	assert_eq!(mined.block_hash, Some(hashes[0].to_string()));

	net.client.invalidate_block(hashes[0]).unwrap();
	assert_eq!(net.height(), 101);
	assert_eq!(net.pool(), vec![txid.to_string()], "the transaction waits again");
	assert!(net.call("gettxout", &[json!(txid), json!(0), json!(false)]).is_null());
	assert!(net.call("gettxout", &[json!(coin.0.txid), json!(0), json!(false)]).is_object());
	let tips = net.call("getchaintips", &[]);
	assert_eq!(
		tips[0],
		json!({"height": 104, "hash": hashes[2], "branchlen": 3, "status": "invalid"})
	);
	assert_eq!(tips[1]["status"], "active");
	let block = net.block(hashes[0]);
	assert_eq!(net.call("submitblock", &[json!(serialize_hex(&block))]), "duplicate-invalid");

	let other = net.mine(1, &key.address)[0];
	assert_eq!(net.block(other).txdata[1], transaction, "the transaction is mined again");
	let moved = net.client.get_raw_transaction_verbose(txid).unwrap();
	assert_eq!(moved.block_hash, Some(other.to_string()));

	net.client.reconsider_block(hashes[0]).unwrap();
	assert_eq!(net.tip(), hashes[2]);
	let back = net.client.get_raw_transaction_verbose(txid).unwrap();
	assert_eq!(back.block_hash, Some(hashes[0].to_string()));
	assert!(net.pool().is_empty());
	let unknown = json!(Txid::all_zeros());
	assert_eq!(net.fail("invalidateblock", &[unknown]), (-5, "Block not found".into()));
}

#[test]
fn a_branch_with_more_work_replaces_and_one_with_less_does_not() {
	let net = Net::start();
	let rival = Net::start();
	let ours = net.mine(3, &Key::new(1).address);
	let theirs = rival.mine(4, &Key::new(2).address);
	let submit = |hash| net.call("submitblock", &[json!(serialize_hex(&rival.block(hash)))]);

	assert_eq!(submit(theirs[1]), "prev-blk-not-found");
	for hash in &theirs[..3] {
		assert_eq!(submit(*hash), "inconclusive");
		assert_eq!(net.tip(), ours[2], "as much work is not more");
	}
	assert_eq!(submit(theirs[0]), "duplicate");
	let tips = net.call("getchaintips", &[]);
	let rival_tip =
		tips.as_array().unwrap().iter().find(|tip| tip["hash"] == json!(theirs[2])).unwrap();
	assert_eq!(rival_tip["status"], "valid-headers");
	assert_eq!(submit(theirs[3]), Value::Null);
	assert_eq!(net.tip(), theirs[3]);
	let tips = net.call("getchaintips", &[]);
	assert_eq!(
		tips[1],
		json!({"height": 3, "hash": ours[2], "branchlen": 3, "status": "valid-fork"})
	);
	let (left, _) = net.reward(ours[0]);
	let (joined, _) = net.reward(theirs[0]);
	assert!(net.call("gettxout", &[json!(left.txid), json!(0)]).is_null());
	assert!(net.call("gettxout", &[json!(joined.txid), json!(0)]).is_object());
	let header = net.call("getblockheader", &[json!(ours[2])]);
	assert_eq!(header["confirmations"], -1);
}

#[test]
fn invalid_blocks_are_refused_with_the_engines_reason() {
	let net = Net::start();
	let key = Key::new(1);
	net.mine(1, &key.address);
	let template = || {
		let made = net.call("generateblock", &[json!(key.address), json!([]), json!(false)]);
		deserialize_hex::<bitcoin::Block>(made["hex"].as_str().unwrap()).unwrap()
	};
	let submit = |block: &bitcoin::Block| net.call("submitblock", &[json!(serialize_hex(block))]);
	let grind = |block: &mut bitcoin::Block, meets: bool| {
		while block.header.target().is_met_by(block.block_hash()) != meets {
			block.header.nonce += 1;
		}
	};
	let mut block = template();
	block.header.merkle_root = bitcoin::TxMerkleNode::all_zeros();
	grind(&mut block, true);
	assert_eq!(submit(&block), "bad-txnmrklroot");

	let mut block = template();
	grind(&mut block, false);
	assert_eq!(submit(&block), "high-hash");

	let mut block = template();
	block.header.time = 1;
	grind(&mut block, true);
	assert_eq!(submit(&block), "time-too-old");

	let mut block = template();
	block.txdata[0].output[0].value += bitcoin::Amount::ONE_SAT;
	block.header.merkle_root = block.compute_merkle_root().unwrap();
	grind(&mut block, true);
	assert_eq!(submit(&block), "bad-cb-amount");
	assert_eq!(submit(&block), "duplicate-invalid");
	assert_eq!(net.call("getchaintips", &[])[0]["status"], "invalid");

	let mut block = template();
	block.txdata[0].input[0].witness.clear();
	assert_eq!(submit(&block), Value::Null, "the coinbase's witness is filled in");
	assert_eq!(net.fail("submitblock", &[json!("00")]), (-22, "Block decode failed".into()));
}

#[test]
fn headers_come_before_their_blocks() {
	let net = Net::start();
	let rival = Net::start();
	let hashes = rival.mine(2, &Key::new(2).address);
	let header = |hash| rival.block(hash).header;
	let (code, message) = net.fail("submitheader", &[json!(serialize_hex(&header(hashes[1])))]);
	assert_eq!(
		(code, message),
		(-25, format!("Must submit previous header ({}) first", hashes[0]))
	);
	for hash in &hashes {
		net.client.submit_header(&header(*hash)).unwrap();
	}
	assert_eq!(net.call("getblockchaininfo", &[])["headers"], 2);
	assert_eq!(net.call("getchaintips", &[])[0]["status"], "headers-only");
	let error = (-1, "Block not available (not fully downloaded)".to_owned());
	assert_eq!(net.fail("getblock", &[json!(hashes[0])]), error);
	let mut bad = header(hashes[1]);
	bad.time = 0;
	while !bad.target().is_met_by(bad.block_hash()) {
		bad.nonce += 1;
	}
	assert_eq!(
		net.fail("submitheader", &[json!(serialize_hex(&bad))]),
		(-25, "time-too-old".into())
	);
	for hash in &hashes {
		net.client.submit_block(&rival.block(*hash)).unwrap();
	}
	assert_eq!(net.tip(), hashes[1]);
}

#[test]
fn chosen_transactions_are_mined_or_refused_as_a_whole() {
	let net = Net::start();
	let key = Key::new(1);
	let coin = net.fund(&key);
	let sweep = key.sweep(&[coin.clone()], 1_000);
	let hex = serialize_hex(&sweep);
	let made = net.call("generateblock", &[json!(format!("addr({})", key.address)), json!([hex])]);
	let hash = made["hash"].as_str().unwrap().parse().unwrap();
	assert_eq!(net.block(hash).txdata[1], sweep);
	assert_eq!(net.block(hash).txdata[0].output[0].value.to_sat(), 50 * COIN, "without the fee");
	let again = json!([serialize_hex(&key.sweep(&[coin], 2_000))]);
	let (code, message) = net.fail("generateblock", &[json!(key.address), again]);
	assert_eq!(code, -25);
	assert!(
		message.starts_with("TestBlockValidity failed: bad-txns-inputs-missingorspent"),
		"{message}"
	);
}

#[test]
fn proofs_show_a_transaction_in_its_block() {
	let net = Net::start();
	let key = Key::new(1);
	let coin = net.fund(&key);
	let txid = net.send(&key.sweep(&[coin], 1_000));
	let error = (-5, "Transaction not yet in block".to_owned());
	assert_eq!(net.fail("gettxoutproof", &[json!([txid])]), error);
	let hash = net.mine(1, &key.address)[0];
	let proof: MerkleBlock =
		deserialize_hex(&net.client.get_tx_out_proof(&[txid]).unwrap()).unwrap();
	assert_eq!(proof.header.block_hash(), hash);
	let (mut matches, mut positions) = (Vec::new(), Vec::new());
	proof.extract_matches(&mut matches, &mut positions).unwrap();
	assert_eq!((matches, positions), (vec![txid], vec![1]));
	let twice = json!([txid, txid]);
	assert_eq!(net.fail("gettxoutproof", &[twice]).0, -8);
}

#[test]
fn a_faucet_finds_its_coins() {
	let net = Net::start();
	let key = Key::taproot(7);
	let descriptor = format!("addr({})", key.address);
	assert_eq!(net.client.scan_tx_out_set_start(&[&descriptor]).unwrap().unspents.len(), 0);
	let hashes = net.mine(2, &key.address);
	let scan = net.client.scan_tx_out_set_start(&[&descriptor]).unwrap();
	assert!(scan.success);
	assert_eq!((scan.height, scan.total_amount), (2, 100.0));
	let mut found: Vec<Txid> =
		scan.unspents.iter().map(|unspent| unspent.txid.parse().unwrap()).collect();
	let mut mined: Vec<Txid> = hashes.iter().map(|hash| net.reward(*hash).0.txid).collect();
	found.sort();
	mined.sort();
	assert_eq!(found, mined);
	let raw = json!([{"desc": format!("raw({})", key.script().to_hex_string())}]);
	assert_eq!(net.call("scantxoutset", &[json!("start"), raw])["total_amount"], 100.0);
	let error = net.fail("scantxoutset", &[json!("start"), json!(["pk(xyz)"])]);
	assert_eq!(error, (-5, "'pk(xyz)' is not a valid descriptor function".into()));
}

#[test]
fn the_chain_comes_back_after_a_restart() {
	let dir = tempfile::tempdir().unwrap();
	let key = Key::new(1);
	let net = Net::start_in(dir.path().to_owned());
	let coin = net.fund(&key);
	let transaction = key.sweep(&[coin], 1_000);
	net.send(&transaction);
	let hashes = net.mine(3, &key.address);
	net.client.invalidate_block(hashes[2]).unwrap();
	let tip = net.tip();
	let cookie = net.handle.cookie_file().to_owned();
	assert!(cookie.exists());
	net.handle.shutdown().unwrap();
	assert!(!cookie.exists());

	let net = Net::start_in(dir.path().to_owned());
	assert_eq!((net.height(), net.tip()), (103, tip));
	let outpoint = OutPoint::new(transaction.compute_txid(), 0);
	assert!(net.call("gettxout", &[json!(outpoint.txid), json!(0)]).is_object());
	net.client.reconsider_block(hashes[2]).unwrap();
	assert_eq!(net.tip(), hashes[2]);
	net.mine(1, &key.address);
	assert_eq!(net.height(), 105);
}
