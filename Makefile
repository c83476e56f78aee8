# The targets of the project. `make` alone lists them.

# Debian's own Python where it will do: it is built to run faster than one compiled by hand.
WILL_DO := import ensurepip, sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for python in /usr/bin/python3 python3; do \
	$$python -c '$(WILL_DO)' 2>/dev/null && echo $$python && exit; done),python3)
HOST ?= 127.0.0.1
PORT ?= 8000
SITE_URL ?= http://$(HOST):$(PORT)
VAR_DIR ?= $(CURDIR)/var

BIN := .venv/bin
TWO_AT_ONCE := --numprocesses 2 --dist loadfile
ON_SQLITE := tests/navigateur \
	$(patsubst %,tests/communaute/test_%.py,annuaire concurrence depart marques nouvelles recherche) \
	$(patsubst %,tests/portail/test_%.py,cache demo recurrent sauvegarde search setup)
AUDIT := benchmarks/audit
export VAR_DIR

.DEFAULT_GOAL := help
.PHONY: help install run worker test halves audit bench bench-conversation bench-mail mutation durability captures messages lint format lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 28

install: .venv/base ## Create .venv with the locked dependencies
	@echo "Tout est installé dans .venv."

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Il faut Python 3.11 ou plus récent : sur Debian, « apt install python3 python3-venv »."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Il manque le module venv de Python : sur Debian, « apt install python3-venv »."; exit 1; }
	@echo "Création de l’environnement Python dans .venv…"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/base: requirements/base.txt | .venv/python
	@echo "Installation des bibliothèques (une minute la première fois)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/dev: requirements/dev.txt | .venv/python
	@echo "Installation des bibliothèques de développement…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@ .venv/base

$(VAR_DIR)/secret_key: | .venv/base
	@mkdir -p $(VAR_DIR)
	@umask 077; $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))' > $@

run: .venv/base $(VAR_DIR)/secret_key ## Serve the site with the demo cohort (HOST and PORT change the address)
	@set -e; umask 077; export DEMO=1 SITE_URL=$(SITE_URL) SECRET_KEY="$$(cat $(VAR_DIR)/secret_key)" \
		ALLOWED_HOSTS=localhost,127.0.0.1; \
	$(BIN)/python manage.py setup; \
	echo "Préparation des feuilles de style…"; \
	$(BIN)/python manage.py collectstatic --noinput --verbosity 0; \
	$(BIN)/python manage.py demo; \
	echo; echo "Ctrl-C pour arrêter."; \
	exec $(BIN)/gunicorn portail.wsgi --bind $(HOST):$(PORT) --threads 8 \
		--log-level warning --graceful-timeout 5 --no-control-socket

worker: .venv/base ## Do the jobs of a site on PostgreSQL (its settings in the environment); the embedded default needs none
	@exec $(BIN)/python manage.py db_worker

test: .venv/dev browser ## Run the suite on PostgreSQL; the browser, and what SQLite does its own way, on the embedded default
	TEST_ON=postgresql $(BIN)/python -m tests.bases $(MAKE) halves

halves:
	env -u TEST_ON -u DATABASE_URL $(BIN)/python -m pytest $(TWO_AT_ONCE) $(ON_SQLITE)
	TEST_ON=postgresql $(BIN)/python -m pytest $(TWO_AT_ONCE) --ignore tests/navigateur

audit: .venv/base chromium java $(AUDIT)/node_modules/.installed ## Check the HTML of every page, and measure three with Lighthouse
	$(BIN)/python -m benchmarks.audit

captures: .venv/dev browser ## Take again the pictures of the guides of docs/
	$(BIN)/python -m pytest tests/navigateur/captures.py

MESSAGES := portail/locale/fr/LC_MESSAGES
messages: msgfmt ## Compile the words of the back office once their .po has changed
	for domain in django djangojs; do \
		msgfmt --output-file $(MESSAGES)/$$domain.mo $(MESSAGES)/$$domain.po || exit 1; \
	done

bench: .venv/dev redis-server ## Measure how fast the portal is, on PostgreSQL (ten minutes)
	$(BIN)/python -m benchmarks.vitesse

bench-conversation: .venv/dev redis-server ## Measure the spaces beside plain machina, to a million messages (ten minutes)
	$(BIN)/python -m benchmarks.conversation

bench-mail: .venv/dev ## Tell ten thousand readers of one message, and kill the worker on the way (half an hour)
	$(BIN)/python -m benchmarks.diffusion

mutation: .venv/dev ## Take each condition on who may read away in turn: the tests of leaks must notice (an hour)
	TEST_ON=postgresql $(BIN)/python -m pytest -s tests/confidentialite/mutations.py

durability: .venv/dev ## Kill the worker a hundred times while members write, on both databases (fifteen minutes)
	$(BIN)/python -m benchmarks.durabilite

$(AUDIT)/node_modules/.installed: $(AUDIT)/package-lock.json | npm
	@echo "Installation du vérificateur Nu et de Lighthouse…"
	@cd $(AUDIT) && npm ci
	@touch $@

PACKAGES_chromium := chromium
PACKAGES_chromium-headless-shell := chromium-headless-shell
PACKAGES_java := default-jre-headless
PACKAGES_msgfmt := gettext
PACKAGES_npm := nodejs npm
PACKAGES_redis-server := redis-server

# Without windows it asks a third less of the processor; whoever cannot install it has the whole one.
.PHONY: browser
browser:
	@command -v chromium-headless-shell >/dev/null \
		|| { [ "$$(id -u)" != 0 ] && command -v chromium >/dev/null; } \
		|| $(MAKE) chromium-headless-shell || $(MAKE) chromium

.PHONY: chromium chromium-headless-shell java msgfmt npm redis-server
chromium chromium-headless-shell java msgfmt npm redis-server:
	@if command -v $@ >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installation de $(PACKAGES_$@)…"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(PACKAGES_$@) >/dev/null; \
	else \
		echo "Il manque $@ : sur Debian, « apt install $(PACKAGES_$@) » en administrateur."; exit 1; \
	fi

lint: .venv/dev ## Check style, templates, the direction of imports, migrations and the Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --check --target-version 5.2 $$(find templates -name '*.html')
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') SITE_URL=https://exemple.fr \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

format: .venv/dev ## Format Python and templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djade --target-version 5.2 $$(find templates -name '*.html') || [ $$? -eq 1 ]  # 1: it did format

lock: .venv/dev ## Compile the lock files from pyproject.toml (newest versions that fit)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--custom-compile-command "make lock" pyproject.toml -o requirements/base.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--constraint requirements/base.txt --extra dev \
		--custom-compile-command "make lock" pyproject.toml -o requirements/dev.txt

clean: ## Remove what the targets made: environment, database, files and caches
	rm -rf .venv var .pytest_cache .ruff_cache .import_linter_cache test-results $(AUDIT)/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
