# `make help` lists what can be done. Everything made lies in build/.

PYTHON ?= python3
DEV := build/venv/dev/bin/python
EVALUATE := build/venv/evaluate/bin/python
SPARK := build/venv/spark/bin/python
WAREHOUSE := build/venv/warehouse/bin/python

# Terraform warns on every call when this names a file that does not exist.
export TF_CLI_CONFIG_FILE := $(wildcard $(TF_CLI_CONFIG_FILE))
export HYPOTHESIS_STORAGE_DIRECTORY := build/cache/hypothesis

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup package demo train evaluate backtest test unit runtimes evaluation spark spark-job warehouse-test contract e2e strict-test localstack-test iam-report lint scan docs policy-check labels report restore-drill warehouse bench local-up local-down local-status requirements clean cost cost-measure capacity controls audit fault-search redrive fuzz soak

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## build or reuse the Python environments
	@$(PYTHON) -m scripts.bootstrap dev ministack

package: setup ## build the function zips, byte-identical everywhere
	@$(DEV) -m scripts.package

demo: setup ## deploy locally and run transactions through (SYSTEM COUNT RATE INPUT MAP SEED LIMIT WORKERS)
	@$(DEV) -m scripts.demo $(if $(SYSTEM),--system "$(SYSTEM)") \
	  $(if $(COUNT),--count $(COUNT)) $(if $(RATE),--rate $(RATE)) \
	  $(if $(INPUT),--input "$(INPUT)") $(if $(MAP),--map "$(MAP)") $(if $(SEED),--seed $(SEED)) \
	  $(if $(LIMIT),--limit $(LIMIT)) $(if $(WORKERS),--workers $(WORKERS))

soak: setup ## the flagship under load and faults; build/soak/report.html (MINUTES RATE SEED)
	@$(DEV) -m scripts.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(RATE),--rate $(RATE)) $(if $(SEED),--seed $(SEED))

capacity: setup ## simulate the flagship with AWS's limits; build/capacity/report.html (SEED; VALIDATE=1: against the emulator)
	@$(DEV) -m scripts.capacity $(if $(SEED),--seed $(SEED)) $(if $(filter-out 0,$(VALIDATE)),--validate)

train: ## a model artifact from simulated data, or from a labelled file (INPUT MAP SKIP_BAD OUTPUT)
	@$(PYTHON) -m scripts.bootstrap evaluate
	@PYTHONPATH=lambda_src $(EVALUATE) -m evaluation.train $(if $(INPUT),--input "$(INPUT)") \
	  $(if $(MAP),--map "$(MAP)") $(if $(filter-out 0,$(SKIP_BAD)),--skip-bad) $(if $(OUTPUT),--output "$(OUTPUT)")

evaluate: ## every policy by the published protocol; build/evaluate/report.html (SEEDS CUSTOMERS SAMPLE WORKERS OUTPUT)
	@$(PYTHON) -m scripts.bootstrap evaluate
	@PYTHONPATH=lambda_src $(EVALUATE) -m evaluation.evaluate $(if $(SEEDS),--seeds $(SEEDS)) \
	  $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(SAMPLE),--sample "$(SAMPLE)") \
	  $(if $(WORKERS),--workers $(WORKERS)) $(if $(OUTPUT),--output "$(OUTPUT)")

backtest: ## compare two policies on a labelled file (POLICY INPUT; see CHAMPION MAP LABELS SINCE SKIP_BAD in the docs)
	@$(PYTHON) -m scripts.bootstrap evaluate
	@PYTHONPATH=lambda_src $(EVALUATE) -m evaluation.backtest $(if $(POLICY),--policy "$(POLICY)") \
	  $(if $(INPUT),--input "$(INPUT)") $(if $(CHAMPION),--champion "$(CHAMPION)") $(if $(DOCUMENT),--document "$(DOCUMENT)") \
	  $(if $(MODELS),--models "$(MODELS)") $(if $(MAP),--map "$(MAP)") $(if $(LABELS),--labels "$(LABELS)") \
	  $(if $(UNLABELLED),--unlabelled $(UNLABELLED)) $(if $(SINCE),--since $(SINCE)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(filter-out 0,$(SKIP_BAD)),--skip-bad) $(if $(OUTPUT),--output "$(OUTPUT)")

test: lint ## set up and run every test; two lines of them at once, for two processors
	@$(DEV) -m scripts.side_by_side $(MAKE) unit -- $(MAKE) fault-search evaluation spark warehouse-test
	@$(DEV) -m scripts.side_by_side $(MAKE) contract -- $(MAKE) runtimes
	@$(MAKE) strict-test iam-report

