//! Signed transactions.

use crate::{
	chain::{follow::Included, Chain},
	progress::Progress,
	signer::{account, FeeAsset, SignerOptions},
};
use anyhow::Context;
use entangled_runtime::{
	chain::EBTC, AssetId, Balance, Nonce, RuntimeCall, Signature, SignedPayload, TxExtension,
	UncheckedExtrinsic, VERSION,
};
use polkadot_sdk::{
	frame_metadata_hash_extension, frame_system, pallet_asset_tx_payment,
	sp_core::{sr25519, Pair, H256},
	sp_runtime::generic::Era,
};

/// For how many blocks a transaction is valid. Afterwards its sender knows that it will never be
/// in one.
const PERIOD: u32 = 64;

/// What a signature covers besides the call.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
	/// The chain.
	pub genesis: H256,
	/// How many transactions the account has sent.
	pub nonce: Nonce,
	/// When the transaction is valid.
	pub era: Era,
	/// The block that the era begins with.
	pub era_hash: H256,
	/// The asset that the fee is paid in; `None`: ENT.
	pub fee_asset: Option<AssetId>,
}

/// Signs a call.
pub fn sign(
	call: RuntimeCall,
	pair: &sr25519::Pair,
	circumstances: &Circumstances,
) -> UncheckedExtrinsic {
	let Circumstances { genesis, nonce, era, era_hash, fee_asset } = *circumstances;
	let extension: TxExtension = (
		frame_system::AuthorizeCall::new(),
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(era),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		pallet_asset_tx_payment::ChargeAssetTxPayment::from(0, fee_asset),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let versions = (VERSION.spec_version, VERSION.transaction_version);
	let implicit = ((), (), versions.0, versions.1, genesis, era_hash, (), (), (), None, ());
	let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
	let signature = codec::Encode::using_encoded(&payload, |bytes| pair.sign(bytes));
	UncheckedExtrinsic::new_signed(
		call,
		account(pair).into(),
		Signature::Sr25519(signature),
		extension,
	)
}

/// A transaction that is ready to be sent.
pub struct Prepared {
	/// The transaction.
	pub extrinsic: UncheckedExtrinsic,
	/// What it costs, in units of 10⁻¹² ENT, whichever asset pays.
	pub fee: Balance,
	/// What the fee is paid in.
	pub fee_asset: FeeAsset,
	/// The block in whose view it was made.
	from: u32,
	/// The last block that it can be in.
	last: u32,
}

/// Signs a call as the account of the options, for the chain as it is now.
pub async fn prepare(
	chain: &Chain,
	call: impl Into<RuntimeCall>,
	pair: &sr25519::Pair,
	fee_asset: Option<FeeAsset>,
) -> anyhow::Result<Prepared> {
	chain.expect_our_release().await?;
	let call = call.into();
	let who = account(pair);
	let (from, era_hash) = chain.finalised().await?;
	let era = Era::mortal(PERIOD.into(), from.into());
	let mut circumstances = Circumstances {
		genesis: chain.genesis().await?.0.into(),
		nonce: chain.next_nonce(&who).await?,
		era,
		era_hash,
		fee_asset: None,
	};
	let extrinsic = sign(call.clone(), pair, &circumstances);
	let fee = chain.fee(&extrinsic).await.context("cannot find out the fee")?;
	let fee_asset = match fee_asset {
		Some(asset) => asset,
		None if chain.can_pay_in_ent(&who, fee).await? => FeeAsset::Ent,
		None => FeeAsset::Ebtc,
	};
	let extrinsic = match fee_asset {
		FeeAsset::Ent => extrinsic,
		FeeAsset::Ebtc => {
			circumstances.fee_asset = Some(EBTC);
			sign(call, pair, &circumstances)
		},
	};
	let last = u32::try_from(era.death(from.into()))?.saturating_sub(1);
	Ok(Prepared { extrinsic, fee, fee_asset, from, last })
}

impl Prepared {
	/// Sends it and waits until it is in a finalised block. Fails with the chain's error when it
	/// fails there.
	pub async fn send(&self, chain: &Chain, progress: &Progress) -> anyhow::Result<Included> {
		chain.submit_and_follow(&self.extrinsic, self.from, self.last, progress).await
	}
}

/// Signs a call, sends it, and waits until it is in a finalised block.
pub async fn execute(
	chain: &Chain,
	call: impl Into<RuntimeCall>,
	signer: &SignerOptions,
	progress: &Progress,
) -> anyhow::Result<Included> {
	let pair = signer.pair()?;
	prepare(chain, call, &pair, signer.fee_asset).await?.send(chain, progress).await
}
