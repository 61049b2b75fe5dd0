//! The switch that ends the node.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that many can throw and many can wait for. It stays thrown.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
	fn default() -> Self {
		Self(Arc::new(watch::Sender::new(false)))
	}
}

impl Shutdown {
	/// Throws the switch.
	pub fn trigger(&self) {
		self.0.send_replace(true);
	}

	/// Whether it is thrown.
	pub fn is_triggered(&self) -> bool {
		*self.0.borrow()
	}

	/// Waits until it is thrown.
	pub async fn triggered(&self) {
		// The sender lives in `self`, so the wait cannot fail.
		let _ = self.0.subscribe().wait_for(|thrown| *thrown).await;
	}
}
