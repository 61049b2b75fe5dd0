//! What happens in the story.

use super::{
	entangled::{until, Attempt, Deposit, Entangled, Status},
	program::{Account, Program, Secret},
	progress::Teller,
};
use crate::network::{bitcoin_rpc::BitcoinRpc, miner, wallet::Wallet};
use anyhow::{ensure, Context};
use bitcoin::{Amount, TxOut};
use jsonrpsee::rpc_params;
use serde_json::Value;

/// Each step of the story.
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

/// Whom the story needs.
pub struct Cast {
	/// Bitcoin.
	pub bitcoin: BitcoinRpc,
	/// The network.
	pub entangled: Entangled,
	/// What people use.
	pub program: Program,
}

/// Plays the story to its end, or up to where something is not as it should be.
pub async fn play(cast: &Cast, teller: &Teller) -> anyhow::Result<()> {
	let before = cast.entangled.status().await?;
	let bob = cast.program.account(BOB).await?;

	teller.go_on();
	let user = Wallet::named(USER)?;
	cast.fund(&user, teller).await?;

	teller.go_on();
	let outpoint = cast.deposit(&user, &bob, before.policy.max_refund_delay, teller).await?;

	teller.go_on();
	cast.finalise(txid_of(&outpoint), teller).await?;

	teller.go_on();
	let minted = cast.mint(&outpoint, &bob, teller).await?;

	teller.go_on();
	let newcomer = cast.transfer(teller).await?;

	teller.go_on();
	let to = user.taproot_address().to_string();
	let received = received(&cast.bitcoin, &to).await?;
	let requested = cast.program.withdraw(NEWCOMER, &to, WITHDRAWAL).await?;
	teller.note(format!("withdrawal {}: {} to {to}", requested.id, sats(WITHDRAWAL)));

	teller.go_on();
	let attempt = cast.sign(requested.id, teller).await?;

	teller.go_on();
	cast.broadcast(&attempt, teller).await?;

	teller.go_on();
	let fee = cast.settle(requested.id, &attempt, teller).await?;

	teller.go_on();
	let paid = received_since(&cast.bitcoin, &to, received).await?;
	ensure!(paid == WITHDRAWAL, "{to} got {}, not {}", sats(paid), sats(WITHDRAWAL));
	let after = cast.entangled.status().await?;
	check_peg(&before, &after, &minted, fee, attempt.fee)?;
	cast.check_newcomer(&newcomer, fee).await?;
	teller.note(format!("custody {}, eBTC {}", sats(after.custody), sats(after.supply)));
	teller.go_on();
	Ok(())
}

