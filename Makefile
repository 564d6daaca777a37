# make demo | test | check | bench: each sets up what it needs in .venv first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo setup peers format-check lint types imports test check static bench clean

help:
	@echo 'make demo    the province in a box, with the wall at http://127.0.0.1:8080/wall'
	@echo 'make test    all tests, with the Debian packages that they use as real peers'
	@echo 'make check   what CI runs: format, lint, types, imports, tests'
	@echo 'make bench   figures beside peers, as tables'
	@echo 'make prove   the long runs that could refute the promises, then the same against broken builds'

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml config/setup/venv.sh
	@config/setup/venv.sh $(VENV)

peers:
	@config/setup/peers.sh

demo: setup
	@$(BIN)/phusong-lab demo

format-check: setup
	$(BIN)/ruff format --check .

lint: setup
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

static: format-check lint types imports

# A file's tests stay together: they share what is dear to start, a browser or a collector.
test: setup peers
	$(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

check: static test

bench: setup peers
	$(BIN)/python -m lab.bench

prove: setup peers
	$(BIN)/python -m lab.prove
	$(BIN)/python -m lab.prove --sabotage

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis
