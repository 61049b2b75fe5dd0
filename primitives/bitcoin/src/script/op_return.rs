//! Outputs that carry data and no coins (Bitcoin Core's `NULL_DATA`).

use alloc::vec::Vec;
use bitcoin::TxOut;

const OP_RETURN: u8 = 0x6a;
/// The longest data whose length is at the same time the opcode that pushes it.
const MAX_SIZE: u8 = 75;

/// `OP_RETURN <data>` in one push. What this crate writes has [`MAX_SIZE`] bytes at most.
pub(super) fn script(data: &[u8]) -> Vec<u8> {
	let size = u8::try_from(data.len()).unwrap_or(u8::MAX);
	debug_assert!(size <= MAX_SIZE);
	[&[OP_RETURN, size], data].concat()
}

/// The data of a script that [`script`] has written.
pub(super) fn data(script: &[u8]) -> Option<&[u8]> {
	let (head, data) = script.split_first_chunk::<2>()?;
	let size = u8::try_from(data.len()).ok().filter(|size| *size <= MAX_SIZE)?;
	(*head == [OP_RETURN, size]).then_some(data)
}

/// What exactly one of the outputs says. `None` when none or several say something.
pub(super) fn only<T>(outputs: &[TxOut], read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
	let mut said = outputs.iter().filter_map(|output| read(output.script_pubkey.as_bytes()));
	let first = said.next()?;
	said.next().is_none().then_some(first)
}
