// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! A chain of ours with a peg, and a transaction pool, for tests. What the chain says can be made
//! false.

use super::{
	chain::{Chain, View},
	keys::Keys,
	submit::{Message, Pool, Submission},
};
use crate::bitcoin::testing::FakeChain;
use entangled_bitcoin::{
	custody::{build, input_weight, select, FeeFloor, Limits, Request, Terms},
	script::{custody_output, multisig::threshold_for, Destination, Refund},
	txid, AnchorPayload, BlockHash, BlockRef, ChainId, Coin, FeeRate, Multisig, Native, Network,
	OutPoint, PayoutScript, Sats, Sighashes, SpentOutput, TaprootOutput, Txid, XOnlyKey,
};
use entangled_runtime::{btcs::KEY_TYPE, opaque::UncheckedExtrinsic, AccountId, BlockNumber};
use pallet_btc_light_client::Clock;
use pallet_peg::{
	AttemptView, BatchView, CandidateView, CoinOrigin, CoinView, CommitteeView, CustodyCoin,
	DepositTerms, Member, PayoutView, PegStatus, Policy, SignedTransaction, SigningTask,
	Withdrawal, WithdrawalId, WithdrawalState,
};
use parking_lot::Mutex;
use polkadot_sdk::{
	sc_keystore::LocalKeystore, sp_api::ApiError, sp_keystore::Keystore,
	sp_runtime::OpaqueExtrinsic,
};
use std::{
	collections::{BTreeMap, HashMap, HashSet, VecDeque},
	sync::Arc,
};

/// Our chain.
pub const CHAIN: ChainId = ChainId([0x42; 32]);

/// Bitcoin blocks that make one final.
pub const CONFIRMATIONS: u32 = 3;

/// Runs a task, whose waiting needs a clock.
pub fn block_on<T>(future: impl std::future::Future<Output = T>) -> T {
	let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
	runtime.unwrap().block_on(future)
}

/// The keys of these validators.
pub fn keys(names: &[&str]) -> Keys {
	let keystore = Arc::new(LocalKeystore::in_memory());
	for name in names {
		keystore.ecdsa_generate_new(KEY_TYPE, Some(name)).unwrap();
	}
	Keys::new(keystore)
}

/// Our chain as of one of its blocks.
#[derive(Clone)]
pub struct FakeView {
	pub number: BlockNumber,
	pub bitcoin: FakeChain,
	pub status: PegStatus,
	pub committees: Vec<CommitteeView<AccountId>>,
	pub candidate: Option<CandidateView<AccountId>>,
	pub claimed: HashSet<OutPoint>,
	pub withdrawals: BTreeMap<WithdrawalId, Withdrawal<AccountId>>,
	pub batch: Option<BatchView<AccountId>>,
	pub custody: Vec<CoinView>,
	pub tasks: HashMap<XOnlyKey, Vec<SigningTask>>,
	pub transactions: Vec<SignedTransaction>,
	/// The chain's state cannot be read.
	pub unreadable: bool,
	/// What no transaction can be made of.
	pub unmakable: Vec<Message>,
	/// What was made a transaction of.
	pub made: Arc<Mutex<Vec<Message>>>,
}

impl FakeView {
	/// A chain with a committee of these keys and nothing else.
	pub fn new(members: &Keys, bitcoin: FakeChain) -> Self {
		let committee = committee(0, members);
		Self {
			number: 100,
			bitcoin,
			status: status(),
			committees: vec![committee],
			candidate: None,
			claimed: HashSet::new(),
			withdrawals: BTreeMap::new(),
			batch: None,
			custody: Vec::new(),
			tasks: HashMap::new(),
			transactions: Vec::new(),
			unreadable: false,
			unmakable: Vec::new(),
			made: Arc::default(),
		}
	}

	fn read<T>(&self, value: T) -> Result<T, ApiError> {
		if self.unreadable {
			return Err(ApiError::UnknownBlock("pruned".into()));
		}
		Ok(value)
	}
}

/// A committee of all these keys.
pub fn committee(id: u32, members: &Keys) -> CommitteeView<AccountId> {
	let mut keys = members.all().unwrap();
	keys.sort_unstable();
	let multisig = Multisig::new(keys.clone(), threshold_for(keys.len() as u32)).unwrap();
	CommitteeView {
		id,
		members: keys
			.into_iter()
			.map(|key| Member { key, account: AccountId::new(key.0) })
			.collect(),
		threshold: multisig.threshold(),
		custody: custody_output::<Native>(&multisig).unwrap().script_pubkey(),
		fixed: DepositTerms::Fixed { committee: id }
			.origin::<Native>(CHAIN)
			.output::<Native>(&multisig)
			.unwrap()
			.script_pubkey(),
		active_from: 0,
		retired_at: None,
		honoured_until: None,
		silent_until: None,
	}
}

/// The multisig of a committee.
pub fn multisig(committee: &CommitteeView<AccountId>) -> Multisig {
	let keys = committee.members.iter().map(|member| member.key).collect();
	Multisig::new(keys, committee.threshold).unwrap()
}

