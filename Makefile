# `make demo` and `make test` build what they need on a fresh Debian with Python 3.11, and run. Nothing else is required.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
HOME_DIR ?= $(CURDIR)/runs
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_PROCESSES ?= 2
SYSTEM := chromium chromium-driver postgresql
PIP_INSTALL := $(BIN)/python -m pip --no-input --disable-pip-version-check install --quiet --progress-bar off

.DEFAULT_GOAL := help
.PHONY: help demo test system lint format bench lock clean

help:
	@echo "make demo    search around a published recipe on a synthetic corpus; results go to $(HOME_DIR)"
	@echo "make test    all tests (no GPU, no licensed corpus)     make system  Debian's packages that some tests need: $(SYSTEM)"
	@echo "make lint    ruff and mypy        make format  rewrite the sources as ruff would have them"
	@echo "make bench   speed as ratios      make lock    pin what is installed      make clean   remove caches and the environment"

demo: $(STAMP)
	$(BIN)/python -m orchestrator.sweep stanet --home "$(HOME_DIR)"

test: $(STAMP) $(if $(CI),system)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadgroup --durations 15

# A browser for the pages and a database server for tracking at size. Without them their tests are skipped and say so.
system:
	@dpkg --status $(SYSTEM) >/dev/null 2>&1 || test "$$(id -u)" != 0 || { \
		echo "Installing Debian's $(SYSTEM) for the tests" >&2; \
		apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends $(SYSTEM) >/dev/null; }

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# The header of the lock is its leading comment block; torch loses its build tag so that a CUDA build satisfies the lock too.
lock: $(STAMP)
	sed -n '/^#/p;/^[^#]/q' requirements.lock > requirements.lock.new
	$(BIN)/python -m pip freeze --all --exclude-editable --exclude pip --exclude losotune \
		| sed -E 's/^(torch==[0-9.]+)\+.*/\1/' | grep -v ' @ ' >> requirements.lock.new
	mv requirements.lock.new requirements.lock
	touch $(STAMP)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip leaves what already satisfies the lock alone: a CUDA build of torch installed by hand stays.
$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "losotune needs Python 3.11 or newer, but found none. Install it: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "losotune needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) -V). Choose another: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "A virtual environment needs Python's venv module, but $(PYTHON) has none. Install it: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages into $(VENV) (minutes the first time)" >&2
	@$(PIP_INSTALL) --requirement requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
