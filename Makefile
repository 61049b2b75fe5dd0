# Entangled's everyday commands; `make` alone lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Passed on to what `make devnet` starts: make devnet ARGS=--headless
ARGS ?=
# Passed on to every build and test by cargo.
CARGO_FLAGS ?=

step := @scripts/step

##@ Running

.PHONY: devnet
devnet: build ## start Bitcoin (regtest) and four validators on this machine; ARGS=--headless for scripts
	@. scripts/env && exec "$$CARGO_TARGET_DIR/release/entangled-devnet" $(ARGS)

##@ Building

.PHONY: setup
setup: ## install what this machine lacks (part of every target here)
	@scripts/setup

# `build`, `test` and `bench` share one profile and one set of features, so that nothing is compiled twice.
.PHONY: build
build: setup ## the node and the devnet, in release
	$(step) "building the node (about 25 minutes the first time)" cargo build --release --workspace --bins $(CARGO_FLAGS)

.PHONY: doc
doc: setup ## the API's documentation, into the target directory's doc/
	$(step) "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps $(CARGO_FLAGS)

##@ Checking

.PHONY: test
test: setup-tests build ## unit, property and documentation tests, then the end-to-end suite against a devnet
	$(step) "unit and property tests" scripts/cargo-test $(CARGO_FLAGS)
	$(step) "documentation tests" cargo test --release --workspace --doc $(CARGO_FLAGS)
	@$(MAKE) --no-print-directory e2e/node_modules/.package-lock.json
	$(step) "end-to-end tests" npm --prefix e2e test

.PHONY: setup-tests
setup-tests:
	@scripts/setup tests

# npm's own record of what it installed: newer than the lock file, there is nothing to do.
e2e/node_modules/.package-lock.json: e2e/package-lock.json
	$(step) "packages of the end-to-end tests" npm --prefix e2e ci --no-audit --no-fund
	@touch $@

.PHONY: lint
lint: ## formatting, clippy, and what Cargo.lock may hold
	@scripts/setup lint
	$(step) "formatting" cargo fmt --all --check
	$(step) "clippy" cargo clippy --release --workspace --all-targets $(CARGO_FLAGS) -- -D warnings
	$(step) "one version of every SDK crate" scripts/check-lock
	$(step) "one set of features" scripts/check-features
	$(step) "licences" scripts/check-licences
	$(step) "bans, sources and advisories" scripts/check-deny

.PHONY: bench
bench: setup ## the speed figures, as ratios; also into the target directory's bench.json
	$(step) "measuring" cargo bench --workspace --bench ratios $(CARGO_FLAGS)

##@ Tidying

.PHONY: clean
clean: ## remove the target directory and the installed npm packages
	@. scripts/env && cargo clean && rm -rf e2e/node_modules

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { print "\n" substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
