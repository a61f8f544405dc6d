# Every target works as the first command on a machine with Python 3.11 or later: .venv is made
# from requirements.lock when it is missing or older than the lock.
#   make convert ARGS="--to eql"      further arguments for the command
#   make test PYTHON=python3.13       another Python

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help convert package test static check bench bench-convert bench-scan bench-matches spark extras lock clean

BIN := .venv/bin
READY := .venv/.ready
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(shell for python in $(CANDIDATES); do \
	$$python -c "$(FITS)" >/dev/null 2>&1 && echo $$python && break; done)

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

convert: $(READY) ## the rules become queries in out/, and docs/detections.md
	$(BIN)/polysigma convert $(ARGS)
	$(if $(ARGS),,$(BIN)/polysigma docs)

package: $(READY) ## what each platform installs, in out/packages/; renews versions.lock.json
	$(BIN)/polysigma package $(ARGS)

test: $(READY) ## every rule against its sample events, then the code's own tests
	$(BIN)/polysigma test
	$(BIN)/pytest -q $(ARGS)

static: $(READY) ## all checks that run nothing: format, lint, types, floors, rules, out/
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/polysigma lint
	$(BIN)/polysigma convert --check
	$(BIN)/polysigma docs --check

check: static ## static, then the code's own tests
	$(BIN)/pytest -q $(ARGS)

splunk: $(READY) ## Splunk's own checkers over the packages for Splunk
	.ci/splunk

bench: $(READY) ## how long converting and scanning take; ARGS="--rules FOLDER" for more rules
	$(BIN)/python bench/both.py $(ARGS)

bench-convert: $(READY) ## only converting, beside sigma-cli; ARGS="--help" says what there is
	$(BIN)/python bench/convert.py $(ARGS)

bench-scan: $(READY) ## only scanning, beside orjson, isal and RSigma; ARGS="--help"
	$(BIN)/python bench/scan.py $(ARGS)

bench-matches: $(READY) ## whether scan finds the same without its prefilter, and as RSigma; ARGS="--help"
	$(BIN)/python bench/agreement.py $(ARGS)

extras: .venv-extras/.ready ## the tests of tables, event logs and URLs; installs what reads them
	.venv-extras/bin/python -m pytest -q tests/test_logs_tables.py tests/test_logs_urls.py \
		tests/test_scan_output.py $(ARGS)

spark: .venv-spark/.ready ## the tests of scan --engine spark; installs PySpark, needs Java 17 or later
	.venv-spark/bin/python -m pytest -q tests/test_spark.py $(ARGS)

lock: ## renew requirements.lock and those of Splunk's checkers (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-header --no-emit-index-url --quiet --output-file requirements.lock
	for name in appinspect contentctl; do uv pip compile .ci/$$name.in --universal \
		--python-version 3.11 --upgrade --generate-hashes --no-header --no-emit-index-url \
		--quiet --output-file .ci/$$name.lock || exit 1; done

clean: ## remove the environment and all caches; out/ stays
	rm -rf .venv .venv-extras .venv-spark .venv-splunk build dist .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache converter/native/*.so
	find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

NATIVE := hatch_build.py $(wildcard converter/native/*.[ch])

$(READY): pyproject.toml requirements.lock $(NATIVE)
	@test -n "$(PYTHON)" && $(PYTHON) -c "$(FITS)" >/dev/null 2>&1 || { \
		echo "No fitting Python: it must be 3.11 or later and have venv and ensurepip." >&2; \
		echo "Install python3 and python3-venv, or name one: make $(MAKECMDGOALS) PYTHON=..." >&2; \
		exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q converter
	@touch $(READY)

EXTRAS_extras := parquet,evtx,cloud
EXTRAS_spark := spark

.venv-%/.ready: pyproject.toml requirements.lock $(NATIVE)
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements.lock
	.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable ".[$(EXTRAS_$*)]"
	@touch $@
