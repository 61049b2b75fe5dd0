//! A call's parameters, by position or by name, read with Bitcoin Core's checks and messages.

use std::{fmt::Display, str::FromStr};

use bitcoin::{consensus::encode::deserialize_hex, Amount, BlockHash, Transaction, Txid};
use serde_json::{Map, Value};

use super::{
	error::{Code, RpcError},
	methods::Method,
};
use crate::bitcoin::fee::{FeeRate, COIN};

/// All satoshis there will ever be, the largest amount that is read.
const MAX_MONEY: u64 = 21_000_000 * COIN;

/// A call's parameters in the order of the method's names. A missing one reads as `null`.
#[derive(Debug)]
pub struct Args {
	method: &'static Method,
	values: Vec<Value>,
}

impl Args {
	/// Reads `params`: an array, or an object by name (`transformNamedArguments`).
	pub fn new(method: &'static Method, params: Value) -> Result<Self, RpcError> {
		let values = match params {
			Value::Array(values) => values,
			Value::Object(named) => by_position(method, named)?,
			_ => Vec::new(),
		};
		let args = Self { method, values };
		let complete = (0..method.required).all(|index| !args.get(index).is_null());
		if !complete || args.values.len() > method.params.len() {
			return Err(RpcError::new(Code::Misc, method.help()));
		}
		Ok(args)
	}

	/// How many parameters were given.
	pub fn count(&self) -> usize {
		self.values.len()
	}

	/// The parameter at `index`, whatever it is.
	pub fn get(&self, index: usize) -> &Value {
		self.values.get(index).unwrap_or(&Value::Null)
	}

	/// A string.
	pub fn string(&self, index: usize) -> Result<&str, RpcError> {
		self.get(index).as_str().ok_or_else(|| self.wrong_type(index, "string"))
	}

	/// A string, or `None` where it is left out.
	pub fn optional_string(&self, index: usize) -> Result<Option<&str>, RpcError> {
		self.optional(index, |index| self.string(index))
	}

	/// A list.
	pub fn array(&self, index: usize) -> Result<&[Value], RpcError> {
		self.get(index).as_array().map(Vec::as_slice).ok_or_else(|| self.wrong_type(index, "array"))
	}

	/// A list of strings.
	pub fn strings(&self, index: usize) -> Result<Vec<&str>, RpcError> {
		self.array(index)?
			.iter()
			.map(|item| item.as_str().ok_or_else(|| type_error(item, "string")))
			.collect()
	}

	/// A truth value, or `default` where it is left out.
	pub fn bool_or(&self, index: usize, default: bool) -> Result<bool, RpcError> {
		let value = self.optional(index, |index| {
			self.get(index).as_bool().ok_or_else(|| self.wrong_type(index, "bool"))
		})?;
		Ok(value.unwrap_or(default))
	}

	/// A whole number.
	pub fn integer(&self, index: usize) -> Result<i64, RpcError> {
		let value = self.get(index);
		if !value.is_number() {
			return Err(self.wrong_type(index, "number"));
		}
		value.as_i64().ok_or_else(|| RpcError::new(Code::Misc, "JSON integer out of range"))
	}

	/// A whole number, or `None` where it is left out.
	pub fn optional_integer(&self, index: usize) -> Result<Option<i64>, RpcError> {
		self.optional(index, |index| self.integer(index))
	}

	/// A verbosity: a number, or a truth value that counts as 0 or 1 (`ParseVerbosity`).
	pub fn verbosity_or(&self, index: usize, default: i64) -> Result<i64, RpcError> {
		match self.get(index) {
			Value::Null => Ok(default),
			Value::Bool(verbose) => Ok(i64::from(*verbose)),
			_ => self.integer(index),
		}
	}

	/// A block's hash, called `name` in messages.
	pub fn block_hash(&self, index: usize, name: &str) -> Result<BlockHash, RpcError> {
		hash(self.string(index)?, name)
	}

	/// A block's hash, or `None` where it is left out.
	pub fn optional_block_hash(
		&self,
		index: usize,
		name: &str,
	) -> Result<Option<BlockHash>, RpcError> {
		self.optional(index, |index| self.block_hash(index, name))
	}

	/// A transaction's id, called `name` in messages.
	pub fn txid(&self, index: usize, name: &str) -> Result<Txid, RpcError> {
		hash(self.string(index)?, name)
	}

	/// A fee rate in BTC per 1,000 virtual bytes, or `default` where it is left out
	/// (`ParseFeeRate`).
	pub fn fee_rate_or(&self, index: usize, default: FeeRate) -> Result<FeeRate, RpcError> {
		if self.get(index).is_null() {
			return Ok(default);
		}
		let rate = amount(self.get(index))?;
		if rate >= COIN {
			let message = "Fee rates larger than or equal to 1BTC/kvB are not accepted";
			return Err(RpcError::new(Code::InvalidParameter, message));
		}
		Ok(FeeRate::from_sat_per_kvb(rate))
	}

