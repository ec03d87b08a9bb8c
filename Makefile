# The portal's commands. `make help` lists them; run, test and check make what they need by themselves.
.DEFAULT_GOAL := help
.PHONY: help run reset-demo test check format lint types imports fast browser walk manual taps bench security a11y gallery weight messages lock clean-venv
SHELL := /bin/bash

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# twice quiet: nothing but errors, so that no package index of this machine is told
PIP := $(BIN)/pip -qq --disable-pip-version-check --no-input

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# ---------- the virtual environment: made once, again when a lock changes ----------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; PYTHON=python3.12 make … names one."; exit 1; }
	@echo "Making the virtual environment …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv is missing (on Debian: apt install python3-venv)."; exit 1; }

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@[ -e $(VENV)/.development ] || echo "Installing what the portal needs …"
	@[ -e $(VENV)/.development ] || $(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "Installing what development and tests need …"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

clean-venv:
	@rm -rf $(VENV) $(SECURITY_VENV) $(A11Y_VENV)

# ---------- run ----------

run: $(VENV)/.runtime  ## the portal on this machine: http://127.0.0.1:8080, or HOST=… PORT=… make run
	@exec $(BIN)/python run.py

reset-demo: $(VENV)/.runtime  ## forget the local database, files and letters; the next run loads the demo schools anew
	@$(BIN)/python -m app.operations.reset_demo

# ---------- check ----------

test: $(VENV)/.development browser  ## everything, set-up included; REQUIRE_ALL=1 makes a skip a failure
	@$(BIN)/python -m tests

check: format lint types imports fast  ## format, lint, types, import directions and the fast tests, as before every commit

format: $(VENV)/.development
	@$(BIN)/ruff format --check .

lint: $(VENV)/.development
	@$(BIN)/ruff check .
	@$(BIN)/djlint app/templates --lint --quiet

types: $(VENV)/.development
	@$(BIN)/mypy

imports: $(VENV)/.development
	@$(BIN)/lint-imports

fast: $(VENV)/.development
	@$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser and not attack"

walk: $(VENV)/.development browser  ## the manual's steps in a real browser, a picture of each in build/walk/
	@WALK=1 JOURNEY_DATABASES=sqlite $(BIN)/python -m pytest tests/journeys -m browser -v

manual: $(VENV)/.development browser  ## the living manual in docs/manual: walks the product in Chinese and in English, fails for a step whose words are gone
	@$(BIN)/python -m tests.manual

# Chromium and fonts that have the characters, those of rare names too. Without the right to install them the journeys are skipped, with the reason.
browser:
	@if [ -e /usr/bin/chromium ] && [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] && [ -e /usr/share/fonts/truetype/babelstone/BabelStoneHan.ttf ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium and a Chinese font …"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fonts-babelstone-han; } >/dev/null \
	    || echo "Chromium could not be installed."; \
	elif [ ! -e /usr/bin/chromium ]; then echo "No Chromium: apt install chromium fonts-noto-cjk fonts-babelstone-han"; fi

taps: $(VENV)/.development browser  ## taps and seconds of what people do most, measured in a browser; explained in docs/taps.md
	@$(BIN)/python -m benchmarks.taps

bench: $(VENV)/.development  ## the benchmarks; figures are explained in docs/performance.md
	@$(BIN)/python -m benchmarks

# ---------- security ----------

# bandit, wapiti and sqlmap want other versions of what the portal stands on: they get an environment of their own.
SECURITY_VENV ?= .venv-security

$(SECURITY_VENV)/.installed: tests/security/requirements.txt | $(BIN)/python
	@echo "Installing bandit, wapiti and sqlmap …"
	@$(PYTHON) -m venv --clear $(SECURITY_VENV)
	@$(SECURITY_VENV)/bin/pip -qq --disable-pip-version-check --no-input install --require-hashes -r $<
	@touch $@

security: $(VENV)/.development $(SECURITY_VENV)/.installed  ## matrix, hardening cases, bandit, wapiti and sqlmap against an own demo portal: one table
	@$(BIN)/python -m tests.security --tools $(SECURITY_VENV)/bin

# ---------- the look, for every eye and hand ----------

# a11y-moda brings its own Playwright: an environment of its own. axe-core lies in tests/accessibility/vendor.
A11Y_VENV ?= .venv-a11y

$(A11Y_VENV)/.installed: tests/accessibility/requirements.txt | $(BIN)/python
	@echo "Installing a11y-moda …"
	@$(PYTHON) -m venv --clear $(A11Y_VENV)
	@$(A11Y_VENV)/bin/pip -qq --disable-pip-version-check --no-input install --require-hashes -r $<
	@touch $@

a11y: $(VENV)/.development $(A11Y_VENV)/.installed browser  ## every page × 390 and 1280 px × light and dark: axe-core, a11y-moda and our own checks
	@$(BIN)/python -m tests.accessibility --moda $(A11Y_VENV)/bin/python

gallery: $(VENV)/.development browser  ## a picture of every page at 390 and 1280 px, light and dark, in build/gallery/
	@$(BIN)/python -m tests.accessibility.gallery

# Lighthouse, retire and the Node that Lighthouse wants, by npm's own lock; no test needs them.
WEIGHT_TOOLS := build/tools

$(WEIGHT_TOOLS)/.installed: tests/accessibility/tools/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing (on Debian: apt install npm)."; exit 1; }
	@echo "Installing Lighthouse and retire …"
	@mkdir -p $(WEIGHT_TOOLS) && cp tests/accessibility/tools/package*.json $(WEIGHT_TOOLS)/
	@cd $(WEIGHT_TOOLS) && npm ci --silent --no-audit --no-fund --ignore-scripts --engine-strict=false
	@touch $@

weight: $(VENV)/.development $(WEIGHT_TOOLS)/.installed browser  ## what a parent's pages weigh, Lighthouse's marks for a phone, and retire over app/static
	@$(BIN)/python -m tests.accessibility.weight --tools $(WEIGHT_TOOLS)

# ---------- keep ----------

messages: $(VENV)/.development  ## collect the texts on screen and compile the catalogues
	@$(BIN)/python translations/update.py

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock:  ## pyproject.toml → requirements.txt and requirements-dev.txt, and the security tools', with hashes (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml -o requirements.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes tests/security/requirements.in -o tests/security/requirements.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes tests/accessibility/requirements.in -o tests/accessibility/requirements.txt
