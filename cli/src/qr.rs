//! QR codes in the terminal.

use crate::context::Context;
use qrcode::{render::unicode::Dense1x2, EcLevel, QrCode};
use std::io::IsTerminal;

/// Whether to print one.
pub fn wanted(asked: bool, context: &Context) -> bool {
	!context.json() && (asked || std::io::stdout().is_terminal())
}

/// The code, for a terminal with light letters on dark ground; wallets read the other kind as well.
pub fn render(text: &str) -> Option<String> {
	let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
	let mut image = code.render::<Dense1x2>();
	Some(image.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}
