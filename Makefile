# Two commands: `make demo` runs it, `make test` proves it. Each sets up what it needs.
.PHONY: demo test test-long check bench lock clean

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
# A process for each core and one more; tests/conftest.py says which tests stay in one. One that crashes ends the run:
# with another in its place the run never does (xdist hands out again what the crashed one had finished).
SHARED := --numprocesses=auto --maxprocesses=4 --max-worker-restart=0 --no-loadscope-reorder
READY := $(VENV)/.ready

# Where it is set, every program compiles all it imports anew, and starts three times as slowly.
unexport PYTHONDONTWRITEBYTECODE

# uv comes from PyPI into an environment of its own; without it plain pip does the same, more slowly.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=…") if sys.version_info < (3, 11) else None'
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(RUN)/uv pip sync --quiet --python $(RUN)/python --require-hashes requirements.lock
	@$(RUN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "dinh-danh.pth").write_text("$(CURDIR)\n")'
	@printf '#!/bin/sh\nexec "$(CURDIR)/$(RUN)/python" -m idp "$$@"\n' > $(RUN)/idp
	@chmod +x $(RUN)/idp
	@touch $@

demo: $(READY)
	$(RUN)/python -m idp demo

test: check
	$(RUN)/python -m pytest -q $(SHARED)

test-long: check
	$(RUN)/python -m pytest -q $(SHARED) --long

check: $(READY)
	$(RUN)/ruff check --quiet .
	$(RUN)/ruff format --check --quiet .
	@$(RUN)/lint-imports --no-cache & imports=$$!; $(RUN)/mypy; types=$$?; wait $$imports && exit $$types

bench: $(READY)
	$(RUN)/python -m tests.benchmarks

# Written again whenever pyproject.toml names another library. No registry address may stand in it.
lock:
	$(RUN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group test pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .hypothesis
