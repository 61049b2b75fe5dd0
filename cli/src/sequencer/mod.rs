//! Sequencers: who makes blocks if enough BTC is bonded for it.
//!
//! | module | what |
//! |---|---|
//! | [`status`], [`list`] | who they are |
//! | [`change`] | token stake, commission, standing for election |
//! | [`keys`] | the keys of a validator |

pub mod change;
pub mod keys;
pub mod list;
pub mod status;

use crate::{context::Context, report::Report};

/// Sequencers.
#[derive(Debug, clap::Subcommand)]
pub enum SequencerCommand {
	/// Show those who stand for election and the other validators, and what is asked of them.
	List(list::List),
	/// Show a sequencer.
	Status(status::Status),
	/// Put ENT at stake. With the first, you become a sequencer.
	Stake(change::Stake),
	/// Ask ENT back. It stays on hold for a time.
	Unstake(change::Unstake),
	/// Take the ENT whose time on hold is over.
	WithdrawStake(change::WithdrawStake),
	/// Set what you take of rewards before those who bonded for you.
	Commission(change::Commission),
	/// Have your validator make its keys, and register them.
	Keys(keys::Keys),
	/// Stand for election.
	Stand(change::Stand),
	/// Stand for election no more.
	Chill(change::Chill),
}

impl SequencerCommand {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Box<dyn Report>> {
		Ok(match self {
			Self::List(args) => Box::new(args.run(context).await?),
			Self::Status(args) => Box::new(args.run(context).await?),
			Self::Stake(args) => Box::new(args.run(context).await?),
			Self::Unstake(args) => Box::new(args.run(context).await?),
			Self::WithdrawStake(args) => Box::new(args.run(context).await?),
			Self::Commission(args) => Box::new(args.run(context).await?),
			Self::Keys(args) => Box::new(args.run(context).await?),
			Self::Stand(args) => Box::new(args.run(context).await?),
			Self::Chill(args) => Box::new(args.run(context).await?),
		})
	}
}
