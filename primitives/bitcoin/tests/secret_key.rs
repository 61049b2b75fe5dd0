//! Secret keys in files.

use entangled_bitcoin::secret_key::{parse, NoSecretKey};

const ONE: &str = "0000000000000000000000000000000000000000000000000000000000000001";

#[test]
fn keys_are_digits_or_wif() {
	for text in [
		ONE.to_string(),
		format!("# a comment\n\n  0x{ONE}\n"),
		"KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn\n".into(),
		"cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA".into(),
	] {
		assert_eq!(parse(&text).unwrap().display_secret().to_string(), ONE, "{text}");
	}
}

#[test]
fn anything_else_is_refused() {
	for text in [
		String::new(),
		"#".into(),
		ONE[1..].into(),
		format!("{ONE}\n{ONE}"),
		format!("{ONE} {ONE}"),
		"0".repeat(64),
		"f".repeat(64),
		"KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWm".into(),
	] {
		assert_eq!(parse(&text), Err(NoSecretKey), "{text}");
	}
}
