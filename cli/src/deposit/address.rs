//! `entangled deposit address`

use super::derive::Source;
use crate::{
	chain::peg::{DepositQuote, Policy},
	committee::CommitteeKeys,
	context::Context,
	document::Document,
	file, parse, qr,
	report::days,
	sign::key::SigningKey,
	terms::Terms,
};
use anyhow::{bail, ensure, Context as _};
use entangled_bitcoin::{Destination, Refund, Sats, XOnlyKey};
use pallet_peg::DepositTerms;
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  A first deposit; the key goes to one file, the terms to another. Keep both:
    entangled deposit address --to enABC… --amount 1000000 \\
        --new-refund-key refund.key --save terms.json

  Into a rollup, with a key that you have already, such as a hardware wallet's:
    entangled deposit address --to rollup:7:0x12… --refund-key 79be66… --save terms.json

  Without any node, from a committee's file:
    entangled deposit address --offline --committee committee.json --to enABC… \\
        --refund-key 79be66… --refund-delay 4032 --save terms.json";

/// What a new key's file says.
const KEY_PURPOSE: &str = "Takes back a deposit to Entangled, together with its terms. Keep both.";

/// An address of the depositor's own.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Address {
	/// Where the deposit goes: an account's SS58 address, or rollup:ID:RECIPIENT.
	#[arg(long, value_name = "WHO", value_parser = parse::owned_destination)]
	to: Destination,

	#[command(flatten)]
	key: Key,

	/// After how many Bitcoin blocks you can take the coin back, if nobody has claimed it [default:
	/// as soon as the chain allows].
	#[arg(
		long,
		value_name = "BLOCKS",
		value_parser = clap::value_parser!(u16).range(1..),
		required_if_eq("offline", "true")
	)]
	refund_delay: Option<u16>,

	/// How much you mean to pay, for the quote and the URI. The address takes any amount.
	#[arg(long, value_name = "SATS", value_parser = parse::sats)]
	amount: Option<Sats>,

	/// Write the terms to this new file: all that it takes to claim the deposit or take it back.
	#[arg(long, value_name = "FILE")]
	save: Option<PathBuf>,

	/// Ask your own node to claim what is paid there, as `entangled deposit watch` does.
	#[arg(long, conflicts_with = "offline")]
	watch: bool,

	/// Print a QR code even if the output is not a terminal.
	#[arg(long)]
	qr: bool,

	#[command(flatten)]
	source: Source,
}

/// The key by which the coin can be taken back.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Key {
	/// The public key by which you can take the coin back: its x-coordinate, 64 hexadecimal digits.
	#[arg(long, value_name = "HEX", value_parser = parse::public_key)]
	refund_key: Option<XOnlyKey>,

	/// Make such a key, and write its secret to this new file that only you can read.
	#[arg(long, value_name = "FILE")]
	new_refund_key: Option<PathBuf>,
}

/// The address and all that belongs to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
	address: String,
	uri: String,
	/// As the chain's JSON-RPC takes them.
	terms: DepositTerms,
	/// As a file has them.
	file: Terms,
	/// The committee by the address of what it holds.
	committee_address: String,
	quote: Option<DepositQuote>,
	/// The payment can be claimed for so many blocks after its own.
	claim_within: Option<u32>,
	/// It can be taken back from so many blocks after its own on.
	refund_after: u16,
	saved: Option<PathBuf>,
	key_file: Option<PathBuf>,
	/// The node watches it.
	watched: bool,
	#[serde(skip)]
	qr: Option<String>,
}

impl Address {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Made> {
		let ground = self.source.ground(context).await?;
		let delay = delay(self.refund_delay, ground.policy.as_ref())?;
		let new_key = self.key.new_refund_key.as_ref().map(|path| (SigningKey::generate(), path));
		let key = match (&new_key, self.key.refund_key) {
			(Some((key, _)), _) => key.public(),
			(None, Some(key)) => key,
			(None, None) => bail!("give --refund-key HEX or --new-refund-key FILE"),
		};
		let terms = ground.terms(self.to, Some(Refund { key, delay })).await?;
		let quote = match (&ground.chain, self.amount) {
			(Some(chain), Some(amount)) => Some(chain.quote_deposit(amount).await?),
			_ => None,
		};

		// Nothing is shown before the way back is on the disk.
		if let Some((key, path)) = &new_key {
			key.save(path, KEY_PURPOSE)?;
		}
		if let Some(path) = &self.save {
			file::write_new(path, &terms.to_text())?;
		}
		if let (true, Some(chain)) = (self.watch, &ground.chain) {
			chain.watch_deposit(&terms.for_chain()).await.context(
				"the address is made and what was to be saved is saved, but the node does not watch it",
			)?;
		}
		let uri = uri(&terms.address, self.amount);
		Ok(Made {
			qr: qr::wanted(self.qr, context).then(|| qr::render(&uri)).flatten(),
			uri,
			address: terms.address.clone(),
			terms: terms.for_chain(),
			committee_address: terms.committee.custody_address(terms.network)?,
			file: terms,
			quote,
			claim_within: ground
				.policy
				.map(|policy| u32::from(delay).saturating_sub(policy.claim_margin)),
			refund_after: delay,
			saved: self.save,
			key_file: self.key.new_refund_key,
			watched: self.watch,
		})
	}
}

