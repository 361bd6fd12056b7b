# Every target sets up what it needs; `make help` lists them.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
BENCH  ?= all

.DEFAULT_GOAL := help
.PHONY: help venv run test check lint types bench chaos docs reset clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(STAMP) ## make the virtual environment in .venv with everything installed

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "cron_actors needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[pretty,fast,calendars]' --group dev
	@touch $@

run: $(STAMP) ## start the daemon on JOBS_FILE_PATH (default jobs.json); stop it with Ctrl-C
	@exec $(BIN)/cron-actors run

test: $(STAMP) ## run the tests; the coverage report is htmlcov/index.html
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term:skip-covered --cov-report=html $(TESTS)

check: lint types ## run every check that is not a test

lint: $(STAMP) ## style, formatting, import contracts, dead code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/vulture

types: $(STAMP) ## check the types of code and tests
	@$(BIN)/mypy

bench: $(STAMP) ## measure speed and memory against limits taken in the same run (BENCH=lateness, idle, tick, load, simulate, queue)
	@$(BIN)/python benchmarks/run.py $(BENCH) $(ARGS)

chaos: $(STAMP) ## kill the daemon at random and look for lost or doubled runs (CHAOS_RUNS=10000 for more of them)
	@$(BIN)/python -m pytest -m chaos tests/chaos

docs: $(STAMP) ## write the generated pages of docs/ anew
	@$(BIN)/python docs/generate.py

reset: $(STAMP) ## ask, then delete the database and make a new one
	@$(BIN)/cron-actors reset

clean: ## remove the virtual environment and what tests and checks wrote
	@rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