lint: setup ## ruff, mypy, terraform fmt
	@$(DEV) -m ruff check .
	@$(DEV) -m mypy
	@terraform fmt -check -diff -recursive .

unit: setup ## unit and property tests
	@$(DEV) -m pytest -q $(wildcard tests/unit tests/property)

fault-search: setup ## schedules of faults against simulated AWS (SCHEDULES FIRST WORKERS; SEED=N shows one)
	@PYTHONPATH=lambda_src $(DEV) -m tests.property.simulation $(if $(SCHEDULES),--schedules $(SCHEDULES)) \
	  $(if $(FIRST),--first $(FIRST)) $(if $(WORKERS),--workers $(WORKERS)) $(if $(SEED),--seed $(SEED))

fuzz: setup ## generated requests to the deployed APIs, held against their documents; build/fuzz/report.json (SYSTEM REQUESTS SEED)
	@$(DEV) -m scripts.fuzz $(if $(SYSTEM),--system "$(SYSTEM)") $(if $(REQUESTS),--requests $(REQUESTS)) \
	  $(if $(SEED),--seed $(SEED))

runtimes: setup ## the functions' tests on Python 3.9 and 3.13, with the packages of the zips
	@$(DEV) -m scripts.runtimes

evaluation: ## tests of training, evaluation and backtest, in their own environment
	@$(PYTHON) -m scripts.bootstrap evaluate
	@$(EVALUATE) -m pytest -q --confcutdir=tests/evaluation tests/evaluation

spark: ## tests of the lake's Spark jobs, in their own environment; needs Java 11 to 17
	@$(PYTHON) -m scripts.bootstrap spark
	@$(SPARK) -m pytest -q --confcutdir=tests/spark tests/spark

spark-job: setup ## run a Spark job on a lake (JOB=daily|weekly; LAKE=folder, or that of the local stack; DAY WEEK POLICY)
	@$(PYTHON) -m scripts.bootstrap spark
	@$(DEV) -m scripts.spark_jobs $(or $(JOB),daily) $(if $(LAKE),--lake "$(LAKE)") $(if $(BUCKET),--bucket "$(BUCKET)") \
	  $(if $(DAY),--day $(DAY)) $(if $(WEEK),--week $(WEEK)) $(if $(POLICY),--policy-document "$(POLICY)")

warehouse-test: ## the warehouse's SQL, executed on PostgreSQL, in its own environment
	@$(PYTHON) -m scripts.bootstrap warehouse
	@$(WAREHOUSE) -m pytest -q --confcutdir=tests/warehouse tests/warehouse

contract: package ## terraform validate and test in every module, generated docs, the API document
	@$(DEV) -m pytest -q tests/contract

e2e: package ## the deployed pipeline, on the embedded local AWS
	@$(DEV) -m pytest -q tests/e2e

strict-test: package ## the same, with every call held to IAM; what was used of the grants in build/iam/calls
	@$(DEV) -m scripts.side_by_side \
	  $(DEV) -m pytest -q --basetemp build/tmp-flagship tests/e2e --emulator strict --systems flagship -- \
	  $(DEV) -m pytest -q --basetemp build/tmp-others tests/e2e --emulator strict --systems others

localstack-test: package ## the same tests on LocalStack: LOCALSTACK_ENDPOINT, else Docker, else as processes
	@$(DEV) -m scripts.localstack
	@$(DEV) -m scripts.side_by_side \
	  $(DEV) -m pytest -q --basetemp build/tmp-flagship tests/e2e --emulator localstack --systems flagship -- \
	  $(DEV) -m pytest -q --basetemp build/tmp-others tests/localstack tests/e2e --emulator localstack --systems others

bench: package ## calls, times and growth into docs/performance.md (SECTION=calls|cpu|cold_start|growth|end_to_end)
	@$(DEV) -m tests.bench.performance $(SECTION)

iam-report: setup ## what every policy grants, and the test that used it; after `make unit strict-test`
	@$(DEV) -m scripts.iam_report

scan: package ## checkov over source and plans, secrets in any file; reports in build/scan/
	@$(PYTHON) -m scripts.bootstrap checkov
	@$(DEV) -m scripts.scan

controls: setup ## write docs/controls.md from the last scan
	@$(DEV) -m scripts.controls

