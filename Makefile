# make help lists what can be made. Everything is installed below $(VENV), nowhere else.

VENV ?= .venv
PYTHON ?= python3

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install run test bench lint clean

help: ## show this list
	@echo "make TARGET [VENV=folder of the virtual environment, default .venv] [PYTHON=python3]"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## create the virtual environment with denise-py, MPI, plotting and test tools

# Again when the dependencies change; the package itself is installed in place and always up to date.
$(STAMP): pyproject.toml
	$(PYTHON) -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --editable ".[mpi,plot,test]"
	@touch "$@"

run: install ## run the toy example and draw its figures
	"$(BIN)/python" par/toy_example/run.py

test: install ## run the fast tests
	"$(BIN)/python" -m pytest

bench: install ## measure speed (BENCHMARK=name for another benchmark, BENCHMARK=list names them)
	"$(BIN)/python" -m benchmarks $(BENCHMARK)

lint: install ## check style and formatting
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .

clean: ## remove caches and build products; results and the virtual environment stay
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -path "./$(VENV)" -prune -o -type d -name __pycache__ -exec rm -rf {} +
