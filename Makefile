# The first Python here that is new enough. If there is none, bootstrap.py says so.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done || true)
BIN := .venv/bin
export BENCH PORT AUTHORITY SUB SCOPE OP EVENT WHAT PROPOSAL JSON STAGE ARCH PARAMS YES
# The most that `make test` may take, in seconds of user and system time, its child processes among them: three minutes on
# two cores.
CPU_BUDGET := 360
SCHEDULES ?= 10000

.PHONY: help run token console test system-test browser-test faults check infra-check lock package openapi deploy e2e bench env

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env:
	@command -v $(or $(PYTHON),python3) >/dev/null || { echo "Known To needs Python 3.11 or newer: install it first." >&2; exit 1; }
	@$(or $(PYTHON),python3) infra/local/bootstrap.py

run: env ## run the whole service on this machine; PORT=8000
	@$(BIN)/python -m infra.local.run

token: env ## print a token for curl: AUTHORITY=E09000014 SUB=sw-1 [SCOPE="lookup register"], by default all scopes
	@$(BIN)/python -m infra.local.make_token

console: env ## run a console function on the local stage: OP=suspend_authority [EVENT=file.json] [WHAT=…] [PROPOSAL=…] [JSON=1]
	@$(BIN)/python -m infra.local.console

test: env ## units, properties, routes and every table on an emulated AWS, within a budget of CPU seconds
	@$(BIN)/python -m tests.cpu_budget $(CPU_BUDGET) -m pytest -n 2 --dist loadfile --ignore tests/browser -m "not system"

system-test: env .venv-clients/made ## packaging, rights, the whole stage, client processes, documents, generated clients and a fuzzer, deploying, switching off
	@$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/browser -m system

browser-test: env ## the local stage's pages in a real Chromium; Debian: apt-get install chromium chromium-driver
	@$(BIN)/python -m pytest tests/browser

faults: env ## random fault schedules: no answer unrecorded, nobody known denied; SCHEDULES=10000
	@FAULT_SCHEDULES=$(SCHEDULES) $(BIN)/python -m pytest tests/integration/test_random_faults.py -n 2 --dist load

check: env ## check format, lint, types and layers
	@$(BIN)/ruff format --check -q . && $(BIN)/ruff check -q . && $(BIN)/mypy && $(BIN)/lint-imports

# Names the Python and the pins that .venv was made with. `env` writes it when either changes.
.venv/made-from: env
	@:

# A separate environment for tools whose pins contradict ours, or that must not see our packages.
.venv-%/made: requirements-%.txt .venv/made-from
	@echo "Making the environment of $* in .venv-$* (once, about a minute)"
	@$(BIN)/python -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-$*.txt
	@touch $@

NAG := infra/check/nag
$(NAG)/node_modules/made: $(NAG)/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null || \
		{ echo "cdk-nag needs node 20 or newer, with npm: install them, then make infra-check again." >&2; exit 1; }
	@echo "Installing cdk-nag into $(NAG)/node_modules (once, some seconds)"
	@cd $(NAG) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

infra-check: env .venv-infra/made $(NAG)/node_modules/made ## lint the template and the rights that it grants; each exception has a reason
	@mkdir -p .local && $(BIN)/python -m infra.check.packaging > .local/template.json
	@.venv-infra/bin/python -m infra.check.findings .local/template.json

openapi: env ## write the API's description from the wire types and routes
	@$(BIN)/python -m infra.openapi.generate

COMPILE = $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	--custom-compile-command "make lock"

lock: env ## update the pins of the dependencies in pyproject.toml; what ships has the pins that were tested
	@$(COMPILE) pyproject.toml --upgrade --group dev -o requirements-dev.txt
	@$(COMPILE) pyproject.toml -c requirements-dev.txt -o requirements.txt
	@$(COMPILE) --upgrade --group pyproject.toml:infra -o requirements-infra.txt
	@$(COMPILE) --group pyproject.toml:e2e -c requirements-dev.txt -o requirements-e2e.txt
	@$(COMPILE) --upgrade --group pyproject.toml:clients -o requirements-clients.txt

package: env ## make the package to deploy, in .build/; STAGE=dev ARCH=arm64
	@$(BIN)/python -m infra.build.package

deploy: env ## package, show the changes, ask, deploy; STAGE=dev [ARCH=arm64] [PARAMS="Name=value …"] [YES=1]
	@$(BIN)/python -m infra.deploy.deploy

e2e: env .venv-e2e/made ## deploy the real package and template to an emulated AWS, and walk through the API
	@$(BIN)/python -m tests.e2e

bench: env ## measure everything and write docs/performance.md (minutes); BENCH=full for the long run
	@$(BIN)/python -m bench
