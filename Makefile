# What a person can ask this repository to do; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
GOAL ?= Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
BUILD_TOOLS := hatchling editables
TORCH := 2.13.0# without a hash: its builds for CPU and for CUDA are different files of one version
RUN_EXTRAS := --extra prebuilt --extra sim --extra service --extra recording --extra exchange

.PHONY: help install demo test check lint types floors docs wheel bench soak local training lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "LLMos needs Python 3.11 or newer; set PYTHON=/path/to/python3.11."; exit 2; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what LLMos needs to run (pinned, with hashes) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what the tests and checks need (pinned, with hashes) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

install: $(VENV)/.run ## create .venv with everything LLMos needs to run
	@echo "Done. Try: $(BIN)/llmos --help"

demo: $(VENV)/.run ## the main job: a plain-English goal moves the simulated arm, with the shipped pocket model
	@$(BIN)/llmos agent run operator --model pocket --robot arm --scene pick-and-place "$(GOAL)"

test: $(VENV)/.dev ## the tests; a missing system package or wheel skips those that need it
	@$(BIN)/python -m pytest -n auto -m "not soak"

check: lint types floors docs test wheel ## lint, types, floors, documents, tests, wheel: what CI runs

lint: $(VENV)/.dev ## style of the code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev ## types of the code, strict
	@$(BIN)/mypy

floors: $(VENV)/.dev ## the plan of the house: who may import whom
	@$(BIN)/lint-imports

docs: $(VENV)/.dev ## the shipped documents load without a warning
	@$(BIN)/llmos agent check agents skills commands | ( ! grep . )

wheel: $(VENV)/.dev ## build the wheel and the source distribution into dist/
	@$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	@ls dist

bench: $(VENV)/.dev ## every figure that README and docs claim
	@$(BIN)/python -m benchmarks

soak: $(VENV)/.dev ## the slow matrices in full size
	@$(BIN)/python -m pytest -m soak

local: $(VENV)/.dev ## add llama-cpp-python, compiled once and kept in the user's cache
	@PYTHON=$(BIN)/python .ci/llama-cpp-python

training: $(VENV)/.training ## add what trains the pocket model: PyTorch, for one CPU thread

$(VENV)/.training: $(VENV)/.dev
	@echo "Installing PyTorch $(TORCH) ..."
	@$(PIP) install torch==$(TORCH)
	@touch $@

lock: | $(BIN)/python ## renew the lock files (needs uv)
	@printf '%s\n' $(BUILD_TOOLS) > .build-tools.in
	@for extra in "requirements.lock $(RUN_EXTRAS)" "requirements-dev.lock $(RUN_EXTRAS) --extra openai --extra embeddings --extra dev" "requirements-local.lock --extra local"; do \
	  set -- $$extra; file=$$1; shift; \
	  uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 "$$@" \
	    $$([ $$file = requirements.lock ] || echo -c requirements.lock) pyproject.toml .build-tools.in -o $$file; \
	done; rm .build-tools.in

clean: ## remove the environment and what was built
	@rm -rf $(VENV) dist build
