//! `entangled account`

use crate::{context::Context, parse, report, signer};
use entangled_bitcoin::Sats;
use entangled_runtime::{AccountId, Balance};
use serde::Serialize;
use std::fmt;

/// Shows what an account holds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  entangled account enABC…
  entangled account //Bob")]
pub struct Account {
	/// The account: its SS58 address, 0x and 64 hexadecimal digits, or a development account as
	/// //Bob.
	#[arg(value_name = "WHO", value_parser = who)]
	who: AccountId,
}

fn who(text: &str) -> Result<AccountId, String> {
	match text.starts_with("//") {
		true => {
			signer::pair(text).map(|pair| signer::account(&pair)).map_err(|error| error.to_string())
		},
		false => parse::account(text),
	}
}

/// What it holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holdings {
	address: String,
	public_key: String,
	/// In satoshi.
	ebtc: Sats,
	/// In units of 10⁻¹² ENT, as text: it may be more than programs read as a number.
	#[serde(serialize_with = "report::as_text")]
	ent: Balance,
}

impl Account {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Holdings> {
		let chain = context.chain()?;
		Ok(Holdings {
			address: parse::ss58(&self.who),
			public_key: format!("0x{}", hex::encode(&self.who)),
			ebtc: Sats(chain.ebtc(&self.who).await?),
			ent: chain.ent(&self.who).await?,
		})
	}
}

impl fmt::Display for Holdings {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		writeln!(f, "Account      {}", self.address)?;
		writeln!(f, "Public key   {}", self.public_key)?;
		writeln!(f, "eBTC         {}", self.ebtc)?;
		writeln!(f, "ENT          {}", report::ent(self.ent))
	}
}
