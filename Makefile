# Two commands: `make demo` and `make test`. Everything lives in $(VENV); remove it to start over.
PYTHON ?= python3
VENV ?= .venv
# The cores that this process was granted, which on a shared machine may be fewer than it has.
GRANTED = import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
CORES ?= $(shell $(PYTHON) -c '$(GRANTED)')
PYTEST = OMP_NUM_THREADS=1 $(VENV)/bin/pytest -q -n $(CORES)
export PYTHONSAFEPATH = 1

demo: $(VENV)/.installed
	$(VENV)/bin/palaestra demo

test: $(VENV)/.installed-dev
	$(PYTEST)

test-slow: $(VENV)/.installed-dev
	$(PYTEST) -m "slow and not network"

# One line where there is no Chromium and none can be installed.
test-browser: $(VENV)/.installed-dev
	@command -v chromium >/dev/null || \
	  { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y chromium >/dev/null; } || \
	  $(VENV)/bin/playwright install chromium >/dev/null 2>&1 || \
	  { echo "no Chromium, so the tests marked browser did not run: sudo apt-get install chromium"; exit 0; }; \
	  OMP_NUM_THREADS=1 $(VENV)/bin/pytest -q -m browser tests/test_serve_device.py

# Extras that `all` doesn't have, most of them bridges to packages whose pins exclude one another: an environment in
# .bridges each.
BRIDGES ?= grammar mcp openenv skyrl trl verifiers
BRIDGE_TESTS = tests/envs/tools/bridges

test-bridges: $(BRIDGES:%=.bridges/%/.installed)
	@for name in $(BRIDGES); do \
	  echo "$$name"; OMP_NUM_THREADS=1 .bridges/$$name/bin/pytest -q -m bridges $$(find tests -name test_$$name.py) || exit 1; \
	done

.bridges/%/.installed: $(BRIDGE_TESTS)/requirements-%.txt pyproject.toml
	$(PYTHON) -m venv .bridges/$*
	.bridges/$*/bin/pip install --quiet --disable-pip-version-check -r $< -e .
	@touch $@

lint: $(VENV)/.installed-dev mypy
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

mypy: $(VENV)/.installed-dev
	$(VENV)/bin/mypy

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "palaestra needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "no venv module: apt-get install python3-venv, then again"; exit 2; }

$(VENV)/.installed: $(VENV)/bin/pip pyproject.toml constraints.txt
	$(VENV)/bin/pip install --disable-pip-version-check -c constraints.txt -e '.[all]'
	@$(VENV)/bin/python -c 'import skia' 2>/dev/null || \
	  { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y libegl1 libgl1 >/dev/null; } || \
	  echo "the phone draws with Skia, which needs libEGL and libGL: sudo apt-get install libegl1 libgl1"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(VENV)/bin/pip install --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@

.PHONY: demo test test-slow test-browser test-bridges lint mypy