/// The delay that is asked for, or the shortest one.
fn delay(asked: Option<u16>, policy: Option<&Policy>) -> anyhow::Result<u16> {
	match (asked, policy) {
		(Some(delay), Some(policy)) => {
			let range = policy.min_refund_delay..=policy.max_refund_delay;
			ensure!(
				range.contains(&delay),
				"RefundDelayOutOfRange: the chain takes refund delays from {} to {} blocks, and {delay} \
				 is not one of them",
				range.start(),
				range.end()
			);
			Ok(delay)
		},
		(Some(delay), None) => Ok(delay),
		(None, Some(policy)) => Ok(policy.min_refund_delay),
		(None, None) => bail!("--offline needs --refund-delay BLOCKS"),
	}
}

/// What wallets read (BIP 21).
pub(super) fn uri(address: &str, amount: Option<Sats>) -> String {
	match amount {
		Some(amount) => {
			let bitcoin = amount.to_string();
			format!("bitcoin:{address}?amount={}", bitcoin.trim_end_matches(" BTC"))
		},
		None => format!("bitcoin:{address}"),
	}
}

/// The committee for people.
pub(super) fn show_committee(committee: &CommitteeKeys, address: &str) -> String {
	format!(
		"number {}, {} of {} keys; holds its coins at\n             {address} (compare it with what \
		 others say)",
		committee.id,
		committee.threshold,
		committee.keys.len()
	)
}

/// What custody would do to coins that are more than their amount.
pub(super) const INSCRIPTIONS: &str = "\
Do not send coins that carry inscriptions, runes or the like: custody spends coins by their amount,
and what they carry is lost.";

impl fmt::Display for Made {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "Pay to       {}", self.address)?;
		writeln!(f, "URI          {}", self.uri)?;
		if let Some(qr) = &self.qr {
			writeln!(f, "\n{qr}")?;
		}
		writeln!(f, "Goes to      {}", parse::show_destination(&self.file.destination))?;
		if let Some(DepositQuote { amount, fee, peg_fee, minted }) = &self.quote {
			writeln!(
				f,
				"Minted       {minted} of {amount}: {fee} are kept to pay for sweeping it, by the fee \
				 rate of now; {peg_fee} go to those who stand for custody"
			)?;
		}
		if let Some(blocks) = self.claim_within {
			writeln!(
				f,
				"Claim        until {blocks} blocks after the payment's own ({}); anybody can",
				days(blocks)
			)?;
		}
		let blocks = self.refund_after;
		writeln!(
			f,
			"Take back    from {blocks} blocks after the payment's own on ({}), unless it was claimed",
			days(blocks.into())
		)?;
		writeln!(
			f,
			"Committee    {}",
			show_committee(&self.file.committee, &self.committee_address)
		)?;
		if self.watched {
			writeln!(f, "Watched      the node claims what is paid there")?;
		}
		writeln!(f, "\n{INSCRIPTIONS}")?;
		if let Some(path) = &self.key_file {
			writeln!(f, "\nThe secret key for taking it back is in {}. Keep it.", path.display())?;
		}
		match &self.saved {
			Some(path) => {
				let path = path.display();
				writeln!(f, "\nThe terms are in {path}. Keep them.")?;
				if !self.watched {
					writeln!(
						f,
						"To have your own node claim it, before you pay:\n  \
						 entangled deposit watch --terms {path}"
					)?;
				}
				writeln!(
					f,
					"To claim it yourself, once you have paid:\n  \
					 entangled deposit claim --terms {path} --txid TXID"
				)
			},
			None => writeln!(
				f,
				"\nKeep these terms, without which the coin can be neither claimed nor taken back \
				 (--save FILE\nwrites them to a file):\n{}",
				self.file.to_text()
			),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn uris_have_whole_bitcoins() {
		assert_eq!(uri("bc1p", None), "bitcoin:bc1p");
		assert_eq!(uri("bc1p", Some(Sats(123))), "bitcoin:bc1p?amount=0.00000123");
	}

	#[test]
	fn delays_stay_within_the_policy() {
		let policy = Policy {
			min_deposit: Sats(1),
			max_deposit: Sats(2),
			min_withdrawal: Sats(1),
			cap: Sats(3),
			min_refund_delay: 10,
			max_refund_delay: 20,
			claim_margin: 5,
		};
		assert_eq!(delay(None, Some(&policy)).unwrap(), 10);
		assert_eq!(delay(Some(20), Some(&policy)).unwrap(), 20);
		assert!(delay(Some(21), Some(&policy)).unwrap_err().to_string().contains("10 to 20"));
		assert_eq!(delay(Some(21), None).unwrap(), 21);
		assert!(delay(None, None).is_err());
	}
}
