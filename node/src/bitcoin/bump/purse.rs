// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The coins of the fee key.

use super::pool;
use crate::bitcoin::{
	answers,
	rpc::{BitcoinRpc, CallError},
	Nodes,
};
use entangled_bitcoin::{bond::FeeCoin, OutPoint, Sats, TaprootScript, Txid};
use serde_json::{json, Value};
use std::{
	collections::VecDeque,
	sync::Arc,
	time::{Duration, Instant},
};

/// The time that a scan may take: there are hundreds of millions of unspent outputs.
pub const SCAN_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// The most coins that are remembered; of more, the largest.
const MOST_COINS: usize = 64;
/// The most outputs of children of ours that are remembered until they are in a block.
const MOST_CHANGE: usize = 16;
/// Time between two scans, at the least.
const LEAST_PAUSE: Duration = Duration::from_secs(5);
/// At least this many times as long as a scan took, until the next: it keeps the Bitcoin node busy.
const PAUSE_FACTOR: u32 = 10;
/// How often the pause doubles at most while scans find nothing new.
const MAX_DOUBLINGS: u32 = 3;

/// What the fee key can pay with. Lost with a restart, which then scans anew.
///
/// Only coins that are in a block: a child that rested on another would not be relayed with a parent
/// of version 3 (BIP 431).
pub struct Purse {
	script: TaprootScript,
	scanner: Arc<Nodes>,
	coins: Vec<FeeCoin>,
	/// What children of ours give back, once they are in a block.
	change: VecDeque<FeeCoin>,
	/// When the next scan may be.
	pub(super) next_scan: Option<Instant>,
	/// How many scans in a row have found nothing new.
	barren: u32,
	/// Whether there has been a scan that did not fail.
	known: bool,
}

impl Purse {
	/// An empty one. `scanner` must have the patience that a scan takes.
	pub fn new(script: TaprootScript, scanner: Arc<Nodes>) -> Self {
		Self {
			script,
			scanner,
			coins: vec![],
			change: VecDeque::new(),
			next_scan: None,
			barren: 0,
			known: false,
		}
	}

	/// The coins that no waiting transaction spends, or only `replaced`.
	pub async fn spendable(
		&mut self,
		rpc: &dyn BitcoinRpc,
		replaced: Option<Txid>,
	) -> Result<Vec<FeeCoin>, CallError> {
		let (mut coins, mut change) = (vec![], VecDeque::new());
		for coin in &self.coins {
			// What is gone was spent, or lost in a reorganisation, and then a scan finds it again.
			if pool::is_spendable(rpc, coin.outpoint).await? {
				coins.push(*coin);
			}
		}
		for coin in &self.change {
			match pool::is_spendable(rpc, coin.outpoint).await? {
				true => coins.push(*coin),
				false => change.push_back(*coin),
			}
		}
		self.change = change;
		self.keep(coins);
		let outpoints = self.coins.iter().map(|coin| coin.outpoint).collect::<Vec<_>>();
		let spenders = pool::spenders(rpc, &outpoints).await?;
		let free = |spender: &Option<Txid>| spender.is_none() || *spender == replaced;
		let coins = self.coins.iter().zip(&spenders).filter(|(_, spender)| free(spender));
		Ok(coins.map(|(coin, _)| *coin).collect())
	}

	/// Remembers what a child gives back.
	pub fn expect(&mut self, outpoint: OutPoint, value: Sats) {
		if self.change.iter().all(|known| known.outpoint != outpoint) {
			self.change.push_back(FeeCoin { outpoint, value, script_pubkey: self.script });
		}
		while self.change.len() > MOST_CHANGE {
			self.change.pop_front();
		}
	}

	/// Looks through all unspent outputs, unless that was done only just now. Returns whether it was
	/// done.
	pub async fn scan(&mut self) -> Result<bool, CallError> {
		if self.next_scan.is_some_and(|next| Instant::now() < next) {
			return Ok(false);
		}
		let started = Instant::now();
		let found = self.found().await;
		let is_new = |coin: &FeeCoin| !self.coins.contains(coin);
		let found_new = found.as_ref().is_ok_and(|coins| coins.iter().any(is_new));
		self.barren = if found_new { 0 } else { self.barren.saturating_add(1) };
		self.next_scan = Instant::now().checked_add(pause(started.elapsed(), self.barren));
		self.keep(found?);
		self.known = true;
		Ok(true)
	}

	/// Whether there has been a scan that did not fail.
	pub fn is_known(&self) -> bool {
		self.known
	}

	/// How many coins there are, as far as is known, and what they hold.
	pub fn funds(&self) -> (usize, Sats) {
		let sum = self.coins.iter().fold(0_u64, |sum, coin| sum.saturating_add(coin.value.0));
		(self.coins.len(), Sats(sum))
	}

	fn keep(&mut self, mut coins: Vec<FeeCoin>) {
		coins.sort_by_key(|coin| (std::cmp::Reverse(coin.value), coin.outpoint));
		coins.dedup();
		coins.truncate(MOST_COINS);
		self.coins = coins;
	}

	/// `scantxoutset`.
	async fn found(&self) -> Result<Vec<FeeCoin>, CallError> {
		let script = bitcoin::ScriptBuf::from(self.script).to_hex_string();
		let wanted = json!([format!("raw({script})")]);
		let answer = self.scanner.call("scantxoutset", &[json!("start"), wanted]).await?;
		let malformed = || CallError::Malformed("scantxoutset without its outputs".into());
		let outputs = answer["unspents"].as_array().filter(|_| answer["success"] == true);
		outputs.ok_or_else(malformed)?.iter().map(|output| self.coin(output)).collect()
	}

	fn coin(&self, output: &Value) -> Result<FeeCoin, CallError> {
		let malformed = || CallError::Malformed("scantxoutset with a malformed output".into());
		let txid = output["txid"].as_str().and_then(|txid| txid.parse().ok());
		let vout = output["vout"].as_u64().and_then(|vout| u32::try_from(vout).ok());
		let (txid, vout) = txid.zip(vout).ok_or_else(malformed)?;
		Ok(FeeCoin {
			outpoint: OutPoint { txid, vout },
			value: answers::amount(&output["amount"], "amount")?,
			script_pubkey: self.script,
		})
	}
}

/// Time from a scan that took so long to the next.
pub(super) fn pause(took: Duration, barren: u32) -> Duration {
	let pause = took.saturating_mul(PAUSE_FACTOR).max(LEAST_PAUSE);
	pause.saturating_mul(1 << barren.min(MAX_DOUBLINGS))
}
