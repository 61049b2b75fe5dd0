// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::peg::testing::own_terms;
use entangled_bitcoin::XOnlyKey;

fn watched(number: u32, registered: u32) -> Watched {
	let mut key = [0; 32];
	key[..4].copy_from_slice(&number.to_be_bytes());
	Watched { terms: own_terms(1, 100), script: TaprootScript(XOnlyKey(key)), registered }
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
fn the_same_address_is_watched_once() {
	let scene = Scene::new();
	let list = scene.open();
	list.watch(watched(1, 50)).unwrap();
	let revision = list.revision();
	list.watch(watched(1, 70)).unwrap();
	assert_eq!(list.watched(), [watched(1, 50)]);
	assert_eq!(list.revision(), revision);
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
		list.watch(watched(2, 60)).unwrap();
		list.settle(&[watched(2, 60).script], 60, 0).unwrap();
		assert_eq!(scene.open().watched(), [watched(1, 50)]);
	}
}

#[test]
fn what_cannot_be_read_is_set_aside() {
	for content in ["", "{", "[]", "{\"version\":2,\"scanned\":null,\"watched\":[]}", "\u{1F480}"] {
		let scene = Scene::new();
		fs::create_dir_all(scene.path().parent().unwrap()).unwrap();
		fs::write(scene.path(), content).unwrap();
		let list = scene.open();
		assert_eq!(list.count(), 0);
		let aside = scene.path().with_extension("unreadable");
		assert_eq!(fs::read_to_string(aside).unwrap(), content);
		list.watch(watched(1, 50)).unwrap();
		assert_eq!(scene.open().count(), 1);
	}
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
		let mut inner = list.list.lock();
		inner.watched =
			(1..MAX_WATCHED as u32).map(|n| (watched(n, 1).script, watched(n, 1))).collect();
	}
	list.watch(watched(0, 1)).unwrap();
	assert!(matches!(list.watch(watched(u32::MAX, 1)), Err(WatchError::Full)));
	list.watch(watched(5, 1)).unwrap();
	assert_eq!(scene.open().count(), MAX_WATCHED);
	list.settle(&[watched(5, 1).script], 1, 0).unwrap();
	list.watch(watched(u32::MAX, 1)).unwrap();
}

#[test]
fn addresses_are_dropped_when_claimed_and_when_nobody_pays() {
	let scene = Scene::new();
	let list = scene.open();
	for number in 1..=3 {
		list.watch(watched(number, 50)).unwrap();
	}
	let revision = list.revision();
	list.settle(&[watched(2, 50).script], 60, 40).unwrap();
	assert_ne!(list.revision(), revision);
	assert_eq!(scene.open().watched(), [watched(1, 50), watched(3, 50)]);
	// The refund of a payment made at once opened at height 150; two weeks more.
	list.settle(&[], 50 + 100 + GRACE, 40).unwrap();
	assert_eq!(list.count(), 2);
	list.settle(&[], 50 + 100 + GRACE + 1, 40).unwrap();
	assert_eq!((list.count(), scene.open().count()), (0, 0));
}

#[test]
fn a_restart_begins_where_all_is_done() {
	let scene = Scene::new();
	let list = scene.open();
	// Whether or not anything is watched: fixed addresses are looked for in any case.
	list.settle(&[], 500, 400).unwrap();
	assert_eq!(scene.open().scanned(), Some(400));
	// A little progress is not written.
	list.settle(&[], 500, 420).unwrap();
	assert_eq!(scene.open().scanned(), Some(400));
	list.settle(&[], 500, 436).unwrap();
	assert_eq!(scene.open().scanned(), Some(436));
	// What was found again farther back is remembered, too.
	list.settle(&[], 500, 100).unwrap();
	assert_eq!(scene.open().scanned(), Some(100));
	list.watch(watched(2, 450)).unwrap();
	assert_eq!(scene.open().scanned(), Some(100));
}
