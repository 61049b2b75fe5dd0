//! Whom to believe: the committee that a node names, a file and other nodes must know too.

use crate::{
	chain::Chain,
	committee::{CommitteeFile, CommitteeKeys},
};
use anyhow::ensure;
use entangled_bitcoin::{ChainId, Network};
use std::path::PathBuf;

/// Who else than the node must know the committee.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Others {
	/// A file with the committee, as `entangled committee --save` writes it.
	///
	/// With a node, its committee must be the one in the file. Take the file from somebody whom you
	/// trust, and a lying node cannot make you pay to keys of its own.
	#[arg(long, value_name = "FILE")]
	pub committee: Option<PathBuf>,

	/// Ask this node too, and fail unless it knows the same committee. May be repeated.
	#[arg(long, value_name = "URL")]
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

/// What all agree on.
pub struct Agreed {
	/// The Bitcoin network.
	pub network: Network,
	/// The Entangled chain.
	pub genesis: ChainId,
	/// The committee that serves.
	pub committee: CommitteeKeys,
}

impl Others {
	/// The file, and the other nodes.
	pub fn open(&self) -> anyhow::Result<(Option<CommitteeFile>, Vec<Chain>)> {
		let file = self.committee.as_deref().map(CommitteeFile::load).transpose()?;
		let others =
			self.also_rpc.iter().map(|url| Chain::connect(url)).collect::<Result<_, _>>()?;
		Ok((file, others))
	}
}

impl Agreed {
	/// The committee that serves, in the opinion of a node, a file, and other nodes.
	pub async fn find(
		chain: &Chain,
		file: Option<CommitteeFile>,
		others: &[Chain],
	) -> anyhow::Result<Self> {
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
		Ok(Self { network, genesis, committee })
	}
}
