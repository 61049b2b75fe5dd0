//! The live view of both chains.

use super::observer::{Snapshot, ValidatorView};
use ratatui::{
	layout::{Constraint, Layout},
	style::{Color, Modifier, Style, Stylize},
	text::Line,
	widgets::{Block, Paragraph, Row, Table},
	DefaultTerminal, Frame,
};
use std::collections::VecDeque;

/// Lines of the journal that are kept.
const JOURNAL: usize = 200;

/// What the screen shows beside the snapshot.
#[derive(Default)]
pub struct Screen {
	journal: VecDeque<String>,
	last: Snapshot,
}

impl Screen {
	/// Adds a line to the journal.
	pub fn say(&mut self, line: String) {
		self.journal.push_front(line);
		self.journal.truncate(JOURNAL);
	}

	/// Notes what has changed since the last snapshot, and draws.
	pub fn show(
		&mut self,
		terminal: &mut DefaultTerminal,
		snapshot: Snapshot,
	) -> std::io::Result<()> {
		for line in news(&self.last, &snapshot) {
			self.say(line);
		}
		self.last = snapshot;
		terminal.draw(|frame| self.draw(frame)).map(|_| ())
	}

	fn draw(&self, frame: &mut Frame) {
		let [head, bitcoin, validators, journal, foot] = Layout::vertical([
			Constraint::Length(1),
			Constraint::Length(4),
			Constraint::Length(self.last.validators.len() as u16 + 3),
			Constraint::Min(3),
			Constraint::Length(2),
		])
		.areas(frame.area());
		frame.render_widget(Line::from(" Entangled development network ").bold().reversed(), head);
		frame.render_widget(self.bitcoin(), bitcoin);
		frame.render_widget(self.validators(), validators);
		let lines = self.journal.iter().map(|line| Line::from(line.as_str())).collect::<Vec<_>>();
		frame
			.render_widget(Paragraph::new(lines).block(Block::bordered().title(" news ")), journal);
		frame.render_widget(Paragraph::new(self.foot()).dim(), foot);
	}

	fn bitcoin(&self) -> Paragraph<'_> {
		let lines = match &self.last.bitcoin {
			Some(bitcoin) => vec![
				Line::from(format!("height {}   mempool {}", bitcoin.height, bitcoin.mempool)),
				Line::from(bitcoin.hash.as_str()).dim(),
			],
			None => vec![Line::from("does not answer").fg(Color::Red)],
		};
		Paragraph::new(lines).block(Block::bordered().title(" Bitcoin regtest "))
	}

	fn validators(&self) -> Table<'_> {
		let heading = Row::new(["validator", "peers", "best", "final", "Bitcoin", "attested"])
			.style(Style::new().add_modifier(Modifier::DIM));
		let rows = self.last.validators.iter().map(row);
		let widths = [10, 6, 8, 8, 9, 9].map(Constraint::Length);
		Table::new(rows, widths).header(heading).block(Block::bordered().title(" Entangled "))
	}

	fn foot(&self) -> Vec<Line<'_>> {
		let ws = self.last.validators.first().map_or("", |validator| validator.ws.as_str());
		vec![
			Line::from(format!(" polkadot.js: https://polkadot.js.org/apps/?rpc={ws}")),
			Line::from(" Ctrl-C or q stops everything"),
		]
	}
}

fn row(validator: &ValidatorView) -> Row<'_> {
	let height =
		|height: Option<u64>| height.map_or_else(|| "-".into(), |height| height.to_string());
	let row = Row::new([
		validator.name.to_string(),
		validator.peers.to_string(),
		validator.best.to_string(),
		validator.finalized.to_string(),
		height(validator.bitcoin.as_ref().map(|(height, _)| *height)),
		height(validator.attested),
	]);
	if validator.answers {
		row
	} else {
		row.style(Style::new().fg(Color::Red))
	}
}

/// What people want to be told of between two snapshots.
pub fn news(before: &Snapshot, after: &Snapshot) -> Vec<String> {
	let mut news = Vec::new();
	if let (Some(old), Some(new)) = (&before.bitcoin, &after.bitcoin) {
		if old.hash != new.hash {
			news.push(format!("Bitcoin block {} {}", new.height, new.hash));
		}
	}
	for (old, new) in before.validators.iter().zip(&after.validators) {
		if old.answers != new.answers {
			let what = if new.answers { "answers" } else { "is silent" };
			news.push(format!("{} {what}", new.name));
		}
	}
	// What the chain knows is the same to all; one tells it.
	if let (Some(old), Some(new)) = (before.validators.first(), after.validators.first()) {
		if let (true, Some((height, hash))) = (old.bitcoin != new.bitcoin, &new.bitcoin) {
			news.push(format!("the chain follows Bitcoin to {height} {hash}"));
		}
		if let (true, Some(height)) = (old.attested != new.attested, new.attested) {
			news.push(format!("validators attest to Bitcoin up to {height}"));
		}
	}
	news
}
