// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

use super::*;
use crate::tasks::testing::own_terms;
use entangled_bitcoin::{TaprootScript, XOnlyKey};
use proptest::prelude::*;

fn watched(number: u8) -> Watched {
	let script = TaprootScript(XOnlyKey([number; 32]));
	Watched { terms: own_terms(number, 100), script, registered: number.into() }
}

struct Scene {
	directory: tempfile::TempDir,
}

impl Scene {
	fn new() -> Self {
		Self { directory: tempfile::tempdir().unwrap() }
	}

	fn path(&self) -> PathBuf {
		self.directory.path().join("chains").join("watched")
	}

	fn open(&self) -> (WatchFile, Content) {
		WatchFile::open(self.path()).unwrap()
	}
}

#[test]
fn an_address_is_added_and_nothing_else_is_written() {
	let scene = Scene::new();
	let (mut file, content) = scene.open();
	assert!(content.watched.is_empty() && content.scanned.is_none() && content.aside.is_none());
	let mut all = vec![watched(1)];
	file.append(&all[0], Some(7), all.iter()).unwrap();
	for number in 2..5 {
		let before = fs::read(scene.path()).unwrap();
		all.push(watched(number));
		// What is not asked for is not read.
		file.append(&watched(number), None, [].iter()).unwrap();
		assert!(fs::read(scene.path()).unwrap().starts_with(&before));
	}
	let (mut file, content) = scene.open();
	assert_eq!((&content.watched, content.scanned), (&all, Some(7)));
	// As after a restart.
	file.append(&watched(5), None, [].iter()).unwrap();
	assert_eq!(scene.open().1.watched.len(), 5);
	file.replace(Some(9), all[1..2].iter()).unwrap();
	let (_, content) = scene.open();
	assert_eq!((content.watched, content.scanned), (vec![watched(2)], Some(9)));
}

#[test]
fn a_file_that_has_gone_is_written_again() {
	let scene = Scene::new();
	let (mut file, _) = scene.open();
	let all = [watched(1), watched(2)];
	file.append(&all[0], Some(7), all[..1].iter()).unwrap();
	fs::remove_dir_all(scene.path().parent().unwrap()).unwrap();
	file.append(&all[1], Some(8), all.iter()).unwrap();
	let (_, content) = scene.open();
	assert_eq!((content.watched, content.scanned), (all.to_vec(), Some(8)));
}

#[test]
fn a_file_of_the_old_form_is_read_and_written_anew() {
	let old = |version: u32| {
		let all = [watched(1), watched(2)];
		serde_json::json!({ "version": version, "scanned": 7, "watched": all }).to_string()
	};
	let scene = Scene::new();
	fs::create_dir_all(scene.path().parent().unwrap()).unwrap();
	fs::write(scene.path(), old(1) + "\n").unwrap();
	let (mut file, content) = scene.open();
	assert_eq!((&content.watched[..], content.scanned), (&[watched(1), watched(2)][..], Some(7)));
	let all = [watched(1), watched(2), watched(3)];
	file.append(&all[2], content.scanned, all.iter()).unwrap();
	let (_, content) = scene.open();
	assert_eq!((&content.watched[..], content.scanned), (&all[..], Some(7)));
	assert!(fs::read_to_string(scene.path()).unwrap().lines().count() == 4);

	fs::write(scene.path(), old(3)).unwrap();
	assert!(scene.open().1.aside.is_some());
}

#[test]
fn what_cannot_be_understood_is_set_aside() {
	let good =
		String::from_utf8(line(&Header { version: VERSION, scanned: None }).unwrap()).unwrap();
	for content in [
		String::new(),
		"{".into(),
		"[]\n".into(),
		"\u{1F480}".into(),
		good.replace("\"version\":2", "\"version\":1"),
		good.replace("null", "-1"),
		good.clone() + "{}\n",
		good.clone() + "half a line\n" + &good,
	] {
		let scene = Scene::new();
		fs::create_dir_all(scene.path().parent().unwrap()).unwrap();
		fs::write(scene.path(), &content).unwrap();
		let (mut file, read) = scene.open();
		assert!(read.watched.is_empty() && read.scanned.is_none());
		assert_eq!(fs::read_to_string(read.aside.unwrap()).unwrap(), content);
		file.append(&watched(1), None, [watched(1)].iter()).unwrap();
		assert_eq!(scene.open().1.watched, [watched(1)]);
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

	/// A machine that stops in the middle of a write leaves the first part of it.
	#[test]
	fn a_torn_line_costs_only_itself(count in 1_u8..6, cut in 0_usize..400) {
		let scene = Scene::new();
		let (mut file, _) = scene.open();
		file.replace(Some(3), [].iter()).unwrap();
		let mut ends = vec![fs::metadata(scene.path()).unwrap().len() as usize];
		for number in 1..=count {
			file.append(&watched(number), None, [].iter()).unwrap();
			ends.push(fs::metadata(scene.path()).unwrap().len() as usize);
		}
		let bytes = fs::read(scene.path()).unwrap();
		let length = bytes.len().saturating_sub(cut).max(ends[0]);
		fs::write(scene.path(), &bytes[..length]).unwrap();

		let (mut file, content) = scene.open();
		// A line without its end may be a whole address all the same.
		let kept = ends.iter().skip(1).filter(|end| **end <= length + 1).count();
		let all = (1..=kept as u8).map(watched).collect::<Vec<_>>();
		prop_assert_eq!(&content.watched, &all);
		prop_assert_eq!((content.scanned, content.aside), (Some(3), None));
		// What follows does not stick to what is torn.
		let all = [all, vec![watched(77)]].concat();
		file.append(&watched(77), content.scanned, all.iter()).unwrap();
		file.append(&watched(78), None, [].iter()).unwrap();
		let (_, content) = scene.open();
		prop_assert_eq!(content.watched, [all, vec![watched(78)]].concat());
		prop_assert_eq!(content.scanned, Some(3));
	}
}
