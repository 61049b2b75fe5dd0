//! The HTTP and JSON-RPC surface: authentication, versions, batches, malformed requests,
//! parameters.

use std::{
	io::{BufRead, BufReader},
	path::PathBuf,
	process::{Command, Stdio},
};

use corepc_client::client_sync::{v31::Client, Auth};
use entangled_devnet::bitcoin::{Config, Regtest};
use serde_json::{json, Value};

use crate::kit::{Key, Net};

fn body(text: &str) -> Value {
	serde_json::from_str(text).unwrap()
}

#[test]
fn only_the_cookie_lets_in() {
	let net = Net::start();
	let request = json!({"method": "getblockcount", "id": 1}).to_string();
	assert_eq!(net.http("POST", None, &request).0, 401);
	assert_eq!(net.http("POST", Some("__cookie__:00"), &request).0, 401);
	let (status, answer) = net.http("POST", Some(&net.cookie()), &request);
	assert_eq!(status, 200);
	assert_eq!(body(&answer), json!({"result": 0, "error": null, "id": 1}));
	assert_eq!(net.http("GET", Some(&net.cookie()), "").0, 405);
}

#[test]
fn failures_have_bitcoin_cores_status_and_code() {
	let net = Net::start();
	let cookie = net.cookie();
	let post = |request: &str| {
		let (status, answer) = net.http("POST", Some(&cookie), request);
		(status, body(&answer)["error"]["code"].as_i64().unwrap())
	};
	assert_eq!(post("{"), (500, -32700));
	assert_eq!(post("7"), (500, -32700));
	assert_eq!(post(r#"{"id": 1}"#), (400, -32600));
	assert_eq!(post(r#"{"method": "nosuch"}"#), (404, -32601));
	assert_eq!(post(r#"{"jsonrpc": "2.0", "method": "nosuch", "id": 1}"#), (200, -32601));
	assert_eq!(post(r#"{"method": "getblockhash", "params": [99]}"#), (500, -8));
	assert_eq!(post(r#"{"method": "getblockhash"}"#), (500, -1));
	assert_eq!(post(r#"{"method": "getblockhash", "params": [1, 2]}"#), (500, -1));
}

#[test]
fn batches_mix_successes_and_failures() {
	let net = Net::start();
	let batch = json!([
		{"method": "getblockcount", "id": 1},
		{"jsonrpc": "2.0", "method": "nosuch", "id": "two"},
		{"jsonrpc": "2.0", "method": "getblockcount"},
	]);
	let (status, answer) = net.http("POST", Some(&net.cookie()), &batch.to_string());
	assert_eq!(status, 200);
	let error = json!({"code": -32601, "message": "Method not found"});
	assert_eq!(
		body(&answer),
		json!([{"result": 0, "error": null, "id": 1}, {"jsonrpc": "2.0", "error": error, "id": "two"}])
	);
	let (status, answer) =
		net.http("POST", Some(&net.cookie()), r#"{"jsonrpc":"2.0","method":"uptime"}"#);
	assert_eq!((status, answer.as_str()), (204, ""));
}

#[test]
fn parameters_go_by_name_too() {
	let net = Net::start();
	let call = |method: &str, params: Value| {
		let request = json!({"jsonrpc": "2.0", "id": 0, "method": method, "params": params});
		body(&net.http("POST", Some(&net.cookie()), &request.to_string()).1)
	};
	let address = Key::new(1).address.to_string();
	let made = call("generatetoaddress", json!({"address": address, "nblocks": 2}));
	assert_eq!(made["result"].as_array().unwrap().len(), 2);
	let hash = &made["result"][1];
	assert!(call("getblock", json!({"blockhash": hash, "verbose": 0}))["result"].is_string());
	assert!(
		call("getblock", json!({"args": [hash], "verbosity": 2}))["result"]["tx"][0].is_object()
	);
	let unknown = call("getblock", json!({"blockhash": hash, "x": 1}));
	assert_eq!(unknown["error"], json!({"code": -8, "message": "Unknown named parameter x"}));
	let twice = call("getblock", json!({"args": [hash], "blockhash": hash}));
	assert_eq!(twice["error"]["code"], -8);
}

#[test]
fn bad_parameters_are_named_and_never_end_the_node() {
	let net = Net::start();
	for (method, params, code) in [
		("getblockhash", json!(["x"]), -3),
		("getblockhash", json!([1e300]), -1),
		("getblockhash", json!([4294967296u64]), -8),
		("getblock", json!(["00"]), -8),
		("getblock", json!(["z".repeat(64)]), -8),
		("getblock", json!([1]), -3),
		("getblockheader", json!(["0".repeat(64), "yes"]), -3),
		("generatetoaddress", json!([1, "nobody"]), -5),
		("generatetoaddress", json!([1, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"]), -5),
		("generateblock", json!(["nobody", []]), -5),
		("sendrawtransaction", json!(["zz"]), -22),
		("sendrawtransaction", json!([""]), -22),
		("sendrawtransaction", json!(["00".repeat(100), {}]), -22),
		("testmempoolaccept", json!([[]]), -8),
		("testmempoolaccept", json!([[1]]), -3),
		("decoderawtransaction", json!(["0100"]), -22),
		("gettxout", json!(["0".repeat(64), -1]), -1),
		("gettxoutproof", json!([[]]), -8),
		("getmempoolentry", json!(["0".repeat(64)]), -5),
		("getrawmempool", json!([true, true]), -8),
		("scantxoutset", json!(["begin"]), -8),
		("scantxoutset", json!(["start"]), -1),
		("scantxoutset", json!(["start", [1]]), -8),
		("setmempoolminfee", json!([1]), -8),
		("setmempoolminfee", json!(["a"]), -3),
		("setmempoolminfee", json!([-0.1]), -3),
		("setmocktime", json!([-1]), -8),
		("submitheader", json!(["00"]), -22),
		("estimatesmartfee", json!([6, "wrong"]), -8),
	] {
		let request = json!({"jsonrpc": "2.0", "id": 0, "method": method, "params": params});
		let answer = body(&net.http("POST", Some(&net.cookie()), &request.to_string()).1);
		assert_eq!(answer["error"]["code"], code, "{method} {params}: {answer}");
	}
	assert_eq!(net.height(), 0);
}

#[test]
fn small_methods_answer() {
	let net = Net::start();
	let help = net.call("help", &[]);
	assert!(help.as_str().unwrap().contains("== Blockchain ==\ngetbestblockhash"));
	assert!(net
		.call("help", &[json!("setmempoolminfee")])
		.as_str()
		.unwrap()
		.contains("Not in Bitcoin Core"));
	assert_eq!(net.call("help", &[json!("x")]), "help: unknown command: x");
	assert!(net.client.uptime().unwrap() < 600);
	net.client.get_network_info().unwrap().into_model().unwrap();
	assert!(net.client.get_index_info().unwrap().0["txindex"].synced);
	let key = Key::taproot(3);
	let unchecked = key.address.to_string().parse().unwrap();
	let valid = net.client.validate_address(&key.address).unwrap().into_model().unwrap();
	assert_eq!(valid.address, unchecked);
	let invalid = net.call("validateaddress", &[json!("x")]);
	assert_eq!(invalid["isvalid"], false);
}

#[test]
fn mocked_time_is_mined() {
	let net = Net::start();
	let address = Key::new(1).address;
	net.call("setmocktime", &[json!(1_400_000_000)]);
	let hashes = net.mine(2, &address);
	assert_eq!(net.block(hashes[0]).header.time, 1_400_000_000);
	assert_eq!(net.block(hashes[1]).header.time, 1_400_000_001);
	net.call("setmocktime", &[json!(0)]);
	let now = net.block(net.mine(1, &address)[0]).header.time;
	assert!(now > 1_700_000_000);
	net.call("setmocktime", &[json!(u64::from(now) + 3 * 3600)]);
	let (code, message) = net.fail("generatetoaddress", &[json!(1), json!(address)]);
	assert_eq!(code, -32603);
	assert!(message.ends_with("time-too-new"), "{message}");
}

#[test]
fn stop_ends_the_node() {
	let net = Net::start();
	let cookie = net.handle.cookie_file().to_owned();
	assert_eq!(net.client.stop().unwrap(), "Bitcoin Core stopping");
	net.handle.wait().unwrap();
	assert!(!cookie.exists());
}

#[test]
fn a_user_may_be_fixed() {
	let user = ("alice".to_owned(), "secret:word".to_owned());
	let config = Config { rpc_user: Some(user.clone()), ..Config::default() };
	let handle = Regtest::start(config).unwrap();
	assert!(!handle.cookie_file().exists());
	let client = Client::new_with_auth(&handle.url(), Auth::UserPass(user.0, user.1)).unwrap();
	assert_eq!(client.get_block_count().unwrap().0, 0);
	let client = Client::new_with_auth(&handle.url(), Auth::UserPass("alice".into(), "x".into()));
	assert!(client.unwrap().get_block_count().is_err());
}

#[cfg(unix)]
#[test]
fn the_program_serves_until_it_is_told_to_end() {
	let dir = tempfile::tempdir().unwrap();
	let mut program = Command::new(env!("CARGO_BIN_EXE_entangled-regtest"))
		.args(["--rpcport", "0", "--p2p", "none", "--datadir"])
		.arg(dir.path())
		.stdout(Stdio::piped())
		.spawn()
		.unwrap();
	let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
	let mut word = |name: &str| {
		let line = lines.next().unwrap().unwrap();
		line.strip_prefix(name).unwrap().trim().to_owned()
	};
	let (url, cookie) = (word("rpc"), PathBuf::from(word("cookie")));
	let client = Client::new_with_auth(&url, Auth::CookieFile(cookie.clone())).unwrap();
	assert_eq!(client.get_block_count().unwrap().0, 0);
	Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
	assert!(program.wait().unwrap().success());
	assert!(!cookie.exists());
	let left: Vec<_> =
		dir.path().read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
	assert_eq!(left, ["blocks.dat"], "nothing but the blocks stays");
}
