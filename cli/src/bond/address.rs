//! `entangled bond address`

use super::{
	file::BondFile,
	terms::{offer, Offer, Wanted},
};
use crate::{
	agreement::Others,
	context::Context,
	document::Document,
	file, parse, report,
	report::days,
	sign::key::SigningKey,
	signer::{account, AccountOptions},
};
use anyhow::bail;
use entangled_bitcoin::{Sats, XOnlyKey};
use entangled_runtime::{AccountId, Balance};
use serde::Serialize;
use std::{fmt, path::PathBuf};

const EXAMPLES: &str = "\
Examples:
  A bond for yourself, as a sequencer; the key goes to one file, the terms to another. Keep both:
    entangled bond address --sequencer enABC… --new-staker-key staker.key --save bond.json \\
        --suri account.secret

  Delegated to somebody else for a year, with a hardware wallet's key:
    entangled bond address --sequencer enABC… --staker 79be66… --timelock 52560 \\
        --owner enDEF… --save bond.json

Do not pay to the address before the bond is registered and approved: entangled bond register.";

/// What a new key's file says.
const KEY_PURPOSE: &str = "The staker's key of a bond on Entangled. Keep it with the bond's file.";

/// Shows what a bond would be made from, and where it would be paid to.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Address {
	/// Whom the bond is for: yourself, or a sequencer whom you delegate to. entangled sequencer list
	/// shows them.
	#[arg(long, value_name = "ACCOUNT", value_parser = parse::account)]
	sequencer: AccountId,

	#[command(flatten)]
	key: Key,

	/// Whose bond it is [default: the account that signs]. That account must register it.
	#[arg(long, value_name = "ACCOUNT", value_parser = parse::account)]
	owner: Option<AccountId>,

	/// After how many Bitcoin blocks you can spend the bond alone [default: as soon as the chain
	/// allows].
	#[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u16).range(1..))]
	timelock: Option<u16>,

	/// Write the terms to this new file: with the key, all that it takes to have the coin back.
	#[arg(long, value_name = "FILE")]
	save: PathBuf,

	#[command(flatten)]
	others: Others,

	#[command(flatten)]
	account: AccountOptions,
}

/// The key whose coin the bond is.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Key {
	/// Your key, in this file: 64 hexadecimal digits, or wallet import format.
	#[arg(long, value_name = "FILE")]
	staker_key: Option<PathBuf>,

	/// Make a key, and write it to this new file that only you can read.
	#[arg(long, value_name = "FILE")]
	new_staker_key: Option<PathBuf>,

	/// Your public key, whose secret another program has: its x-coordinate, 64 hexadecimal digits.
	#[arg(long, value_name = "HEX", value_parser = parse::public_key)]
	staker: Option<XOnlyKey>,
}

/// The address and all that belongs to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
	address: String,
	#[serde(with = "parse::ss58_text")]
	sequencer: AccountId,
	#[serde(with = "parse::ss58_text")]
	owner: AccountId,
	staker: XOnlyKey,
	timelock: u16,
	/// The least that it must hold.
	least: Sats,
	/// ENT on hold until it is on Bitcoin.
	#[serde(serialize_with = "report::as_text")]
	deposit: Balance,
	file: BondFile,
	saved: PathBuf,
	key_file: Option<PathBuf>,
}

impl Address {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Made> {
		let owner = match self.owner {
			Some(owner) => owner,
			None => account(&self.account.pair()?),
		};
		let chain = context.chain()?;
		let new_key = self.key.new_staker_key.as_ref().map(|path| (SigningKey::generate(), path));
		let staker = match (&new_key, &self.key.staker_key, self.key.staker) {
			(Some((key, _)), ..) => key.public(),
			(_, Some(path), _) => SigningKey::load(path)?.public(),
			(.., Some(key)) => key,
			_ => bail!("give --staker HEX, --staker-key FILE or --new-staker-key FILE"),
		};
		let timelock = match self.timelock {
			Some(timelock) => timelock,
			None => chain.staking_status().await?.policy.min_timelock,
		};
		let wanted = Wanted { owner: owner.clone(), sequencer: self.sequencer, staker, timelock };
		let (committee, others) = self.others.open()?;
		let Offer { file, told } = offer(&chain, committee, &others, &wanted).await?;

		// Nothing is shown before the way back is on the disk.
		if let Some((key, path)) = &new_key {
			key.save(path, KEY_PURPOSE)?;
		}
		file::write_new(&self.save, &file.to_text())?;
		Ok(Made {
			address: file.address.clone(),
			sequencer: wanted.sequencer,
			owner,
			staker,
			timelock,
			least: told.least,
			deposit: told.deposit()?,
			file,
			saved: self.save,
			key_file: self.key.new_staker_key,
		})
	}
}

impl fmt::Display for Made {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let BondFile { covenant, terms, .. } = &self.file;
		let (k, n) = (terms.covenant.threshold(), terms.covenant.keys().len());
		let unbonding = terms.rules.unbonding_time.into();
		writeln!(f, "Bond         {}", self.address)?;
		writeln!(f, "For          {}", parse::ss58(&self.sequencer))?;
		writeln!(f, "Of           {}", parse::ss58(&self.owner))?;
		writeln!(f, "Key          {}", self.staker)?;
		writeln!(
			f,
			"Holds        at least {}, and {} are on hold until it is mined",
			self.least,
			report::ent(self.deposit)
		)?;
		writeln!(f, "Covenant     committee {covenant}, {k} of {n} keys")?;
		writeln!(
			f,
			"Free         {} blocks after its own ({}); if you unbond, {unbonding} blocks after that ({})",
			self.timelock,
			days(self.timelock.into()),
			days(unbonding)
		)?;
		writeln!(
			f,
			"At risk      {} of it, if the sequencer cheats",
			report::percent(terms.rules.slash_ppm)
		)?;
		if let Some(path) = &self.key_file {
			writeln!(f, "\nThe secret key is in {}. Keep it.", path.display())?;
		}
		let path = self.saved.display();
		writeln!(f, "\nThe terms are in {path}. Keep them.")?;
		writeln!(
			f,
			"DO NOT PAY YET. Make the transaction that pays to this address, from coins of segregated \
			 witness only,\ndo not send it, and register it:\n  \
			 entangled bond register --bond {path} --funding TRANSACTION"
		)
	}
}
