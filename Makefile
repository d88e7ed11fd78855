# Everything needed to work here. Asks for Python 3.11 or newer with venv, and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: run test test-slow test-hostile check format bench bench-conversions bench-discovery bench-hits bench-report bench-scoring bench-webhooks test-bluesky torture torture-short lock openapi contracts clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Groundswell needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=…")'
	@echo "Creating the environment in $(VENV) (a minute or two, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(VENV)/installed ## start everything, run the example campaign once, stay until Ctrl-C
	@$(BIN)/groundswell up --example

test: $(VENV)/installed ## all tests that need nothing but this machine; the longest are in test-slow
	$(BIN)/pytest -q -n $(JOBS) -m "not bluesky and not torture and not bench and not slow"

test-slow: $(VENV)/installed ## whole journeys over separate processes, every write over two processes, real data at full size
	$(BIN)/pytest -q -n $(JOBS) -m "slow and not bluesky and not torture and not bench"

check: $(VENV)/installed ## format, lint, types, import contracts, dead dependencies
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/python -m tests.architecture.contracts --check
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/deptry .

format: $(VENV)/installed ## write the code in its one format
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

test-bluesky: $(VENV)/installed ## the whole journey on a real Bluesky network (deploy/ci/bluesky.sh installs what it needs)
	$(BIN)/pytest -q -m bluesky tests/bluesky

test-hostile: $(VENV)/installed ## at least 200 generated requests for every operation of the three documents
	$(BIN)/python -m tests.contracts.hostile

torture-short: $(VENV)/installed ## a short, seeded part of the fault tests
	$(BIN)/pytest -q -m torture tests

torture: $(VENV)/installed ## the fault tests at full length
	GROUNDSWELL_TORTURE=full $(BIN)/pytest -q -s -m torture tests

bench: bench-discovery bench-scoring bench-hits bench-conversions bench-webhooks ## print figures beside baselines

bench-discovery: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks.discovery.ranking_networks
	$(BIN)/python -m tests.benchmarks.discovery.ranking_reddit
	$(BIN)/python -m tests.benchmarks.discovery.calls
	$(BIN)/python -m tests.benchmarks.discovery.ranking_scale
	$(BIN)/python -m tests.benchmarks.discovery.import_lines

bench-scoring: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks.scoring

bench-hits: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks.attribution

bench-conversions: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks.attribution.conversions

bench-webhooks: $(VENV)/installed
	$(BIN)/python -m tests.benchmarks.kit.webhooks

bench-report: $(VENV)/installed ## reports over ten million hits and a hundred thousand conversions; many minutes
	$(BIN)/python -m tests.benchmarks.attribution.report --full

lock: $(VENV)/installed ## lock the dependencies again, by hash and without a host name
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --all-extras --python-version 3.11 pyproject.toml -o requirements.lock

openapi: $(VENV)/installed ## write the OpenAPI documents to shared/openapi
	$(BIN)/python -m tests.contracts.openapi --write

contracts: $(VENV)/installed ## write .importlinter anew from the folders that exist
	$(BIN)/python -m tests.architecture.contracts --write

clean: ## remove the environment and what tests left
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
