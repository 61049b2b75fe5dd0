//! What a staker signs in advance: the two transactions that slash the bond.

use crate::{
	file, parse,
	report::{days, percent},
	sign::{self, key::SigningKey, psbt},
};
use anyhow::{bail, Context};
use bitcoin::psbt::Psbt;
use entangled_bitcoin::{
	bond::{
		check_slashing, slashing_shares, slashing_transaction, BondTerms, CovenantSpend,
		FundedBond, Slashable,
	},
	psbt::PsbtError,
	transaction::without_witnesses,
	Native, Signature, XOnlyKey,
};
use entangled_runtime::AccountId;
use pallet_sequencer_staking::Presigned;
use std::{
	fmt,
	path::{Path, PathBuf},
};

/// Who signs.
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("presigner").required(true).multiple(false))]
pub struct Presigner {
	/// Sign with the key in this file: 64 hexadecimal digits, or wallet import format.
	#[arg(long, value_name = "FILE", group = "presigner")]
	pub staker_key: Option<PathBuf>,

	/// Write what is to be signed as PSBTs into this folder, slash-bond.psbt and slash-unbonding.psbt,
	/// and stop.
	#[arg(long, value_name = "DIR", group = "presigner")]
	pub export: Option<PathBuf>,

	/// Take the signatures from the signed PSBTs in this folder, whatever their names.
	#[arg(long, value_name = "DIR", group = "presigner")]
	pub signed: Option<PathBuf>,

	/// For --export: where the key lies in its wallet, FINGERPRINT/PATH.
	#[arg(
		long,
		value_name = "ORIGIN",
		requires = "export",
		conflicts_with_all = ["staker_key", "signed"],
		value_parser = psbt::key_origin
	)]
	pub key_origin: Option<psbt::KeySource>,

	/// Do not ask before it is signed. Without a terminal, or with --json, nothing is asked.
	#[arg(long)]
	pub yes: bool,
}

/// What is to be done with the transactions that slash.
pub enum Presigning {
	/// They are signed.
	Sign(Signer),
	/// They are written into this folder for another program, with the key's origin.
	Export(PathBuf, Option<psbt::KeySource>),
}

/// Who signs them.
pub enum Signer {
	/// This key.
	Key(SigningKey),
	/// Another program has, in the PSBTs in this folder.
	Folder(PathBuf),
}

impl Presigner {
	/// What is asked for. Fails when the key is not the staker's.
	pub fn open(&self, staker: &XOnlyKey) -> anyhow::Result<Presigning> {
		Ok(match (&self.staker_key, &self.signed, &self.export) {
			(Some(path), ..) => {
				let key = SigningKey::load(path)?;
				key.expect(staker)?;
				Presigning::Sign(Signer::Key(key))
			},
			(_, Some(folder), _) => Presigning::Sign(Signer::Folder(folder.clone())),
			(.., Some(folder)) => Presigning::Export(folder.clone(), self.key_origin.clone()),
			_ => bail!("say who signs: --staker-key FILE, --export DIR or --signed DIR"),
		})
	}
}

/// Both transactions that slash a bond.
pub struct Slashing {
	sequencer: AccountId,
	terms: BondTerms,
	coin: FundedBond,
	bond: CovenantSpend,
	unbonding: CovenantSpend,
}

impl Slashing {
	/// Of a bond for this sequencer.
	pub fn new(sequencer: AccountId, terms: BondTerms, coin: FundedBond) -> anyhow::Result<Self> {
		let spend = |which| {
			slashing_transaction::<Native>(which, &terms, &coin)
				.context("BelowMinimum: the bond holds too little to be slashed")
		};
		let (bond, unbonding) = (spend(Slashable::Bond)?, spend(Slashable::Unbonding)?);
		Ok(Self { sequencer, terms, coin, bond, unbonding })
	}

	/// The coin that is the bond.
	pub fn coin(&self) -> FundedBond {
		self.coin
	}

