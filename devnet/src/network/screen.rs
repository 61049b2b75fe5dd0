//! The live view of both chains.

use super::observer::{Snapshot, ValidatorView};
use crate::story::progress::{Progress, State, Step};
use bitcoin::Amount;
use ratatui::{
	layout::{Constraint, Layout},
	style::{Color, Modifier, Style, Stylize},
	text::{Line, Span},
	widgets::{Block, Paragraph, Row, Table},
	DefaultTerminal, Frame,
};
use std::collections::VecDeque;

/// Lines of the journal that are kept.
const JOURNAL: usize = 200;

/// What turns beside the step of the story that happens now.
const SPINNER: [&str; 4] = ["◐", "◓", "◑", "◒"];

/// What the screen shows beside the snapshot.
#[derive(Default)]
pub struct Screen {
	journal: VecDeque<String>,
	last: Snapshot,
	story: Progress,
	/// How often it was drawn, for what turns while something happens.
	drawn: usize,
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
		story: Progress,
	) -> std::io::Result<()> {
		for line in news(&self.last, &snapshot) {
			self.say(line);
		}
		self.last = snapshot;
		self.story = story;
		self.drawn = self.drawn.wrapping_add(1);
		terminal.draw(|frame| self.draw(frame)).map(|_| ())
	}

	fn draw(&self, frame: &mut Frame) {
		let validators_height = self.last.validators.len() as u16 + 3;
		let (story_lines, happening) = self.story_lines();
		// The frame around it; nothing where no story is told.
		let wanted = if story_lines.is_empty() { 0 } else { story_lines.len() as u16 + 2 };
		let others = 1 + 4 + validators_height + 3 + 2;
		let story_height = wanted.min(frame.area().height.saturating_sub(others));
		// On a small screen, up to what happens now.
		let scrolled = (happening as u16 + 3).saturating_sub(story_height);
		let [head, bitcoin, validators, story, journal, foot] = Layout::vertical([
			Constraint::Length(1),
			Constraint::Length(4),
			Constraint::Length(validators_height),
			Constraint::Length(story_height),
			Constraint::Min(3),
			Constraint::Length(2),
		])
		.areas(frame.area());
		frame.render_widget(Line::from(" Entangled development network ").bold().reversed(), head);
		frame.render_widget(self.bitcoin(), bitcoin);
		frame.render_widget(self.validators(), validators);
		let panel = Paragraph::new(story_lines)
			.block(Block::bordered().title(" story "))
			.scroll((scrolled, 0));
		frame.render_widget(panel, story);
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
		let heading =
			["validator", "peers", "best", "final", "Bitcoin", "attested", "BTC", "elected"];
		let heading = Row::new(heading).style(Style::new().add_modifier(Modifier::DIM));
		let rows = self.last.validators.iter().map(|validator| self.row(validator));
		let widths = [10, 5, 7, 7, 7, 8, 11, 7].map(Constraint::Length);
		let title = self.last.election.as_ref().map_or_else(
			|| " Entangled ".into(),
			|election| {
				let bonded = Amount::from_sat(election.bonded);
				format!(" Entangled: {} validators, {bonded} bonded ", election.validators())
			},
		);
		Table::new(rows, widths).header(heading).block(Block::bordered().title(title))
	}

	fn row(&self, validator: &ValidatorView) -> Row<'static> {
		let height =
			|height: Option<u64>| height.map_or_else(|| "-".into(), |height| height.to_string());
		let part = self.last.election.as_ref().and_then(|election| election.of(validator.account));
		let bonded = part.filter(|part| part.weight > 0).map(|part| {
			Amount::from_sat(part.weight).display_in(bitcoin::Denomination::Bitcoin).to_string()
		});
		let row = Row::new([
			validator.name.to_string(),
			validator.peers.to_string(),
			validator.best.to_string(),
			validator.finalized.to_string(),
			height(validator.bitcoin.as_ref().map(|(height, _)| *height)),
			height(validator.attested),
			bonded.unwrap_or_else(|| "-".into()),
			part.map_or("no", |part| part.standing()).into(),
		]);
		if validator.answers {
			row
		} else {
			row.style(Style::new().fg(Color::Red))
		}
	}

	/// A line for each step of the story, and under the one that happens now, or has failed, what
	/// is told of it; and the number of the last line of what has happened so far.
	fn story_lines(&self) -> (Vec<Line<'_>>, usize) {
		let mut lines = Vec::new();
		let mut happening = 0;
		for step in &self.story.steps {
			lines.push(self.step_line(step));
			if step.state == State::Now {
				lines.extend(step.notes.iter().map(|note| Line::from(format!("    {note}")).dim()));
			}
			if let State::Failed(why) = &step.state {
				lines.push(Line::from(format!("    {why}")).fg(Color::Red));
			}
			if step.state != State::Ahead {
				happening = lines.len().saturating_sub(1);
			}
		}
		(lines, happening)
	}

	/// Of a step that is done the last thing told stands beside the title.
	fn step_line<'a>(&self, step: &'a Step) -> Line<'a> {
		let turning = SPINNER.get(self.drawn % SPINNER.len()).copied().unwrap_or_default();
		let (mark, colour) = match step.state {
			State::Ahead => ("·", Color::DarkGray),
			State::Now => (turning, Color::Yellow),
			State::Done => ("✓", Color::Green),
			State::Failed(_) => ("✗", Color::Red),
		};
		let title = Span::from(step.title);
		let title = if step.state == State::Ahead { title.dim() } else { title };
		let mut spans = vec![Span::from(format!(" {mark} ")).fg(colour), title];
		if let (State::Done, Some(note)) = (&step.state, step.notes.last()) {
			spans.push(Span::from(format!("  {note}")).dim());
		}
		Line::from(spans)
	}

	fn foot(&self) -> Vec<Line<'_>> {
		let ws = self.last.validators.first().map_or("", |validator| validator.ws.as_str());
		vec![
			Line::from(format!(" polkadot.js: https://polkadot.js.org/apps/?rpc={ws}")),
			Line::from(" Ctrl-C or q stops everything"),
		]
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
	let unknown = ValidatorView::default();
	for (index, new) in after.validators.iter().enumerate() {
		let old = before.validators.get(index).unwrap_or(&unknown);
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
	if let (Some(old), Some(new)) = (&before.election, &after.election) {
		news.extend(new.news_since(old, &after.validators));
	}
	news
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::network::election::{Election, Sequencer};
	use ratatui::{backend::TestBackend, Terminal};

	fn text(screen: &Screen, width: u16, height: u16) -> String {
		let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
		terminal.draw(|frame| screen.draw(frame)).unwrap();
		terminal.backend().to_string()
	}

	fn screen() -> Screen {
		let step = |number: usize| Step {
			title: ["begin", "go on", "end"][number % 3],
			state: match number {
				0..8 => State::Done,
				8 => State::Now,
				_ => State::Ahead,
			},
			notes: vec![format!("note {number}")],
		};
		let validators = vec![ValidatorView { name: "alice", ..Default::default() }; 4];
		Screen {
			story: Progress { steps: (0..10).map(step).collect() },
			last: Snapshot { validators, ..Default::default() },
			..Default::default()
		}
	}

	#[test]
	fn the_story_has_a_panel() {
		let shown = text(&screen(), 80, 40);
		assert!(shown.contains("✓ begin  note 0"), "{shown}");
		assert!(shown.contains("note 8") && !shown.contains("note 9"), "{shown}");
		assert!(!text(&Screen::default(), 80, 40).contains("story"));
	}

	#[test]
	fn who_is_elected_and_by_what_stands_beside_the_name() {
		let sequencer =
			Sequencer { account: "en1".into(), weight: 35_000_000, validator: true, next: false };
		let mut screen = screen();
		screen.last.validators[3] =
			ValidatorView { name: "eve", account: "en1", ..Default::default() };
		screen.last.election = Some(Election { bonded: 175_000_000, sequencers: vec![sequencer] });
		let shown = text(&screen, 80, 40);
		assert!(shown.contains("1 validators, 1.75000000 BTC bonded"), "{shown}");
		let line = |name| shown.lines().find(|line| line.contains(name)).unwrap();
		assert!(line("eve").contains("0.35") && line("eve").contains("leaves"), "{shown}");
		assert!(line("alice").contains("no"), "{shown}");
	}

	#[test]
	fn a_small_screen_shows_what_happens_now() {
		let shown = text(&screen(), 80, 24);
		assert!(shown.contains("note 8") && !shown.contains("note 0"), "{shown}");
		assert!(shown.contains("Ctrl-C"), "{shown}");
	}
}
