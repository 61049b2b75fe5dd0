//! Compiles the runtime to wasm beside the native build.

#[cfg(feature = "std")]
fn main() {
	lock_to_the_workspace();
	let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
	// The token's symbol and decimals are part of what an offline signer shows; they must equal
	// those of `chain`.
	#[cfg(feature = "metadata-hash")]
	let builder = builder.enable_metadata_hash("ENT", 12);
	builder.build();
}

/// Points the wasm builder to the workspace, whose `Cargo.lock` it takes the versions from. It
/// finds the workspace by itself only if the target directory lies within.
#[cfg(feature = "std")]
fn lock_to_the_workspace() {
	const HINT: &str = "WASM_BUILD_WORKSPACE_HINT";
	if std::env::var_os(HINT).is_none() {
		std::env::set_var(HINT, concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
	}
}

/// The wasm builder compiles this crate itself, without `std`: then there is nothing to build.
#[cfg(not(feature = "std"))]
fn main() {}
