PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LIBRARY := $(or $(QA_LIBRARY),library)
PORT ?= 8501

.PHONY: demo test torture lint ingest eval bench bench-full screenshots browser

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

# The mark is written last: a build that was interrupted is taken up again.
$(LIBRARY)/samples-added: | $(VENV)/app
	$(BIN)/python -m ingest samples/articles
	touch $@

demo: $(VENV)/app $(LIBRARY)/samples-added  ## sample library and web page
	@echo "Opening http://localhost:$(PORT)"
	$(BIN)/python -m streamlit run app.py --server.port $(PORT) --server.headless false

test: $(VENV)/dev browser lint  ## everything, from an empty environment
	$(BIN)/python -m pytest -q

torture: $(VENV)/dev browser  ## the long runs: faults, hostile files, load
	$(BIN)/python -m pytest -q -m torture

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

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
