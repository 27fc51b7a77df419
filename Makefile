# Every step leaves a file behind, so that what is done is not done again: a second start is quick and
# needs no network. `make` alone lists the targets.

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet install
PYTEST := $(PY) -m pytest
PARALLEL := -n 2 --dist loadfile

# The first Python that answers, is new enough and can make environments; `make PYTHON=… run` chooses another.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	if $$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1; then echo $$python; break; fi; done)

INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
NODE_MODULES := node_modules/.package-lock.json
CLIENT_SCRIPT := static/vendor/socket.io.min.js
LANGUAGES := fi sv
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard dialogi/translations/*/LC_MESSAGES/messages.po))

.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run setup test test-all test-soak lint types format chromium node translations screenshots clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile

run: setup ## Start the server; without settings of your own, as a demonstration
	@if [ -z "$${DIALOGI_DEMO+set}$${DIALOGI_SECRET_KEY+set}" ]; then export DIALOGI_DEMO=1; fi; \
	exec $(PY) run.py

setup: $(INSTALLED) $(CLIENT_SCRIPT) $(CATALOGUES) ## Install and fetch what the server needs

test: lint types chromium node ## Lint, types and tests
	$(PYTEST) $(PARALLEL)

test-all: setup chromium ## What `make test` leaves out: gevent, threads, long replays
	DIALOGI_ASYNC_MODE=gevent $(PYTEST) $(PARALLEL) -m "server and not long and not soak"
	DIALOGI_ASYNC_MODE=threading $(PYTEST) $(PARALLEL) -m "server and not long and not soak"
	$(PYTEST) $(PARALLEL) -m "long and not soak" -o timeout=1200

test-soak: setup ## Kill the server a hundred times under load; break the product and see it noticed
	$(PYTEST) -m soak -s

lint: $(INSTALLED_DEV) ## Check the Python code's style
	$(PY) -m ruff check
	$(PY) -m ruff format --check

types: $(INSTALLED_DEV) ## Check the Python code's types
	$(PY) -m mypy

format: $(INSTALLED_DEV) ## Put the Python code into its usual form
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

translations: $(INSTALLED) ## Bring new texts from code and templates into the translators' files
	$(VENV)/bin/pybabel -q extract -F pyproject.toml -k N_ -c "Translators:" --add-location=file \
		--sort-by-file --project=Dialogi -o dialogi/translations/messages.pot .
	for language in $(LANGUAGES); do \
		$(VENV)/bin/pybabel -q update -i dialogi/translations/messages.pot -d dialogi/translations \
			-l $$language --init-missing --no-fuzzy-matching --ignore-pot-creation-date || exit 1; \
	done

screenshots: setup chromium ## Take the README's pictures anew
	$(PY) docs/screenshots.py

clean: ## Remove what was installed and made; data in var/ stay
	rm -rf $(VENV) node_modules static/vendor .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f $(CATALOGUES) dialogi/translations/messages.pot

$(PY):
	@if [ -z "$(PYTHON)" ]; then \
		echo "Dialogi needs Python 3.11 or newer with its venv module, and found none." >&2; \
		echo "On Debian or Ubuntu: apt install python3-venv. Elsewhere: make PYTHON=/path/to/python3 run" >&2; \
		exit 1; fi
	@echo "Making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

# The .pth file lets `python -m dialogi` work from any folder.
$(INSTALLED): requirements.txt | $(PY)
	@echo "Installing the server's packages"
	@$(PIP) -r requirements.txt
	@$(PY) -c 'import os, pathlib, sysconfig; site = os.path.realpath(sysconfig.get_path("purelib")); \
	pathlib.Path(site, "dialogi.pth").write_text(os.path.relpath(os.getcwd(), site) + "\n")'
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt requirements.txt | $(INSTALLED)
	@echo "Installing the developers' packages"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# A machine without npm gets it in the environment, which therefore comes first in the path.
$(NODE_MODULES): package-lock.json | $(INSTALLED)
	@npm --version >/dev/null 2>&1 || { echo "Installing npm"; $(PIP) -r requirements-node.txt; }
	@echo "Fetching the client script"
	@PATH="$(VENV)/bin:$$PATH" npm ci --loglevel=error
	@touch $@

$(CLIENT_SCRIPT): $(NODE_MODULES)
	@mkdir -p $(@D)
	@cp node_modules/socket.io-client/dist/socket.io.min.js $@

%.mo: %.po | $(INSTALLED)
	@$(VENV)/bin/pybabel -q compile -i $< -o $@

# The tests of the browser's modules need a Node.js that takes a .js file for the module it is.
node: $(INSTALLED)
	@for node in $(VENV)/bin/node node; do \
		if $$node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
		>/dev/null 2>&1; then exit 0; fi; done; \
	echo "Installing Node.js"; $(PIP) -r requirements-node.txt

# CHROMIUM names the browser, else the machine's is taken, else Debian's installed, else Playwright's.
chromium: $(INSTALLED_DEV) $(CLIENT_SCRIPT) $(CATALOGUES)
	@for browser in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
		if [ -n "$$browser" ] && "$$browser" --version >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && apt-get --version >/dev/null 2>&1; then \
		echo "Installing Chromium"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0; \
	fi; \
	$(PY) -m playwright install chromium