audit: setup ## known weaknesses of the pinned Python packages (asks the package index)
	@$(PYTHON) -m scripts.bootstrap audit
	@$(DEV) -m scripts.audit

docs: setup ## write the tables of inputs and outputs into the modules' READMEs
	@$(DEV) -m scripts.module_docs

policy-check: setup ## check a policy document as the functions do (FILE; default: the shipped one)
	@$(DEV) -m scripts.policy check "$(or $(FILE),policy_documents/flagship.json)"

labels: setup ## post a file of labels through the API (FILE SYSTEM SOURCE SKIP_BAD; API_ENDPOINT and API_KEY, or the local stack)
	@$(DEV) -m scripts.labels $(if $(FILE),"$(FILE)") $(if $(SYSTEM),--system "$(SYSTEM)") \
	  $(if $(SOURCE),--source $(SOURCE)) $(if $(filter-out 0,$(SKIP_BAD)),--skip-bad)

report: setup ## have the compliance report of a day made, and fetch it (DATE SYSTEM; FUNCTION of a deployed system)
	@$(DEV) -m scripts.report $(if $(DATE),--date "$(DATE)") $(if $(SYSTEM),--system "$(SYSTEM)") \
	  $(if $(FUNCTION),--function "$(FUNCTION)")

restore-drill: setup ## lose the transactions table locally, bring it back, print RPO and RTO (SYSTEM BEFORE AFTER SEED DRY_RUN)
	@$(DEV) -m scripts.restore_drill $(if $(SYSTEM),--system "$(SYSTEM)") $(if $(BEFORE),--before $(BEFORE)) \
	  $(if $(AFTER),--after $(AFTER)) $(if $(SEED),--seed $(SEED)) $(if $(filter-out 0,$(DRY_RUN)),--dry-run)

redrive: setup ## list failed transactions and blocked accounts; release them in order (ACCOUNT|ALL|TRANSACTION|ABANDON EXECUTE REASON RATE PARALLEL OUTPUTS)
	@$(DEV) -m scripts.redrive $(if $(SYSTEM),--system "$(SYSTEM)") $(if $(OUTPUTS),--outputs "$(OUTPUTS)") \
	  $(if $(ACCOUNT),--account "$(ACCOUNT)") $(if $(filter-out 0,$(ALL)),--all) \
	  $(if $(TRANSACTION),--transaction "$(TRANSACTION)") $(if $(ABANDON),--abandon "$(ABANDON)") \
	  $(if $(filter-out 0,$(EXECUTE)),--execute) $(if $(REASON),--reason "$(REASON)") $(if $(RATE),--rate $(RATE)) \
	  $(if $(PARALLEL),--parallel $(PARALLEL)) $(if $(PATIENCE),--patience $(PATIENCE)) \
	  $(if $(filter-out 0,$(TAKE_OVER)),--take-over) $(if $(filter-out 0,$(RECOUNT)),--recount)

warehouse: setup ## install sql/ in the Redshift of a deployed root (DIR DAYS_AHEAD; PRINT=1 only prints the SQL)
	@$(DEV) -m scripts.warehouse $(if $(DIR),--directory "$(DIR)") $(if $(DAYS_AHEAD),--days-ahead $(DAYS_AHEAD)) \
	  $(if $(filter-out 0,$(PRINT)),--print)

cost: setup ## what every system costs a month, by service and feature; docs/cost.md, build/cost/report.html
	@$(DEV) -m scripts.cost

cost-measure: setup ## count what a transaction makes a system do, for scripts/cost/workload.toml (SYSTEM COUNT)
	@$(DEV) -m scripts.cost.measure $(if $(SYSTEM),--system "$(SYSTEM)") $(if $(COUNT),--count $(COUNT))

local-up: setup ## start a local AWS with a system on it and leave it running (SYSTEM PORT)
	@$(DEV) -m scripts.local_aws up $(if $(SYSTEM),--system "$(SYSTEM)") $(if $(PORT),--port $(PORT))

local-down: setup ## stop it
	@$(DEV) -m scripts.local_aws down

local-status: setup ## say which system runs, and how to use it
	@$(DEV) -m scripts.local_aws status

requirements: setup ## compile requirements/*.in again (new versions are taken when a pin allows)
	@$(DEV) -m scripts.requirements

clean: ## stop the local stack and remove build/
	@if [ -x $(DEV) ] && [ -f build/local/stack.json ]; then $(DEV) -m scripts.local_aws down; fi
	@rm -rf build
