//! The engine's log, read for the one thing its interface does not return: the reason why a block
//! was refused.
//!
//! The engine's C interface names the class of a failure but not its reason (`bad-cb-amount`,
//! `high-hash`), which it writes to its log in the thread that called it. [`capture`] collects the
//! lines that one call writes.

use std::cell::RefCell;

use bitcoinkernel::{
	log::logging::{set_logging_options, LoggingOptions},
	KernelError, Log, LogCategory, LogLevel, Logger,
};
use parking_lot::Mutex;

thread_local! {
	static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Hands each line to the thread that is capturing, and drops it when none is.
struct Collector;

impl Log for Collector {
	fn log(&self, message: &str) {
		// A thread that is ending has no storage left, and nobody who captures.
		let _ = LINES.try_with(|lines| {
			if let Some(lines) = lines.borrow_mut().as_mut() {
				lines.push(message.trim_end().to_owned());
			}
		});
	}
}

/// Connects the collector. The engine's log is one for the whole process, so this happens once.
pub fn install() -> Result<(), KernelError> {
	static INSTALLED: Mutex<bool> = Mutex::new(false);
	let mut installed = INSTALLED.lock();
	if !*installed {
		set_logging_options(LoggingOptions {
			log_timestamps: false,
			log_time_micros: false,
			log_threadnames: false,
			log_sourcelocations: false,
			always_print_category_levels: false,
		});
		let logger = Logger::new(Collector)?;
		logger.enable_category(LogCategory::Validation);
		logger.set_level_category(LogCategory::Validation, LogLevel::Debug);
		// Connected for the life of the process: other engines may start and end at any time.
		std::mem::forget(logger);
		*installed = true;
	}
	Ok(())
}

/// Runs `work` and returns the lines that the engine logged in this thread meanwhile.
pub fn capture<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
	LINES.with(|lines| *lines.borrow_mut() = Some(Vec::new()));
	let result = work();
	let lines = LINES.with(|lines| lines.borrow_mut().take()).unwrap_or_default();
	(result, lines)
}

/// The reason in the first line that holds `marker`: what follows it up to the comma before the
/// debug message (`ValidationState::ToString` writes `reason, debug message`).
pub fn reason_after(lines: &[String], marker: &str) -> Option<String> {
	lines.iter().find_map(|line| {
		let (_, state) = line.split_once(marker)?;
		let reason = state.split(", ").next().unwrap_or(state);
		// The state is sometimes wrapped in parentheses; a reason's own parentheses are balanced.
		let balanced = reason.matches('(').count() == reason.matches(')').count();
		let reason = if balanced { reason } else { reason.strip_suffix(')').unwrap_or(reason) };
		(!reason.is_empty()).then(|| reason.to_owned())
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn reasons_are_cut_out_of_the_lines() {
		let lines = [
			"[error] ProcessNewBlock: AcceptBlock FAILED (high-hash, proof of work failed)".to_owned(),
			"[error] ConnectTip: ConnectBlock 00ff failed, bad-cb-amount, coinbase pays too much".to_owned(),
			"[error] other FAILED (bad-cb-missing)".to_owned(),
			"[error] script FAILED (block-script-verify-flag-failed (Invalid Schnorr signature), input 0)".to_owned(),
		];
		assert_eq!(reason_after(&lines, "AcceptBlock FAILED (").as_deref(), Some("high-hash"));
		assert_eq!(
			reason_after(&lines, "ConnectBlock 00ff failed, ").as_deref(),
			Some("bad-cb-amount")
		);
		assert_eq!(reason_after(&lines, "other FAILED (").as_deref(), Some("bad-cb-missing"));
		assert_eq!(
			reason_after(&lines, "script FAILED (").as_deref(),
			Some("block-script-verify-flag-failed (Invalid Schnorr signature)")
		);
		assert_eq!(reason_after(&lines, "nothing"), None);
	}
}
