# `make demo` and `make test` need Python 3.11 or later and make; everything else they set up in .venv themselves.

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
ARGS  ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check format kafka test-kafka test-browser bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  ARGS="..." goes to the program that the target runs: make test ARGS="-k quorum"'

setup: $(READY) ## Install into .venv, by uv or else by venv and pip; again only when the locks have changed

demo: $(READY) ## Play a labeling queue through a real worker, with nothing installed; about two minutes
	$(BIN)/labelquorum demo $(ARGS)

test: $(READY) ## Run the tests that need nothing but Python
	$(BIN)/pytest -n auto --dist loadfile $(ARGS)

check: $(READY) ## Check format, lint, types and the rules on who imports whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY) ## Format the code and mend what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

kafka: $(READY) ## Fetch Apache Kafka into .cache by Maven, once (needs Java 17 and mvn)
	@$(BIN)/python -c 'from tests.support.kafka_broker import kafka_libraries; print("Apache Kafka:", kafka_libraries())'

test-kafka: kafka ## Run the tests against Apache Kafka, the crash tests among them
	$(BIN)/pytest -m kafka tests $(ARGS)

test-browser: $(READY) ## Look at the report in a real Chromium (Debian: apt-get install chromium)
	$(BIN)/pytest -m browser tests/report $(ARGS)

bench: $(READY) ## Measure rates, latency, memory and scoring; takes minutes
	$(BIN)/python -m tests.bench $(ARGS)

lock: ## Lock dependencies anew and export what pip and the image install (needs uv)
	uv lock
	$(call export,--no-dev) --output-file deploy/requirements.lock
	$(call export,--all-extras --all-groups) --output-file deploy/requirements-dev.lock

clean: ## Remove .venv, caches and build output
	rm -rf $(VENV) .cache build dist out labelquorum-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

export = uv export --quiet --frozen --no-emit-project --no-annotate --no-header --format requirements.txt $(1)

$(READY): pyproject.toml uv.lock deploy/requirements-dev.lock
	@if uv --version >/dev/null 2>&1; then $(with_uv); else $(with_pip); fi
	@touch $@

define with_uv
UV_PROJECT_ENVIRONMENT=$(VENV) uv sync --frozen --all-extras
endef

# `import ensurepip` because Debian's python3 comes without it, and `venv` would fail with it half done.
define with_pip
set -e; \
for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		python=$$candidate; break; \
	fi; \
done; \
if [ -z "$${python:-}" ]; then \
	echo 'labelquorum needs Python 3.11 or later with its venv module; none was found on PATH.' >&2; \
	echo 'Name one (make setup PYTHON=/path/to/python3.12), or install one (Debian: apt install python3 python3-venv),' >&2; \
	echo 'or install uv, which brings its own: https://docs.astral.sh/uv/' >&2; \
	exit 1; \
fi; \
echo "Installing into $(VENV) with $$("$$python" --version), venv and pip"; \
"$$python" -m venv --clear $(VENV); \
$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r deploy/requirements-dev.lock; \
$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --editable .
endef
