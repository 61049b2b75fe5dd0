//! The blocks that an operator has declared invalid (`invalidateblock`), remembered on disk.

use std::{
	collections::BTreeSet,
	path::{Path, PathBuf},
};

use bitcoin::BlockHash;

/// The declared blocks, one hash a line in a file.
#[derive(Debug)]
pub struct InvalidBlocks {
	path: PathBuf,
	hashes: BTreeSet<BlockHash>,
}

impl InvalidBlocks {
	/// Reads the file; a missing one is empty.
	pub fn open(path: &Path) -> std::io::Result<Self> {
		let text = match std::fs::read_to_string(path) {
			Ok(text) => text,
			Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
			Err(error) => return Err(error),
		};
		let hashes = text
			.lines()
			.map(|line| {
				line.parse()
					.map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
			})
			.collect::<Result<_, _>>()?;
		Ok(Self { path: path.to_owned(), hashes })
	}

	/// The declared blocks.
	pub fn hashes(&self) -> &BTreeSet<BlockHash> {
		&self.hashes
	}

	/// Puts `hashes` in their place, on disk first. The file is replaced as a whole.
	pub fn replace(&mut self, hashes: BTreeSet<BlockHash>) -> std::io::Result<()> {
		let text: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
		let draft = self.path.with_extension("tmp");
		std::fs::write(&draft, text)?;
		std::fs::rename(&draft, &self.path)?;
		self.hashes = hashes;
		Ok(())
	}
}
