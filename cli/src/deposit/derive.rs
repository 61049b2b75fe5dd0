//! Addresses, derived here from the committee's keys and the chain's first block. What the node says is
//! only compared.

use crate::{
	agreement::{Agreed, Mistrust, Others},
	chain::{peg::Policy, Chain},
	committee::{CommitteeFile, CommitteeKeys},
	context::Context,
	terms::Terms,
};
use anyhow::{bail, ensure};
use entangled_bitcoin::{ChainId, Destination, Network, Refund};

/// Where the committee's keys come from.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Source {
	#[command(flatten)]
	#[allow(missing_docs)]
	pub others: Others,

	/// Ask no node; needs --committee.
	#[arg(long, requires = "committee", conflicts_with = "also_rpc")]
	pub offline: bool,
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
		if !self.offline {
			let (file, others) = self.others.open()?;
			return Self::agree(context.chain()?, file, &others).await;
		}
		let Some(path) = &self.others.committee else { bail!("--offline needs --committee FILE") };
		let CommitteeFile { network, genesis, committee, .. } = CommitteeFile::load(path)?;
		Ok(Ground { chain: None, network, genesis, committee, policy: None })
	}

	/// The committee that serves, in the opinion of a node, a file, and other nodes.
	pub async fn agree(
		chain: Chain,
		file: Option<CommitteeFile>,
		others: &[Chain],
	) -> anyhow::Result<Ground> {
		let agreed = Agreed::find(&chain, file, others).await?;
		let policy = Some(chain.peg_status().await?.policy);
		let Agreed { network, genesis, committee } = agreed;
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
