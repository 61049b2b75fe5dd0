//! Bonds: BTC that stays with the staker's own key, and that the network can slash.
//!
//! | module | what |
//! |---|---|
//! | [`address`] | what a bond is made from, and its address |
//! | [`register`], [`extend`] | to have it on record, with all that is signed in advance |
//! | [`fund`], [`activate`] | to pay it, and have it count |
//! | [`unbond`], [`withdraw`] | to leave, and have the coin |
//! | [`status`], [`list`], [`collect`], [`close`] | how far it is, what it has earned |
//! | [`file`](mod@file) | the file with which it is registered, and left |
//! | [`terms`] | what a node offers, checked |
//! | [`funding`] | the transaction that pays it, as wallets give it |
//! | [`presign`], [`enter`] | what the staker signs in advance |
//! | [`covenant`] | what the covenant has signed |
//! | [`coin`] | where the coin is now |
//! | [`way`] | who signs when leaving |

pub mod activate;
pub mod address;
pub mod close;
pub mod coin;
pub mod collect;
pub mod covenant;
pub mod enter;
pub mod extend;
pub mod file;
pub mod fund;
pub mod funding;
pub mod list;
pub mod presign;
pub mod register;
pub mod status;
pub mod terms;
pub mod unbond;
pub mod way;
pub mod withdraw;

use crate::{context::Context, report::Report};

/// Bonds.
#[derive(Debug, clap::Subcommand)]
// There is one of these in a process; its size does not matter.
#[allow(clippy::large_enum_variant)]
pub enum BondCommand {
	/// Show what a bond would be made from, and where it would be paid to. Do not pay yet.
	Address(address::Address),
	/// Register a bond that is not paid yet, and sign in advance what slashes it.
	Register(register::Register),
	/// Show how far a bond is.
	Status(status::Status),
	/// Show the bonds for a sequencer.
	List(list::List),
	/// Pay a bond that the chain has approved.
	Fund(fund::Fund),
	/// Have a bond count: prove to the chain that it is in a block of Bitcoin.
	Activate(activate::Activate),
	/// Leave.
	Unbond(unbond::Unbond),
	/// Register a bond that takes over the coin of one that counts, with a new timelock.
	Extend(extend::Extend),
	/// Take the coin that is free.
	Withdraw(withdraw::Withdraw),
	/// Give up a bond whose deadline is over.
	Drop(close::Drop),
	/// Close a bond whose coin is free.
	Release(close::Release),
	/// Collect what you have earned.
	Collect(collect::Collect),
}

impl BondCommand {
	/// Does it.
	pub async fn run(self, context: &Context) -> anyhow::Result<Box<dyn Report>> {
		Ok(match self {
			Self::Address(args) => Box::new(args.run(context).await?),
			Self::Register(args) => Box::new(args.run(context).await?),
			Self::Status(args) => Box::new(args.run(context).await?),
			Self::List(args) => Box::new(args.run(context).await?),
			Self::Fund(args) => Box::new(args.run(context).await?),
			Self::Activate(args) => Box::new(args.run(context).await?),
			Self::Unbond(args) => Box::new(args.run(context).await?),
			Self::Extend(args) => Box::new(args.run(context).await?),
			Self::Withdraw(args) => Box::new(args.run(context).await?),
			Self::Drop(args) => Box::new(args.run(context).await?),
			Self::Release(args) => Box::new(args.run(context).await?),
			Self::Collect(args) => Box::new(args.run(context).await?),
		})
	}
}
