//! Second chapter: bitcoins come in, change hands, and go out again.

use super::{
	cast::{pay_to, sats, txid_of, Cast},
	entangled::{
		peg::{Attempt, Deposit, Status},
		until,
	},
	program::{Account, Secret},
	progress::Teller,
};
use crate::network::{miner, wallet::Wallet};
use anyhow::{ensure, Context};
use jsonrpsee::rpc_params;

/// Its steps.
pub const TITLES: [&str; 10] = [
	"the faucet pays a user on Bitcoin",
	"the user deposits bitcoins for Bob's account",
	"the deposit becomes final",
	"Bob's account gets eBTC",
	"Bob pays a newcomer, who holds no ENT, and pays the fee in eBTC",
	"the newcomer withdraws to a Bitcoin address",
	"the committee signs the Bitcoin transaction",
	"the transaction is mined and becomes final",
	"the withdrawal is settled",
	"all amounts add up",
];

/// Who deposits, on Bitcoin.
const USER: &str = "user";
/// Whose account on Entangled the deposit is for: a well-known development account.
const BOB: Secret = "//Bob";
/// Who is paid by Bob: nobody that the chain knows.
const NEWCOMER: Secret = "//Newcomer";

/// What the faucet pays, in satoshi.
const FUNDS: u64 = 10_000_000;
/// What is deposited.
const DEPOSIT: u64 = 5_000_000;
/// What Bob pays.
const PAYMENT: u64 = 2_000_000;
/// What is withdrawn.
const WITHDRAWAL: u64 = 1_000_000;

/// Blocks mined at the most while the story waits for a batch.
const BLOCKS_FOR_A_BATCH: u32 = 30;

/// Plays the chapter.
pub async fn play(cast: &Cast, teller: &Teller) -> anyhow::Result<()> {
	let bob = cast.program.account(BOB).await?;
	let supply = cast.entangled.status().await?.supply;

	teller.go_on();
	let user = Wallet::named(USER)?;
	let txid = cast.fund(&[(&user, FUNDS)]).await?;
	teller.note(format!("{} to {}", sats(FUNDS), user.address()));
	teller.note(format!("Bitcoin transaction {txid}"));

	teller.go_on();
	let refund_delay = cast.entangled.status().await?.policy.max_refund_delay;
	let outpoint = cast.deposit(&user, &bob, refund_delay, teller).await?;

	teller.go_on();
	cast.finalise(txid_of(&outpoint), teller).await?;

	teller.go_on();
	cast.mint(&outpoint, &bob, supply, teller).await?;

	teller.go_on();
	let newcomer = cast.transfer(teller).await?;

	teller.go_on();
	let to = user.taproot_address().to_string();
	let received = cast.received(&to).await?;
	let requested = cast.program.withdraw(NEWCOMER, &to, WITHDRAWAL).await?;
	teller.note(format!("withdrawal {}: {} to {to}", requested.id, sats(WITHDRAWAL)));

	teller.go_on();
	let attempt = cast.sign(requested.id, teller).await?;
	// One batch is in flight at a time, so nothing else comes between this and its settlement.
	let before = cast.entangled.status().await?;

	teller.go_on();
	cast.broadcast(&attempt, teller).await?;

	teller.go_on();
	let fee = cast.settle(requested.id, &attempt, teller).await?;

	teller.go_on();
	let paid = cast.received_since(&to, received).await?;
	ensure!(paid == WITHDRAWAL, "{to} got {}, not {}", sats(paid), sats(WITHDRAWAL));
	let after = cast.entangled.status().await?;
	check_settlement(&before, &after, fee, attempt.fee)?;
	cast.check_newcomer(&newcomer, fee).await?;
	teller.note(format!("custody {}, eBTC {}", sats(after.custody), sats(after.supply)));
	Ok(())
}

