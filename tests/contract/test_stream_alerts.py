"""Constraints of examples/stream_alerts that take a real plan, or its text, to be seen.

All others are in examples/stream_alerts/tests, each by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from scripts import paths, planned
from scripts.planned import Plan
from tests.contract.test_every_plan import denies_plain_http

FOLDER = paths.ROOT / planned.STREAM_ALERTS
SUFFIX = "dev"

# By the attribute that holds the name: the first part that the pattern demands.
NAMED = {
    "aws_api_gateway_rest_api": ("name", "api"),
    "aws_cloudwatch_composite_alarm": ("alarm_name", "alarm"),
    "aws_cloudwatch_dashboard": ("dashboard_name", "dashboard"),
    "aws_cloudwatch_metric_alarm": ("alarm_name", "alarm"),
    "aws_dynamodb_table": ("name", "dynamodb"),
    "aws_iam_role": ("name", "role"),
    "aws_kms_alias": ("name", "alias/kms"),
    "aws_lambda_function": ("function_name", "lambda"),
    "aws_sns_topic": ("name", "sns"),
    "aws_sqs_queue": ("name", "sqs"),
    "aws_ssm_parameter": ("name", "parameter"),
}
# Names inside something that has one, and log groups, which are named after what writes to them.
WITHIN_ANOTHER = {
    "aws_api_gateway_model",
    "aws_api_gateway_request_validator",
    "aws_cloudwatch_log_group",
    "aws_iam_role_policy",
    "aws_lambda_permission",
}


@pytest.fixture
def plan(plan_of: Callable[[str], Plan]) -> Plan:
    return plan_of(planned.STREAM_ALERTS)


def readme() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


def alarm_names(plan: Plan) -> set[str]:
    """Return the names of all alarms between the pattern's ends."""
    kinds = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
    full = {alarm["alarm_name"] for kind in kinds for alarm in plan.resources(kind)}
    return {name.removeprefix("alarm-").removesuffix(f"-{SUFFIX}") for name in full}


def test_the_api_is_a_rest_api_and_no_http_api(plan: Plan) -> None:
    assert len(plan.of("aws_api_gateway_rest_api")) == 1
    assert not [r["address"] for r in plan.every() if r["resource_type"].startswith("aws_apigatewayv2")]


def test_there_is_no_vpc(plan: Plan) -> None:
    network = re.compile(r"aws_(vpc|subnet|security_group|nat_gateway|internet_gateway|eip|route|network)")

    assert not [r["address"] for r in plan.every() if network.match(r["resource_type"])]
    assert not [f["address"] for f in plan.resources("aws_lambda_function") if f["vpc_config"]]


def test_every_resource_is_tagged_with_environment_and_cost_centre(plan: Plan) -> None:
    taggable = [resource for resource in plan.every() if "tags_all" in resource]

    assert len({resource["resource_type"] for resource in taggable}) >= 10
    for resource in taggable:
        tags = resource["tags_all"]
        assert tags == {"Environment": "production", "CostCenter": "fraud-detection"}, resource["address"]


def test_queues_and_topics_take_messages_over_tls_alone(plan: Plan) -> None:
    """Test the two kinds that also take plain HTTP; the gateway, and what the functions call, know TLS only."""
    queues = plan.resources("aws_sqs_queue")
    topics = plan.resources("aws_sns_topic_policy")

    assert (len(queues), len(topics)) == (3, 2)
    for queue in queues:
        assert denies_plain_http(queue["policy"], "sqs:*"), queue["name"]
    for topic in topics:
        assert denies_plain_http(topic["policy"], "sns:Publish"), topic["address"]


def test_there_are_the_table_of_transactions_and_one_that_knows_each_id_once(plan: Plan) -> None:
    keys = {table["name"]: (table["hash_key"], table["range_key"]) for table in plan.resources("aws_dynamodb_table")}

    assert keys == {
        f"dynamodb-transactions-{SUFFIX}": ("transaction_id", "timestamp"),
        f"dynamodb-transaction-ids-{SUFFIX}": ("transaction_id", None),
    }


def test_nothing_outlives_a_destroy_but_the_keys_waiting_time(plan: Plan) -> None:
    for resource in plan.every():
        for attribute in ("skip_destroy", "deletion_protection_enabled", "retain_on_delete"):
            assert not resource.get(attribute), f"{resource['address']} has {attribute}"
    (key,) = plan.resources("aws_kms_key")
    assert key["deletion_window_in_days"] == 7
    for file in [*FOLDER.glob("*.tf"), *(paths.ROOT / "modules").rglob("*.tf")]:
        assert "prevent_destroy" not in file.read_text(encoding="utf-8"), file


def test_every_name_is_resource_type_purpose_and_suffix(plan: Plan) -> None:
    for resource in plan.every():
        kind = resource["resource_type"]
        if kind in NAMED:
            attribute, first = NAMED[kind]
            assert re.fullmatch(rf"{first}(-[a-z]+)+-{SUFFIX}", resource[attribute]), resource["address"]
        elif kind not in WITHIN_ANOTHER:
            named = [part for part in ("name", "function_name") if isinstance(resource.get(part), str)]
            assert not named, f"{resource['address']} has a name that no pattern is known for"


def test_the_stream_has_one_consumer_and_the_queue_the_other(plan: Plan) -> None:
    sources = plan.resources("aws_lambda_event_source_mapping")
    streams = [source["address"] for source in sources if source["starting_position"]]

    assert len(sources) == 2
    assert ['["detect"]' in address for address in streams] == [True]


def test_the_gateway_may_call_the_first_function_and_no_other(plan: Plan) -> None:
    (permission,) = plan.resources("aws_lambda_permission")

    assert (permission["principal"], permission["function_name"]) == (
        "apigateway.amazonaws.com",
        f"lambda-process-transaction-{SUFFIX}",
    )


def test_the_policy_is_the_shipped_document_of_points(plan: Plan) -> None:
    (parameter,) = plan.resources("aws_ssm_parameter")

    assert parameter["value"] == (paths.ROOT / "policy_documents" / "points.json").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# The README
# ---------------------------------------------------------------------------------------------------------------------


def test_every_alarm_has_one_row_in_the_readme(plan: Plan) -> None:
    purposes = "|".join(f["function_name"][len("lambda-") : -len(f"-{SUFFIX}")] for f in plan.of("aws_lambda_function"))
    rows = [
        re.compile(re.escape(name).replace("FUNCTION", f"(?:{purposes})").replace("TABLE", "table-[a-z-]+"))
        for line in re.findall(r"^\| (`[A-Za-z`, -]+) \|", readme().split("## Alarms")[1], re.MULTILINE)
        for name in re.findall(r"`([A-Za-z-]+)`", line)
    ]
    names = alarm_names(plan)

    assert {name: sum(row.fullmatch(name) is not None for row in rows) for name in names} == dict.fromkeys(names, 1)
    assert [row.pattern for row in rows if not any(row.fullmatch(name) for name in names)] == []


def test_every_resource_that_the_readmes_commands_name_exists(plan: Plan) -> None:
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```$", readme(), re.DOTALL | re.MULTILINE))
    names = {r[NAMED[r["resource_type"]][0]] for r in plan.every() if r["resource_type"] in NAMED}

    assert set(re.findall(rf"\b(?:lambda|sqs|sns|dynamodb)-[a-z-]+-{SUFFIX}\b", commands)) <= names
