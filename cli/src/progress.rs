//! What the program says while it waits.

use std::{fmt::Display, sync::Mutex};

/// Lines on the standard error output. The standard output has the result only.
#[derive(Debug, Default)]
pub struct Progress {
	quiet: bool,
	last: Mutex<String>,
}

impl Progress {
	/// Says nothing.
	pub fn quiet() -> Self {
		Self { quiet: true, ..Default::default() }
	}

	/// Says something, unless it was the last thing said.
	pub fn say(&self, text: impl Display) {
		let text = text.to_string();
		let Ok(mut last) = self.last.lock() else { return };
		if !self.quiet && *last != text {
			eprintln!("… {text}");
		}
		*last = text;
	}
}
