# Ledgertab. The two commands to begin with: `make demo` and `make test`. Each does its own set-up.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The newest Python of 3.11 or later that is there; PYTHON=… chooses another.
PYTHON ?= $(shell for each in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	command -v $$each >/dev/null && $$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v $$each; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest
PARALLEL := -n auto --maxprocesses 4 --dist
QUICK := not browser and not postgres and not redis and not slow
QUIET := env PYTHONWARNINGS="ignore:pkg_resources is deprecated"

export PORT SANDBOX_PORT LEDGERTAB_HOME
# The demo and the tests start many processes: what is compiled is kept, or each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo dev test check format migration bench faults docs clean

help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMPS)/run ## Everything at once on demo data: sandbox, pages, worker (PORT, SANDBOX_PORT, LEDGERTAB_HOME)
	@exec $(BIN)/ledgertab demo

dev: $(STAMPS)/run ## Serve development.ini and reload on changes (start `make demo` or a sandbox beside it)
	@exec $(QUIET) $(BIN)/pserve development.ini --reload

test: $(STAMPS)/test ## The quick tests, under a minute; needs no server and no browser
	@$(PYTEST) $(PARALLEL) worksteal -m "$(QUICK)" $(ARGS)

check: $(STAMPS)/check ## All that must hold: format, lint, types, docs, every test, the wheel in a clean environment
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(PYTEST) $(PARALLEL) loadfile -m "not browser" $(ARGS)
	@echo "What that left out, one after the other:"
	@$(PYTEST) -m browser $(or $(ARGS),tests/browser) || [ $$? -eq 5 -a -n "$(ARGS)" ]
	@if [ -n "$${LEDGERTAB_TEST_POSTGRES:-}" ]; then \
	  echo "Once more on PostgreSQL:"; \
	  $(PYTEST) $(PARALLEL) loadfile --database postgresql $(or $(ARGS),tests/core); \
	elif [ "$${LEDGERTAB_REQUIRE_ALL:-}" = 1 ]; then \
	  echo "LEDGERTAB_TEST_POSTGRES names no server, and LEDGERTAB_REQUIRE_ALL=1 demands every test."; exit 1; \
	fi

format: $(STAMPS)/check ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

migration: $(STAMPS)/check ## Write a revision from the models: MESSAGE="what changes" [PLUGIN=name] [INITIAL=1]
	@$(QUIET) $(BIN)/python -m core.migrations.new "$(MESSAGE)" $(if $(PLUGIN),--plugin $(PLUGIN)) $(if $(INITIAL),--initial)
	@$(BIN)/ruff format --quiet core/migrations plugins

bench: $(STAMPS)/run ## Figures: time, calls, sizes (a report, never a test; ARGS=--quick)
	@$(BIN)/python -m benchmarks.run $(ARGS)

faults: $(STAMPS)/run ## A storm over a thousand drafts: killed workers, lost answers, limits (ARGS="--drafts 100 --seed 2")
	@$(BIN)/python -m benchmarks.faults $(ARGS)

docs: $(STAMPS)/test ## Hold the documents against the code: links, hooks, settings, commands
	@$(PYTEST) tests/test_docs.py

clean: ## Remove the virtual environment, the demo's data and what was built
	@rm -rf $(VENV) .demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache

# Set-up. A stamp is as new as the files that say what is needed, so that a second run is quick.

$(STAMPS)/python:
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Ledgertab needs Python 3.11 or later with venv, and found none. Install it, or say where it is: make PYTHON=/path/to/python3.11"; \
	  exit 1; \
	fi
	@if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
	  echo "Ledgertab needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V). Say where a newer one is: make PYTHON=/path/to/python3.11"; \
	  exit 1; \
	fi
	@echo "Making the virtual environment $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: setup.py pyproject.toml | $(STAMPS)/python
	@echo "Installing what Ledgertab needs to run …"
	@$(PIP) install --editable .
	@touch $@

$(STAMPS)/test: setup.py pyproject.toml | $(STAMPS)/python
	@echo "Installing what the tests need …"
	@$(PIP) install --editable '.[test]'
	@touch $@ $(STAMPS)/run

$(STAMPS)/check: setup.py pyproject.toml | $(STAMPS)/python
	@echo "Installing what the checks need …"
	@$(PIP) install --editable '.[test,check,postgresql,redis,production]'
	@touch $@ $(STAMPS)/run $(STAMPS)/test