	/// An amount in BTC, or `default` satoshis where it is left out.
	pub fn amount_or(&self, index: usize, default: u64) -> Result<u64, RpcError> {
		if self.get(index).is_null() {
			Ok(default)
		} else {
			amount(self.get(index))
		}
	}

	fn optional<T>(
		&self,
		index: usize,
		read: impl FnOnce(usize) -> Result<T, RpcError>,
	) -> Result<Option<T>, RpcError> {
		if self.get(index).is_null() {
			Ok(None)
		} else {
			read(index).map(Some)
		}
	}

	fn wrong_type(&self, index: usize, expected: &str) -> RpcError {
		let name = self.method.params.get(index).copied().unwrap_or_default();
		let mismatch = type_error(self.get(index), expected).message;
		let position = index + 1;
		RpcError::new(
			Code::Type,
			format!(
				"Wrong type passed:\n{{\n    \"Position {position} ({name})\": \"{mismatch}\"\n}}"
			),
		)
	}
}

/// A hash in hexadecimal (`ParseHashV`).
pub fn hash<T: FromStr<Err: Display>>(text: &str, name: &str) -> Result<T, RpcError> {
	let length = text.len();
	let message = if length != 64 {
		format!("{name} must be of length 64 (not {length}, for '{text}')")
	} else {
		format!("{name} must be hexadecimal string (not '{text}')")
	};
	let error = || RpcError::new(Code::InvalidParameter, message);
	if length == 64 {
		text.parse().map_err(|_| error())
	} else {
		Err(error())
	}
}

/// A transaction in hexadecimal with at least one input (`DecodeHexTx`), or an error with this
/// message.
pub fn transaction(text: &str, message: impl Into<String>) -> Result<Transaction, RpcError> {
	let error = || RpcError::new(Code::Deserialization, message);
	match deserialize_hex::<Transaction>(text) {
		Ok(transaction) if !transaction.input.is_empty() => Ok(transaction),
		_ => Err(error()),
	}
}

/// Satoshis from a number or a string of bitcoins (`AmountFromValue`).
fn amount(value: &Value) -> Result<u64, RpcError> {
	let text = match value {
		Value::Number(number) => match number.as_f64() {
			// Written without an exponent.
			Some(number) => number.to_string(),
			None => number.to_string(),
		},
		Value::String(text) => text.clone(),
		_ => return Err(RpcError::new(Code::Type, "Amount is not a number or string")),
	};
	let negative = text.starts_with('-');
	let amount = Amount::from_str_in(text.trim_start_matches('-'), bitcoin::Denomination::Bitcoin)
		.map_err(|_| RpcError::new(Code::Type, "Invalid amount"))?
		.to_sat();
	if amount > MAX_MONEY || (negative && amount > 0) {
		return Err(RpcError::new(Code::Type, "Amount out of range"));
	}
	Ok(amount)
}

/// A value of another type than expected.
pub fn type_error(value: &Value, expected: &str) -> RpcError {
	let found = match value {
		Value::Null => "null",
		Value::Bool(_) => "bool",
		Value::Number(_) => "number",
		Value::String(_) => "string",
		Value::Array(_) => "array",
		Value::Object(_) => "object",
	};
	RpcError::new(
		Code::Type,
		format!("JSON value of type {found} is not of expected type {expected}"),
	)
}

/// Named parameters in the method's order. `args` may hold the first ones by position.
fn by_position(method: &Method, mut named: Map<String, Value>) -> Result<Vec<Value>, RpcError> {
	let mut values = match named.remove("args") {
		Some(Value::Array(positional)) => positional,
		_ => Vec::new(),
	};
	for (index, names) in method.params.iter().enumerate() {
		let Some(value) = names.split('|').find_map(|name| named.remove(name)) else {
			continue;
		};
		if index < values.len() {
			let message =
				format!("Parameter {names} specified twice both as positional and named argument");
			return Err(RpcError::new(Code::InvalidParameter, message));
		}
		values.resize(index, Value::Null);
		values.push(value);
	}
	match named.keys().next() {
		Some(unknown) => {
			Err(RpcError::new(Code::InvalidParameter, format!("Unknown named parameter {unknown}")))
		},
		None => Ok(values),
	}
}

#[cfg(test)]
mod tests {
	use serde_json::json;

	use super::*;

	#[test]
	fn amounts_are_read_as_bitcoin_core_reads_them() {
		assert_eq!(amount(&json!(0.1)), Ok(10_000_000));
		assert_eq!(amount(&json!(0.00000001)), Ok(1));
		assert_eq!(amount(&json!("1")), Ok(COIN));
		assert_eq!(amount(&json!(21_000_000)), Ok(MAX_MONEY));
		for (value, message) in [
			(json!(0.000000001), "Invalid amount"),
			(json!("x"), "Invalid amount"),
			(json!(-1), "Amount out of range"),
			(json!(21_000_001), "Amount out of range"),
			(json!(true), "Amount is not a number or string"),
		] {
			assert_eq!(amount(&value).unwrap_err().message, message, "{value}");
		}
	}
}
