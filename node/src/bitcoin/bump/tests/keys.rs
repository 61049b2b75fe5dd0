// SPDX-License-Identifier: GPL-3.0-or-later WITH Classpath-exception-2.0

//! Fee keys and their files.

use crate::bitcoin::bump::testing::key;
use crate::bitcoin::bump::{key::FeeKeyError, FeeKey};
use bitcoin::{
	bip32::{DerivationPath, Xpriv},
	secp256k1::Secp256k1,
};
use entangled_bitcoin::{Native, Network};

/// The first address of BIP 86's test vectors.
#[test]
fn addresses_are_those_of_bip_86() {
	let root: Xpriv = "xprv9s21ZrQH143K3GJpoapnV8SFfukcVBSfeCficPSGfubmSFDxo1kuHnLisriDvSnRRuL2Qrg5ggqHKNVpxR86QEC8w35uxmGoggxtQTPvfUu".parse().unwrap();
	let path: DerivationPath = "m/86'/0'/0'/0/0".parse().unwrap();
	let secret = root.derive_priv(&Secp256k1::new(), &path).unwrap().private_key;
	let key = FeeKey::new(&secret);
	assert_eq!(
		key.address(Network::Mainnet),
		"bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"
	);
	assert!(key.address(Network::Regtest).starts_with("bcrt1p5cyxnuxmeuwuvkwfem96lqzszd02n6"));
}

#[test]
fn signs_as_its_outputs() {
	let signature = key(1).sign(&[7; 32]).unwrap();
	assert!(key(1).script().0.verify::<Native>(&[7; 32], &signature));
	assert_eq!(key(1).sign(&[7; 32]).unwrap(), signature, "the same again");
}

#[test]
fn files_are_checked() {
	let folder = tempfile::tempdir().unwrap();
	let path = folder.path().join("fee.key");
	let load = || FeeKey::load(&path);
	assert!(matches!(load(), Err(FeeKeyError::Unreadable { .. })));
	let digits = "01".repeat(32);
	std::fs::write(&path, format!("# for fees\n{digits}\n")).unwrap();
	#[cfg(unix)]
	for (mode, fine) in
		[(0o644, false), (0o640, false), (0o602, false), (0o600, true), (0o400, true)]
	{
		use std::os::unix::fs::PermissionsExt;
		std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
		assert_eq!(!matches!(load(), Err(FeeKeyError::Exposed { .. })), fine, "{mode:o}");
		if fine {
			assert_eq!(load().unwrap().script(), key(1).script());
		}
	}
	std::fs::remove_file(&path).unwrap();
	std::fs::write(&path, format!("{digits}{digits}")).unwrap();
	#[cfg(unix)]
	{
		use std::os::unix::fs::PermissionsExt;
		std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
	}
	let error = load().map(|_| ()).unwrap_err();
	assert!(matches!(error, FeeKeyError::Malformed { .. }));
	// The file is named, its content is not.
	assert!(
		error.to_string().contains("fee.key") && !error.to_string().contains("0101"),
		"{error}"
	);
}
