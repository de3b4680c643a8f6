# The two commands: make demo, make test. Everything else they need they install into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo test lint types test-slurm test-browser notebooks builtin-model clean

# torch first and alone: any other requirement resolved before it could pull a build with gigabytes of GPU libraries.
$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install "torch>=2.11,<2.14"
	$(PIP) install --editable ".[test]"
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --editable ".[dev]"
	touch $@

demo: $(VENV)/.installed
	$(BIN)/sunproof demo configs/demo.yaml

test: $(VENV)/.installed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slurm and not browser"

# Debian packages $(2), unless one of the programs $(1) is there. Without root or apt the tests that need them are skipped.
define debian
	@for name in $(1); do PATH="$$PATH:/usr/sbin" command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		timeout 600 sh -c 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y $(2)' \
		|| echo "could not install $(2)"; \
	else echo "not installed here, and not for me to install: $(2)"; fi
endef

# A real SLURM of two nodes on this machine, started and stopped by the tests; some minutes.
test-slurm: $(VENV)/.installed
	$(call debian,slurmctld,slurm-wlm munge)
	$(BIN)/python -c "import dask_jobqueue" 2>/dev/null || $(PIP) install --editable ".[test,slurm]"
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/slurm -m slurm

# The report in headless Chromium.
test-browser: $(VENV)/.installed
	$(call debian,chromium chromium-browser google-chrome,chromium)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/browser -m browser

# The notebooks with the outputs of today's code, to be looked at and committed.
notebooks: $(VENV)/.installed
	$(BIN)/python -m tests.notebooks.execute

# The model in the package, made again from the real observations in SUNPROOF_DATA: from a clean checkout, for its receipt.
builtin-model: $(VENV)/.installed
	$(BIN)/python benchmarks/builtin_model.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

clean:
	rm -rf demo build .pytest_cache .mypy_cache .ruff_cache
