"""Constraints of examples/securebank that take a real plan to be seen: endpoints, buckets, Glue, what is encrypted.

All others are in examples/securebank/tests, each by its name.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from scripts import paths, planned
from scripts.ministack import MiniStack
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
    *("customer-query-response-time", "ingest-response-time", "label-response-time"),
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


COPY = {
    "bucket_arn": "arn:aws:s3:::securebank-copy",
    "kms_key_arn": "arn:aws:kms:eu-central-1:000000000000:key/11111111-2222-3333-4444-555555555555",
}
# Every choice that is off by default, at once.
EVERYTHING = {
    "api": {"authorization": "AWS_IAM", "submit_directly": True, "cache": {}},
    "audit_trail": {"manage_config_recorder": True},
    "chaos": {},
    "lake": {"transfer_acceleration": True, "storage_class_analysis": True, "replication": COPY},
    "network": {"internet_access": "per_zone"},
    "provisioned_concurrency": {"customer_query": 2},
    "replica_regions": {"eu-central-1": {"kms_key_arn": COPY["kms_key_arn"]}},
    "table_cache": {},
    "warehouse": {},
}
# What there is only of choices.
EXTRA = (
    "aws_cloudformation_stack",
    "aws_config_configuration_recorder",
    "aws_dax_cluster",
    "aws_lambda_provisioned_concurrency_config",
    "aws_nat_gateway",
    "aws_redshiftserverless_workgroup",
    "aws_s3_bucket_accelerate_configuration",
    "aws_s3_bucket_analytics_configuration",
    "aws_s3_bucket_replication_configuration",
)


@pytest.fixture
def plan(plan_of: Callable[[str], Plan]) -> Plan:
    return plan_of(planned.SECUREBANK)


@pytest.fixture(scope="module")
def everything(emulator: MiniStack) -> Plan:
    """Return the plan with every choice that is off by default."""
    return planned.make(emulator, planned.SECUREBANK, EVERYTHING)


def called() -> dict[str, set[str]]:
    """Return the actions that functions in the network may call, by service: no plan knows all their policies."""
    root = (paths.ROOT / planned.SECUREBANK / "main.tf").read_text(encoding="utf-8")
    reshard = (paths.ROOT / "modules" / "kinesis_stream" / "outputs.tf").read_text(encoding="utf-8")
    text = root.split("function_defaults")[1].split('module "functions"')[0] + reshard
    actions = defaultdict(set)
    for service, action in re.findall(r'"([a-z0-9]+):([A-Z]\w+)"', text):
        actions[service].add(f"{service}:{action}")
    del actions["ce"]  # spend, which is outside
    return actions


def actions_of(statement: dict[str, Any]) -> set[str]:
    allowed = statement["Action"]
    return {allowed} if isinstance(allowed, str) else set(allowed)


# ---------------------------------------------------------------------------------------------------------------------
# API and stream
# ---------------------------------------------------------------------------------------------------------------------


def test_lists_and_insights_take_the_documented_parameters() -> None:
    document = yaml.safe_load((paths.ROOT / planned.SECUREBANK / "openapi.yaml").read_text(encoding="utf-8"))
    known = document["components"]["parameters"]

    def names(path: str) -> list[str]:
        return [known[one["$ref"].rsplit("/", 1)[1]]["name"] for one in document["paths"][path]["get"]["parameters"]]

    assert names("/customers/{customer_id}/transactions") == [
        *("customer_id", "limit", "start_date", "end_date", "type", "category", "status", "include_fraud", "cursor"),
    ]
    assert (known["Limit"]["schema"]["minimum"], known["Limit"]["schema"]["maximum"]) == (1, 100)
    assert names("/fraud/insights") == ["date_range", "customer_id", "risk_threshold"]
    assert known["DateRange"]["schema"]["enum"] == ["1d", "7d", "30d", "90d"]


def test_the_gateway_writes_to_the_stream_by_itself_with_a_role_that_can_do_nothing_else(everything: Plan) -> None:
    integration = everything.only("aws_api_gateway_integration", 'stream["submitTransaction"]')
    role = everything.only("aws_iam_role", "module.api.aws_iam_role.stream_writer")
    (rights,) = [
        change["change"]["after"]["statement"]
        for change in everything.content["resource_changes"]
        if change["address"] == "module.api.data.aws_iam_policy_document.stream_writer"
    ]

    assert [action for statement in rights for action in statement["actions"]] == [
        "kinesis:PutRecord",
        "kms:GenerateDataKey",
    ]
    assert (integration["type"], integration["http_method"]) == ("AWS", "POST")
    assert integration["uri"].endswith(":kinesis:action/PutRecord")
    assert "$.customer_id" in integration["request_templates"]["application/json"]
    assert role["name"] == "securebank-api-dev-to-kinesis"


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
    assert sorted(schedules.values()) == ["cron(0 2 * * ? *)", "cron(0 4 ? * SUN *)"]
    assert all(trigger["enabled"] for trigger in plan.resources("aws_glue_trigger"))
    (modes,) = security["encryption_configuration"]
    assert modes["s3_encryption"] == [{"s3_encryption_mode": "SSE-KMS"}]


def test_the_lakes_function_waits_for_a_fuller_object(plan: Plan) -> None:
    source = plan.only("aws_lambda_event_source_mapping", 'functions["lake"]')

    assert (source["batch_size"], source["maximum_batching_window_in_seconds"]) == (1000, 60)


# ---------------------------------------------------------------------------------------------------------------------
# Network
# ---------------------------------------------------------------------------------------------------------------------


def test_every_action_of_a_function_passes_the_endpoint_of_its_service_and_no_other_does(plan: Plan) -> None:
    names = {"cloudwatch": "monitoring", "kinesis": "kinesis-streams"}
    endpoints = {endpoint["service_name"].split(".")[-1]: endpoint for endpoint in plan.resources("aws_vpc_endpoint")}
    calls = called()

    assert set(calls) == {"cloudwatch", "dynamodb", "kinesis", "s3", "sns", "ssm"}
    assert set(endpoints) == {names.get(service, service) for service in calls}
    for service, actions in calls.items():
        endpoint = endpoints[names.get(service, service)]
        (statement,) = json.loads(endpoint["policy"])["Statement"]
        assert actions_of(statement) == actions, service
        assert endpoint["vpc_endpoint_type"] == ("Gateway" if service in ("dynamodb", "s3") else "Interface")


def test_every_endpoint_lets_only_this_account_reach_only_this_account(plan: Plan) -> None:
    for endpoint in plan.resources("aws_vpc_endpoint"):
        for statement in json.loads(endpoint["policy"])["Statement"]:
            limits = statement["Condition"]["StringEquals"]
            assert set(limits) == {"aws:PrincipalAccount", "aws:ResourceAccount"}, endpoint["address"]
            assert len(set(limits.values())) == 1, endpoint["address"]


def test_what_is_called_over_the_network_is_called_by_the_functions_on_443(plan: Plan) -> None:
    (rule,) = plan.resources("aws_vpc_security_group_ingress_rule")

    assert (rule["from_port"], rule["to_port"], rule["ip_protocol"]) == (443, 443, "tcp")


def test_data_stores_are_called_by_the_functions_on_their_ports(everything: Plan) -> None:
    rules = [
        rule for rule in everything.resources("aws_vpc_security_group_ingress_rule") if "data_from" in rule["address"]
    ]

    assert sorted((rule["from_port"], rule["to_port"]) for rule in rules) == [(5439, 5439), (9111, 9111)]
    assert not [rule["address"] for rule in rules if rule.get("cidr_ipv4") or rule.get("cidr_ipv6")]


# ---------------------------------------------------------------------------------------------------------------------
# Resilience, cost, alarms
# ---------------------------------------------------------------------------------------------------------------------


def test_every_table_can_be_brought_back_to_any_second_of_35_days(plan: Plan) -> None:
    for table in plan.resources("aws_dynamodb_table"):
        (recovery,) = table["point_in_time_recovery"]
        assert recovery["enabled"], table["address"]
        assert recovery.get("recovery_period_in_days") in (None, 35), table[
            "address"
        ]  # 35 unless somebody asks for less


def test_nothing_that_costs_extra_is_on(plan: Plan) -> None:
    kinds = (*EXTRA, "aws_cognito_user_pool")

    assert [resource["address"] for kind in kinds for resource in plan.of(kind)] == []
    (stage,) = plan.resources("aws_api_gateway_stage")
    assert not stage.get("cache_cluster_enabled")


def test_everything_that_costs_extra_can_be_had_at_once(everything: Plan) -> None:
    assert [kind for kind in EXTRA if not everything.of(kind)] == []
    (stage,) = everything.resources("aws_api_gateway_stage")
    assert stage["cache_cluster_enabled"]
    for table in everything.resources("aws_dynamodb_table"):
        assert [replica["region_name"] for replica in table["replica"]] == ["eu-central-1"], table["address"]


def test_game_days_throttle_the_writer_and_cut_the_private_subnets_off(everything: Plan) -> None:
    stacks = {stack["name"] for stack in everything.resources("aws_cloudformation_stack")}

    assert stacks == {
        f"securebank-chaos-dev-{experiment}"
        for experiment in ("ingest-throttled", "network-without-dynamodb", "network-without-s3")
    }
    assert not [bucket for bucket in everything.of("aws_s3_bucket") if "chaos" in bucket["address"]]  # no extension


def test_raw_lines_move_to_cheaper_storage_and_are_never_deleted(plan: Plan) -> None:
    lifecycle = plan.only("aws_s3_bucket_lifecycle_configuration", "module.lake")
    rules = {rule["filter"][0]["prefix"]: rule for rule in lifecycle["rule"] if rule["transition"]}
    raw = rules["raw/"]

    assert {(step["days"], step["storage_class"]) for step in raw["transition"]} >= {(30, "STANDARD_IA")}
    assert raw["expiration"] == []
    classes = {step["storage_class"] for rule in rules.values() for step in rule["transition"]}
    assert classes >= {"STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"}


def test_partitions_are_computed_and_nobody_has_to_find_them(plan: Plan) -> None:
    tables = plan.resources("aws_glue_catalog_table")

    assert plan.of("aws_glue_crawler") == []
    for table in tables:
        assert table["parameters"]["projection.enabled"] == "true", table["name"]


def test_each_address_hears_of_the_months_cost_once(plan: Plan) -> None:
    (budget,) = plan.resources("aws_budgets_budget")

    assert [
        one["subscriber_email_addresses"] for one in budget["notification"] if one["subscriber_email_addresses"]
    ] == []


def test_every_alarm_is_one_that_is_meant(plan: Plan) -> None:
    full = {alarm["alarm_name"] for alarm in plan.resources("aws_cloudwatch_metric_alarm")}
    scaling = {f"securebank-transactions-dev-load-{load}" for load in ("high", "low")}  # they call reshard, not people

    assert {name.removeprefix("securebank-").removesuffix("-dev") for name in full - scaling} == ALARMS
    assert scaling <= full


def test_every_alarm_has_one_row_in_the_readme(plan: Plan, everything: Plan) -> None:
    page = (paths.ROOT / planned.SECUREBANK / "README.md").read_text(encoding="utf-8").split("## Alarms")[1]
    words = {"FUNCTION": f"(?:{'|'.join(FUNCTIONS)})", "TABLE": "[a-z-]+", "OPERATION": "[a-z]+"}
    rows = [
        re.compile(re.sub("|".join(words), lambda word: words[word.group()], name))
        for cell in re.findall(
            r"^\| (`[A-Za-z`, -]+) \|", page.split("\n## ")[0].split("Three dashboards")[0], re.MULTILINE
        )
        for name in re.findall(r"`([A-Za-z-]+)`", cell)
    ]
    kinds = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
    full = {alarm["alarm_name"] for made in (plan, everything) for kind in kinds for alarm in made.resources(kind)}
    names = {name.removeprefix("securebank-").removesuffix("-dev") for name in full if "-dev-load-" not in name}
    of_clusters = {"warehouse-disk", "warehouse-unhealthy"}  # the planned warehouse is serverless

    assert {name: sum(row.fullmatch(name) is not None for row in rows) for name in names} == dict.fromkeys(names, 1)
    assert {row.pattern for row in rows if not any(row.fullmatch(name) for name in names)} == of_clusters


def test_the_policy_is_the_shipped_document_of_weights(plan: Plan) -> None:
    (parameter,) = plan.resources("aws_ssm_parameter")
    document = (paths.ROOT / "policy_documents" / "weights.json").read_text(encoding="utf-8")

    assert parameter["value"] == document
    assert json.loads(document)["policies"]["weights"]["thresholds"]["fraud"] == 9
