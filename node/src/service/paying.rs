// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Reads the key that pays fees on Bitcoin, if the operator gave one.

use super::Client;
use crate::bitcoin::{
	bump::FeeKey,
	light_client::{LightClient, RuntimeLightClient},
	BitcoinParams, LOG_TARGET,
};
use polkadot_sdk::{sc_service::Error, sp_blockchain::HeaderBackend};
use std::sync::Arc;

/// Reads the fee key, and tells the operator where to send coins for it.
pub fn fee_key(params: &BitcoinParams, client: &Arc<Client>) -> Result<Option<FeeKey>, Error> {
	let Some(path) = &params.fee_key else { return Ok(None) };
	let key = FeeKey::load(path).map_err(|error| Error::Application(error.into()))?;
	let chain = RuntimeLightClient::new(client.clone(), client.info().best_hash);
	match chain.network().map_err(|error| Error::Application(error.into()))? {
		Some(network) => log::info!(
			target: LOG_TARGET,
			"₿ Fees of bonds' transactions are paid from {}, at {} sat/vB at the most; keep some \
			 coins there",
			key.address(network),
			params.max_fee_rate,
		),
		None => log::warn!(
			target: LOG_TARGET,
			"₿ The chain does not say which Bitcoin it follows, so the fee key has no address yet",
		),
	}
	Ok(Some(key))
}
