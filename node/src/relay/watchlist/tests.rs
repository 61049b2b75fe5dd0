// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::tasks::testing::own_terms;
use entangled_bitcoin::XOnlyKey;
use std::fs;

fn watched(number: u32, registered: u32) -> Watched {
	let mut key = [0; 32];
	key[..4].copy_from_slice(&number.to_be_bytes());
	Watched { terms: own_terms(1, 100), script: TaprootScript(XOnlyKey(key)), registered }
}

/// No deposit waits.
fn nobody(_: &DepositTerms) -> bool {
	false
}

struct Scene {
	directory: tempfile::TempDir,
}

impl Scene {
	fn new() -> Self {
		Self { directory: tempfile::tempdir().unwrap() }
	}

	fn path(&self) -> PathBuf {
		self.directory.path().join("chains").join("peg.json")
	}

	fn open(&self) -> WatchList {
		WatchList::open(self.path()).unwrap()
	}
}

#[test]
fn what_is_watched_survives_a_restart() {
	let scene = Scene::new();
	let list = scene.open();
	assert_eq!((list.watched(), list.scanned()), (vec![], None));
	for number in [3, 1, 2] {
		list.watch(watched(number, 50 + number)).unwrap();
	}
	let all = [1, 2, 3].map(|number| watched(number, 50 + number));
	assert_eq!(list.watched(), all);
	assert_eq!(scene.open().watched(), all);
	assert_eq!(scene.open().scanned(), None);
}

#[test]
fn the_same_address_is_watched_once_and_for_longer_when_asked_again() {
	let scene = Scene::new();
	let list = scene.open();
	list.watch(watched(1, 50)).unwrap();
	let revision = list.revision();
	let written = fs::read(scene.path()).unwrap();
	for registered in [50, 40] {
		list.watch(watched(1, registered)).unwrap();
		assert_eq!(list.watched(), [watched(1, 50)]);
		assert_eq!(fs::read(scene.path()).unwrap(), written);
	}
	list.watch(watched(1, 70)).unwrap();
	for list in [&list, &scene.open()] {
		assert_eq!(list.watched(), [watched(1, 70)]);
	}
	assert_eq!(list.revision(), revision, "there is nothing new to look for");
}

#[test]
fn a_crash_in_the_middle_of_a_write_loses_nothing() {
	let scene = Scene::new();
	scene.open().watch(watched(1, 50)).unwrap();
	// The new file is half written, and has not taken the old one's place.
	let temporary = scene.path().with_extension("new");
	let whole = fs::read(scene.path()).unwrap();
	for half in [&whole[..whole.len() / 2], &[]] {
		fs::write(&temporary, half).unwrap();
		let list = scene.open();
		assert_eq!(list.watched(), [watched(1, 50)]);
		list.note(60, 0, nobody).unwrap();
		assert_eq!(scene.open().watched(), [watched(1, 50)]);
	}
}

#[test]
fn what_cannot_be_read_is_set_aside() {
	let scene = Scene::new();
	fs::create_dir_all(scene.path().parent().unwrap()).unwrap();
	fs::write(scene.path(), "\u{1F480}").unwrap();
	let list = scene.open();
	assert_eq!((list.count(), list.scanned()), (0, None));
	assert!(scene.path().with_extension("unreadable").exists());
	list.watch(watched(1, 50)).unwrap();
	assert_eq!(scene.open().count(), 1);
}

#[test]
fn what_cannot_be_written_is_not_watched() {
	let scene = Scene::new();
	let list = scene.open();
	// A file where the directory should be.
	fs::write(scene.directory.path().join("chains"), "").unwrap();
	let error = list.watch(watched(1, 50)).unwrap_err();
	assert!(matches!(error, WatchError::Unwritable { .. }), "{error}");
	assert!(error.to_string().contains("peg.json"));
	assert_eq!(list.count(), 0);
	fs::remove_file(scene.directory.path().join("chains")).unwrap();
	list.watch(watched(1, 50)).unwrap();
}

#[test]
fn the_list_is_bounded() {
	let scene = Scene::new();
	let list = scene.open();
	{
		let mut inner = list.0.lock();
		inner.watched =
			(1..MAX_WATCHED as u32).map(|n| (watched(n, 1).script, watched(n, 1))).collect();
	}
	list.watch(watched(0, 9)).unwrap();
	assert!(matches!(list.watch(watched(u32::MAX, 9)), Err(WatchError::Full)));
	list.watch(watched(5, 9)).unwrap();
	assert_eq!(scene.open().count(), MAX_WATCHED);
	list.note(1 + 100 + GRACE + 1, 0, nobody).unwrap();
	assert_eq!((list.count(), scene.open().count()), (2, 2));
	list.watch(watched(u32::MAX, 9)).unwrap();
}

#[test]
fn an_address_is_watched_until_its_time_is_over() {
	let scene = Scene::new();
	let list = scene.open();
	for number in 1..=3 {
		list.watch(watched(number, 50)).unwrap();
	}
	let revision = list.revision();
	// The refund of a payment made at once opened at height 150; two weeks more. The last block is
	// looked through.
	list.note(50 + 100 + GRACE, 40, nobody).unwrap();
	assert_eq!((list.count(), list.revision()), (3, revision));
	// A deposit still waits, to be found again after a restart.
	let mut waiting = watched(2, 50);
	waiting.terms = own_terms(2, 100);
	list.0.lock().watched.insert(waiting.script, waiting.clone());
	list.note(50 + 100 + GRACE + 1, 40, |terms| *terms == waiting.terms).unwrap();
	for list in [&list, &scene.open()] {
		assert_eq!(list.watched(), [waiting.clone()]);
	}
	assert_ne!(list.revision(), revision);
	list.note(50 + 100 + GRACE + 1, 40, nobody).unwrap();
	assert_eq!((list.count(), scene.open().count()), (0, 0));
}

#[test]
fn who_asks_may_have_paid_already() {
	assert_eq!(watched(1, 500).since(), 500 - LOOK_BACK);
	assert_eq!(watched(1, 5).since(), 0);
}

#[test]
fn a_restart_begins_where_all_is_done() {
	let scene = Scene::new();
	let list = scene.open();
	// Whether or not anything is watched: fixed addresses are looked for in any case.
	list.note(500, 400, nobody).unwrap();
	assert_eq!(scene.open().scanned(), Some(400));
	// A little progress is not written.
	list.note(500, 420, nobody).unwrap();
	assert_eq!(scene.open().scanned(), Some(400));
	list.note(500, 436, nobody).unwrap();
	assert_eq!(scene.open().scanned(), Some(436));
	// What was found again farther back is remembered, too.
	list.note(500, 100, nobody).unwrap();
	assert_eq!(scene.open().scanned(), Some(100));
	list.watch(watched(2, 450)).unwrap();
	assert_eq!(scene.open().scanned(), Some(100));
}
