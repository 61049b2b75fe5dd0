//! Files that the program reads and writes.

use anyhow::Context;
use std::{fs::OpenOptions, io::Write, path::Path};

/// Reads a file.
pub fn read(path: &Path) -> anyhow::Result<String> {
	std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a new file. Refuses to replace one: it may be the only way to somebody's coins.
pub fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
	write(path, text, OpenOptions::new().write(true).create_new(true))
}

/// Writes a new file that nobody else may read. Refuses to replace one.
pub fn write_new_secret(path: &Path, text: &str) -> anyhow::Result<()> {
	let mut options = OpenOptions::new();
	options.write(true).create_new(true);
	#[cfg(unix)]
	std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
	write(path, text, &options)
}

fn write(path: &Path, text: &str, options: &OpenOptions) -> anyhow::Result<()> {
	let mut file = options.open(path).with_context(|| {
		format!("cannot make {}; existing files are never replaced", path.display())
	})?;
	// On the disk before an address is shown that coins may be sent to.
	file.write_all(text.as_bytes())
		.and_then(|()| file.sync_all())
		.with_context(|| format!("cannot write {}", path.display()))
}
