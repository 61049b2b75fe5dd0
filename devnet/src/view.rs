//! Where news of the running network goes.

use entangled_devnet::{
	network::{
		observer::Snapshot,
		screen::{news, Screen},
	},
	story::progress::Progress,
};

/// Shows what happens.
pub trait View {
	/// Shows the network and the story as they are now.
	fn show(&mut self, snapshot: Snapshot, story: Progress) -> anyhow::Result<()>;

	/// Tells a piece of news.
	fn say(&mut self, line: String);
}

/// The live view.
pub struct Live {
	/// What it is drawn on.
	pub terminal: ratatui::DefaultTerminal,
	/// What is drawn.
	pub screen: Screen,
}

impl View for Live {
	fn show(&mut self, snapshot: Snapshot, story: Progress) -> anyhow::Result<()> {
		Ok(self.screen.show(&mut self.terminal, snapshot, story)?)
	}

	fn say(&mut self, line: String) {
		self.screen.say(line);
	}
}

/// A line for each piece of news.
#[derive(Default)]
pub struct Lines {
	network: Snapshot,
	story: Progress,
}

impl View for Lines {
	fn show(&mut self, snapshot: Snapshot, story: Progress) -> anyhow::Result<()> {
		for line in news(&self.network, &snapshot) {
			self.say(line);
		}
		for line in story.news_since(&self.story) {
			self.say(line);
		}
		self.network = snapshot;
		self.story = story;
		Ok(())
	}

	fn say(&mut self, line: String) {
		println!("{line}");
	}
}
