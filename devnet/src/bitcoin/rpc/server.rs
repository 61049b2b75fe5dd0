//! The HTTP server in front of [`Rpc`].

use std::{future::IntoFuture, net::TcpListener, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
	body::{Body, Bytes},
	extract::{DefaultBodyLimit, State},
	http::{
		header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
		HeaderMap, StatusCode,
	},
	response::Response,
	routing::post,
	Router,
};

use super::{auth::Credentials, Rpc};

/// Largest request body in bytes (`MAX_SIZE`).
const MAX_BODY: usize = 0x0200_0000;
/// Pause before a wrong password is answered, so that guessing takes long.
const WRONG_PASSWORD_PAUSE: Duration = Duration::from_millis(250);
/// How long requests in hand may take at the end.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Served {
	rpc: Arc<Rpc>,
	credentials: Arc<Credentials>,
}

/// Serves until the node is told to stop, then lets go of everything: requests in hand, the chain,
/// the cookie.
pub fn serve(listener: TcpListener, rpc: Arc<Rpc>, credentials: Credentials) -> anyhow::Result<()> {
	let runtime = tokio::runtime::Builder::new_multi_thread()
		.worker_threads(2)
		.thread_name("regtest-http")
		.enable_all()
		.build()
		.context("HTTP runtime")?;
	let result = runtime.block_on(async {
		listener.set_nonblocking(true).context("RPC socket")?;
		let listener = tokio::net::TcpListener::from_std(listener).context("RPC socket")?;
		let shutdown = rpc.shutdown().clone();
		let state = Served { rpc, credentials: Arc::new(credentials) };
		let router = Router::new()
			.route("/", post(handle).fallback(only_post))
			.layer(DefaultBodyLimit::max(MAX_BODY))
			.with_state(state);
		let stopped = shutdown.clone();
		let server = axum::serve(listener, router)
			.with_graceful_shutdown(async move { stopped.triggered().await });
		tokio::select! {
			served = server.into_future() => served.context("RPC server"),
			// A client that keeps its connection busy does not keep the node alive.
			() = async { shutdown.triggered().await; tokio::time::sleep(GRACE).await } => Ok(()),
		}
	});
	runtime.shutdown_timeout(GRACE);
	result
}

async fn only_post() -> Response {
	respond(StatusCode::METHOD_NOT_ALLOWED, Body::from("JSONRPC server handles only POST requests"))
}

async fn handle(State(state): State<Served>, headers: HeaderMap, body: Bytes) -> Response {
	let authorization = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
	match authorization {
		Some(header) if state.credentials.admit(header) => {},
		Some(_) => {
			tokio::time::sleep(WRONG_PASSWORD_PAUSE).await;
			return unauthorized();
		},
		None => return unauthorized(),
	}
	let answer = tokio::task::spawn_blocking(move || state.rpc.answer(&body)).await;
	let Ok(answer) = answer else {
		return respond(StatusCode::INTERNAL_SERVER_ERROR, Body::empty());
	};
	let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
	match answer.body {
		Some(body) => {
			let mut response = respond(status, Body::from(format!("{body}\n")));
			response
				.headers_mut()
				.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
			response
		},
		None => respond(status, Body::empty()),
	}
}

fn unauthorized() -> Response {
	let mut response = respond(StatusCode::UNAUTHORIZED, Body::empty());
	let challenge = axum::http::HeaderValue::from_static("Basic realm=\"jsonrpc\"");
	response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
	response
}

fn respond(status: StatusCode, body: Body) -> Response {
	let mut response = Response::new(body);
	*response.status_mut() = status;
	response
}
