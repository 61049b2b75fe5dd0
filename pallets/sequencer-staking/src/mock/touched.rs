//! What is read and written of the state, as `state_traceBlock` has it told.

use polkadot_sdk::sp_tracing::tracing::{
	field::{Field, Visit},
	span::{Attributes, Id, Record},
	subscriber::with_default,
	Event, Metadata, Subscriber,
};
use std::{
	collections::BTreeSet,
	fmt::Debug,
	sync::{Arc, Mutex, PoisonError},
};

/// Keys of the state, in hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
	/// Of what was asked for, whether it was there or not.
	pub reads: BTreeSet<String>,
	/// Of what was written or removed. Of a whole prefix that was removed, the prefix.
	pub writes: BTreeSet<String>,
}

/// Runs something, and gives what it touches.
pub fn touched<R>(run: impl FnOnce() -> R) -> (R, Touched) {
	let listener = Listener::default();
	let found = listener.0.clone();
	let result = with_default(listener, run);
	let found = found.lock().unwrap_or_else(PoisonError::into_inner).clone();
	(result, found)
}

/// Hears what the state tells.
#[derive(Default)]
struct Listener(Arc<Mutex<Touched>>);

impl Subscriber for Listener {
	fn enabled(&self, metadata: &Metadata<'_>) -> bool {
		metadata.target() == "state"
	}

	fn event(&self, event: &Event<'_>) {
		let mut access = Access::default();
		event.record(&mut access);
		let mut touched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
		match access.method.as_str() {
			"Get" | "Exists" | "Hash" => touched.reads.insert(access.key),
			"Put" | "Append" | "ClearPrefix" => touched.writes.insert(access.key),
			_ => false,
		};
	}

	fn new_span(&self, _: &Attributes<'_>) -> Id {
		Id::from_u64(1)
	}

	fn record(&self, _: &Id, _: &Record<'_>) {}

	fn record_follows_from(&self, _: &Id, _: &Id) {}

	fn enter(&self, _: &Id) {}

	fn exit(&self, _: &Id) {}
}

/// One access.
#[derive(Default)]
struct Access {
	method: String,
	key: String,
}

impl Visit for Access {
	fn record_str(&mut self, field: &Field, value: &str) {
		if field.name() == "method" {
			self.method = value.into();
		}
	}

	fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
		if matches!(field.name(), "key" | "prefix") {
			self.key = format!("{value:?}");
		}
	}
}