fn status() -> PegStatus {
	PegStatus {
		halt: None,
		committee: Some(0),
		supply: Sats(3_000_000),
		custody: Sats(3_100_000),
		reserve: Sats(100_000),
		pending: 0,
		unswept: 0,
		headroom: Sats(1_000_000_000),
		outflow_left: Sats(1_000_000_000),
		fee_rate: FeeRate(5_000),
		anchored: None,
		policy: Policy::default(),
	}
}

/// Terms of an address of the depositor's own.
pub fn own_terms(account: u8, delay: u16) -> DepositTerms {
	DepositTerms::Own {
		committee: 0,
		destination: Destination::Account([account; 32]),
		refund: Refund { key: XOnlyKey([0x11; 32]), delay },
	}
}

/// The output of a deposit address.
pub fn output_of(terms: &DepositTerms, committee: &CommitteeView<AccountId>) -> TaprootOutput {
	terms.origin::<Native>(CHAIN).output::<Native>(&multisig(committee)).unwrap()
}

/// A withdrawal that is in the batch.
pub fn withdrawal(byte: u8, amount: u64) -> Withdrawal<AccountId> {
	Withdrawal {
		owner: AccountId::new([byte; 32]),
		script: PayoutScript::P2wpkh([byte; 20]),
		amount: Sats(amount),
		max_fee: Sats(20_000),
		requested: Clock { bitcoin_height: 5, active_blocks: 50 },
		expires: Clock { bitcoin_height: 725, active_blocks: 72_050 },
		lapsed: false,
		state: WithdrawalState::InBatch,
	}
}

/// Puts a batch in flight: custody's coin and a deposit, two withdrawals, one attempt, and a signing
/// task for every member.
pub fn with_batch(mut view: FakeView) -> FakeView {
	let committee = view.committees[0].clone();
	let members = multisig(&committee);
	let terms = own_terms(9, 2_016);
	let coins = [(CoinOrigin::Change, 2_000_000), (terms.origin::<Native>(CHAIN), 1_100_000)];
	let coins = (1..)
		.zip(coins)
		.map(|(byte, (origin, value))| {
			let output = origin.output::<Native>(&members).unwrap();
			let outpoint = OutPoint { txid: Txid([byte; 32]), vout: byte.into() };
			let leaf = &output.leaves[0];
			let coin = Coin {
				outpoint,
				value: Sats(value),
				script_pubkey: output.script_pubkey(),
				input_weight: input_weight(&members, leaf.script.len(), leaf.control_block.len()),
				main: origin == CoinOrigin::Change,
			};
			let view = CoinView {
				outpoint,
				coin: CustodyCoin { value: Sats(value), committee: 0, origin },
				script: output.script_pubkey(),
			};
			(coin, view, leaf.hash)
		})
		.collect::<Vec<_>>();
	view.withdrawals = [(3, withdrawal(3, 500_000)), (7, withdrawal(7, 250_000))].into();
	let requests = view.withdrawals.iter().map(|(id, withdrawal)| Request {
		id: *id,
		script: withdrawal.script,
		amount: withdrawal.amount,
		max_fee: withdrawal.max_fee,
	});
	let rate = FeeRate(5_000);
	let selection = select(&Terms {
		coins: coins.iter().map(|(coin, ..)| *coin).collect(),
		requests: requests.collect(),
		rate,
		min_fee: FeeFloor::NONE,
		reserve: Sats(100_000),
		outflow_left: Sats::MAX_MONEY,
		limits: Limits::default(),
	})
	.unwrap();
	assert_eq!(selection.payouts.len(), 2);
	let anchor = AnchorPayload { epoch: 4, state_root: [5; 32], proof_hash: [6; 32] };
	let spends = coins.iter().map(|(coin, ..)| *coin).collect::<Vec<_>>();
	let transaction = build(&selection, &spends, committee.custody, &anchor);
	let spent = spends
		.iter()
		.map(|coin| SpentOutput { value: coin.value, script_pubkey: coin.script_pubkey.into() })
		.collect::<Vec<_>>();
	let sighashes = Sighashes::new::<Native>(&transaction, &spent).unwrap();
	let attempt = AttemptView {
		index: 0,
		txid: txid::<Native>(&transaction),
		coins: coins.iter().map(|(_, view, _)| view.clone()).collect(),
		payouts: selection
			.payouts
			.iter()
			.map(|payout| PayoutView {
				id: payout.id,
				script: payout.script,
				amount: payout.amount,
				fee: payout.fee,
			})
			.collect(),
		change: selection.change,
		anchor,
		fee: selection.fee,
		custody_fee: selection.custody_fee,
		rate,
		weight: selection.weight,
		sighashes: (0..)
			.zip(&coins)
			.map(|(index, (.., leaf))| sighashes.script_path::<Native>(index, leaf).unwrap())
			.collect(),
		built_at: view.bitcoin.tip().height,
		sign_by: Clock { bitcoin_height: view.bitcoin.tip().height + 6, active_blocks: 600 },
		complete: false,
		signers: Vec::new(),
	};
	view.custody = coins.iter().map(|(_, view, _)| view.clone()).collect();
	view.batch = Some(BatchView {
		id: 2,
		common: view.custody[0].outpoint,
		change_to: 0,
		change_script: committee.custody,
		attempts: vec![attempt],
	});
	let task = SigningTask::Attempt { batch: 2, attempt: 0, inputs: vec![0, 1] };
	view.tasks = committee.members.iter().map(|member| (member.key, vec![task.clone()])).collect();
	view
}

