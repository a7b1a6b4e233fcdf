"""Constraints of examples/securebank that take a real plan to be seen: buckets, Glue, Athena, what is encrypted.

All others are in examples/securebank/tests, each by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from scripts import paths, planned
from scripts.planned import Plan

BUCKETS = {"securebank-lake-dev", "securebank-reports-dev", "securebank-trail-dev"}
FUNCTIONS = [
    "customer-query",
    "ingest",
    "label",
    "lake",
    "report",
    "reshard",
    "spend",
    "stream-failed",
    "stream-process",
    "sweep",
]
AUDIT = [
    "backup-protection-change",
    "config-change",
    "console-login-without-mfa",
    "iam-policy-change",
    "key-disabled-or-deleted",
    "root-use",
    "trail-change",
    "unauthorised-calls",
]
# By table: what throttles, and which operations can fail at DynamoDB's side.
TABLES = {
    "customers": ([""], ["batchgetitem", "transactwriteitems", "updateitem"]),
    "fraud-insights": ([""], ["batchgetitem", "transactwriteitems"]),
    "transaction-ids": ([""], ["batchgetitem", "getitem", "transactwriteitems"]),
    "transactions": (
        ["", "merchantindex-", "received-index-", "transactionidindex-"],
        ["batchgetitem", "getitem", "putitem", "query", "transactwriteitems", "updateitem"],
    ),
}
ALARMS = {
    *("api-errors", "api-latency", "books-differ", "books-not-compared", "decision-delay", "events-undelivered"),
    *("failures-unrecorded", "fraud-alerts-undelivered", "fraud-rate", "given-up-backlog", "given-up-dead-letter"),
    *("given-up-delay", "given-up-failed", "lake-dead-letter", "lake-delay", "policy-fallback"),
    *("policy-refresh-failed", "processing-failures-undelivered", "records-lost", "settlement-failed"),
    *("stream-read-throttles",),
    *("stream-reshard-refused", "stream-write-throttles", "sweep-failed", "transactions-failed", "transactions-stale"),
    *(f"{function}-{sign}" for function in FUNCTIONS for sign in ("duration", "error-rate", "throttles")),
    *(f"audit-{name}" for name in AUDIT),
    *(
        f"table-{table}-{part}{direction}-throttles"
        for table, (parts, _) in TABLES.items()
        for part in parts
        for direction in ("read", "write")
    ),
    *(f"table-{table}-{name}-system-errors" for table, (_, operations) in TABLES.items() for name in operations),
}


@pytest.fixture
def plan(plan_of: Callable[[str], Plan]) -> Plan:
    return plan_of(planned.SECUREBANK)


def test_the_stream_is_encrypted_with_the_key(plan: Plan) -> None:
    (stream,) = plan.resources("aws_kinesis_stream")

    assert stream["encryption_type"] == "KMS"
    assert stream["unknown"]["kms_key_id"] is True  # a key that is made in the same apply


def test_every_bucket_is_encrypted_with_the_key_versioned_and_closed(plan: Plan) -> None:
    buckets = plan.resources("aws_s3_bucket")
    encrypted = plan.resources("aws_s3_bucket_server_side_encryption_configuration")
    closed = plan.resources("aws_s3_bucket_public_access_block")
    versioned = plan.resources("aws_s3_bucket_versioning")

    assert {re.sub(r"-[0-9]{12}-.*", "", bucket["bucket"]) for bucket in buckets} == BUCKETS
    assert len(encrypted) == len(closed) == len(versioned) == len(buckets)
    for resource in encrypted:
        (rule,) = resource["rule"]
        assert rule["apply_server_side_encryption_by_default"] == [{"sse_algorithm": "aws:kms"}], resource["address"]
        assert resource["unknown"]["rule"] == [
            {"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}
        ]
    for resource in closed:
        kinds = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        assert all(resource[kind] is True for kind in kinds), resource["address"]
    for resource in versioned:
        assert resource["versioning_configuration"][0]["status"] == "Enabled", resource["address"]


def test_reports_are_locked(plan: Plan) -> None:
    lock = plan.only("aws_s3_bucket_object_lock_configuration", "module.reports")

    assert plan.only("aws_s3_bucket", "module.reports.aws_s3_bucket.this")["object_lock_enabled"]
    assert lock["rule"][0]["default_retention"][0] | {"years": None} == {
        "mode": "GOVERNANCE",
        "days": 2555,
        "years": None,
    }


def test_the_workgroup_encrypts_its_results_with_the_key_and_breaks_long_queries_off(plan: Plan) -> None:
    (workgroup,) = plan.resources("aws_athena_workgroup")
    (configuration,) = workgroup["configuration"]
    (result,) = configuration["result_configuration"]
    (unknown,) = workgroup["unknown"]["configuration"][0]["result_configuration"]

    assert configuration["enforce_workgroup_configuration"]
    assert configuration["bytes_scanned_cutoff_per_query"] == 10 * 1024**3
    assert result["encryption_configuration"] == [{"encryption_option": "SSE_KMS"}]
    assert unknown["encryption_configuration"] == [{"kms_key_arn": True}]


def test_the_spark_jobs_are_small_scheduled_and_encrypt_what_they_write(plan: Plan) -> None:
    jobs = plan.resources("aws_glue_job")
    (security,) = plan.resources("aws_glue_security_configuration")
    schedules = {trigger["name"]: trigger["schedule"] for trigger in plan.resources("aws_glue_trigger")}

    assert [(job["worker_type"], job["number_of_workers"]) for job in jobs] == [("G.1X", 2)] * 2
    assert all(job["default_arguments"]["--enable-auto-scaling"] == "true" for job in jobs)
    assert sorted(schedules.values()) == ["cron(0 2 * * ? *)", "cron(0 4 ? * SUN *)"]
    assert all(trigger["enabled"] for trigger in plan.resources("aws_glue_trigger"))
    (modes,) = security["encryption_configuration"]
    assert modes["s3_encryption"] == [{"s3_encryption_mode": "SSE-KMS"}]


def test_the_lakes_function_waits_for_a_fuller_object(plan: Plan) -> None:
    source = plan.only("aws_lambda_event_source_mapping", 'functions["lake"]')

    assert (source["batch_size"], source["maximum_batching_window_in_seconds"]) == (1000, 60)


def test_nothing_that_costs_extra_is_on(plan: Plan) -> None:
    extra = (
        "aws_config_configuration_recorder",
        "aws_cognito_user_pool",
        "aws_dax_cluster",
        "aws_lambda_provisioned_concurrency_config",
        "aws_nat_gateway",
        "aws_redshiftserverless_workgroup",
        "aws_s3_bucket_accelerate_configuration",
        "aws_s3_bucket_analytics_configuration",
        "aws_s3_bucket_replication_configuration",
    )

    assert [resource["address"] for kind in extra for resource in plan.of(kind)] == []
    (stage,) = plan.resources("aws_api_gateway_stage")
    assert not stage.get("cache_cluster_enabled")


def test_every_alarm_is_one_that_is_meant(plan: Plan) -> None:
    full = {alarm["alarm_name"] for alarm in plan.resources("aws_cloudwatch_metric_alarm")}
    scaling = {f"securebank-transactions-dev-load-{load}" for load in ("high", "low")}  # they call reshard, not people

    assert {name.removeprefix("securebank-").removesuffix("-dev") for name in full - scaling} == ALARMS
    assert scaling <= full


def test_the_policy_is_the_shipped_document_of_weights(plan: Plan) -> None:
    (parameter,) = plan.resources("aws_ssm_parameter")
    document = (paths.ROOT / "policy_documents" / "weights.json").read_text(encoding="utf-8")

    assert parameter["value"] == document
    assert json.loads(document)["policies"]["weights"]["thresholds"]["fraud"] == 9
