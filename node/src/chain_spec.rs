// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The networks that the node knows by name, and those that it reads from a file.

use entangled_runtime::{chain, genesis_config_presets::DEVNET_PRESET, opaque::Block, WASM_BINARY};
use polkadot_sdk::{
	sc_chain_spec::ChainSpecExtension,
	sc_client_api,
	sc_service::{ChainType, GenericChainSpec},
	sc_sync_state_rpc,
	sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET},
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What a chain specification may hold beside the genesis.
#[derive(Default, Clone, Serialize, Deserialize, ChainSpecExtension)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
	/// Blocks that a chain must have at these heights.
	#[serde(default)]
	pub fork_blocks: sc_client_api::ForkBlocks<Block>,
	/// Blocks that no chain may have.
	#[serde(default)]
	pub bad_blocks: sc_client_api::BadBlocks<Block>,
	/// Where light clients may start; `sync_state_genSyncSpec` fills it in.
	#[serde(default)]
	pub light_sync_state: sc_sync_state_rpc::LightSyncStateExtension,
}

/// A chain specification of Entangled.
pub type ChainSpec = GenericChainSpec<Extensions>;

/// A network that is built into the node.
struct BuiltIn {
	/// What `--chain` calls it.
	id: &'static str,
	name: &'static str,
	chain_type: ChainType,
	/// Name of the runtime's genesis preset.
	preset: &'static str,
}

const BUILT_IN: [BuiltIn; 3] = [
	BuiltIn {
		id: "dev",
		name: "Entangled Development",
		chain_type: ChainType::Development,
		preset: DEV_RUNTIME_PRESET,
	},
	BuiltIn {
		id: "devnet",
		name: "Entangled Devnet",
		chain_type: ChainType::Local,
		preset: DEVNET_PRESET,
	},
	BuiltIn {
		id: "local",
		name: "Entangled Local Testnet",
		chain_type: ChainType::Local,
		preset: LOCAL_TESTNET_RUNTIME_PRESET,
	},
];

/// The chain specification that `--chain` names: a built-in network or a file.
pub fn load(id: &str) -> Result<ChainSpec, String> {
	if id.is_empty() {
		return Err("no chain is named. Give --dev for a chain of your own, --chain devnet or \
		            --chain local for a built-in one, or --chain FILE.json to join a network by \
		            its specification"
			.into());
	}
	match BUILT_IN.iter().find(|network| network.id == id) {
		Some(network) => network.build(),
		None => {
			let path = PathBuf::from(id);
			if !path.exists() {
				return Err(format!(
					"there is no built-in chain and no file named {id}. The built-in chains are \
					 dev, devnet and local; a file is named by its path"
				));
			}
			ChainSpec::from_json_file(path)
		},
	}
}

impl BuiltIn {
	fn build(&self) -> Result<ChainSpec, String> {
		let code = WASM_BINARY.ok_or(
			"this binary was built without the runtime, so it has no built-in chains. Build it \
			 without SKIP_WASM_BUILD, or name a specification with --chain FILE.json",
		)?;
		Ok(ChainSpec::builder(code, Extensions::default())
			.with_name(self.name)
			.with_id(&format!("entangled_{}", self.id))
			.with_protocol_id(&format!("entangled-{}", self.id))
			.with_chain_type(self.chain_type.clone())
			.with_genesis_config_preset_name(self.preset)
			.with_properties(chain::properties())
			.build())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_cannot_be_loaded_says_what_to_do() {
		assert!(load("").err().unwrap().contains("--dev"));
		assert!(load("mainnet").err().unwrap().contains("devnet"));
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(file.path(), "{").unwrap();
		assert!(load(file.path().to_str().unwrap()).is_err());
	}

	#[test]
	fn built_in_chains_load_and_survive_a_file() {
		if WASM_BINARY.is_none() {
			return;
		}
		for network in BUILT_IN {
			let spec = load(network.id).unwrap();
			assert_eq!(spec.id(), format!("entangled_{}", network.id));
			assert!(spec.properties().contains_key("tokenSymbol"));
		}
		// One is enough: its presets come out of the runtime, which takes seconds to start.
		let json = load("devnet").unwrap().as_json(false).unwrap();
		let file = tempfile::NamedTempFile::new().unwrap();
		std::fs::write(file.path(), &json).unwrap();
		assert_eq!(load(file.path().to_str().unwrap()).unwrap().as_json(false).unwrap(), json);
	}
}
