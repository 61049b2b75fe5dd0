//! What every part of the network says of itself.

use super::{bitcoin_rpc::BitcoinRpc, election::Election, layout::Seat};
use jsonrpsee::{
	core::client::ClientT,
	http_client::{HttpClient, HttpClientBuilder},
	rpc_params,
};
use serde_json::Value;
use std::time::Duration;

/// How long a part may take to answer before it counts as silent.
const PATIENCE: Duration = Duration::from_secs(3);

/// Bitcoin, as it says itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BitcoinView {
	/// Height of the best block.
	pub height: u64,
	/// Its hash.
	pub hash: String,
	/// Transactions that wait for a block.
	pub mempool: u64,
}

/// A validator, as it says itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValidatorView {
	/// Its name.
	pub name: &'static str,
	/// Its account's address.
	pub account: &'static str,
	/// Where polkadot.js connects.
	pub ws: String,
	/// Whether it answers.
	pub answers: bool,
	/// How many others it is connected to.
	pub peers: u64,
	/// Number of its best block.
	pub best: u64,
	/// Number of the last block that is final to it.
	pub finalized: u64,
	/// Height and hash of Bitcoin's tip, as its chain knows it.
	pub bitcoin: Option<(u64, String)>,
	/// Height of the highest Bitcoin block that enough validators attest to.
	pub attested: Option<u64>,
}

/// All parts at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
	/// Bitcoin; `None` when it does not answer.
	pub bitcoin: Option<BitcoinView>,
	/// The validators, and who else runs a node.
	pub validators: Vec<ValidatorView>,
	/// Who is elected; `None` when no node says.
	pub election: Option<Election>,
}

impl Snapshot {
	/// Whether every validator finalises and has Bitcoin's tip.
	pub fn is_alive(&self) -> bool {
		let Some(bitcoin) = &self.bitcoin else { return false };
		!self.validators.is_empty()
			&& self.validators.iter().all(|validator| {
				let follows =
					validator.bitcoin.as_ref().is_some_and(|(_, hash)| *hash == bitcoin.hash);
				validator.finalized > 0 && follows
			})
	}

	/// How far the network is, in a line.
	pub fn progress(&self) -> String {
		let count =
			|test: fn(&ValidatorView) -> bool| self.validators.iter().filter(|v| test(v)).count();
		let bitcoin = self.bitcoin.as_ref().map_or(0, |bitcoin| bitcoin.height);
		let known =
			self.validators.iter().filter_map(|v| v.bitcoin.as_ref()).map(|(height, _)| *height);
		format!(
			"{} of {} validators answer, {} finalise; Bitcoin is at {bitcoin}, the chain knows {}",
			count(|validator| validator.answers),
			self.validators.len(),
			count(|validator| validator.finalized > 0),
			known.min().unwrap_or(0),
		)
	}
}

/// Asks all parts.
#[derive(Default)]
pub struct Observer {
	validators: Vec<(ValidatorView, Option<HttpClient>)>,
}

impl Observer {
	/// Asks the node of this place too from now on. Connects with each request.
	pub fn watch(&mut self, seat: &Seat) {
		let client = HttpClientBuilder::default().request_timeout(PATIENCE);
		let view = ValidatorView {
			name: seat.person.name,
			account: seat.person.account,
			ws: seat.ws_url(),
			..Default::default()
		};
		self.validators.push((view, client.build(seat.http_url()).ok()));
	}

	/// Asks every part.
	pub async fn look(&mut self, bitcoin: &BitcoinRpc) -> Snapshot {
		let mut validators = Vec::with_capacity(self.validators.len());
		// What the chain knows is the same to all; one tells it.
		let mut election = None;
		for (blank, client) in &self.validators {
			let view = match client {
				Some(client) => ask_validator(client, blank).await,
				None => None,
			};
			if let (None, Some(_), Some(client)) = (&election, &view, client) {
				election = Election::ask(client).await;
			}
			validators.push(view.unwrap_or_else(|| blank.clone()));
		}
		Snapshot { bitcoin: ask_bitcoin(bitcoin).await, validators, election }
	}
}

async fn ask_bitcoin(bitcoin: &BitcoinRpc) -> Option<BitcoinView> {
	let chain: Value = bitcoin.call("getblockchaininfo", rpc_params![]).await.ok()?;
	let mempool: Value = bitcoin.call("getmempoolinfo", rpc_params![]).await.ok()?;
	Some(BitcoinView {
		height: chain["blocks"].as_u64()?,
		hash: chain["bestblockhash"].as_str()?.into(),
		mempool: mempool["size"].as_u64().unwrap_or(0),
	})
}

async fn ask_validator(client: &HttpClient, blank: &ValidatorView) -> Option<ValidatorView> {
	let ask = |method: &'static str, parameters| client.request::<Value, _>(method, parameters);
	let health = ask("system_health", rpc_params![]).await.ok()?;
	let best = ask("chain_getHeader", rpc_params![]).await.ok()?;
	let finalized_hash = ask("chain_getFinalizedHead", rpc_params![]).await.ok()?;
	let finalized = ask("chain_getHeader", rpc_params![finalized_hash]).await.ok()?;
	// The chain follows no Bitcoin before its first block.
	let tip = ask("bitcoin_getTip", rpc_params![]).await.unwrap_or(Value::Null);
	let attestation = ask("bitcoin_attestation", rpc_params![]).await.unwrap_or(Value::Null);
	Some(ValidatorView {
		answers: true,
		peers: health["peers"].as_u64().unwrap_or(0),
		best: number(&best["number"])?,
		finalized: number(&finalized["number"])?,
		bitcoin: tip["height"].as_u64().zip(tip["hash"].as_str().map(Into::into)),
		attested: attestation["attestedHeight"].as_u64(),
		..blank.clone()
	})
}

/// Substrate writes block numbers in hexadecimal.
fn number(value: &Value) -> Option<u64> {
	u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}
