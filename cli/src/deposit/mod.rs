//! From Bitcoin into the network.
//!
//! | module | what |
//! |---|---|
//! | [`address`] | an address of the depositor's own, with a way back |
//! | [`fixed`] | the address that is the same for all |
//! | [`derive`] | both from the committee's keys, and against the node |
//! | [`watch`] | to have a node claim it |
//! | [`claim`] | to claim it oneself |
//! | [`status`] | what became of it |
//! | [`refund`] | to take it back |
//! | [`plan`] | the transaction that does it |

pub mod address;
pub mod claim;
pub mod derive;
pub mod fixed;
pub mod plan;
pub mod refund;
pub mod status;
pub mod watch;

use crate::{context::Context, report::Report};

/// From Bitcoin into the network.
#[derive(Debug, clap::Subcommand)]
pub enum DepositCommand {
	/// Make an address to pay to, from which you can take the coin back if nobody claims it.
	Address(address::Address),
	/// Show the address that is the same for everybody, for exchanges. There is no way back.
	Fixed(fixed::Fixed),
	/// Ask the node to claim what is paid on these terms.
	Watch(watch::Watch),
	/// Claim a payment: prove to the chain that it is in a block of Bitcoin.
	Claim(claim::Claim),
	/// Show what became of a payment.
	Status(status::Status),
	/// Take a coin back that was not claimed. Needs no node of the network.
	Refund(refund::RefundArgs),
}

impl DepositCommand {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Box<dyn Report>> {
		Ok(match self {
			Self::Address(args) => Box::new(args.run(context).await?),
			Self::Fixed(args) => Box::new(args.run(context).await?),
			Self::Watch(args) => Box::new(args.run(context).await?),
			Self::Claim(args) => Box::new(args.run(context).await?),
			Self::Status(args) => Box::new(args.run(context).await?),
			Self::Refund(args) => Box::new(args.run(context).await?),
		})
	}
}
