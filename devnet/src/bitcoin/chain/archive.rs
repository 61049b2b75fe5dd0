//! Every block the node has stored, in order of arrival, in one file that only grows.
//!
//! The file has the form of Bitcoin Core's block files (network magic, length, block), so `bitcoind
//! -regtest -loadblock=FILE` reads it too. Arrival order matters: of two branches with equal work
//! the one seen first is active.

use std::{
	fs::{File, OpenOptions},
	io::{BufReader, Read, Seek, SeekFrom, Write},
	path::Path,
};

use bitcoin::{
	consensus::encode::{deserialize, serialize},
	Block, Network,
};

/// Why the archive cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
	/// The file system failed.
	#[error("block archive: {0}")]
	Io(#[from] std::io::Error),
	/// A whole record holds something else than a block.
	#[error("block archive: record at byte {0} is damaged")]
	Damaged(u64),
}

/// Largest record: a block of the largest size there can be.
const MAX_BLOCK_SIZE: usize = 4_000_000;

/// The open archive.
#[derive(Debug)]
pub struct Archive {
	file: File,
	size: u64,
}

impl Archive {
	/// Opens or makes the file and returns the blocks it holds. A last record cut short by a crash
	/// is dropped.
	pub fn open(path: &Path) -> Result<(Self, Vec<Block>), ArchiveError> {
		let mut file =
			OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
		let mut blocks = Vec::new();
		let mut size = 0;
		let mut reader = BufReader::new(&file);
		while let Some(record) = read_record(&mut reader, size)? {
			blocks.push(deserialize(&record).map_err(|_| ArchiveError::Damaged(size))?);
			size += 8 + record.len() as u64;
		}
		file.set_len(size)?;
		file.seek(SeekFrom::Start(size))?;
		Ok((Self { file, size }, blocks))
	}

	/// Adds a block. Returns when the operating system has it.
	pub fn append(&mut self, block: &Block) -> Result<(), ArchiveError> {
		let bytes = serialize(block);
		let mut record = Vec::with_capacity(8 + bytes.len());
		record.extend_from_slice(&Network::Regtest.magic().to_bytes());
		// A block that the engine has accepted is below 4 MB.
		record.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
		record.extend_from_slice(&bytes);
		if let Err(error) = self.file.write_all(&record) {
			// Leave no half record behind for the next one to follow.
			self.file.set_len(self.size)?;
			self.file.seek(SeekFrom::Start(self.size))?;
			return Err(error.into());
		}
		self.size += record.len() as u64;
		Ok(())
	}

	/// Bytes on disk.
	pub fn size(&self) -> u64 {
		self.size
	}
}

/// The next record's block; `None` at the end, or where the last record is cut short.
fn read_record(reader: &mut impl Read, offset: u64) -> Result<Option<Vec<u8>>, ArchiveError> {
	let mut head = [0; 8];
	if !read_whole(reader, &mut head)? {
		return Ok(None);
	}
	let [m0, m1, m2, m3, l0, l1, l2, l3] = head;
	let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
	if [m0, m1, m2, m3] != Network::Regtest.magic().to_bytes() || length > MAX_BLOCK_SIZE {
		return Err(ArchiveError::Damaged(offset));
	}
	let mut record = vec![0; length];
	Ok(read_whole(reader, &mut record)?.then_some(record))
}

/// Fills `buffer`; false when the file ends before.
fn read_whole(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
	match reader.read_exact(buffer) {
		Ok(()) => Ok(true),
		Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
		Err(error) => Err(error),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_torn_record_is_dropped_and_a_damaged_one_is_an_error() {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("blocks.dat");
		let block = bitcoin::constants::genesis_block(Network::Regtest);

		let (mut archive, blocks) = Archive::open(&path).unwrap();
		assert!(blocks.is_empty());
		archive.append(&block).unwrap();
		archive.append(&block).unwrap();
		let whole = archive.size();
		drop(archive);

		OpenOptions::new().write(true).open(&path).unwrap().set_len(whole - 5).unwrap();
		let (mut archive, blocks) = Archive::open(&path).unwrap();
		assert_eq!(blocks, vec![block.clone()]);
		archive.append(&block).unwrap();
		assert_eq!(Archive::open(&path).unwrap().1.len(), 2);

		let mut file = OpenOptions::new().write(true).open(&path).unwrap();
		file.write_all(b"junk").unwrap();
		assert!(matches!(Archive::open(&path), Err(ArchiveError::Damaged(0))));
	}
}