impl Cast {
	/// The user pays to an address of its own. Returns the deposit's output.
	async fn deposit(
		&self,
		user: &Wallet,
		bob: &Account,
		refund_delay: u16,
		teller: &Teller,
	) -> anyhow::Result<String> {
		let deposit =
			self.program.deposit_address(&bob.address, &user.x_only_key(), refund_delay).await?;
		let address = deposit
			.address
			.parse::<bitcoin::Address<_>>()?
			.require_network(bitcoin::Network::Regtest)?;
		let txid = user.pay(&self.bitcoin, vec![pay_to(&address, DEPOSIT)]).await?;
		miner::mine(&self.bitcoin, 1).await?;
		teller.note(format!("{} to {address}", sats(DEPOSIT)));
		teller.note(format!("Bitcoin transaction {txid}"));
		Ok(format!("{txid}:0"))
	}

	/// The relayer of a validator claims the deposit. There was so much eBTC before.
	async fn mint(
		&self,
		outpoint: &str,
		bob: &Account,
		supply: u64,
		teller: &Teller,
	) -> anyhow::Result<()> {
		let deposit = until("the deposit is claimed", || self.entangled.deposit(outpoint)).await?;
		ensure!(deposit.amount == DEPOSIT, "the chain counts {}", sats(deposit.amount));
		let custody = self.entangled.custody().await?;
		let coin = custody.iter().find(|coin| coin.outpoint == outpoint);
		ensure!(coin.is_some_and(|coin| coin.value == DEPOSIT), "custody holds {coin:?}");
		let Deposit { amount, fee, peg_fee } = deposit;
		let minted = amount.checked_sub(fee).context("the fee is above the deposit")?;
		let his = minted.checked_sub(peg_fee).context("the fees are above the deposit")?;
		let now = self.program.account(BOB).await?;
		let expected = bob.ebtc + his;
		ensure!(now.ebtc == expected, "Bob has {}, not {}", sats(now.ebtc), sats(expected));
		let (supply, expected) = (self.entangled.status().await?.supply, supply + minted);
		ensure!(supply == expected, "there is {} eBTC, not {}", sats(supply), sats(expected));
		teller.note(format!("{} kept for sweeping, {} for stakers", sats(fee), sats(peg_fee)));
		teller.note(format!("{} for Bob", sats(his)));
		Ok(())
	}

	/// Bob pays the newcomer. Returns what the newcomer has then.
	async fn transfer(&self, teller: &Teller) -> anyhow::Result<Account> {
		let before = self.program.account(NEWCOMER).await?;
		ensure!(before.ent == "0", "the newcomer holds ENT");
		let rich = self.program.account(BOB).await?;
		self.program.transfer(BOB, &before.address, PAYMENT).await?;
		let after = self.program.account(NEWCOMER).await?;
		let expected = before.ebtc + PAYMENT;
		ensure!(
			after.ebtc == expected,
			"the newcomer has {}, not {}",
			sats(after.ebtc),
			sats(expected)
		);
		let left = self.program.account(BOB).await?;
		let spent = rich.ebtc.checked_sub(left.ebtc).context("Bob has more than before")?;
		let fee = spent.checked_sub(PAYMENT).context("Bob has paid less than he should")?;
		teller.note(format!("{} to {}, fee {}", sats(PAYMENT), before.address, sats(fee)));
		Ok(after)
	}

	/// Mines until a batch with the withdrawal is due, and waits until enough members have signed
	/// it.
	async fn sign(&self, id: u64, teller: &Teller) -> anyhow::Result<Attempt> {
		let mut mined = 0;
		while self.entangled.attempt_for(id).await?.is_none() {
			ensure!(mined < BLOCKS_FOR_A_BATCH, "{mined} blocks, and still no batch");
			let blocks = miner::mine(&self.bitcoin, 1).await?;
			mined += 1;
			let tip = blocks.last().context("no block was mined")?;
			self.wait_for_tip(tip).await?;
		}
		let attempt = until("the batch is signed", || async {
			let attempt = self.entangled.attempt_for(id).await?;
			Ok(attempt.filter(|attempt| attempt.complete))
		})
		.await?;
		// Of each committee that holds one of its coins: while one hands over to another there are two.
		for committee in self.entangled.committees().await? {
			let signers = attempt.signers.iter().filter(|signer| signer.committee == committee.id);
			let all = signers.clone().count();
			let signed = signers.filter(|signer| signer.signed).count();
			let threshold = committee.threshold;
			let enough = all == 0 || signed >= threshold;
			ensure!(enough, "{signed} of {all} have signed, fewer than {threshold}");
			if all > 0 {
				teller.note(format!("signed by {signed} of {all}, {threshold} must"));
			}
		}
		teller.note(format!("Bitcoin transaction {}", attempt.txid));
		Ok(attempt)
	}

