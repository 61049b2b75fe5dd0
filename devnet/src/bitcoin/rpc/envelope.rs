//! JSON-RPC requests and answers in versions 1.0, 1.1 and 2.0 and in batches, after Bitcoin Core's
//! `httprpc.cpp`.
//!
//! A request without a version, or with `"1.0"`, gets both `result` and `error`, one of them
//! `null`, and an HTTP error status when it fails. One with `"2.0"` gets only one of the two,
//! always under HTTP 200, and nothing at all when it has no `id`. A batch is always HTTP 200.

use serde_json::{Map, Value};

use super::error::{Code, RpcError, RpcResult};

/// An HTTP status with the body that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
	/// HTTP status.
	pub status: u16,
	/// JSON body; `None` where a notification gets no answer.
	pub body: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
	Legacy,
	V2,
}

/// What is known of a request; filled in while it is read, so that an error can still carry the
/// `id`.
#[derive(Debug)]
struct Head {
	version: Version,
	id: Option<Value>,
}

impl Head {
	fn is_notification(&self) -> bool {
		self.version == Version::V2 && self.id.is_none()
	}

	/// One answer (`JSONRPCReplyObj`).
	fn reply(&self, result: RpcResult) -> Value {
		let mut reply = Map::new();
		let legacy = self.version == Version::Legacy;
		if !legacy {
			reply.insert("jsonrpc".into(), "2.0".into());
		}
		match result {
			Ok(value) => {
				reply.insert("result".into(), value);
				if legacy {
					reply.insert("error".into(), Value::Null);
				}
			},
			Err(error) => {
				if legacy {
					reply.insert("result".into(), Value::Null);
				}
				reply.insert("error".into(), error.to_json());
			},
		}
		if let Some(id) = &self.id {
			reply.insert("id".into(), id.clone());
		}
		Value::Object(reply)
	}
}

/// Answers the request, or the batch of requests, in `body`, calling `run` with method and
/// parameters.
pub fn answer(body: &[u8], run: impl Fn(&str, Value) -> RpcResult) -> Answer {
	match serde_json::from_slice(body) {
		Ok(Value::Array(batch)) => answer_batch(batch, run),
		Ok(request @ Value::Object(_)) => answer_one(request, run),
		Ok(_) => unreadable("Top-level object parse error"),
		Err(_) => unreadable("Parse error"),
	}
}

fn unreadable(message: &str) -> Answer {
	let head = Head { version: Version::Legacy, id: Some(Value::Null) };
	failed(&head, RpcError::new(Code::Parse, message))
}

fn answer_one(request: Value, run: impl Fn(&str, Value) -> RpcResult) -> Answer {
	let (head, call) = parse(request);
	match call.and_then(|(method, params)| run(&method, params)) {
		_ if head.is_notification() => Answer { status: 204, body: None },
		Err(error) if head.version == Version::Legacy => failed(&head, error),
		result => Answer { status: 200, body: Some(head.reply(result)) },
	}
}

fn answer_batch(batch: Vec<Value>, run: impl Fn(&str, Value) -> RpcResult) -> Answer {
	let empty = batch.is_empty();
	let mut replies = Vec::with_capacity(batch.len());
	for request in batch {
		let (head, call) = parse(request);
		let result = call.and_then(|(method, params)| run(&method, params));
		if !head.is_notification() {
			replies.push(head.reply(result));
		}
	}
	if replies.is_empty() && !empty {
		Answer { status: 204, body: None }
	} else {
		Answer { status: 200, body: Some(Value::Array(replies)) }
	}
}

/// A failed request under the status of its error (`JSONErrorReply`).
fn failed(head: &Head, error: RpcError) -> Answer {
	let status = match error.code {
		Code::InvalidRequest => 400,
		Code::MethodNotFound => 404,
		_ => 500,
	};
	Answer { status, body: Some(head.reply(Err(error))) }
}

