# Discador: one command for each thing, the same for people and for CI. `make` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := libs/contract libs/core libs/runtime libs/store libs/rest-gateway libs/simulator libs/cli \
            services/master services/worker services/ami-gateway services/maintenance services/web
READY := $(VENV)/.ready
# Where a machine has no npm of its own, the one in the virtual environment is found.
export PATH := $(PATH):$(abspath $(BIN))
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --universal

.DEFAULT_GOAL := help
.PHONY: help setup protos assets demo up test test-unit servers check lint types imports lint-protos verify bench chaos lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) protos assets ## Create .venv, install everything locked, build the stubs and the assets

$(READY): requirements/dev.txt requirements/bootstrap.txt requirements/node.txt $(addsuffix /pyproject.toml,$(PACKAGES))
	@$(PYTHON) scripts/check_python.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@echo "Installing the locked requirements …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/python scripts/build_protos.py
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@command -v npm >/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/node.txt
	@touch $@

assets: $(READY) ## Build what the pages load (from npm packages, into services/web)
	@$(BIN)/python scripts/build_assets.py

protos: $(READY) ## Build the Python of protos/ (into libs/contract)
	@$(BIN)/python scripts/build_protos.py

demo: setup ## Everything on this machine: five services, the simulator, a campaign that dials to its end
	@$(BIN)/discador demo

up: setup ## The five services on this machine with the settings of .env
	@$(BIN)/discador up

servers: setup ## Install or build the real servers that the tests need (MariaDB, Redis, SIPp, Asterisk 22 and 16)
	@$(BIN)/python -m tests.rig.install

test: check servers ## The whole suite, on real servers
	@# What failed is tried once more by itself: on busy cores a real server may miss a deadline. What fails twice, fails.
	@$(BIN)/python -m pytest || $(BIN)/python -m pytest --last-failed --last-failed-no-failures none

test-unit: setup ## Only what needs no server (seconds)
	@$(BIN)/python -m pytest tests/unit

check: lint types imports lint-protos verify ## Formatting, lint, types, imports, protos, generated files

lint: setup
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/python scripts/check_tree.py

types: setup
	@$(BIN)/mypy $(foreach p,$(filter-out libs/contract,$(PACKAGES)),$(p)/discador)

imports: setup
	@$(BIN)/lint-imports --no-cache | tail -n 3

lint-protos: setup ## buf lint (needs npm)
	@$(BIN)/python scripts/lint_protos.py

verify: setup ## Generated files match their sources
	@$(BIN)/python scripts/gen_state_diagrams.py --check
	@$(BIN)/python scripts/update_messages.py --check

bench: setup servers ## Calls a second end to end beside the raw AMI ceiling (build/bench.json)
	@$(BIN)/python -m tests.load.bench

chaos: setup servers ## Faults against a whole installation, judged by the carrier (build/chaos.json; about an hour)
	@$(BIN)/python -m tests.chaos.run

lock: ## Lock requirements/*.in with hashes
	@for f in bootstrap dev node; do $(LOCK) requirements/$$f.in -o requirements/$$f.txt; done
	@$(LOCK) requirements/runtime.in -c requirements/dev.txt -o requirements/runtime.txt

clean: ## Remove what was built (not the data)
	@rm -rf build $(VENV) libs/contract/discador .pytest_cache .mypy_cache .ruff_cache .hypothesis