	/// Waits until the chain has this block as Bitcoin's tip, and has acted on it in a block after
	/// that.
	async fn wait_for_tip(&self, hash: &str) -> anyhow::Result<()> {
		let known = until("the chain follows Bitcoin", || async {
			let tip = self.entangled.tip().await?;
			let best = self.entangled.best_block().await?;
			Ok((tip.hash == hash).then_some(best))
		})
		.await?;
		until("the chain has another block", || async {
			Ok((self.entangled.best_block().await? != known).then_some(()))
		})
		.await
	}

	/// A validator sends the transaction to Bitcoin, where it is mined.
	async fn broadcast(&self, attempt: &Attempt, teller: &Teller) -> anyhow::Result<()> {
		until("Bitcoin has the transaction", || async {
			let waiting: Vec<String> = self.bitcoin.call("getrawmempool", rpc_params![]).await?;
			Ok(waiting.contains(&attempt.txid).then_some(()))
		})
		.await?;
		miner::mine(&self.bitcoin, 1).await?;
		self.finalise(&attempt.txid, teller).await
	}

	/// A relayer proves that the transaction was mined. Returns what the owner paid for it.
	async fn settle(&self, id: u64, attempt: &Attempt, teller: &Teller) -> anyhow::Result<u64> {
		let paid = until("the withdrawal is settled", || async {
			let withdrawal = self.entangled.withdrawal(id).await?;
			Ok((withdrawal.state == "paid").then_some(withdrawal))
		})
		.await?;
		let txid = paid.txid.context("a paid withdrawal names its transaction")?;
		ensure!(txid == attempt.txid, "{txid} is said to have paid it, not {}", attempt.txid);
		let fee = paid.fee.context("a paid withdrawal names its fee")?;
		teller.note(format!("{} paid, {} for the miner", sats(WITHDRAWAL), sats(fee)));
		Ok(fee)
	}

	/// The newcomer has what is left of the payment after the withdrawal and all fees.
	async fn check_newcomer(&self, before: &Account, fee: u64) -> anyhow::Result<()> {
		let after = self.program.account(NEWCOMER).await?;
		ensure!(after.ent == "0", "the newcomer holds ENT now");
		let spent = before.ebtc.checked_sub(after.ebtc).context("the newcomer has more")?;
		// The rest is the fee of the newcomer's own transaction.
		let least = WITHDRAWAL + fee;
		ensure!(spent > least, "the newcomer has spent {}, not above {}", sats(spent), sats(least));
		Ok(())
	}
}

/// What custody and the supply must have become when the withdrawal was paid.
fn check_settlement(
	before: &Status,
	after: &Status,
	withdrawal_fee: u64,
	bitcoin_fee: u64,
) -> anyhow::Result<()> {
	let supply = before.supply.checked_sub(WITHDRAWAL + withdrawal_fee);
	ensure!(Some(after.supply) == supply, "there is {} eBTC, not {supply:?}", sats(after.supply));
	let custody = before.custody.checked_sub(WITHDRAWAL + bitcoin_fee);
	ensure!(
		Some(after.custody) == custody,
		"custody holds {}, not {custody:?}",
		sats(after.custody)
	);
	ensure!(after.custody >= after.supply, "custody holds less than there is eBTC");
	Ok(())
}
