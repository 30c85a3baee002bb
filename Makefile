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
bench: setup-test ## what it costs and how long it takes, beside rivals; ONLY="journey rest" takes less time
	@$(BIN)/python -m bench.run $(ONLY)

.PHONY: compose-check
compose-check: setup-up ## run docker-compose.yml for real, with Docker or podman; leaves nothing running
	@sh .ci/compose-check

clean: ## remove what was made here, but for the data in .tuo
	@rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist build

setup-up:
	@sh .ci/setup up

setup-test:
	@sh .ci/setup test
