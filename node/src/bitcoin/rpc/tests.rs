// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use serde_json::json;
use std::{
	io::{BufRead, BufReader, Read, Write},
	net::{SocketAddr, TcpListener},
	path::PathBuf,
	thread,
};

/// What the server saw of a request.
struct Request {
	authorization: Option<String>,
	body: Value,
}

/// Answers one request after the other with what `respond` says, for as long as it says something.
fn serve(mut respond: impl FnMut(Request) -> Option<String> + Send + 'static) -> SocketAddr {
	let listener = TcpListener::bind("127.0.0.1:0").unwrap();
	let address = listener.local_addr().unwrap();
	thread::spawn(move || {
		for stream in listener.incoming() {
			let mut stream = stream.unwrap();
			let mut reader = BufReader::new(stream.try_clone().unwrap());
			let (mut length, mut authorization) = (0, None);
			loop {
				let mut line = String::new();
				reader.read_line(&mut line).unwrap();
				let Some((name, value)) = line.trim().split_once(':') else {
					if line.trim().is_empty() {
						break;
					}
					continue;
				};
				match name.to_lowercase().as_str() {
					"content-length" => length = value.trim().parse().unwrap(),
					"authorization" => authorization = Some(value.trim().to_string()),
					_ => {},
				}
			}
			let mut body = vec![0; length];
			reader.read_exact(&mut body).unwrap();
			let body = serde_json::from_slice(&body).unwrap();
			match respond(Request { authorization, body }) {
				Some(response) => stream.write_all(response.as_bytes()).unwrap(),
				None => thread::sleep(Duration::from_secs(5)),
			}
		}
	});
	address
}

fn http(status: &str, body: &str) -> Option<String> {
	let length = body.len();
	Some(format!(
		"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
	))
}

fn answer(request: &Request, result: Value) -> Option<String> {
	let id = &request.body["id"];
	http("200 OK", &json!({ "result": result, "error": null, "id": id }).to_string())
}

fn rpc(address: SocketAddr, credentials: Credentials) -> CoreRpc {
	let endpoint = format!("http://{address}").parse().unwrap();
	CoreRpc::new(endpoint, credentials, Duration::from_secs(3))
}

fn alice() -> Credentials {
	Credentials::UserPassword(UserPassword { user: "alice".into(), password: "secret".into() })
}

#[tokio::test]
async fn calls_with_parameters_and_credentials() {
	let address = serve(|request| {
		assert_eq!(request.body["method"], "getblockhash");
		assert_eq!(request.body["params"], json!([7]));
		// "alice:secret" in base64.
		assert_eq!(request.authorization.as_deref(), Some("Basic YWxpY2U6c2VjcmV0"));
		answer(&request, json!("00ff"))
	});
	let rpc = rpc(address, alice());
	for _ in 0..3 {
		assert_eq!(rpc.call("getblockhash", &[json!(7)]).await.unwrap(), json!("00ff"));
	}
}

#[tokio::test]
async fn a_new_cookie_is_read_when_the_old_one_is_refused() {
	let directory = tempfile::tempdir().unwrap();
	let path: PathBuf = directory.path().join(".cookie");
	std::fs::write(&path, "__cookie__:old").unwrap();
	let (written, mut refusals) = (path.clone(), 0);
	let address = serve(move |request| {
		// "__cookie__:new" in base64.
		if request.authorization.as_deref() == Some("Basic X19jb29raWVfXzpuZXc=") {
			return answer(&request, json!(refusals));
		}
		refusals += 1;
		std::fs::write(&written, "__cookie__:new").unwrap();
		http("401 Unauthorized", "")
	});
	let rpc = rpc(address, Credentials::Cookie(path.clone()));
	for _ in 0..2 {
		assert_eq!(rpc.call("uptime", &[]).await.unwrap(), json!(1));
	}
	std::fs::remove_file(&path).unwrap();
	assert_eq!(rpc.call("uptime", &[]).await.unwrap(), json!(1), "the cookie is remembered");
}

#[tokio::test]
async fn wrong_credentials_are_told_apart() {
	let address = serve(|_| http("401 Unauthorized", ""));
	for credentials in [Credentials::None, alice()] {
		let error = rpc(address, credentials).call("uptime", &[]).await.unwrap_err();
		assert!(matches!(error, CallError::Unauthorised), "{error}");
	}
	let missing = Credentials::Cookie("/nowhere/.cookie".into());
	let error = rpc(address, missing).call("uptime", &[]).await.unwrap_err();
	assert!(matches!(error, CallError::Cookie(_)), "{error}");
}

#[tokio::test]
async fn refusals_keep_their_code() {
	// Bitcoin Core sends its errors with status 500, newer versions with 200 to JSON-RPC 2.0.
	for status in ["500 Internal Server Error", "200 OK", "404 Not Found"] {
		let address = serve(move |request| {
			let id = &request.body["id"];
			let error = json!({ "code": -8, "message": "Block height out of range" });
			http(status, &json!({ "result": null, "error": error, "id": id }).to_string())
		});
		let error = rpc(address, alice()).call("getblockhash", &[json!(9)]).await.unwrap_err();
		let CallError::Refused { code, message } = error else { panic!("{error}") };
		assert_eq!(code, CallError::INVALID_PARAMETER);
		assert_eq!(message, "Block height out of range");
	}
}

#[tokio::test]
async fn silence_is_a_timeout() {
	let address = serve(|_| None);
	let endpoint = format!("http://{address}").parse().unwrap();
	let rpc = CoreRpc::new(endpoint, alice(), Duration::from_millis(200));
	let error = rpc.call("uptime", &[]).await.unwrap_err();
	assert!(matches!(error, CallError::Timeout(_)), "{error}");
}

#[tokio::test]
async fn a_closed_port_says_what_to_check() {
	let listener = TcpListener::bind("127.0.0.1:0").unwrap();
	let address = listener.local_addr().unwrap();
	drop(listener);
	let error = rpc(address, alice()).call("uptime", &[]).await.unwrap_err();
	assert!(matches!(error, CallError::Connection(_)), "{error}");
	assert!(error.to_string().contains("server=1"));
}

#[tokio::test]
async fn what_is_not_an_answer_is_an_error() {
	for response in [
		http("200 OK", ""),
		http("200 OK", "<html>"),
		http("200 OK", "{}"),
		http("200 OK", "[]"),
		http("503 Service Unavailable", "Work queue depth exceeded"),
		Some("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n{".into()),
		Some("HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".into()),
		Some("SSH-2.0-OpenSSH_9.2\r\n".into()),
		Some(String::new()),
		Some("\u{1F480}".repeat(1_000)),
	] {
		let shown = format!("{response:?}");
		let address = serve(move |_| response.clone());
		let error = rpc(address, alice()).call("uptime", &[]).await.unwrap_err();
		assert!(
			matches!(
				error,
				CallError::Connection(_) | CallError::Malformed(_) | CallError::Timeout(_)
			),
			"{shown}: {error}"
		);
	}
}

#[test]
fn clipped_text_is_one_short_line() {
	assert_eq!(clip("a\nb\u{1b}[31m"), "a b [31m");
	assert_eq!(clip(&"x".repeat(200)), "x".repeat(200));
	assert_eq!(clip(&"é".repeat(5_000)).chars().count(), 201);
}
