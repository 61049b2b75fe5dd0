//! How far the story is, for whoever watches.

use tokio::sync::watch;

/// The story as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
	/// Its steps, in order; none when no story is told.
	pub steps: Vec<Step>,
}

/// One step of the story.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
	/// What happens in it.
	pub title: &'static str,
	/// How far it is.
	pub state: State,
	/// What is worth telling of it: names of transactions, amounts.
	pub notes: Vec<String>,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
	/// It comes later.
	Ahead,
	/// It happens now.
	Now,
	/// It is over.
	Done,
	/// It went wrong, for this reason; the story ends here.
	Failed(String),
}

impl Progress {
	/// What has happened since an earlier moment, a line each.
	pub fn news_since(&self, before: &Self) -> Vec<String> {
		let mut news = Vec::new();
		let count = self.steps.len();
		for (index, step) in self.steps.iter().enumerate() {
			let old = before.steps.get(index);
			let number = index + 1;
			let had_begun = old.is_some_and(|old| old.state != State::Ahead);
			if step.state != State::Ahead && !had_begun {
				news.push(format!("story {number}/{count}: {}", step.title));
			}
			let told = old.map_or(0, |old| old.notes.len());
			let notes = step.notes.iter().skip(told);
			news.extend(notes.map(|note| format!("story {number}/{count}:   {note}")));
			if old.map(|old| &old.state) != Some(&step.state) {
				match &step.state {
					State::Done => news.push(format!("story {number}/{count}: done")),
					State::Failed(why) => {
						news.push(format!("story {number}/{count}: failed: {why}"))
					},
					State::Ahead | State::Now => (),
				}
			}
		}
		news
	}
}

/// Who tells the story: moves it on for all who watch.
pub struct Teller {
	sender: watch::Sender<Progress>,
}

impl Teller {
	/// A story of these steps, none of which has begun.
	pub fn new(titles: &[&'static str]) -> (Self, watch::Receiver<Progress>) {
		let step = |title: &&'static str| Step { title, state: State::Ahead, notes: Vec::new() };
		let progress = Progress { steps: titles.iter().map(step).collect() };
		let (sender, receiver) = watch::channel(progress);
		(Self { sender }, receiver)
	}

	/// The step that happens now is over, if one does, and the next begins.
	pub fn go_on(&self) {
		self.sender.send_modify(|progress| {
			let mut steps = progress.steps.iter_mut();
			if let Some(now) = steps.find(|step| step.state != State::Done) {
				if now.state == State::Ahead {
					now.state = State::Now;
					return;
				}
				now.state = State::Done;
			}
			if let Some(next) = steps.next() {
				next.state = State::Now;
			}
		});
	}

	/// Tells something of the step that happens now.
	pub fn note(&self, note: String) {
		self.change_now(|step| step.notes.push(note));
	}

	/// The story ends here.
	pub fn fail(&self, why: String) {
		self.change_now(|step| step.state = State::Failed(why));
	}

	fn change_now(&self, change: impl FnOnce(&mut Step)) {
		self.sender.send_modify(|progress| {
			if let Some(step) = progress.steps.iter_mut().find(|step| step.state == State::Now) {
				change(step);
			}
		});
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_change_is_told_once() {
		let (teller, receiver) = Teller::new(&["in", "out"]);
		let mut seen = Progress::default();
		let mut news = || {
			let now = receiver.borrow().clone();
			let news = now.news_since(&seen);
			seen = now;
			news
		};
		assert!(news().is_empty());
		teller.go_on();
		teller.note("a coin".into());
		assert_eq!(news(), ["story 1/2: in", "story 1/2:   a coin"]);
		assert!(news().is_empty());
		teller.note("another".into());
		teller.go_on();
		let expected =
			["story 1/2:   another", "story 1/2: done", "story 2/2: out"].map(String::from);
		assert_eq!(news(), expected);
		teller.fail("no more".into());
		assert_eq!(news(), ["story 2/2: failed: no more"]);
	}

	#[test]
	fn the_last_step_ends() {
		let (teller, receiver) = Teller::new(&["only"]);
		teller.go_on();
		teller.go_on();
		assert_eq!(receiver.borrow().steps[0].state, State::Done);
	}
}
