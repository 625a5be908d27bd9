# Everything runs in a virtual environment of its own, made on first use.
PYTHON ?= python3
VENV ?= .venv
OUT ?= demo

BIN := $(VENV)/bin
# constraints.txt pins what is known to work together, and the one PyTorch that extras may bring.
PIP := -m pip install --quiet --disable-pip-version-check
INSTALL := $(BIN)/python $(PIP) --constraint constraints.txt
INSTALL4 := $(VENV)-cellpose4/bin/python $(PIP) --constraint constraints.txt

.PHONY: demo test faults cluster test-cellpose4 screen lint style types contracts audit fuzz sbom \
  licences bench accuracy shipped-model columns clean

demo: $(VENV)/.core ## Make a synthetic study, run everything on it, say where the report lies
	$(BIN)/lamella demo $(OUT)

test: lint screen $(VENV)/.test ## Lint, then every test
	$(BIN)/python -m pytest -n 2 --dist loadscope

faults: $(VENV)/.test ## Every case of the fault matrix: killed, disk full, damaged, two at once …
	$(BIN)/python -m pytest tests/faults -m fault -n 2 --dist worksteal -W ignore

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

lint: $(VENV)/.test ## Style, types, the import contracts, known vulnerabilities, side by side
	@$(MAKE) --no-print-directory -j2 --output-sync=target types style contracts audit

style: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

contracts: $(VENV)/.test
	$(BIN)/lint-imports

# Its tools stand in an environment of their own: what users install is looked at from outside.
audit: $(VENV)/.test ## Known vulnerabilities of what is installed, where the advisories can be reached
	@if $(MAKE) --no-print-directory $(VENV)-release/.ready >/dev/null 2>&1; then \
	  $(BIN)/python .ci/audit.py $(VENV)-release/bin/pip-audit \
	    "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"; \
	else echo "audit: pip-audit could not be installed: nothing is audited"; fi

sbom: $(VENV)/.test $(VENV)-release/.ready ## What Lamella and its extras bring, as CycloneDX: sbom.json
	$(VENV)-release/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --of JSON -o $(VENV)-release/whole.json $(BIN)/python
	$(BIN)/python docs/make_licences.py --sbom $(VENV)-release/whole.json sbom.json

licences: $(VENV)/.test ## The licences of what is installed: writes docs/licences.md
	$(BIN)/python docs/make_licences.py

# MINUTES for every reader, or for READER alone; a run goes on where the last one stopped.
MINUTES ?= 10
fuzz: $(VENV)/.test ## Damaged and hostile files for every reader; what falls is kept in fuzz/corpus
	$(BIN)/python -m fuzz --minutes $(MINUTES) $(if $(READER),--reader $(READER))

bench: $(VENV)/.test ## Speed against named alternatives: writes docs/benchmarks.md
	$(BIN)/python benchmarks/run.py

accuracy: $(VENV)/.test ## Measures against known truth: writes docs/accuracy.md
	PYTHONPATH=tests $(BIN)/python benchmarks/accuracy.py  # the worlds of the tests

shipped-model: $(VENV)/.test ## Train the recurrent network that is shipped: an hour on 2 cores
	$(BIN)/python shipped/make_model.py

columns: $(VENV)/.core ## The data dictionary: writes docs/columns.md
	$(BIN)/python docs/make_columns.py

clean: ## Remove the virtual environment and the demo
	rm -rf $(VENV) $(VENV)-cellpose4 $(VENV)-release $(OUT) sbom.json

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

$(VENV)-release/.ready: pyproject.toml | $(VENV)-release/bin/python
	$(VENV)-release/bin/python $(PIP) "cyclonedx-bom>=7,<8" "pip-audit>=2.10,<3"
	@touch $@

# Cellpose 4 cannot stand beside Cellpose 3. It asks for torchvision, of which it uses a resize and
# two small functions: without its dependencies, any PyTorch stays as it is.
$(VENV)-cellpose4/.ready: pyproject.toml constraints.txt | $(VENV)-cellpose4/bin/python
	$(INSTALL4) torch
	$(INSTALL4) --editable . pytest fastremap fill_voids natsort requests roifile tqdm
	$(INSTALL4) --no-deps torchvision==0.15.2 segment_anything
	$(VENV)-cellpose4/bin/python $(PIP) --no-deps cellpose==4.2.1.1
	@touch $@
