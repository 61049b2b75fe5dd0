//! The methods that can be called.

use super::{
	acceptance, args::Args, blockchain, coinset, control, error::RpcResult, mining, pool, testing,
	transactions, Rpc,
};

/// A method.
pub struct Method {
	/// Its name.
	pub name: &'static str,
	/// The group that `help` shows it in.
	pub category: &'static str,
	/// Names of its parameters in order; `a|b` can be called either.
	pub params: &'static [&'static str],
	/// How many of them must be given.
	pub required: usize,
	/// What it does, in one line.
	pub about: &'static str,
	/// Does it.
	pub run: fn(&Rpc, &Args) -> RpcResult,
}

impl std::fmt::Debug for Method {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str(self.name)
	}
}

impl Method {
	/// The call in one line, as `getblock "blockhash" ( verbosity )`.
	pub fn usage(&self) -> String {
		let mut line = self.name.to_owned();
		for (index, names) in self.params.iter().enumerate() {
			let name = names.split('|').next().unwrap_or(names);
			let word =
				if index < self.required { format!(" {name}") } else { format!(" ( {name} )") };
			line.push_str(&word);
		}
		line
	}

	/// Usage and description.
	pub fn help(&self) -> String {
		format!("{}\n\n{}", self.usage(), self.about)
	}
}

/// The method of this name.
pub fn find(name: &str) -> Option<&'static Method> {
	METHODS.iter().find(|method| method.name == name)
}

macro_rules! methods {
	($($category:literal { $($run:path: $name:literal [$($param:literal),*] $required:literal, $about:literal;)* })*) => {
		/// All methods, by category.
		pub static METHODS: &[Method] = &[$($(Method {
			name: $name,
			category: $category,
			params: &[$($param),*],
			required: $required,
			about: $about,
			run: $run,
		},)*)*];
	};
}

