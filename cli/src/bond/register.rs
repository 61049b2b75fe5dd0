//! `entangled bond register`

use super::{
	enter::{expect_new, Entered, Entry},
	file::BondFile,
	funding::Funding,
	presign::{Presigner, Slashing},
	terms::{offer, Offer, Wanted},
};
use crate::{chain::Chain, context::Context, signer::SignerOptions};
use anyhow::{ensure, Context as _};
use entangled_bitcoin::{
	bond::{check_funding, FundedBond},
	Native, Sats,
};
use pallet_sequencer_staking::{Call, FundingBytes, Registration, MAX_FUNDING};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  With the key that `entangled bond address --new-staker-key` has made:
    entangled bond register --bond bond.json --funding funding.psbt --staker-key staker.key \\
        --suri account.secret

  With a hardware wallet: write two PSBTs, have both signed, bring them back:
    entangled bond register --bond bond.json --funding funding.psbt --export to-sign \\
        --key-origin \"1a2b3c4d/86'/0'/0'/0/5\"
    entangled bond register --bond bond.json --funding funding.psbt --signed signed \\
        --suri account.secret

Do not send the funding transaction, nor change it, before the bond is approved: entangled bond fund.";

/// The transaction has more bytes than the chain takes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
	"the funding transaction has more than {MAX_FUNDING} bytes without its witnesses; spend fewer coins, \
	 or join them before"
)]
pub struct TooLong;

/// Registers a bond that is not paid yet, with all that the staker signs in advance.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Register {
	/// The bond, as `entangled bond address --save` has written it.
	#[arg(long, value_name = "FILE")]
	bond: PathBuf,

	/// The transaction that is to pay it and was not sent: in hexadecimal, or a PSBT; signed or not.
	///
	/// It pays to the bond's address once, and spends only coins of segregated witness. With a Bitcoin
	/// node the coins are looked at of which it does not show what they are.
	#[arg(long, value_name = "FILE")]
	funding: PathBuf,

	#[command(flatten)]
	presigner: Presigner,

	#[command(flatten)]
	signer: SignerOptions,
}

impl Register {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Entered> {
		let file = BondFile::load(&self.bond)?;
		let funding = Funding::load(&self.funding)?;
		let presigning = self.presigner.open(&file.terms.staker)?;
		let chain = context.chain()?;
		chain.expect(file.network, file.terms.chain).await?;
		let Offer { told, .. } = still_offered(&chain, &file).await?;
		let coin = funds(&funding, &file, told.least)?;
		let bytes = FundingBytes::try_from(funding.bytes());
		let bytes = bytes.map_err(|_| anyhow::anyhow!(TooLong))?;
		expect_new(&chain, coin.outpoint).await?;
		look_at_bitcoin(context, &funding, &file, coin).await?;

		let slashing = Slashing::new(file.sequencer.clone(), file.terms.clone(), coin)?;
		let (deposit, owner) = (told.deposit()?, file.owner());
		let entry = Entry { slashing, presigning, yes: self.presigner.yes, deposit, owner };
		let call = |presigned| Call::register {
			registration: Registration {
				sequencer: file.sequencer,
				staker: file.terms.staker,
				timelock: file.terms.timelock,
				covenant: file.covenant,
				funding: bytes,
				vout: coin.outpoint.vout,
				presigned,
			},
		};
		entry.make(context, &chain, &self.signer, call).await
	}
}

/// What the chain offers for a file's bond, which must still be what the file says.
pub async fn still_offered(chain: &Chain, file: &BondFile) -> anyhow::Result<Offer> {
	let BondFile { sequencer, terms, .. } = file;
	let wanted = Wanted {
		owner: file.owner(),
		sequencer: sequencer.clone(),
		staker: terms.staker,
		timelock: terms.timelock,
	};
	let offer = offer(chain, None, &[], &wanted).await?;
	let now = &offer.file;
	ensure!(
		now.covenant == file.covenant && now.terms == file.terms,
		"TermsChanged: since the address was made, {}. Make a new one with entangled bond address, and do \
		 not pay to this one",
		match now.covenant == file.covenant {
			true => "governance has set other rules of bonds",
			false => "another committee has come to serve",
		}
	);
	Ok(offer)
}

/// The coin that a transaction makes of the bond.
pub fn funds(funding: &Funding, file: &BondFile, least: Sats) -> anyhow::Result<FundedBond> {
	let script = file.script()?.to_bytes();
	let vout = funding.vout(&script).with_context(|| {
		format!("WrongScript: the funding transaction does not pay to {}", file.address)
	})?;
	check_funding::<Native>(&funding.bytes(), vout, &file.terms, least)
		.map_err(|error| anyhow::anyhow!("the funding transaction does not do: {error}"))
}

/// Looks with a Bitcoin node, if one is given, that the coins are of segregated witness, and that the
/// transaction was not sent.
async fn look_at_bitcoin(
	context: &Context,
	funding: &Funding,
	file: &BondFile,
	coin: FundedBond,
) -> anyhow::Result<()> {
	let bitcoin = match context.has_bitcoin() {
		true => Some(context.bitcoin()?),
		false => None,
	};
	if let Some(bitcoin) = &bitcoin {
		bitcoin.expect_network(file.network).await?;
		ensure!(
			bitcoin.coin(coin.outpoint).await?.is_none(),
			"FundedTooEarly: the funding transaction has been sent, and the covenant has not signed the way \
			 out. A bond does not count whose coin is in a block before it is registered, and may be \
			 locked for the whole timelock"
		);
	}
	for outpoint in funding.check_coins(bitcoin.as_ref()).await? {
		context.progress.say(format!(
			"nothing shows what kind of coin {outpoint} is; make sure that it is of segregated witness (of an \
			 address that begins with bc1), for else the bond's coin is another one once this is signed"
		));
	}
	Ok(())
}
