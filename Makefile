PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

# Packages of GPUs, and torch, which the Dockerfile takes from an index of its own, are not locked.
UNLOCKED := torch triton nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft \
  nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink \
  nvidia-nvshmem-cu13 nvidia-nvtx cuda-bindings cuda-pathfinder cuda-toolkit
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.PHONY: demo test torture lint ingest eval bench bench-full screenshots browser lock audit

# Dependencies are installed when pyproject.toml is newer than the mark of the last installation.
$(VENV)/app: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $(VENV)/app $@

$(VENV)/bench: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	touch $(VENV)/app $@

demo: $(VENV)/app  ## sample library and web page
	@echo "Opening http://localhost:$(PORT)"
	STREAMLIT_SERVER_PORT=$(PORT) STREAMLIT_SERVER_HEADLESS=false $(BIN)/python -m ui --samples

test: $(VENV)/dev browser lint  ## everything, from an empty environment
	$(BIN)/python -m pytest -q

torture: $(VENV)/dev browser  ## the long runs: faults, hostile files, load
	$(BIN)/python -m pytest -q -m torture

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/lock: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'uv>=0.9,<1' 'pip-audit>=2.9,<3'
	touch $@

lock: $(VENV)/lock  ## the versions and hashes that the container installs
	$(LOCK) $(addprefix --no-emit-package ,$(UNLOCKED)) --output-file requirements.lock --upgrade pyproject.toml
	grep -A2 '^setuptools==' requirements.lock > requirements-build.lock

audit: $(VENV)/lock  ## known weaknesses of the locked packages; asks a service on the network
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock

ingest: $(VENV)/app  ## make ingest PATHS="folder file.pdf"
	$(BIN)/python -m ingest $(PATHS)

eval: $(VENV)/dev  ## make eval DIRS="folder in BEIR layout"
	$(BIN)/python -m evaluation $(DIRS)

screenshots: $(VENV)/dev browser  ## the README's pictures, docs/*.png
	$(BIN)/python -m docs.screenshots

bench: $(VENV)/bench  ## make bench [DATA=folder in BEIR layout]: speed against peers, into the README
	$(BIN)/python -m benchmarks $(if $(DATA),--data $(DATA))

bench-full: $(VENV)/bench
	$(BIN)/python -m benchmarks --full $(if $(DATA),--data $(DATA))

# The browser tests drive Debian's Chromium; elsewhere install one yourself.
browser:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-noto-cjk >/dev/null; } || \
	  { echo "The browser tests need Chromium: apt-get install chromium fonts-noto-cjk"; exit 1; }
