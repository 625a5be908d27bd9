# Everything runs in a virtual environment of its own, made on first use.
PYTHON ?= python3
VENV ?= .venv
OUT ?= demo

BIN := $(VENV)/bin
# constraints.txt pins what is known to work together, and the one PyTorch that extras may bring.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint bench accuracy columns clean

demo: $(VENV)/.core ## Make a synthetic study, run everything on it, say where the report lies
	$(BIN)/lamella demo $(OUT)

test: lint $(VENV)/.test ## Lint, then every test
	$(BIN)/python -m pytest -n 2 --dist loadscope

lint: $(VENV)/.test ## Style, types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test ## Speed against named alternatives: writes docs/benchmarks.md
	$(BIN)/python benchmarks/run.py

accuracy: $(VENV)/.test ## Measures against known truth: writes docs/accuracy.md
	PYTHONPATH=tests $(BIN)/python benchmarks/accuracy.py  # the worlds of the tests

columns: $(VENV)/.core ## The data dictionary: writes docs/columns.md
	$(BIN)/python docs/make_columns.py

clean: ## Remove the virtual environment and the demo
	rm -rf $(VENV) $(OUT)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lamella needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say which: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) --editable ".[test,lint]"
	@touch $@ $(VENV)/.core