impl View for FakeView {
	fn number(&self) -> BlockNumber {
		self.number
	}

	fn network(&self) -> Result<Option<Network>, ApiError> {
		self.read(Some(Network::Regtest))
	}

	fn bitcoin_tip(&self) -> Result<Option<BlockRef>, ApiError> {
		self.read(Some(self.bitcoin.tip()))
	}

	fn bitcoin_block(&self, height: u32) -> Result<Option<BlockHash>, ApiError> {
		let kept = (self.bitcoin.oldest..=self.bitcoin.tip().height).contains(&height);
		self.read(kept.then(|| self.bitcoin.block(height).hash))
	}

	fn is_final(&self, block: BlockHash) -> Result<bool, ApiError> {
		let deepest = (self.bitcoin.tip().height + 1).saturating_sub(CONFIRMATIONS);
		self.read((0..=deepest).any(|height| self.bitcoin.block(height).hash == block))
	}

	fn status(&self) -> Result<PegStatus, ApiError> {
		self.read(self.status.clone())
	}

	fn committees(&self) -> Result<Vec<CommitteeView<AccountId>>, ApiError> {
		self.read(self.committees.clone())
	}

	fn candidate(&self) -> Result<Option<CandidateView<AccountId>>, ApiError> {
		self.read(self.candidate.clone())
	}

	fn is_claimed(&self, outpoint: OutPoint) -> Result<bool, ApiError> {
		self.read(self.claimed.contains(&outpoint))
	}

	fn withdrawal(&self, id: WithdrawalId) -> Result<Option<Withdrawal<AccountId>>, ApiError> {
		self.read(self.withdrawals.get(&id).cloned())
	}

	fn batch(&self) -> Result<Option<BatchView<AccountId>>, ApiError> {
		self.read(self.batch.clone())
	}

	fn custody(&self) -> Result<Vec<CoinView>, ApiError> {
		self.read(self.custody.clone())
	}

	fn signing_tasks(&self, key: XOnlyKey) -> Result<Vec<SigningTask>, ApiError> {
		self.read(self.tasks.get(&key).cloned().unwrap_or_default())
	}

	fn transactions(&self) -> Result<Vec<SignedTransaction>, ApiError> {
		self.read(self.transactions.clone())
	}

	fn extrinsic(&self, message: &Message) -> Result<Option<UncheckedExtrinsic>, ApiError> {
		if self.unmakable.contains(message) {
			return Err(ApiError::UnknownBlock("as scripted".into()));
		}
		self.made.lock().push(message.clone());
		self.read(Some(OpaqueExtrinsic::from_blob(format!("{message:?}").into_bytes())))
	}
}

/// Our chain.
#[derive(Clone)]
pub struct FakeOurs {
	pub best: Arc<Mutex<FakeView>>,
	pub finalised: Arc<Mutex<FakeView>>,
	pub syncing: Arc<Mutex<bool>>,
}

impl FakeOurs {
	/// A chain whose best block is final.
	pub fn new(view: FakeView) -> Self {
		Self {
			finalised: Arc::new(Mutex::new(view.clone())),
			best: Arc::new(Mutex::new(view)),
			syncing: Arc::default(),
		}
	}

	/// Changes what the best and the last final block say.
	pub fn change(&self, change: impl Fn(&mut FakeView)) {
		change(&mut self.best.lock());
		change(&mut self.finalised.lock());
	}

	/// What was made a transaction of since this was last asked.
	pub fn take_made(&self) -> Vec<Message> {
		std::mem::take(&mut self.best.lock().made.lock())
	}
}

impl Chain for FakeOurs {
	type View = FakeView;

	fn best(&self) -> Option<FakeView> {
		(!*self.syncing.lock()).then(|| self.best.lock().clone())
	}

	fn finalised(&self) -> Option<FakeView> {
		(!*self.syncing.lock()).then(|| self.finalised.lock().clone())
	}

	fn id(&self) -> ChainId {
		CHAIN
	}
}

/// A pool that takes everything, but for what it is told to answer.
#[derive(Clone, Default)]
pub struct FakePool {
	pub answers: Arc<Mutex<VecDeque<Submission>>>,
}

#[async_trait::async_trait]
impl Pool for FakePool {
	async fn submit(&self, _: UncheckedExtrinsic) -> Submission {
		self.answers.lock().pop_front().unwrap_or(Submission::Accepted)
	}
}
