//! Files of the program's own, as JSON: they name their format and its version, and are read only when
//! they say what this program would have written.

use crate::file;
use anyhow::Context;
use serde::{de::DeserializeOwned, Serialize};
use serde_json::Value;
use std::path::Path;

/// What is kept in such a file. It has the fields `format` and `version`.
pub trait Document: Serialize + DeserializeOwned {
	/// What the field `format` says.
	const FORMAT: &'static str;
	/// The version of the format that this program writes and reads.
	const VERSION: u32;
	/// What it is, and which command writes it.
	const IS: &'static str;

	/// The file's text.
	fn to_text(&self) -> String {
		// A struct of plain fields cannot fail to serialise.
		serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
	}
}

/// Why a text is not such a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
	/// It is not JSON, or has not this format's name.
	#[error("this is not {0} writes it")]
	OtherFormat(&'static str),
	/// Its version is another.
	#[error(
		"the file has version {found} of its format, and this program knows version {known}; take \
		 {} release",
		if found > known { "a newer" } else { "an older" }
	)]
	OtherVersion {
		/// The file's.
		found: u64,
		/// This program's.
		known: u64,
	},
	/// A field is missing, unknown or wrong.
	#[error("the file is damaged: {0}")]
	Malformed(String),
	/// The fields are right, but not written as this program writes them.
	#[error("the file is damaged: a part of it is not written as this program writes it")]
	NotCanonical,
}

/// Reads a file's text.
pub fn parse<T: Document>(text: &str) -> Result<T, DocumentError> {
	let other = |_| DocumentError::OtherFormat(T::IS);
	let value: Value = serde_json::from_str(text).map_err(other)?;
	if value.get("format").and_then(Value::as_str) != Some(T::FORMAT) {
		return Err(DocumentError::OtherFormat(T::IS));
	}
	let known = u64::from(T::VERSION);
	match value.get("version").and_then(Value::as_u64) {
		Some(found) if found == known => (),
		Some(found) => return Err(DocumentError::OtherVersion { found, known }),
		None => return Err(DocumentError::Malformed("it has no version".into())),
	}
	// From the text, not from the value: of two fields with one name the value keeps the last.
	let document: T =
		serde_json::from_str(text).map_err(|error| DocumentError::Malformed(error.to_string()))?;
	// Catches what is unknown deeper down, and hexadecimal digits in capitals.
	if serde_json::to_value(&document).ok() != Some(value) {
		return Err(DocumentError::NotCanonical);
	}
	Ok(document)
}

/// Reads a file and checks it by `read`, which says what is wrong.
pub fn load<T, E>(path: &Path, read: impl FnOnce(&str) -> Result<T, E>) -> anyhow::Result<T>
where
	E: std::error::Error + Send + Sync + 'static,
{
	read(&file::read(path)?).with_context(|| path.display().to_string())
}