methods! {
	"Blockchain" {
		blockchain::get_best_block_hash: "getbestblockhash" [] 0,
			"Returns the hash of the best (tip) block in the most-work fully-validated chain.";
		blockchain::get_block: "getblock" ["blockhash", "verbosity|verbose"] 1,
			"Returns a block: 0 as hex, 1 (default) as an object with transaction ids, 2 with transactions, 3 with spent outputs.";
		blockchain::get_blockchain_info: "getblockchaininfo" [] 0,
			"Returns an object containing various state info regarding blockchain processing.";
		blockchain::get_block_count: "getblockcount" [] 0,
			"Returns the height of the most-work fully-validated chain.";
		blockchain::get_block_hash: "getblockhash" ["height"] 1,
			"Returns hash of block in best-block-chain at height provided.";
		blockchain::get_block_header: "getblockheader" ["blockhash", "verbose"] 1,
			"Returns a block header as an object, or as hex where verbose is false.";
		blockchain::get_chain_tips: "getchaintips" [] 0,
			"Returns information about all known tips in the block tree, including the main chain as well as orphaned branches.";
		pool::get_mempool_entry: "getmempoolentry" ["txid"] 1,
			"Returns mempool data for given transaction.";
		pool::get_mempool_info: "getmempoolinfo" [] 0,
			"Returns details on the active state of the TX memory pool.";
		pool::get_raw_mempool: "getrawmempool" ["verbose", "mempool_sequence"] 0,
			"Returns all transaction ids in memory pool as an array of transaction ids, or as an object where verbose.";
		pool::get_tx_spending_prevout: "gettxspendingprevout" ["outputs"] 1,
			"Scans the mempool to find transactions spending any of the given outputs.";
		coinset::get_tx_out: "gettxout" ["txid", "n", "include_mempool"] 2,
			"Returns details about an unspent transaction output.";
		transactions::get_tx_out_proof: "gettxoutproof" ["txids", "blockhash"] 1,
			"Returns a hex-encoded proof that transactions were included in a block.";
		blockchain::invalidate_block: "invalidateblock" ["blockhash"] 1,
			"Permanently marks a block as invalid, as if it violated a consensus rule.";
		blockchain::reconsider_block: "reconsiderblock" ["blockhash"] 1,
			"Removes invalidity status of a block, its ancestors and its descendants, reconsider them for activation.";
		coinset::scan_tx_out_set: "scantxoutset" ["action", "scanobjects"] 1,
			"Scans the unspent transaction output set for entries that match addr(), raw() and rawtr() descriptors.";
	}
	"Control" {
		control::help: "help" ["command"] 0,
			"List all commands, or get help for a specified command.";
		control::stop: "stop" ["wait"] 0,
			"Request a graceful shutdown.";
		control::uptime: "uptime" [] 0,
			"Returns the total uptime of the server.";
	}
	"Generating" {
		mining::generate_block: "generateblock" ["output", "transactions", "submit"] 2,
			"Mine a set of ordered transactions to a specified address or descriptor and return the block hash.";
		mining::generate_to_address: "generatetoaddress" ["nblocks", "address", "maxtries"] 2,
			"Mine to a specified address and return the block hashes.";
		mining::generate_to_descriptor: "generatetodescriptor" ["num_blocks", "descriptor", "maxtries"] 2,
			"Mine to a specified descriptor and return the block hashes.";
	}
	"Mining" {
		mining::submit_block: "submitblock" ["hexdata", "dummy"] 1,
			"Attempts to submit new block to network.";
		mining::submit_header: "submitheader" ["hexdata"] 1,
			"Decode the given hexdata as a header and submit it as a candidate chain tip if valid.";
	}
	"Network" {
		control::get_network_info: "getnetworkinfo" [] 0,
			"Returns an object containing various state info regarding P2P networking.";
	}
	"Rawtransactions" {
		transactions::decode_raw_transaction: "decoderawtransaction" ["hexstring", "iswitness"] 1,
			"Return a JSON object representing the serialized, hex-encoded transaction.";
		transactions::get_raw_transaction: "getrawtransaction" ["txid", "verbosity|verbose", "blockhash"] 1,
			"Returns a transaction of the mempool or of any block: 0 as hex, 1 as an object, 2 with fee and spent outputs.";
		acceptance::send_raw_transaction: "sendrawtransaction" ["hexstring", "maxfeerate", "maxburnamount"] 1,
			"Submit a raw transaction (serialized, hex-encoded) to the mempool.";
		acceptance::submit_package: "submitpackage" ["package", "maxfeerate", "maxburnamount"] 1,
			"Submit a package of raw transactions, a child after its parents, to the mempool; the child can pay for its parents.";
		acceptance::test_mempool_accept: "testmempoolaccept" ["rawtxs", "maxfeerate"] 1,
			"Returns result of mempool acceptance tests indicating if raw transactions would be accepted by mempool.";
	}
	"Testing" {
		testing::set_block_min_fee: "setblockminfee" ["feerate"] 0,
			"Not in Bitcoin Core. Sets the least fee rate (BTC/kvB) of what is mined, as if blocks were full of what pays better; without one, all that waits is.";
		testing::set_fee_rate: "setfeerate" ["feerate"] 0,
			"Not in Bitcoin Core. Sets the fee rate (BTC/kvB) that estimatesmartfee answers; without one, it has no estimate again.";
		testing::set_mempool_min_fee: "setmempoolminfee" ["feerate"] 1,
			"Not in Bitcoin Core. Sets the least fee rate (BTC/kvB) of transactions and throws out what pays less, as a full mempool does; 0 ends it.";
		testing::set_mock_time: "setmocktime" ["timestamp"] 1,
			"Set the local time to given timestamp; 0 goes back to system time. Blocks over two hours ahead of system time are refused.";
	}
	"Util" {
		control::estimate_smart_fee: "estimatesmartfee" ["conf_target", "estimate_mode"] 1,
			"Estimates the approximate fee per kilobyte needed for a transaction to begin confirmation within conf_target blocks.";
		control::get_index_info: "getindexinfo" ["index_name"] 0,
			"Returns the status of one or all available indices currently running in the node.";
		control::validate_address: "validateaddress" ["address"] 1,
			"Return information about the given bitcoin address.";
	}
}
