# Every target makes the environment first; `make demo` and `make test` need nothing else.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: setup demo test unit check bench format docs lock clean

setup: .venv/.ready

# The environment is remade when what it is made from changes. Printed: the seconds it took.
.venv/.ready: pyproject.toml requirements.lock deploy/setup.sh deploy/aedes/package-lock.json \
              dashboards/console/package-lock.json $(shell find dashboards/console/src dashboards/console/public dashboards/console/index.html -type f 2>/dev/null)
	@PYTHON=$(PYTHON) sh deploy/setup.sh
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	@PYTHON=$(PYTHON) sh deploy/setup.sh dev
	@touch $@

demo: setup
	@$(BIN)/liftward demo

test: .venv/.ready-dev check
	$(BIN)/pytest

unit: .venv/.ready-dev
	$(BIN)/pytest tests/unit -n logical --dist worksteal

check: .venv/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix dashboards/console run --silent check
	npm --prefix dashboards/console test --silent

bench: setup
	@$(BIN)/liftward bench all

format: .venv/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The documents that follow from the code; tests fail when they differ.
docs: setup
	$(BIN)/python -P -m liftward_wire.schema > docs/asyncapi.json
	$(BIN)/python -P -m liftward_wire.contract_tables docs/contract.md
	$(BIN)/python -P -m liftward_wire.profiles.page docs/profiles.md
	$(BIN)/python -P -m liftward_detection.state_page > docs/detector-state.md
	$(BIN)/python -P -m liftward_platform.faults.catalogue_page docs/fault-catalogue.md
	$(BIN)/python -P -m liftward_platform.api.openapi docs/openapi.json
	$(BIN)/python -P -m liftward_simulator.outputs.truth_schema docs/truth.schema.json
	$(BIN)/python -P -m liftward_platform.devices.broker_files > deploy/mosquitto/acl
	$(BIN)/python -P -m liftward_simulator.scenarios.reference docs/scenarios.md
	$(BIN)/python -P -m liftward_runtime.detect.page docs/detection-benchmark.json docs/detection-benchmark.md \
	    docs/pictures/detection

# New versions within pyproject.toml's ranges; hashes for every file, no addresses.
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-header --no-annotate --quiet --upgrade
lock: .venv/.ready-dev
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev --group build -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --group build -c requirements-dev.lock -o requirements-bootstrap.lock
	$(COMPILE) --group node -o requirements-node.lock

clean:
	rm -rf .venv dashboards/console/node_modules deploy/aedes/node_modules \
	    platform/liftward_platform/api/console