impl Cast {
	/// The user gets bitcoins.
	async fn fund(&self, user: &Wallet, teller: &Teller) -> anyhow::Result<()> {
		let script_pubkey = user.address().script_pubkey();
		let output = TxOut { value: Amount::from_sat(FUNDS), script_pubkey };
		let txid = Wallet::faucet()?.pay(&self.bitcoin, vec![output]).await?;
		miner::mine(&self.bitcoin, 1).await?;
		teller.note(format!("{} to {}", sats(FUNDS), user.address()));
		teller.note(format!("Bitcoin transaction {txid}"));
		Ok(())
	}

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
		let output =
			TxOut { value: Amount::from_sat(DEPOSIT), script_pubkey: address.script_pubkey() };
		let txid = user.pay(&self.bitcoin, vec![output]).await?;
		miner::mine(&self.bitcoin, 1).await?;
		teller.note(format!("{} to {address}", sats(DEPOSIT)));
		teller.note(format!("Bitcoin transaction {txid}"));
		Ok(format!("{txid}:0"))
	}

	/// Mines on top of a transaction until the chain relies on its block.
	async fn finalise(&self, txid: &str, teller: &Teller) -> anyhow::Result<()> {
		let needed = self.entangled.confirmations().await?;
		let mined: Value = self.bitcoin.call("getrawtransaction", rpc_params![txid, true]).await?;
		let block = mined["blockhash"].as_str().context("the transaction is in no block")?;
		let has = mined["confirmations"].as_u64().and_then(|has| u32::try_from(has).ok());
		let missing = needed.saturating_sub(has.unwrap_or(0));
		if missing > 0 {
			miner::mine(&self.bitcoin, missing).await?;
		}
		until("the block is final", || async {
			Ok(self.entangled.is_final(block).await?.then_some(()))
		})
		.await?;
		teller.note(format!("Bitcoin block {block}"));
		teller.note(format!("{needed} confirmations, attested by the validators"));
		Ok(())
	}

	/// The relayer of a validator claims the deposit.
	async fn mint(
		&self,
		outpoint: &str,
		bob: &Account,
		teller: &Teller,
	) -> anyhow::Result<Deposit> {
		let deposit = until("the deposit is claimed", || self.entangled.deposit(outpoint)).await?;
		ensure!(deposit.amount == DEPOSIT, "the chain counts {}", sats(deposit.amount));
		let minted = DEPOSIT.checked_sub(deposit.fee).context("the fee is above the deposit")?;
		let now = self.program.account(BOB).await?;
		let expected = bob.ebtc + minted;
		ensure!(now.ebtc == expected, "Bob has {}, not {}", sats(now.ebtc), sats(expected));
		teller.note(format!("{} minted, {} kept for sweeping", sats(minted), sats(deposit.fee)));
		Ok(deposit)
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
		// Bob is a validator: when the block is his own he has the fee back.
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
		let committee = self.entangled.committee().await?;
		let attempt = until("the batch is signed", || async {
			let attempt = self.entangled.attempt_for(id).await?;
			Ok(attempt.filter(|attempt| attempt.complete))
		})
		.await?;
		let signers = attempt.signers.iter().filter(|signer| signer.committee == committee.id);
		let all = signers.clone().count();
		let signed = signers.filter(|signer| signer.signed).count();
		let threshold = committee.threshold;
		ensure!(signed >= threshold, "{signed} of {all} have signed, fewer than {threshold}");
		teller.note(format!("signed by {signed} of {all}, {threshold} must"));
		teller.note(format!("Bitcoin transaction {}", attempt.txid));
		Ok(attempt)
	}

	/// Waits until the chain has this block as Bitcoin's tip, and has acted on it in a block after
	/// that.
	async fn wait_for_tip(&self, hash: &str) -> anyhow::Result<()> {
		let known = until("the chain follows Bitcoin", || async {
			let tip: Value = self.entangled.ask("bitcoin_getTip", rpc_params![]).await?;
			let best = self.entangled.best_block().await?;
			Ok((tip["hash"] == hash).then_some(best))
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
		// The rest is the fee of the newcomer's own transaction, which every block's author gets.
		let least = WITHDRAWAL + fee;
		ensure!(spent > least, "the newcomer has spent {}, not above {}", sats(spent), sats(least));
		Ok(())
	}
}

/// What custody and the supply must have become.
fn check_peg(
	before: &Status,
	after: &Status,
	deposit: &Deposit,
	withdrawal_fee: u64,
	bitcoin_fee: u64,
) -> anyhow::Result<()> {
	let supply = before.supply + (deposit.amount - deposit.fee) - WITHDRAWAL - withdrawal_fee;
	ensure!(after.supply == supply, "there is {} eBTC, not {}", sats(after.supply), sats(supply));
	let custody = before.custody + deposit.amount - WITHDRAWAL - bitcoin_fee;
	ensure!(
		after.custody == custody,
		"custody holds {}, not {}",
		sats(after.custody),
		sats(custody)
	);
	ensure!(after.custody >= after.supply, "custody holds less than there is eBTC");
	Ok(())
}

/// What an address has on Bitcoin, in satoshi.
async fn received(bitcoin: &BitcoinRpc, address: &str) -> anyhow::Result<u64> {
	let descriptor = format!("addr({address})");
	let scan: Value = bitcoin.call("scantxoutset", rpc_params!["start", [descriptor]]).await?;
	Ok(crate::network::wallet::amount(&scan["total_amount"])?.to_sat())
}

async fn received_since(bitcoin: &BitcoinRpc, address: &str, before: u64) -> anyhow::Result<u64> {
	let now = received(bitcoin, address).await?;
	now.checked_sub(before).with_context(|| format!("{address} has less than before"))
}

fn txid_of(outpoint: &str) -> &str {
	outpoint.split_once(':').map_or(outpoint, |(txid, _)| txid)
}

fn sats(amount: u64) -> String {
	Amount::from_sat(amount).to_string()
}