/// Reads one request (`JSONRPCRequest::parse`).
fn parse(request: Value) -> (Head, Result<(String, Value), RpcError>) {
	let mut head = Head { version: Version::Legacy, id: Some(Value::Null) };
	let invalid = |message: &str| Err(RpcError::new(Code::InvalidRequest, message));
	let Value::Object(mut request) = request else {
		return (head, invalid("Invalid Request object"));
	};
	head.id = request.remove("id");
	match request.get("jsonrpc") {
		None | Some(Value::Null) => {},
		Some(Value::String(version)) if version == "1.0" => {},
		Some(Value::String(version)) if version == "2.0" => head.version = Version::V2,
		Some(Value::String(_)) => return (head, invalid("JSON-RPC version not supported")),
		Some(_) => return (head, invalid("jsonrpc field must be a string")),
	}
	let method = match request.remove("method") {
		None | Some(Value::Null) => return (head, invalid("Missing method")),
		Some(Value::String(method)) => method,
		Some(_) => return (head, invalid("Method must be a string")),
	};
	match request.remove("params") {
		None | Some(Value::Null) => (head, Ok((method, Value::Array(Vec::new())))),
		Some(params @ (Value::Array(_) | Value::Object(_))) => (head, Ok((method, params))),
		Some(_) => (head, invalid("Params must be an array or object")),
	}
}

#[cfg(test)]
mod tests {
	use serde_json::json;

	use super::*;

	fn ask(request: Value) -> Answer {
		answer(request.to_string().as_bytes(), |method, params| match method {
			"echo" => Ok(params),
			_ => Err(RpcError::new(Code::MethodNotFound, "Method not found")),
		})
	}

	#[test]
	fn legacy_requests_get_both_fields_and_an_http_status() {
		let good = ask(json!({"method": "echo", "params": [1], "id": "a"}));
		assert_eq!(
			good,
			Answer { status: 200, body: Some(json!({"result": [1], "error": null, "id": "a"})) }
		);
		let bad = ask(json!({"jsonrpc": "1.0", "method": "x", "id": 1}));
		assert_eq!(bad.status, 404);
		let error = json!({"code": -32601, "message": "Method not found"});
		assert_eq!(bad.body, Some(json!({"result": null, "error": error, "id": 1})));
	}

	#[test]
	fn second_version_gets_one_field_and_no_answer_to_notifications() {
		let good = ask(json!({"jsonrpc": "2.0", "method": "echo", "params": {"a": 1}, "id": 7}));
		assert_eq!(
			good,
			Answer {
				status: 200,
				body: Some(json!({"jsonrpc": "2.0", "result": {"a": 1}, "id": 7}))
			}
		);
		let bad = ask(json!({"jsonrpc": "2.0", "method": "x", "id": 7}));
		assert_eq!(bad.status, 200);
		assert!(bad.body.unwrap().get("result").is_none());
		assert_eq!(
			ask(json!({"jsonrpc": "2.0", "method": "echo"})),
			Answer { status: 204, body: None }
		);
	}

	#[test]
	fn malformed_requests_are_named() {
		for (request, status, message) in [
			(json!(1), 500, "Top-level object parse error"),
			(json!({"id": 1}), 400, "Missing method"),
			(json!({"method": 1}), 400, "Method must be a string"),
			(json!({"method": "echo", "params": 1}), 400, "Params must be an array or object"),
			(json!({"jsonrpc": "3.0", "method": "echo"}), 400, "JSON-RPC version not supported"),
			(json!({"jsonrpc": 2, "method": "echo"}), 400, "jsonrpc field must be a string"),
		] {
			let answer = ask(request);
			assert_eq!(answer.status, status);
			assert_eq!(answer.body.unwrap()["error"]["message"], message);
		}
		assert_eq!(answer(b"{", |_, _| Ok(Value::Null)).status, 500);
	}

	#[test]
	fn batches_are_answered_in_order() {
		let answer = ask(json!([{"method": "echo", "id": 1}, 5, {"method": "x", "id": 2}]));
		assert_eq!(answer.status, 200);
		let body = answer.body.unwrap();
		assert_eq!(body[0]["result"], json!([]));
		assert_eq!(body[1]["error"]["code"], -32600);
		assert_eq!(body[2]["error"]["code"], -32601);
		assert_eq!(ask(json!([])).body, Some(json!([])));
		assert_eq!(ask(json!([{"jsonrpc": "2.0", "method": "echo"}])).status, 204);
	}
}
