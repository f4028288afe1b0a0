# Two commands matter: `make demo` shows Sendflow running, `make test` proves it. Both make what a fresh machine lacks.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  if $$p -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))' 2>/dev/null; then echo $$p; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
CSS := web/static/built/sendflow.css
BPMN := tests/bpmn_js/node_modules/.package-lock.json

# Bytecode is kept, whatever the machine says: tests start sixty processes, and compiling our sources takes each of them 0.7 s.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo test every-test check lint types unit acceptance faults ten-minutes three-hosts year mutants upgrade bench css bpmn chromium lock clean

help: ## list what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.run css ## start everything on the sample trust, until Ctrl-C
	$(BIN)/sendflow demo

test: $(VENV)/.dev css bpmn chromium ## linters and types, then every test; the proof of the definitions is one of them
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory -j 2 types every-test

every-test: $(VENV)/.dev # three processes on two cores: a part of the time is waiting
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=25

check: lint types ## ruff, import-linter, mypy and the definitions
	$(BIN)/sendflow check

lint: $(VENV)/.dev ## ruff and import-linter, in seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.dev ## mypy; the tests that run beside it go first
	nice -n 10 $(BIN)/mypy

unit: $(VENV)/.dev ## the quick tests only: no Prefect server, no Chromium
	$(BIN)/pytest -m 'not slow'

acceptance: $(VENV)/.dev css chromium ## the stories of tests/acceptance
	$(BIN)/pytest tests/acceptance

faults: $(VENV)/.dev css chromium ## every fault of tests/faults in full; the table goes to docs/reliability.md
	SENDFLOW_FAULTS=full $(BIN)/pytest tests/faults -n 2 --dist loadfile --no-loadscope-reorder --durations=25

ten-minutes: $(VENV)/.dev ## eight people decide for ten minutes while parts are killed in turn; the table goes to docs/reliability.md
	$(BIN)/python -m tests.faults.ten_minutes

three-hosts: $(VENV)/.dev ## three workers in three network namespaces, each killed in turn; the figures go to docs/reliability.md
	$(BIN)/python -m tests.faults.three_hosts

year: $(VENV)/.dev ## a school year of the sample trust, once calm and once with everything failing in turn; figures go to docs/year.md
	$(BIN)/python -m tests.year --write

mutants: $(VENV)/.dev ## get every definition wrong in every way and count what `sendflow check` catches; figures go to docs/mutants.md
	$(BIN)/python -m tests.mutants

upgrade: $(VENV)/.dev ## a ledger of an older commit with 200 open cases comes to this one (needs the git history)
	$(BIN)/python -m tests.faults.upgrade_running

bench: $(VENV)/.dev ## every measure beside its peers; figures go to docs/performance.json
	$(BIN)/python -m benchmarks

css: $(CSS) ## build the console's style sheet from the npm packages in web/styles

$(CSS): web/styles/package.json web/styles/package-lock.json $(wildcard web/styles/*.scss)
	sh web/styles/build.sh $(PYTHON)

bpmn: $(BPMN) ## install bpmn-js, in which the tests open our BPMN files

$(BPMN): tests/bpmn_js/package-lock.json | $(CSS)
	sh tests/bpmn_js/build.sh

chromium: ## Debian's Chromium for the browser tests (installed when root and missing)
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || \
	  { echo "The browser tests need Chromium: install Debian's package chromium (apt-get install chromium)."; exit 1; }

$(VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Sendflow needs Python 3.11, 3.12 or 3.13; none was found. Set PYTHON=/path/to/python3."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	@[ -f $(VENV)/.dev ] || { echo "Installing the locked packages (about a minute the first time) ..."; \
	  $(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
	  $(BIN)/pip install -q --disable-pip-version-check --no-deps -e .; }
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	@echo "Installing the locked packages and the test tools (about a minute the first time) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

lock: ## resolve the pins anew (needs uv); no registry's address is written
	uv pip compile pyproject.toml --python-version 3.11 --no-header --no-annotate --generate-hashes --universal -o requirements.lock
	uv pip compile pyproject.toml --extra dev --python-version 3.11 --no-header --no-annotate --generate-hashes --universal -o requirements-dev.lock

clean: ## remove what was built and the demo's data
	rm -rf $(VENV) web/static/built web/styles/node_modules tests/bpmn_js/node_modules .sendflow .mypy_cache .ruff_cache .pytest_cache .hypothesis
