# make play | test | setup | lint | clean. Everything stays inside this folder.

BIN := .venv/bin
STAMP := .venv/.setup-done

.DEFAULT_GOAL := help
.PHONY: help setup play test lint format clean

help:
	@echo "make play    set up, then open the game (WORLD=name picks another)"
	@echo "make test    set up, then lint, types, import contracts and tests"
	@echo "make setup   fill .venv; does nothing when it is up to date"
	@echo "make lint    set up, then everything of 'make test' but the tests"
	@echo "make clean   remove .venv and caches"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt scripts/setup.sh
	@./scripts/setup.sh
	@touch $@

play: setup
	@$(BIN)/worldsdk play $(WORLD)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tests come last, so that the last line printed is their summary. Two processes, each with whole files: fixtures
# that play or train something are made once; and each with one thread of its own.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
