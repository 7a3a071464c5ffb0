# `make` alone lists the commands. There is no `clean`: the data folder holds people's books, and nothing here deletes it.
VENV ?= .venv
PY := $(VENV)/bin/python
BIN := $(VENV)/bin
WITH_SERVERS := $(PY) -m ledgerlou.embedded.testing
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help installed run test check bench openapi lock backup restore

help:
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

installed:
	@.ci/install "$(VENV)"

run: installed ## start everything: database, broker, web server, workers (Ctrl-C stops it)
	@exec $(PY) -m ledgerlou.embedded.run

test: installed ## the whole test suite; ARGS="..." goes to pytest
	@exec .ci/test "$(VENV)" $(ARGS)

check: installed ## style, types, imports, migrations, API description
	@test -s requirements.lock && ! grep -nE 'https?://' requirements.lock
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(WITH_SERVERS) -- sh -euc '$(BIN)/mypy . && $(PY) manage.py makemigrations --check --dry-run && $(PY) manage.py openapi --check'

bench: installed ## measure on servers that write to disk as in production; ARGS="..." goes to the benchmark
	@exec $(WITH_SERVERS) --durable -- $(PY) -m tests.bench $(ARGS)

openapi: installed ## write the API description anew
	@exec $(WITH_SERVERS) -- $(PY) manage.py openapi

lock: installed ## resolve the dependencies anew and write requirements.lock
	$(VENV)/uv/bin/uv pip compile pyproject.toml --quiet --system-certs --universal --all-extras --group dev --python-version 3.11 \
		--generate-hashes --no-header --no-annotate -o requirements.lock
	@! grep -nE 'https?://' requirements.lock

backup: installed ## database and files into one new file; FILE=... names it
	@exec $(PY) -m ledgerlou.embedded.backup $(if $(FILE),"$(FILE)")

restore: installed ## FILE=... back into an empty database; REPLACE=1 replaces one, DESPITE_FAULTS=1 takes one that verify faults
	@test -n "$(FILE)" || { echo 'ledgerlou: say which backup: make restore FILE=...' >&2; exit 2; }
	@exec $(PY) -m ledgerlou.embedded.restore "$(FILE)" $(if $(REPLACE),--replace) $(if $(DESPITE_FAULTS),--despite-faults)
