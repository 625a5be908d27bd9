# Everything runs in a virtual environment of its own, made on first use.
PYTHON ?= python3
VENV ?= .venv
OUT ?= demo

BIN := $(VENV)/bin
# constraints.txt pins what is known to work together, and the one PyTorch that extras may bring.
PIP := -m pip install --quiet --disable-pip-version-check
INSTALL := $(BIN)/python $(PIP) --constraint constraints.txt
INSTALL4 := $(VENV)-cellpose4/bin/python $(PIP) --constraint constraints.txt

.PHONY: demo test cluster test-cellpose4 screen lint bench accuracy shipped-model columns clean

demo: $(VENV)/.core ## Make a synthetic study, run everything on it, say where the report lies
	$(BIN)/lamella demo $(OUT)

test: lint screen $(VENV)/.test ## Lint, then every test
	$(BIN)/python -m pytest -n 2 --dist loadscope

# What a window needs of the system. Where it cannot be had, the tests of windows skip and say so.
SCREEN := xvfb libegl1 libgl1 libgl1-mesa-dri libxcb-cursor0 libxcb-icccm4 libxcb-image0 \
  libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxkbcommon-x11-0
screen: ## Install a virtual screen for the tests of windows (Debian, as root; elsewhere by hand)
	@if command -v Xvfb >/dev/null && ldconfig -p 2>/dev/null | grep -q libxcb-cursor; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { timeout 120 apt-get -qq update && DEBIAN_FRONTEND=noninteractive timeout 300 \
	    apt-get -qq install -y --no-install-recommends $(SCREEN); } >/dev/null 2>&1 \
	  || echo "no virtual screen could be installed: the tests of windows will skip"; \
	else echo "no virtual screen: the tests of windows will skip; they need: $(SCREEN)"; fi

test-cellpose4: $(VENV)-cellpose4/.ready ## Cellpose 4, in an environment of its own: about 15 GB of memory
	$(VENV)-cellpose4/bin/python -m pytest tests/cellpose4

cluster: $(VENV)/.test ## Workers of dask killed at random; a SLURM of one node (Debian, as root)
	$(BIN)/python -m pytest -m cluster tests/cluster

lint: $(VENV)/.test ## Style, types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test ## Speed against named alternatives: writes docs/benchmarks.md
	$(BIN)/python benchmarks/run.py

accuracy: $(VENV)/.test ## Measures against known truth: writes docs/accuracy.md
	PYTHONPATH=tests $(BIN)/python benchmarks/accuracy.py  # the worlds of the tests

shipped-model: $(VENV)/.test ## Train the recurrent network that is shipped: an hour on 2 cores
	$(BIN)/python shipped/make_model.py

columns: $(VENV)/.core ## The data dictionary: writes docs/columns.md
	$(BIN)/python docs/make_columns.py

clean: ## Remove the virtual environment and the demo
	rm -rf $(VENV) $(VENV)-cellpose4 $(OUT)

%/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lamella needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say which: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $*

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) --editable .
	@touch $@

# PyTorch goes first: where a build without CUDA is at hand it is taken, and what follows keeps it.
$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) torch
	$(INSTALL) --editable ".[test,lint]"
	@touch $@ $(VENV)/.core

# Cellpose 4 cannot stand beside Cellpose 3. It asks for torchvision, of which it uses a resize and
# two small functions: without its dependencies, any PyTorch stays as it is.
$(VENV)-cellpose4/.ready: pyproject.toml constraints.txt | $(VENV)-cellpose4/bin/python
	$(INSTALL4) torch
	$(INSTALL4) --editable . pytest fastremap fill_voids natsort requests roifile tqdm
	$(INSTALL4) --no-deps torchvision==0.15.2 segment_anything
	$(VENV)-cellpose4/bin/python $(PIP) --no-deps cellpose==4.2.1.1
	@touch $@
