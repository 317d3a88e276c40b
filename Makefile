.DEFAULT_GOAL := help
.PHONY: help up install tools test check format lint types contracts fmt proof bench revision lock clean
BIN := .venv/bin

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up:  ## Start the shop: web, worker, beat, Valkey and mailbox (Ctrl-C stops all)
	@exec ./up

install:  ## Make .venv with what the shop needs
	@./up install

tools:  ## Make .venv with what tests and checks need too
	@./up tools

test: tools  ## Run every test on SQLite and PostgreSQL, with real servers
	@$(BIN)/python -m tests.run

check: format lint types contracts test  ## Everything that must hold before a commit

format: tools  ## Tell whether the code is formatted
	@$(BIN)/ruff format --check

lint: tools  ## Look for mistakes with ruff
	@$(BIN)/ruff check

types: tools  ## Check the types with mypy
	@$(BIN)/mypy

contracts: tools  ## Check that imports go one way
	@$(BIN)/lint-imports

fmt: tools  ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

proof: tools  ## Run races, hostile input and survival twenty times as long
	@$(BIN)/python -m tests.run --proof

bench: tools  ## Measure the shop over HTTP, beside a bare view and raw SQL, on both databases
	@$(BIN)/python -m bench

revision: tools  ## Draft a migration from the models: make revision MESSAGE="Notes on lines"
	@$(if $(MESSAGE),,$(error MESSAGE is missing))
	@$(BIN)/python -c 'import sys; from kirana.wiring import migrate; from kirana.platform import \
	config, migrations; migrate(config.load_settings()); migrations.write_revision(sys.argv[1])' \
	"$(MESSAGE)"

lock:  ## Write the lock files anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)" >&2; exit 1; }
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate pyproject.toml --group build -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
		--no-annotate pyproject.toml --group build --group dev -c requirements.lock \
		-o requirements-dev.lock

clean:  ## Remove environments and caches; instance/ (the data) stays
	rm -rf .venv .venv-3.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