	/// Each with its name.
	fn each(&self) -> [(Slashable, &'static str, &CovenantSpend); 2] {
		[
			(Slashable::Bond, "slash-bond.psbt", &self.bond),
			(Slashable::Unbonding, "slash-unbonding.psbt", &self.unbonding),
		]
	}

	/// Signs both.
	pub fn sign(&self, key: &SigningKey) -> anyhow::Result<Presigned> {
		let sign = |spend: &CovenantSpend| key.sign(&spend.sighash, &self.terms.staker);
		Ok(Presigned { bond: sign(&self.bond)?, unbonding: sign(&self.unbonding)? })
	}

	/// The signatures of both.
	pub fn presigned(&self, by: &Signer) -> anyhow::Result<Presigned> {
		match by {
			Signer::Key(key) => self.sign(key),
			Signer::Folder(folder) => self.collect(folder),
		}
	}

	/// Writes both as PSBTs into a folder.
	pub fn export(
		&self,
		folder: &Path,
		origin: Option<psbt::KeySource>,
	) -> anyhow::Result<Vec<PathBuf>> {
		std::fs::create_dir_all(folder)
			.with_context(|| format!("cannot make {}", folder.display()))?;
		let write = |(_, name, spend): (_, &str, &CovenantSpend)| {
			let path = folder.join(name);
			let psbt = spend.request(&self.terms.staker).to_psbt(origin.clone())?;
			file::write_new(&path, &psbt::to_base64(&psbt))?;
			Ok(path)
		};
		self.each().into_iter().map(write).collect()
	}

	/// Takes the signatures of both from the PSBTs in a folder.
	pub fn collect(&self, folder: &Path) -> anyhow::Result<Presigned> {
		let cannot_read = || format!("cannot read {}", folder.display());
		let entries = std::fs::read_dir(folder).with_context(cannot_read)?;
		let entries = entries.collect::<Result<Vec<_>, _>>().with_context(cannot_read)?;
		let mut psbts = entries
			.into_iter()
			.map(|entry| entry.path())
			.filter(|path| path.extension().is_some_and(|extension| extension == "psbt"))
			.map(|path| Ok((psbt::load(&path)?, path)))
			.collect::<anyhow::Result<Vec<_>>>()?;
		psbts.sort_by(|(_, a), (_, b)| a.cmp(b));
		let [bond, unbonding] = self.each().map(|each| self.find(each, &psbts));
		Ok(Presigned { bond: bond?, unbonding: unbonding? })
	}

	/// The signature of one of them.
	fn find(
		&self,
		(which, name, spend): (Slashable, &str, &CovenantSpend),
		psbts: &[(Vec<u8>, PathBuf)],
	) -> anyhow::Result<Signature> {
		let request = spend.request(&self.terms.staker);
		let mut unsigned = None;
		for (bytes, path) in psbts {
			match sign::signature(&request, bytes) {
				Ok(signature) => return Ok(signature),
				Err(error) if error.downcast_ref() == Some(&PsbtError::NotSigned) => {
					unsigned = Some(path);
				},
				Err(error) if path.file_name().is_some_and(|other| other == name) => {
					let differs = self.differs(which, bytes).unwrap_or_default();
					return Err(error.context(format!("{}{differs}", path.display())));
				},
				Err(_) => (),
			}
		}
		match unsigned {
			Some(path) => {
				bail!("{} is not signed by the key {}", path.display(), self.terms.staker)
			},
			None => {
				bail!("no PSBT there is of the transaction that --export has written as {name}")
			},
		}
	}

	/// In what the transaction of a PSBT differs from what was to be signed.
	fn differs(&self, which: Slashable, psbt: &[u8]) -> Option<String> {
		let psbt = Psbt::deserialize(psbt).ok()?;
		let raw = without_witnesses(&psbt.unsigned_tx);
		let error = check_slashing::<Native>(&raw, which, &self.terms, &self.coin).err()?;
		Some(format!(" ({error})"))
	}
}

/// What is signed, and what it can cost.
impl fmt::Display for Slashing {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		let Self { terms, coin, .. } = self;
		let (rules, covenant) = (&terms.rules, &terms.covenant);
		let unbonding = rules.unbonding_time.into();
		writeln!(
			f,
			"a bond of {}, {}, for {}",
			coin.value,
			coin.outpoint,
			parse::ss58(&self.sequencer)
		)?;
		writeln!(
			f,
			"  You sign in advance two transactions that slash it: one spends the bond, the other what \
			 unbonding makes of it."
		)?;
		if let Some(shares) = slashing_shares(rules, coin.value) {
			writeln!(
				f,
				"  Slashed are {} ({}), if the chain finds that the sequencer has cheated. Of the rest, {} \
				 come back to you, {unbonding} blocks later ({}).",
				shares.slashed,
				percent(rules.slash_ppm),
				shares.rest.unwrap_or_default(),
				days(unbonding)
			)?;
		}
		writeln!(
			f,
			"  Only {} of the {} members of the covenant together can send either, and nobody can make \
			 them pay to others than these.",
			covenant.threshold(),
			covenant.keys().len()
		)?;
		write!(
			f,
			"  Once paid, the bond is locked for {} blocks ({}). You can leave at any time before, for {} \
			 and {unbonding} blocks.",
			terms.timelock,
			days(terms.timelock.into()),
			rules.unbonding_fee
		)
	}
}
