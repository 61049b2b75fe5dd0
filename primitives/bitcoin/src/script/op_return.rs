//! Outputs that carry data and no coins (Bitcoin Core's `NULL_DATA`).

use alloc::vec::Vec;
use bitcoin::TxOut;

const OP_RETURN: u8 = 0x6a;
const OP_PUSHDATA1: u8 = 0x4c;
/// The longest data whose length is at the same time the opcode that pushes it.
const MAX_DIRECT: u8 = 75;
/// The shortest data that takes `OP_PUSHDATA1`.
const LEAST_LONG: u8 = MAX_DIRECT + 1;
/// The longest data that all nodes relay: Bitcoin Core's `MAX_OP_RETURN_RELAY` was 83 bytes of script
/// up to version 29.
const MAX_SIZE: u8 = 80;

/// `OP_RETURN <data>` in one push, the shortest one. What this crate writes has [`MAX_SIZE`] bytes at
/// most.
pub(super) fn script(data: &[u8]) -> Vec<u8> {
	let size = u8::try_from(data.len()).unwrap_or(u8::MAX);
	debug_assert!(size <= MAX_SIZE);
	let push = if size <= MAX_DIRECT { &[size][..] } else { &[OP_PUSHDATA1, size] };
	[&[OP_RETURN], push, data].concat()
}

/// The data of a script that [`script`] has written.
pub(super) fn data(script: &[u8]) -> Option<&[u8]> {
	let (size, data) = match script.strip_prefix(&[OP_RETURN])? {
		[size @ ..=MAX_DIRECT, data @ ..] => (size, data),
		[OP_PUSHDATA1, size @ LEAST_LONG..=MAX_SIZE, data @ ..] => (size, data),
		_ => return None,
	};
	(data.len() == usize::from(*size)).then_some(data)
}

/// What exactly one of the outputs says. `None` when none or several say something.
pub(super) fn only<T>(outputs: &[TxOut], read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
	let mut said = outputs.iter().filter_map(|output| read(output.script_pubkey.as_bytes()));
	let first = said.next()?;
	said.next().is_none().then_some(first)
}
