# Everything a person does with this clone, a word each. `make` alone lists them.

BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade) pyproject.toml --group build

.DEFAULT_GOAL := help
.PHONY: help up test check lock clean setup-up setup-test

help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: setup-up ## start everything on this machine; ONCE=1 shows that it works, then stops
	@$(BIN)/tuo up $(if $(ONCE),--once)

test: setup-test check ## all that must pass: the checks, then every test
	@$(BIN)/python -m pytest

check: setup-test ## formatting, lint, the floors between packages, types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@PYTHONPATH=. $(BIN)/lint-imports --no-logo
	@$(BIN)/mypy

lock: setup-test ## pin every dependency again, with hashes; UPGRADE=1 takes newer versions
	@$(LOCK) --extra test --output-file requirements-test.txt >/dev/null
	@$(LOCK) --constraint requirements-test.txt --output-file requirements.txt >/dev/null

.PHONY: bench
bench: setup-test ## what it costs and how long it takes, beside rivals and bars; ONLY="journey rest" MINUTES=10 JSON=figures.json
	@$(BIN)/python -m bench.run $(ONLY) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(JSON),--json $(JSON))

.PHONY: bench-identity
bench-identity: setup-test ## the right person: every number of the matching beside its bar; RESIDENTS=100000 takes less time
	@sh bench/identity/extras.sh
	@TUO_TEST_IDENTIFIERS=1 .cache/bench-identity/bin/python -m bench.identity

.PHONY: compose-check
compose-check: setup-up ## run docker-compose.yml for real, with Docker or podman; leaves nothing running
	@sh .ci/compose-check

.PHONY: soak mutants crash-points
soak: setup-test ## hurt it at random and judge it from outside; MINUTES=10 DATABASE=sqlite BROKERS=1 SEED= MARKDOWN=
	@$(BIN)/python -m tests.chaos.soak --minutes $(or $(MINUTES),10) --database $(or $(DATABASE),sqlite) \
		--brokers $(or $(BROKERS),1) $(if $(SEED),--seed $(SEED)) $(if $(MARKDOWN),--markdown)

crash-points: setup-test ## end it at each crash point, TIMES=50 times, and judge it from outside
	@$(BIN)/python -m tests.chaos.crash_points --times $(or $(TIMES),50) $(if $(SEED),--seed $(SEED))

mutants: setup-test ## break the engine in each known way, and see which test catches it
	@$(BIN)/python -m tests.mutants $(ONLY)

.PHONY: bench-web
bench-web: setup-test ## how long the screens take to answer, and what they weigh; DELIVERIES=1000000 RESIDENTS=1000000
	@$(BIN)/python -m bench.pages --deliveries $(or $(DELIVERIES),0) --residents $(or $(RESIDENTS),0)

.PHONY: pictures
pictures: setup-test ## take the pictures of docs/pictures again, as the tests of the screens see them
	@TUO_PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/screens

clean: ## remove what was made here, but for the data in .tuo
	@rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist build

setup-up:
	@sh .ci/setup up

setup-test:
	@sh .ci/setup test
