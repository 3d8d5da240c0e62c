# `make help` reads the comment behind each target.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STATE ?= .state
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-radosgw check up bench bench-long lock clean

help: ## Show what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

$(BIN)/.ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed: apt-get install python3.11-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing from requirements.lock into $(VENV) (about two minutes, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(BIN)/.ready ## Run the main job on the embedded store: judge, open cases, sign, verify
	@$(BIN)/aims demo --state $(STATE)

test: $(BIN)/.ready ## Pass every test but the long ones; needs nothing else installed
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder

test-long: $(BIN)/.ready ## Pass the long tests too (minutes)
	@$(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder -m "long or not long"

test-radosgw: $(BIN)/.ready ## Pass the tests of the archive on Ceph's S3 server, the second opinion (apt-get install radosgw)
	@command -v radosgw ceph-mon ceph-osd ceph >/dev/null || { echo "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common"; exit 1; }
	@$(BIN)/python -m pytest -q -m radosgw

check: $(BIN)/.ready ## Lint, types and import rules, as CI runs them
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

up: $(BIN)/.ready ## Start Prefect server, worker and deployments here; state under .state; stop with Ctrl-C
	@$(BIN)/aims up --state $(STATE)

bench: $(BIN)/.ready ## Measure ours against the floor, in one run
	@for bench in bench/*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit 1; done

bench-long: $(BIN)/.ready ## Judge up to 1e8 rows, and Evidently at 1e6 (30 GB of disk, an hour)
	@$(BIN)/python bench/scale.py --long

lock: ## Make requirements.lock anew (needs uv)
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra test --extra engines pyproject.toml requirements.in -o requirements.lock

clean: ## Remove the state of demo and `make up` (not the environment)
	@rm -rf $(STATE)
