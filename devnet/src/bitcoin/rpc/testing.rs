//! Methods for tests: the time (Bitcoin Core's `setmocktime`), and three that Bitcoin Core does not
//! have, for the weather of fees that a regtest chain lacks.

use serde_json::Value;

use super::{
	args::Args,
	error::{Code, RpcError, RpcResult},
	Rpc,
};
use crate::bitcoin::{fee::FeeRate, miner};

/// `setmocktime`.
pub fn set_mock_time(rpc: &Rpc, args: &Args) -> RpcResult {
	let time = args.integer(0)?;
	let limit = i64::from(u32::MAX);
	let time = u64::try_from(time).ok().filter(|_| time <= limit).ok_or_else(|| {
		RpcError::new(
			Code::InvalidParameter,
			format!("Mocktime must be in the range [0, {limit}], not {time}."),
		)
	})?;
	rpc.node().clock.mock(time);
	Ok(Value::Null)
}

/// `setfeerate`, not in Bitcoin Core: what `estimatesmartfee` answers.
pub fn set_fee_rate(rpc: &Rpc, args: &Args) -> RpcResult {
	let rate = args.fee_rate_or(0, FeeRate::ZERO)?;
	rpc.node().fee_estimate = (rate > FeeRate::ZERO).then_some(rate);
	Ok(Value::Null)
}

/// `setblockminfee`, not in Bitcoin Core: the least fee rate of what is mined, which Bitcoin Core takes
/// as the option `-blockmintxfee`.
pub fn set_block_min_fee(rpc: &Rpc, args: &Args) -> RpcResult {
	let rate = args.fee_rate_or(0, miner::BLOCK_MIN_TX_FEE)?;
	rpc.node().block_min_fee = rate;
	Ok(Value::Null)
}

/// `setmempoolminfee`, not in Bitcoin Core: the least fee rate of transactions, on top of the relay
/// minimum. What waits and pays less is thrown out.
pub fn set_mempool_min_fee(rpc: &Rpc, args: &Args) -> RpcResult {
	let rate = args.fee_rate_or(0, FeeRate::ZERO)?;
	rpc.node().mempool.set_min_fee(rate);
	Ok(Value::Null)
}
