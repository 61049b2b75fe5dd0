// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! The file of the watch list: a line of JSON that says how far blocks were looked through, and one
//! for each address.
//!
//! A new address is added to its end, so that it costs one short write however many there are. All
//! else writes a new file in place of the old one. Whenever the machine stops, the file has every
//! address that somebody was told it has; at the most its last line is torn.

use super::watchlist::Watched;
use serde::{Deserialize, Serialize};
use std::{
	fs, io,
	io::Write,
	path::{Path, PathBuf},
};

/// The form of the file.
const VERSION: u32 = 2;

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
	version: u32,
	/// Where a restart must begin at the latest.
	scanned: Option<u32>,
}

/// The form of the file before that, which was one value.
const OLD_VERSION: u32 = 1;

/// All that a file of the old form holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Old {
	version: u32,
	scanned: Option<u32>,
	watched: Vec<Watched>,
}

/// What a file had in it.
#[derive(Debug, Default)]
pub struct Content {
	/// Where a restart must begin at the latest.
	pub scanned: Option<u32>,
	/// The addresses, in the order in which they were written.
	pub watched: Vec<Watched>,
	/// Where the file is now, when it could not be understood.
	pub aside: Option<PathBuf>,
}

/// The file.
pub struct WatchFile {
	path: PathBuf,
	/// Whether it is there and ends with a whole line, so that another may follow.
	whole: bool,
}

impl WatchFile {
	/// Reads a file, where there is one. One that cannot be understood is set aside.
	pub fn open(path: PathBuf) -> io::Result<(Self, Content)> {
		let bytes = match fs::read(&path) {
			Ok(bytes) => bytes,
			Err(error) if error.kind() == io::ErrorKind::NotFound => {
				return Ok((Self { path, whole: false }, Content::default()));
			},
			Err(error) => return Err(error),
		};
		let whole = bytes.ends_with(b"\n");
		// An old one is written anew with the next change.
		let known = read(&bytes).map(|content| (whole, content));
		match known.or_else(|| read_old(&bytes).map(|content| (false, content))) {
			Some((whole, content)) => Ok((Self { path, whole }, content)),
			None => {
				let aside = path.with_extension("unreadable");
				fs::rename(&path, &aside)?;
				let content = Content { aside: Some(aside), ..Content::default() };
				Ok((Self { path, whole: false }, content))
			},
		}
	}

	/// Where it is.
	pub fn path(&self) -> &Path {
		&self.path
	}

	/// Adds an address, which is the last word about it. Where that cannot be done, writes the file
	/// anew from `scanned` and `all`.
	pub fn append<'a>(
		&mut self,
		watched: &Watched,
		scanned: Option<u32>,
		all: impl Iterator<Item = &'a Watched>,
	) -> io::Result<()> {
		if self.whole && self.add_line(watched).is_ok() {
			return Ok(());
		}
		self.replace(scanned, all)
	}

	fn add_line(&self, watched: &Watched) -> io::Result<()> {
		let mut file = fs::OpenOptions::new().append(true).open(&self.path)?;
		file.write_all(&line(watched)?)?;
		file.sync_data()
	}

	/// Writes the file anew: whenever the machine stops, there is the old one or the new one.
	pub fn replace<'a>(
		&mut self,
		scanned: Option<u32>,
		all: impl Iterator<Item = &'a Watched>,
	) -> io::Result<()> {
		// Until it is done, what is there may end with half a line.
		self.whole = false;
		let mut bytes = line(&Header { version: VERSION, scanned })?;
		for watched in all {
			bytes.extend(line(watched)?);
		}
		let directory = self.path.parent().unwrap_or(Path::new("."));
		fs::create_dir_all(directory)?;
		let temporary = self.path.with_extension("new");
		let mut file = fs::File::create(&temporary)?;
		file.write_all(&bytes)?;
		file.sync_all()?;
		fs::rename(&temporary, &self.path)?;
		self.whole = true;
		// The new name is in the directory; where a directory cannot be opened, that must do.
		match fs::File::open(directory) {
			Ok(directory) => directory.sync_all(),
			Err(_) => Ok(()),
		}
	}
}

fn line(value: &impl Serialize) -> io::Result<Vec<u8>> {
	let mut line = serde_json::to_vec(value)?;
	line.push(b'\n');
	Ok(line)
}

/// What stands in a file; nothing when it cannot be understood.
fn read(bytes: &[u8]) -> Option<Content> {
	let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
	let Header { version, scanned } = serde_json::from_slice(lines.next()?).ok()?;
	if version != VERSION {
		return None;
	}
	let mut watched = Vec::new();
	for line in lines {
		match serde_json::from_slice(line) {
			Ok(known) => watched.push(known),
			// Nobody was told that the file has it.
			Err(_) if !line.ends_with(b"\n") => break,
			Err(_) => return None,
		}
	}
	Some(Content { scanned, watched, aside: None })
}

/// What stands in a file of the old form.
fn read_old(bytes: &[u8]) -> Option<Content> {
	let Old { version, scanned, watched } = serde_json::from_slice(bytes).ok()?;
	(version == OLD_VERSION).then_some(Content { scanned, watched, aside: None })
}

#[cfg(test)]
mod tests;
