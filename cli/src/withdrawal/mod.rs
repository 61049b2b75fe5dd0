//! From the network back to Bitcoin.
//!
//! | module | what |
//! |---|---|
//! | [`request`] | to ask for bitcoin |
//! | [`status`] | how far it is |
//! | [`change`] | what can be done about it |
//! | [`front`] | to pay somebody else's from coins of one's own |

pub mod change;
pub mod front;
pub mod request;
pub mod status;

use crate::{context::Context, report::Report};

/// What can be done about a withdrawal.
#[derive(Debug, clap::Subcommand)]
pub enum WithdrawalCommand {
	/// Show how far a withdrawal is.
	Status(status::Status),
	/// Offer a higher fee for your withdrawal.
	RaiseFee(change::RaiseFee),
	/// Take your withdrawal back, while it waits.
	Cancel(change::Cancel),
	/// Have the eBTC of a withdrawal returned to its owner that has waited too long.
	Expire(change::Expire),
	/// Reserve a withdrawal, to pay it from bitcoin of your own. Locks a bond.
	Reserve(change::Reserve),
	/// End a reservation that has lapsed; its bond goes to the withdrawal's owner.
	Release(change::Release),
	/// Show what a payment of a withdrawal from bitcoin of your own must look like, or prove it.
	Front(front::FrontArgs),
}

impl WithdrawalCommand {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Box<dyn Report>> {
		Ok(match self {
			Self::Status(args) => Box::new(args.run(context).await?),
			Self::RaiseFee(args) => Box::new(args.run(context).await?),
			Self::Cancel(args) => Box::new(args.run(context).await?),
			Self::Expire(args) => Box::new(args.run(context).await?),
			Self::Reserve(args) => Box::new(args.run(context).await?),
			Self::Release(args) => Box::new(args.run(context).await?),
			Self::Front(args) => Box::new(args.run(context).await?),
		})
	}
}
