//! Addresses, derived here from the committee's keys and the chain's first block. What the node says is
//! only compared.

use crate::{
	chain::{peg::Policy, Chain},
	committee::{CommitteeFile, CommitteeKeys},
	context::Context,
	terms::Terms,
};
use anyhow::{bail, ensure};
use entangled_bitcoin::{ChainId, Destination, Network, Refund};
use std::path::PathBuf;

/// Where the committee's keys come from.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Source {
	/// A file with the committee, as `entangled committee --save` writes it.
	///
	/// With a node, its committee must be the one in the file. Take the file from somebody whom you
	/// trust, and a lying node cannot make you pay to keys of its own.
	#[arg(long, value_name = "FILE", required_if_eq("offline", "true"))]
	pub committee: Option<PathBuf>,

	/// Ask no node; needs --committee.
	#[arg(long)]
	pub offline: bool,

	/// Ask this node too, and fail unless it knows the same committee. May be repeated.
	#[arg(long, value_name = "URL", conflicts_with = "offline")]
	pub also_rpc: Vec<String>,
}

/// The node says something else than what follows from the committee's keys.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistrust {
	/// Another address.
	#[error(
		"DO NOT PAY. The node {node} says {told}, but these terms give {derived}. The node is wrong \
		 or lies; do not trust it, and ask another one"
	)]
	OtherAddress {
		/// The node.
		node: String,
		/// What it says.
		told: String,
		/// What the keys give.
		derived: String,
	},
	/// Another committee than another source.
	#[error(
		"DO NOT PAY. {node} and {other} do not agree on the keys of committee {id}: one of them is \
		 wrong or lies. Find out which before you go on"
	)]
	OtherCommittee {
		/// The node that is asked.
		node: String,
		/// The other source.
		other: String,
		/// The committee's number.
		id: u32,
	},
	/// Another chain than another source.
	#[error("DO NOT PAY. {node} and {other} are on different chains")]
	OtherChain {
		/// The node that is asked.
		node: String,
		/// The other source.
		other: String,
	},
}

/// What there is to know before an address can be made.
pub struct Ground {
	/// The node, unless none is asked.
	pub chain: Option<Chain>,
	/// The Bitcoin network.
	pub network: Network,
	/// The Entangled chain.
	pub genesis: ChainId,
	/// The committee that is paid.
	pub committee: CommitteeKeys,
	/// The numbers that governance sets, unless no node is asked.
	pub policy: Option<Policy>,
}

impl Source {
	/// Finds the committee that serves, from all the sources, which must agree.
	pub async fn ground(&self, context: &Context) -> anyhow::Result<Ground> {
		let file = self.committee.as_deref().map(CommitteeFile::load).transpose()?;
		if self.offline {
			let Some(file) = file else { bail!("--offline needs --committee FILE") };
			let CommitteeFile { network, genesis, committee, .. } = file;
			return Ok(Ground { chain: None, network, genesis, committee, policy: None });
		}
		let others =
			self.also_rpc.iter().map(|url| Chain::connect(url)).collect::<Result<Vec<_>, _>>()?;
		Self::agree(context.chain()?, file, &others).await
	}

	/// The committee that serves, in the opinion of a node, a file, and other nodes.
	pub async fn agree(
		chain: Chain,
		file: Option<CommitteeFile>,
		others: &[Chain],
	) -> anyhow::Result<Ground> {
		let network = chain.network().await?;
		let genesis = chain.genesis().await?;
		let committee = chain.serving_committee().await?.keys();
		let node = chain.url().to_string();
		let id = committee.id;
		if let Some(file) = file {
			let other = || "the committee's file".to_string();
			ensure!(
				file.genesis == genesis && file.network == network,
				Mistrust::OtherChain { node, other: other() }
			);
			ensure!(
				file.committee.id == id,
				"the file is of committee {}, and now committee {id} serves: get its file, or leave \
				 out --committee",
				file.committee.id
			);
			ensure!(
				file.committee == committee,
				Mistrust::OtherCommittee { node, other: other(), id }
			);
		}
		for other in others {
			let url = || other.url().to_string();
			let same_chain = other.genesis().await? == genesis;
			ensure!(same_chain, Mistrust::OtherChain { node, other: url() });
			let committees = other.committees().await?;
			let same = committees.iter().any(|known| known.keys() == committee);
			ensure!(same, Mistrust::OtherCommittee { node, other: url(), id });
		}
		let policy = Some(chain.peg_status().await?.policy);
		Ok(Ground { chain: Some(chain), network, genesis, committee, policy })
	}
}

impl Ground {
	/// The terms of a deposit, with the address that follows from them. When a node is asked, it
	/// must say the same.
	pub async fn terms(
		&self,
		destination: Destination,
		refund: Option<Refund>,
	) -> anyhow::Result<Terms> {
		let (network, genesis) = (self.network, self.genesis);
		let terms = Terms::new(network, genesis, self.committee.clone(), destination, refund)?;
		if let Some(chain) = &self.chain {
			expect_same_address(chain, &terms).await?;
		}
		Ok(terms)
	}
}

/// Fails unless the node derives the same address.
pub async fn expect_same_address(chain: &Chain, terms: &Terms) -> anyhow::Result<()> {
	let told = chain.deposit_address(&terms.for_chain()).await?;
	let same = told.address == terms.address && told.script == hex::encode(terms.script()?);
	ensure!(
		same,
		Mistrust::OtherAddress {
			node: chain.url().into(),
			told: told.address,
			derived: terms.address.clone(),
		}
	);
	Ok(())
}
