# Everything runs in .venv, made from the hashed pins in requirements/ by a uv that is pinned the same way.
#   make demo              needs Python >= 3.11 with pip, and nothing else
#   make test ARGS='-n 0 -k checkout'
#   make lock ARGS=--upgrade
PY ?= python3
ARGS ?=

UV := .uv/bin/uv
BIN := .venv/bin
# Two stamps for one environment. dev.txt is a superset of runtime.txt: once there, it serves every target.
DEV := .venv/.dev
RUNTIME := .venv/.runtime
ANY := $(if $(wildcard $(DEV)),$(DEV),$(RUNTIME))

export UV_PYTHON_DOWNLOADS = never
# Without compiled modules every command would start three times as slowly.
unexport PYTHONDONTWRITEBYTECODE
export PIP_ROOT_USER_ACTION = ignore

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup demo serve test check bench fmt lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

setup: $(DEV) ## make .venv with everything that development needs

demo: $(ANY) ## show the whole story on a throwaway database
	@$(BIN)/estuary demo $(ARGS)

serve: $(ANY) ## serve the API
	@$(BIN)/estuary serve $(ARGS)

test: check ## check, then run every test; ARGS goes to pytest
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(DEV) ## formatting, lint, types, architecture
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(DEV) ## measure; ARGS goes to the benchmarks
	@$(BIN)/python -m benchmarks $(ARGS)

fmt: $(DEV) ## format and repair what can be repaired
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

PINS = --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(ARGS)
lock: $(UV) ## pin again what pyproject.toml asks for; ARGS=--upgrade moves to newer releases
	@$(UV) pip compile --group bootstrap $(PINS) --output-file requirements/uv.txt
	@$(UV) pip compile --group build $(PINS) --output-file requirements/build.txt
	@$(UV) pip compile pyproject.toml $(PINS) --output-file requirements/runtime.txt
	@$(UV) pip compile pyproject.toml --group dev $(PINS) --constraints requirements/runtime.txt \
		--output-file requirements/dev.txt
	@$(UV) pip compile --group description $(subst 3.11,3.14,$(PINS)) --no-deps \
		--output-file requirements/description.txt
	@if grep -n '://' requirements/*.txt; then echo 'requirements/ must not name any host'; exit 1; fi

clean: ## remove the environment, uv and every cache
	@rm -rf .venv .uv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is wrong with this Python, in a few words; nothing when it will do.
PROBE = import importlib.util as u, sys; print( \
	"it is " + sys.version.split()[0] if sys.version_info < (3, 11) else \
	"ok" if u.find_spec("pip") else "it has no pip")
python_problem = $(filter-out ok,$(or $(shell $(PY) -c '$(PROBE)' 2>/dev/null),it does not run))

$(UV): requirements/uv.txt
	$(if $(python_problem),$(error Estuary needs Python >= 3.11 with pip, but $(PY) will not do: \
	$(python_problem). Try: make PY=python3.12))
	@$(PY) -m pip install -qq --disable-pip-version-check --upgrade --target .uv --require-hashes -r $<
	@touch $@

define environment
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PY) .venv
	@VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes $(1)
	@VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --build-constraints requirements/build.txt --editable .
	@touch $@
endef

$(DEV): requirements/dev.txt requirements/build.txt requirements/description.txt pyproject.toml $(UV)
	$(call environment,requirements/dev.txt)
	@$(UV) pip install --quiet --no-deps --require-hashes --python-version 3.14 --target .venv/description \
		--requirements requirements/description.txt
	@touch $@

$(RUNTIME): requirements/runtime.txt requirements/build.txt pyproject.toml $(UV)
	$(call environment,requirements/runtime.txt)
