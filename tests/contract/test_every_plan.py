"""What every deployable root keeps, whatever it is composed of; read from real plans of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts import paths, planned
from scripts.cost.context import module_of
from scripts.planned import Plan, Resource

# Where data rests, by the attribute that names the key.
ENCRYPTED = {
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_dynamodb_table": "server_side_encryption",
    "aws_lambda_function": "kms_key_arn",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sqs_queue": "kms_master_key_id",
    "aws_ssm_parameter": "key_id",
}
TAGS = {
    planned.FLAGSHIP: {"Project": "txn", "Environment": "default", "ManagedBy": "terraform"},
    planned.STREAM_ALERTS: {"Environment": "production", "CostCenter": "fraud-detection"},
    planned.SECUREBANK: {
        "Project": "SecureBank",
        "Environment": "dev",
        "CostCenter": "transaction-processing",
        "ManagedBy": "terraform",
    },
}
FOURTEEN_DAYS = 14 * 24 * 3600


@pytest.fixture(params=planned.ROOTS)
def plan(request: pytest.FixtureRequest, plan_of: Callable[[str], Plan]) -> Plan:
    return plan_of(request.param)


def streams_of(plan: Plan) -> Iterator[Resource]:
    """Yield the consumers of streams; those of queues have no position to start at."""
    yield from (source for source in plan.of("aws_lambda_event_source_mapping") if source["starting_position"])


def denies_plain_http(policy: str, actions: str) -> bool:
    """Say whether a resource policy denies everybody what matches `actions` without TLS."""
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and actions in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
        for statement in json.loads(policy)["Statement"]
    )


def test_lambda_passes_on_the_codes_lines_and_of_its_own_those_that_tell_of_a_failure(plan: Plan) -> None:
    for function in plan.of("aws_lambda_function"):
        (logging,) = function["logging_config"]
        levels = {name: logging[name] for name in ("log_format", "application_log_level", "system_log_level")}
        # A line that holds metrics has no level: it counts as INFO.
        expected = {"log_format": "JSON", "application_log_level": "INFO", "system_log_level": "WARN"}
        assert levels == expected, function["address"]


def test_every_function_runs_on_arm64_with_tracing(plan: Plan) -> None:
    consumers = {f"{module_of(source['address'])}aws_lambda_function.this" for source in streams_of(plan)}
    for function in plan.resources("aws_lambda_function"):
        assert function["architectures"] == ["arm64"], function["address"]
        # A stream carries no trace: its consumers need not begin one for each batch.
        modes = {"Active", "PassThrough"} if function["address"] in consumers else {"Active"}
        assert function["tracing_config"][0]["mode"] in modes, function["address"]


def test_every_function_has_a_role_and_a_log_group_of_its_own(plan: Plan) -> None:
    functions = plan.resources("aws_lambda_function")
    modules = {function["address"].removesuffix(".aws_lambda_function.this") for function in functions}
    roles = {role["address"]: role["name"] for role in plan.resources("aws_iam_role")}
    groups = {group.get("name") for group in plan.resources("aws_cloudwatch_log_group")}

    assert len({roles[f"{module}.aws_iam_role.this"] for module in modules}) == len(functions)
    assert {f"/aws/lambda/{function['function_name']}" for function in functions} <= groups


def test_every_table_is_on_demand_and_has_recovery_and_a_stream(plan: Plan) -> None:
    for table in plan.resources("aws_dynamodb_table"):
        assert table["billing_mode"] == "PAY_PER_REQUEST", table["address"]
        assert table["point_in_time_recovery"][0]["enabled"], table["address"]
        assert table["stream_view_type"] == "NEW_AND_OLD_IMAGES", table["address"]


def test_everything_at_rest_is_encrypted_with_the_key_that_the_root_makes(plan: Plan) -> None:
    for kind, attribute in ENCRYPTED.items():
        for resource in plan.resources(kind):
            # A key that is made in the same apply is not known before it; the key of AWS's own would be.
            unknown: Any = resource["unknown"].get(attribute)
            if attribute == "server_side_encryption":
                assert resource[attribute][0]["enabled"], resource["address"]
                unknown = unknown[0].get("kms_key_arn")
            assert unknown is True, f"{resource['address']} has the {attribute} {resource.get(attribute)}"


def test_every_queue_keeps_messages_for_fourteen_days(plan: Plan) -> None:
    for queue in plan.resources("aws_sqs_queue"):
        assert queue["message_retention_seconds"] == FOURTEEN_DAYS, queue["address"]


def test_every_queue_takes_messages_over_tls_only(plan: Plan) -> None:
    for queue in plan.resources("aws_sqs_queue"):
        assert denies_plain_http(queue["policy"], "sqs:*"), queue["address"]


def test_every_topic_takes_messages_over_tls_only(plan: Plan) -> None:
    policies = plan.resources("aws_sns_topic_policy")

    assert len(policies) == len(plan.resources("aws_sns_topic"))
    for policy in policies:
        assert denies_plain_http(policy["policy"], "sns:Publish"), policy["address"]


def test_a_message_that_a_topic_could_not_deliver_alarms(plan: Plan) -> None:
    topics = {topic["name"] for topic in plan.resources("aws_sns_topic")}
    watched = [
        alarm["dimensions"]["TopicName"]
        for alarm in plan.resources("aws_cloudwatch_metric_alarm")
        if alarm["metric_name"] == "NumberOfNotificationsFailed"
    ]

    assert sorted(watched) == sorted(topics)


def test_every_metric_of_ours_that_an_alarm_watches_is_written_by_its_service(plan: Plan) -> None:
    alarms = [
        alarm for alarm in plan.resources("aws_cloudwatch_metric_alarm") if "service" in (alarm.get("dimensions") or {})
    ]

    # Names that a function is told by its environment.
    told = re.findall(r'_METRIC += "(.+)"', (paths.ROOT / plan.root / "main.tf").read_text(encoding="utf-8"))

    assert len(alarms) >= 5
    for alarm in alarms:
        folders = [paths.ROOT / "lambda_src" / alarm["dimensions"]["service"], paths.ROOT / "lambda_src" / "pipeline"]
        code = [file.read_text(encoding="utf-8") for folder in folders for file in folder.rglob("*.py")]
        written = any(f'"{alarm["metric_name"]}"' in text for text in code)
        assert written or alarm["metric_name"] in told, alarm["alarm_name"]


def test_every_consumer_reports_single_failures(plan: Plan) -> None:
    for source in plan.resources("aws_lambda_event_source_mapping"):
        assert source["function_response_types"] == ["ReportBatchItemFailures"], source["address"]


def test_every_stream_consumer_is_bounded_bisects_and_forgets_nothing(plan: Plan) -> None:
    for source in streams_of(plan):
        assert source["bisect_batch_on_function_error"], source["address"]
        assert 0 < source["maximum_retry_attempts"] <= 10000, source["address"]
        assert 0 < source["maximum_record_age_in_seconds"] <= 86400, source["address"]
        assert source["starting_position"] == "TRIM_HORIZON", source["address"]
        assert len(source["destination_config"]) == 1, source["address"]


@pytest.mark.parametrize("root", TAGS)
def test_every_resource_that_takes_tags_has_those_of_the_root(root: str, plan_of: Callable[[str], Plan]) -> None:
    taggable = [resource for resource in plan_of(root).every() if "tags_all" in resource]

    assert len({resource["resource_type"] for resource in taggable}) >= 10
    for resource in taggable:
        of_parts = ("Name", "Zones")  # of a network
        tags = {key: value for key, value in resource["tags_all"].items() if key not in of_parts}
        assert tags == TAGS[root], resource["address"]


@pytest.mark.parametrize("root", planned.ROOTS)
def test_nothing_names_a_region_an_account_or_a_partition(root: str) -> None:
    files = [*(paths.ROOT / root).glob("*.tf"), *(paths.ROOT / "modules").rglob("*.tf")]
    for file in files:
        text = re.sub(r'variable "region" {.*?^}', "", file.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        assert "arn:aws:" not in text, file
        assert not re.search(r"\b(us|eu|ap|ca|sa|me|af)-[a-z]+-[0-9]\b", text), file
        assert not re.search(r"\b[0-9]{12}\b", text), file
