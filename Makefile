# The few verbs of this project. Each is one line; `make` alone lists them.
python = $(or $(KALENDS_ENV),.venv)/bin/python

.PHONY: help test check demo bench docs-check

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

test: ## run everything: style, types, contracts, migrations, tests
	@./kalends test

check: ## look at style, types and the rules of the house, in a minute
	@./kalends test -q tests/platform/test_house_rules.py && $(python) -m ruff check src tests && $(python) -m ruff format --check src tests && $(python) -m pyright --pythonpath $(python)

demo: ## a company with two years of history, to look around in
	@./kalends demo

bench: ## how many subscriptions a second are billed, beside the floor
	@./kalends bench billing --subscriptions 200000 --processes 1

docs-check: ## run the worked examples, and check that the documents say what the code does
	@./kalends test -q docs tests/docs
