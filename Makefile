# Two commands do everything: `make run` and `make test`. Both set up first, and again only when something changed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := 0.13.9
BIN := .venv/bin
STAMP := .venv/.synced

.PHONY: help run test check train setup evaluate answers chaos bench lock format clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: setup ## set up, train if needed, start everything; ends with the address
	@exec $(BIN)/python -m bot run

test: train ## set up and run all tests
	@$(BIN)/python -m pytest $(or $(ARGS),-n 2 --dist loadfile)
	@$(BIN)/python -m tests.dialogues.run

check: train ## ruff, mypy, the arrows between the rooms, yamllint, and Rasa's own check of its files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/yamllint --strict data bot config.yml domain.yml
	@$(BIN)/python -m tests.validate

train: setup
	@$(BIN)/python -m bot train

setup: $(STAMP)

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 is needed; '$(PYTHON)' is $$($(PYTHON) -V 2>&1)."; \
	  echo "Get it (Debian: apt-get install python3.11 python3.11-venv; macOS: brew install python@3.11; or https://www.python.org/downloads/),"; \
	  echo "then name it: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "  setting up .venv (the first time: about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "'$(PYTHON) -m venv' failed. On Debian: apt-get install python3.11-venv"; rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV) 2> >(grep -v -i -e warning -e notice >&2)
	@$(BIN)/uv pip sync --quiet requirements.lock
	@touch $(STAMP)
	@echo "  packages installed"

MEASURES = tests/nlu/dev.tsv --two-turns tests/nlu/two_turns.tsv --facets tests/nlu/facets.tsv \
	--stories tests/talks/stories.tsv --talks tests/talks/kept_*.yml

evaluate: train ## how well patients are understood (or: FILE=tests/nlu/heldout.tsv)
	@$(BIN)/python -m tools.evaluation $(or $(FILE),$(MEASURES)) $(ARGS)

answers: setup ## all answers as one printable page, for a clinician to review and sign
	@$(BIN)/python -m bot answers $(ARGS)

chaos: train ## kill everything at random moments; nothing may be lost or doubled
	@$(BIN)/python -m tests.chaos $(ARGS)

bench: train ## speeds, as ratios side by side
	@$(BIN)/python -m tools.bench $(ARGS)

lock: setup ## write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml --extra dev -o requirements.lock --generate-hashes --no-emit-index-url --quiet $(ARGS)

format: setup ## put the code into form
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

# Never var/: that is the database with what patients wrote, and nothing brings it back.
clean: ## remove what can be made again: environment, models, results; var/ with the database stays
	rm -rf .venv models .rasa results
