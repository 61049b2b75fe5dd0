//! What a node can ask the runtime.

use crate::{
	configs::consensus::{EpochLength, BABE_GENESIS_EPOCH_CONFIG},
	genesis_config_presets, sessions, AccountId, AuthorityDiscovery, Babe, Balance, Beefy,
	BeefyMmrLeaf, Block, BlockNumber, BtcLightClient, Executive, Grandpa, Hash, Header, Historical,
	InherentDataExt, Mmr, Nonce, Peg, Runtime, RuntimeCall, RuntimeGenesisConfig, SequencerStaking,
	SessionKeys, System, TransactionPayment, UncheckedExtrinsic, VERSION,
};
use alloc::vec::Vec;
use codec::Encode;
use polkadot_sdk::*;

use entangled_bitcoin::{
	BlockHash, BlockRef, Network, OutPoint, PayoutScript, Sats, Signature, Txid, XOnlyKey,
};
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	traits::{Get, KeyOwnerProofSystem},
	weights::Weight,
};
use frame_system::offchain::CreateAuthorizedTransaction;
use pallet_btc_light_client::{
	Attestation, BitcoinChain, ClaimError, HeaderInfo, InclusionClaim, NotFinal, Status, TipInfo,
};
use pallet_peg::{
	BatchView, CandidateView, CoinView, CommitteeId, CommitteeView, DepositAddress, DepositQuote,
	DepositTerms, DepositView, PegStatus, QuoteError, SignedTransaction, SigningTask, Withdrawal,
	WithdrawalId, WithdrawalQuote,
};
use pallet_sequencer_staking::{
	BondState, BondView, Duty, DutyTask, Earnings, SequencerView, SignedSlash, StakingStatus,
	TermsRefusal, TermsView, WatchedBond,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use sp_api::impl_runtime_apis;
use sp_authority_discovery::AuthorityId as AuthorityDiscoveryId;
use sp_consensus_beefy::ecdsa_crypto::{AuthorityId as BeefyId, Signature as BeefySignature};
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_mmr_primitives as mmr;
use sp_runtime::{
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, OpaqueValue,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

/// What the MMR is made of.
type MmrHashing = <Runtime as pallet_mmr::Config>::Hashing;
/// A root or a node of the MMR.
type MmrHash = <MmrHashing as sp_runtime::traits::Hash>::Output;
/// What the MMR says of a block.
type MmrLeaf = <<Runtime as pallet_mmr::Config>::LeafData as mmr::LeafDataProvider>::LeafData;

/// The transaction that anybody can send, with or without an account.
fn authorized(call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
	<Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_authorized_transaction(
		call.into(),
	)
}

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block)
		}

		fn initialize_block(
			header: &<Block as BlockT>::Header,
		) -> sp_runtime::ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: InherentData,
		) -> CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(
			owner: Vec<u8>,
			seed: Option<Vec<u8>>,
		) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl sp_consensus_babe::BabeApi<Block> for Runtime {
		fn configuration() -> sp_consensus_babe::BabeConfiguration {
			let epoch = pallet_babe::EpochConfig::<Runtime>::get()
				.unwrap_or(BABE_GENESIS_EPOCH_CONFIG);
			sp_consensus_babe::BabeConfiguration {
				slot_duration: Babe::slot_duration(),
				epoch_length: EpochLength::get(),
				c: epoch.c,
				authorities: pallet_babe::Authorities::<Runtime>::get().to_vec(),
				randomness: pallet_babe::Randomness::<Runtime>::get(),
				allowed_slots: epoch.allowed_slots,
			}
		}

		fn current_epoch_start() -> sp_consensus_babe::Slot {
			Babe::current_epoch_start()
		}

		fn current_epoch() -> sp_consensus_babe::Epoch {
			Babe::current_epoch()
		}

		fn next_epoch() -> sp_consensus_babe::Epoch {
			Babe::next_epoch()
		}

		fn generate_key_ownership_proof(
			_slot: sp_consensus_babe::Slot,
			authority_id: sp_consensus_babe::AuthorityId,
		) -> Option<sp_consensus_babe::OpaqueKeyOwnershipProof> {
			Historical::prove((sp_consensus_babe::KEY_TYPE, authority_id))
				.map(|proof| proof.encode())
				.map(sp_consensus_babe::OpaqueKeyOwnershipProof::new)
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_babe::EquivocationProof<<Block as BlockT>::Header>,
			key_owner_proof: sp_consensus_babe::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Babe::submit_unsigned_equivocation_report(
				equivocation_proof,
				key_owner_proof.decode()?,
			)
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			Grandpa::current_set_id()
		}

		fn submit_report_equivocation_unsigned_extrinsic(
			equivocation_proof: sp_consensus_grandpa::EquivocationProof<
				<Block as BlockT>::Hash,
				NumberFor<Block>,
			>,
			key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Grandpa::submit_unsigned_equivocation_report(
				equivocation_proof,
				key_owner_proof.decode()?,
			)
		}

		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			authority_id: sp_consensus_grandpa::AuthorityId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			Historical::prove((sp_consensus_grandpa::KEY_TYPE, authority_id))
				.map(|proof| proof.encode())
				.map(sp_consensus_grandpa::OpaqueKeyOwnershipProof::new)
		}
	}

	#[api_version(6)]
	impl sp_consensus_beefy::BeefyApi<Block, BeefyId> for Runtime {
		fn beefy_genesis() -> Option<BlockNumber> {
			pallet_beefy::GenesisBlock::<Runtime>::get()
		}

		fn validator_set() -> Option<sp_consensus_beefy::ValidatorSet<BeefyId>> {
			Beefy::validator_set()
		}

		fn submit_report_double_voting_unsigned_extrinsic(
			equivocation_proof: sp_consensus_beefy::DoubleVotingProof<
				BlockNumber,
				BeefyId,
				BeefySignature,
			>,
			key_owner_proof: sp_consensus_beefy::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Beefy::submit_unsigned_double_voting_report(
				equivocation_proof,
				key_owner_proof.decode()?,
			)
		}

		fn submit_report_fork_voting_unsigned_extrinsic(
			equivocation_proof: sp_consensus_beefy::ForkVotingProof<Header, BeefyId, OpaqueValue>,
			key_owner_proof: sp_consensus_beefy::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Beefy::submit_unsigned_fork_voting_report(
				equivocation_proof.try_into()?,
				key_owner_proof.decode()?,
			)
		}

		fn submit_report_future_block_voting_unsigned_extrinsic(
			equivocation_proof: sp_consensus_beefy::FutureBlockVotingProof<BlockNumber, BeefyId>,
			key_owner_proof: sp_consensus_beefy::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			Beefy::submit_unsigned_future_block_voting_report(
				equivocation_proof,
				key_owner_proof.decode()?,
			)
		}

		fn generate_key_ownership_proof(
			_set_id: sp_consensus_beefy::ValidatorSetId,
			authority_id: BeefyId,
		) -> Option<sp_consensus_beefy::OpaqueKeyOwnershipProof> {
			Historical::prove((sp_consensus_beefy::KEY_TYPE, authority_id))
				.map(|proof| proof.encode())
				.map(sp_consensus_beefy::OpaqueKeyOwnershipProof::new)
		}
	}

	#[api_version(3)]
	impl mmr::MmrApi<Block, MmrHash, BlockNumber> for Runtime {
		fn mmr_root() -> Result<MmrHash, mmr::Error> {
			Ok(pallet_mmr::RootHash::<Runtime>::get())
		}

		fn mmr_leaf_count() -> Result<mmr::LeafIndex, mmr::Error> {
			Ok(pallet_mmr::NumberOfLeaves::<Runtime>::get())
		}

		fn generate_proof(
			block_numbers: Vec<BlockNumber>,
			best_known_block_number: Option<BlockNumber>,
		) -> Result<(Vec<mmr::EncodableOpaqueLeaf>, mmr::LeafProof<MmrHash>), mmr::Error> {
			let (leaves, proof) = Mmr::generate_proof(block_numbers, best_known_block_number)?;
			let leaves = leaves.iter().map(mmr::EncodableOpaqueLeaf::from_leaf).collect();
			Ok((leaves, proof))
		}

		fn generate_ancestry_proof(
			prev_block_number: BlockNumber,
			best_known_block_number: Option<BlockNumber>,
		) -> Result<mmr::AncestryProof<MmrHash>, mmr::Error> {
			Mmr::generate_ancestry_proof(prev_block_number, best_known_block_number)
		}

		fn verify_proof(
			leaves: Vec<mmr::EncodableOpaqueLeaf>,
			proof: mmr::LeafProof<MmrHash>,
		) -> Result<(), mmr::Error> {
			let leaves = leaves
				.into_iter()
				.map(|leaf| leaf.into_opaque_leaf().try_decode().ok_or(mmr::Error::Verify))
				.collect::<Result<Vec<MmrLeaf>, _>>()?;
			Mmr::verify_leaves(leaves, proof)
		}

		fn verify_proof_stateless(
			root: MmrHash,
			leaves: Vec<mmr::EncodableOpaqueLeaf>,
			proof: mmr::LeafProof<MmrHash>,
		) -> Result<(), mmr::Error> {
			let nodes = leaves
				.into_iter()
				.map(|leaf| mmr::DataOrHash::Data(leaf.into_opaque_leaf()))
				.collect();
			pallet_mmr::verify_leaves_proof::<MmrHashing, _>(root, nodes, proof)
		}
	}

	impl pallet_beefy_mmr::BeefyMmrApi<Block, Hash> for Runtime {
		fn authority_set_proof() -> sp_consensus_beefy::mmr::BeefyAuthoritySet<Hash> {
			BeefyMmrLeaf::authority_set_proof()
		}

		fn next_authority_set_proof() -> sp_consensus_beefy::mmr::BeefyNextAuthoritySet<Hash> {
			BeefyMmrLeaf::next_authority_set_proof()
		}
	}

	impl sp_authority_discovery::AuthorityDiscoveryApi<Block> for Runtime {
		fn authorities() -> Vec<AuthorityDiscoveryId> {
			AuthorityDiscovery::authorities()
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance>
		for Runtime
	{
		fn query_info(
			uxt: <Block as BlockT>::Extrinsic,
			len: u32,
		) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(uxt, len)
		}

		fn query_fee_details(uxt: <Block as BlockT>::Extrinsic, len: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_fee_details(uxt, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<
		Block,
		Balance,
		RuntimeCall,
	> for Runtime {
		fn query_call_info(call: RuntimeCall, len: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, len)
		}

		fn query_call_fee_details(call: RuntimeCall, len: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, len)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_btc_light_client::runtime_api::BtcLightClientApi<Block, AccountId> for Runtime {
		fn network() -> Option<Network> {
			<BtcLightClient as BitcoinChain>::network()
		}

		fn tip() -> Option<TipInfo> {
			BtcLightClient::tip_info()
		}

		fn header(height: u32) -> Option<HeaderInfo> {
			BtcLightClient::header_info(height)
		}

		fn header_by_hash(hash: BlockHash) -> Option<HeaderInfo> {
			BtcLightClient::header_info(BtcLightClient::find(&hash)?.height)
		}

		fn confirmations(hash: BlockHash) -> Option<u32> {
			let block = BtcLightClient::find(&hash)?;
			BtcLightClient::header_info(block.height).map(|info| info.confirmations)
		}

		fn is_final(hash: BlockHash) -> Result<(), NotFinal> {
			let block = BtcLightClient::find(&hash).ok_or(NotFinal::UnknownBlock)?;
			BtcLightClient::ensure_final(&block)
		}

		fn locator() -> Vec<BlockRef> {
			BtcLightClient::locator()
		}

		fn attestation() -> Attestation<AccountId> {
			BtcLightClient::attestation()
		}

		fn status() -> Status {
			BtcLightClient::status()
		}

		fn verify_inclusion(claim: InclusionClaim) -> Result<Txid, ClaimError> {
			BtcLightClient::verify(&claim).map(|included| included.txid)
		}
	}

	impl pallet_peg::runtime_api::PegApi<Block, AccountId> for Runtime {
		fn status() -> PegStatus {
			Peg::status()
		}

		fn committees() -> Vec<CommitteeView<AccountId>> {
			Peg::committees()
		}

		fn candidate() -> Option<CandidateView<AccountId>> {
			Peg::candidate()
		}

		fn deposit_address(terms: DepositTerms) -> Result<DepositAddress, QuoteError> {
			Peg::deposit_address(&terms)
		}

		fn quote_deposit(amount: Sats) -> Result<DepositQuote, QuoteError> {
			Peg::quote_deposit(amount)
		}

		fn quote_withdrawal(
			script: PayoutScript,
			amount: Sats,
		) -> Result<WithdrawalQuote, QuoteError> {
			Peg::quote_withdrawal(&script, amount)
		}

		fn deposit(outpoint: OutPoint) -> Option<DepositView> {
			Peg::deposit(outpoint)
		}

		fn withdrawal(id: WithdrawalId) -> Option<Withdrawal<AccountId>> {
			pallet_peg::Withdrawals::<Runtime>::get(id)
		}

		fn pending() -> Vec<WithdrawalId> {
			Peg::pending()
		}

		fn batch() -> Option<BatchView<AccountId>> {
			Peg::batch()
		}

		fn custody() -> Vec<CoinView> {
			Peg::custody()
		}

		fn signing_tasks(key: XOnlyKey) -> Vec<SigningTask> {
			Peg::signing_tasks(&key)
		}

		fn transactions() -> Vec<SignedTransaction> {
			Peg::transactions()
		}

		fn claim_transaction(
			claim: InclusionClaim,
			vout: u32,
			terms: DepositTerms,
		) -> <Block as BlockT>::Extrinsic {
			authorized(pallet_peg::Call::claim { claim, vout, terms })
		}

		fn settle_transaction(claim: InclusionClaim) -> <Block as BlockT>::Extrinsic {
			authorized(pallet_peg::Call::settle { claim })
		}

		fn front_transaction(
			claim: InclusionClaim,
			id: WithdrawalId,
		) -> <Block as BlockT>::Extrinsic {
			authorized(pallet_peg::Call::front { claim, id })
		}

		fn sign_transaction(
			batch: u32,
			attempt: u32,
			key: XOnlyKey,
			signatures: Vec<Signature>,
		) -> Option<<Block as BlockT>::Extrinsic> {
			let signatures = signatures.try_into().ok()?;
			Some(authorized(pallet_peg::Call::sign { batch, attempt, key, signatures }))
		}

		fn prove_life_transaction(
			committee: CommitteeId,
			key: XOnlyKey,
			signature: Signature,
		) -> <Block as BlockT>::Extrinsic {
			authorized(pallet_peg::Call::prove_life { committee, key, signature })
		}
	}

	impl pallet_sequencer_staking::runtime_api::StakingApi<Block, AccountId> for Runtime {
		fn status() -> StakingStatus<AccountId> {
			SequencerStaking::status()
		}

		fn sequencers() -> Vec<SequencerView<AccountId>> {
			SequencerStaking::sequencers(&sessions::elected())
		}

		fn sequencer(account: AccountId) -> Option<SequencerView<AccountId>> {
			SequencerStaking::sequencer(account, &sessions::elected())
		}

		fn bond_terms(
			owner: AccountId,
			sequencer: AccountId,
			staker: XOnlyKey,
			timelock: u16,
		) -> Result<TermsView, TermsRefusal> {
			SequencerStaking::bond_terms(&owner, &sequencer, staker, timelock)
		}

		fn bond(outpoint: OutPoint) -> Option<BondView<AccountId>> {
			SequencerStaking::bond(outpoint)
		}

		fn bond_state(outpoint: OutPoint) -> Option<BondState> {
			pallet_sequencer_staking::Bonds::<Runtime>::get(outpoint).map(|bond| bond.state)
		}

		fn bonds_of(sequencer: AccountId) -> Vec<OutPoint> {
			SequencerStaking::bonds_of(&sequencer)
		}

		fn pending_rewards(account: AccountId, bonds: Vec<OutPoint>) -> Earnings {
			SequencerStaking::pending_rewards(&account, &bonds)
		}

		fn duties(key: XOnlyKey) -> Vec<DutyTask> {
			SequencerStaking::duties(&key)
		}

		fn complete_slashes(after: Option<OutPoint>, limit: u32) -> Vec<SignedSlash> {
			SequencerStaking::complete_slashes(after, limit)
		}

		fn watched(after: Option<OutPoint>, limit: u32) -> Vec<WatchedBond> {
			SequencerStaking::watched(after, limit)
		}

		fn sign_transaction(
			outpoint: OutPoint,
			duty: Duty,
			key: XOnlyKey,
			signatures: Vec<Signature>,
		) -> Option<<Block as BlockT>::Extrinsic> {
			let signatures = signatures.try_into().ok()?;
			Some(authorized(pallet_sequencer_staking::Call::sign {
				outpoint,
				duty,
				key,
				signatures,
			}))
		}

		fn activate_transaction(
			outpoint: OutPoint,
			claim: InclusionClaim,
		) -> <Block as BlockT>::Extrinsic {
			authorized(pallet_sequencer_staking::Call::activate { outpoint, claim })
		}

		fn report_spend_transaction(
			outpoint: OutPoint,
			claim: InclusionClaim,
		) -> <Block as BlockT>::Extrinsic {
			authorized(pallet_sequencer_staking::Call::report_spend { outpoint, claim })
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis_config_presets::get_preset)
		}

		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis_config_presets::preset_names()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (
			Vec<frame_benchmarking::BenchmarkList>,
			Vec<frame_support::traits::StorageInfo>,
		) {
			use crate::*;
			use frame_benchmarking::{baseline::Pallet as BaselineBench, BenchmarkList};
			use frame_support::traits::StorageInfoTrait;
			use frame_system_benchmarking::{
				extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench,
			};

			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use crate::*;
			use frame_benchmarking::{baseline::Pallet as BaselineBench, BenchmarkBatch};
			use frame_support::traits::WhitelistedStorageKeys;
			use frame_system_benchmarking::{
				extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench,
			};

			let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			use crate::configs::system::RuntimeBlockWeights;

			// This runs outside of any chain: a failed check is to stop it.
			match Executive::try_runtime_upgrade(checks) {
				Ok(weight) => (weight, RuntimeBlockWeights::get().max_block),
				Err(error) => panic!("the upgrade fails: {error:?}"),
			}
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			match Executive::try_execute_block(block, state_root_check, signature_check, select) {
				Ok(weight) => weight,
				Err(error) => panic!("the block fails: {error:?}"),
			}
		}
	}
}
