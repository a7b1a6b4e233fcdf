"""What a Terraform test cannot see of examples/merchant_api: outputs, endpoints' policies, request, README.

What both examples' API documents keep is in test_example_documents.py, what all roots keep in test_every_plan.py, and
what all pages keep (links, names) in test_docs.py.
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
from scripts.planned import Plan
from tests.contract.test_docs import names

FOLDER = paths.ROOT / planned.MERCHANT_API
README = (FOLDER / "README.md").read_text(encoding="utf-8")
DOCUMENT: dict[str, Any] = yaml.safe_load((FOLDER / "openapi.yaml").read_text(encoding="utf-8"))
FLAGSHIP: dict[str, Any] = yaml.safe_load((paths.ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"))
SCHEMAS = DOCUMENT["components"]["schemas"]
POST = DOCUMENT["paths"]["/transaction"]["post"]

DOCUMENTED_OUTPUTS = {
    "api_endpoint",
    "dashboard_url",
    "merchant_table_name",
    "transaction_table_name",
    "queue_url",
    "sns_topic_arn",
    "validation_lambda_arn",
    "fraud_detection_lambda_arn",
    "failed_transaction_lambda_arn",
}


# What a name is kept in: an attribute, or the tag Name.
NAMED = {
    "aws_api_gateway_rest_api": "name",
    "aws_api_gateway_usage_plan": "name",
    "aws_cloudwatch_composite_alarm": "alarm_name",
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_event_rule": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_dynamodb_table": "name",
    "aws_iam_role": "name",
    "aws_kms_alias": "name",
    "aws_lambda_function": "function_name",
    "aws_security_group": "tag",
    "aws_sns_topic": "name",
    "aws_sqs_queue": "name",
    "aws_ssm_parameter": "name",
    "aws_subnet": "tag",
    "aws_vpc": "tag",
    "aws_vpc_endpoint": "tag",
    "aws_wafv2_web_acl": "name",
}


@pytest.fixture
def plan(plan_of: Callable[[str], Plan]) -> Plan:
    return plan_of(planned.MERCHANT_API)


def granted() -> dict[str, set[str]]:
    """Return the actions that the functions' statements grant, by service."""
    text = (FOLDER / "main.tf").read_text(encoding="utf-8").split("function_defaults")[1].split('module "functions"')[0]
    actions: dict[str, set[str]] = defaultdict(set)
    for service, action in re.findall(r'"([a-z]+):([A-Z]\w+)"', text):
        actions[service].add(f"{service}:{action}")
    return actions


# ---------------------------------------------------------------------------------------------------------------------
# Outputs and plan
# ---------------------------------------------------------------------------------------------------------------------


def test_the_outputs_are_exactly_the_nine_that_are_documented() -> None:
    assert names(f"{planned.MERCHANT_API}/outputs.tf", "output") == DOCUMENTED_OUTPUTS


def test_everything_is_made_in_us_east_2(plan: Plan) -> None:
    url = plan.content["planned_values"]["outputs"]["dashboard_url"]["value"]

    assert url.startswith("https://us-east-2.console.aws.amazon.com/")


def test_every_resource_that_takes_tags_tells_the_system_and_the_environment(plan: Plan) -> None:
    taggable = [resource for resource in plan.every() if "tags_all" in resource]

    assert len(taggable) >= 10
    for resource in taggable:
        of_parts = ("Name", "Zones")  # of the network
        tags = {key: value for key, value in resource["tags_all"].items() if key not in of_parts}
        assert tags == {"Project": "merchant-api", "Environment": "dev", "ManagedBy": "terraform"}, resource["address"]


def test_whatever_must_be_unique_in_an_account_carries_the_suffix(plan: Plan) -> None:
    for kind, attribute in NAMED.items():
        for resource in plan.resources(kind):
            tags = resource.get("tags") or {}
            name = tags["Name"] if attribute == "tag" else resource[attribute]
            assert re.search(r"-dev(-|$)", name), resource["address"]


@pytest.mark.parametrize(
    "way_out", ["aws_internet_gateway", "aws_egress_only_internet_gateway", "aws_nat_gateway", "aws_eip", "aws_route"]
)
def test_nothing_leads_out_of_the_network(plan: Plan, way_out: str) -> None:
    assert plan.of(way_out) == []


def test_every_action_of_a_function_passes_the_endpoint_of_its_service_and_no_other_does(plan: Plan) -> None:
    endpoints = {endpoint["service_name"].split(".")[-1]: endpoint for endpoint in plan.resources("aws_vpc_endpoint")}
    grants = granted()

    assert {"dynamodb", "sns", "sqs", "ssm"} == set(grants)
    for service, actions in grants.items():
        (statement,) = json.loads(endpoints[service]["policy"])["Statement"]
        allowed = statement["Action"]
        assert set([allowed] if isinstance(allowed, str) else allowed) == actions, service
        assert endpoints[service]["vpc_endpoint_type"] == ("Gateway" if service == "dynamodb" else "Interface")


def test_every_endpoint_lets_only_this_account_reach_only_this_account(plan: Plan) -> None:
    for endpoint in plan.resources("aws_vpc_endpoint"):
        for statement in json.loads(endpoint["policy"])["Statement"]:
            limits = statement["Condition"]["StringEquals"]
            assert set(limits) == {"aws:PrincipalAccount", "aws:ResourceAccount"}, endpoint["address"]
            assert len(set(limits.values())) == 1, endpoint["address"]


def test_endpoints_are_called_by_the_functions_on_port_443_alone(plan: Plan) -> None:
    (rule,) = plan.resources("aws_vpc_security_group_ingress_rule")

    assert (rule["from_port"], rule["to_port"], rule["ip_protocol"]) == (443, 443, "tcp")


def test_the_web_acl_is_associated_with_the_one_stage(plan: Plan) -> None:
    assert len(plan.resources("aws_wafv2_web_acl_association")) == len(plan.resources("aws_api_gateway_stage")) == 1


def test_the_web_acl_carries_the_suffix_and_logs_what_it_blocks(plan: Plan) -> None:
    (web_acl,) = plan.resources("aws_wafv2_web_acl")

    assert web_acl["name"] == "merchant-api-firewall-dev"
    assert len(plan.resources("aws_wafv2_web_acl_logging_configuration")) == 1


def test_no_table_can_be_deleted_by_mistake(plan: Plan) -> None:
    for table in plan.resources("aws_dynamodb_table"):
        assert table["deletion_protection_enabled"], table["address"]


def test_the_key_belongs_to_the_usage_plan_of_the_stage(plan: Plan) -> None:
    (usage_plan,) = plan.resources("aws_api_gateway_usage_plan")

    assert len(plan.resources("aws_api_gateway_usage_plan_key")) == 1
    assert usage_plan["api_stages"][0]["stage"] == "prod"


def test_all_logs_are_kept_for_30_days(plan: Plan) -> None:
    for group in plan.resources("aws_cloudwatch_log_group"):
        assert group["retention_in_days"] == 30, group["address"]


def test_the_dashboard_shows_both_queues(plan: Plan) -> None:
    (dashboard,) = plan.resources("aws_cloudwatch_dashboard")
    widgets = json.loads(dashboard["dashboard_body"])["widgets"]
    shown = {
        metric[3] for widget in widgets for metric in widget["properties"].get("metrics", []) if "AWS/SQS" in metric
    }

    assert shown == {"merchant-api-transactions-dev", "merchant-api-transactions-dead-letter-dev"}


def test_the_sweeper_runs_every_minute(plan: Plan) -> None:
    rule = plan.only("aws_cloudwatch_event_rule", '"sweep"')

    assert rule["schedule_expression"] == "rate(1 minute)"


# ---------------------------------------------------------------------------------------------------------------------
# Request and answer
# ---------------------------------------------------------------------------------------------------------------------


def test_a_request_is_exactly_the_four_documented_fields() -> None:
    request = SCHEMAS["TransactionRequest"]

    assert set(request["properties"]) == {"transaction_id", "merchant_id", "amount", "currency"}
    assert set(request["required"]) == set(request["properties"])
    assert request["additionalProperties"] is False


@pytest.mark.parametrize("field", ["transaction_id", "merchant_id", "amount", "currency"])
def test_a_field_holds_what_it_holds_in_the_flagship(field: str) -> None:
    def rules(document: dict[str, Any]) -> dict[str, Any]:
        schema = document["components"]["schemas"]["TransactionRequest"]["properties"][field]
        return {key: value for key, value in schema.items() if key not in ("description", "example")}

    assert rules(DOCUMENT) == rules(FLAGSHIP)


def test_the_answer_to_a_new_transaction_is_the_documented_one_word_for_word() -> None:
    example = POST["responses"]["202"]["content"]["application/json"]["examples"]["queued"]["value"]

    assert example == {
        "message": "Transaction validated and queued",
        "transaction_id": "txn-000001",
        "status": "pending_fraud_check",
    }


# ---------------------------------------------------------------------------------------------------------------------
# README
# ---------------------------------------------------------------------------------------------------------------------


def alarm_names(plan: Plan) -> set[str]:
    """Return the planned alarms by their own part of the name."""
    kinds = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
    full = {alarm["alarm_name"] for kind in kinds for alarm in plan.resources(kind)}
    return {name.removeprefix("merchant-api-").removesuffix("-dev") for name in full}


def alarm_rows() -> dict[str, re.Pattern[str]]:
    """Return the alarms that the README explains; words in capitals stand for any of their kind."""
    section = README.split("\n## Alarms\n")[1].split("\n## ")[0]
    first_cells = "".join(re.findall(r"^\| (`.*?) \|", section, re.MULTILINE))
    return {name: re.compile(re.sub("[A-Z]+", "[a-z-]+", name)) for name in re.findall(r"`([^`]+)`", first_cells)}


def test_the_readme_explains_every_alarm_and_none_that_is_gone(plan: Plan) -> None:
    alarms, rows = alarm_names(plan), alarm_rows()

    assert {name for name in alarms if not any(row.fullmatch(name) for row in rows.values())} == set()
    assert [name for name, row in rows.items() if not any(map(row.fullmatch, alarms))] == []


def test_the_costs_count_what_there_is_and_add_up(plan: Plan) -> None:
    section = README.split("\n## Costs\n")[1].split("\n## ")[0]
    alarms = plan.resources("aws_cloudwatch_metric_alarm")
    on_two = [alarm for alarm in alarms if len(alarm["metric_query"]) == 3]  # two metrics and what they make together
    metrics = len(alarms) + len(on_two)
    endpoints = [e for e in plan.resources("aws_vpc_endpoint") if e["vpc_endpoint_type"] == "Interface"]
    zones = [len(endpoint["tags"]["Zones"].split()) for endpoint in endpoints]
    total = sum(float(amount) for amount in re.findall(r"\| \$([0-9.]+) \|$", section, re.MULTILINE))

    assert f"{len(alarms)} metric alarms: {len(alarms) - len(on_two)} on one metric, {len(on_two)} on two" in section
    assert f"{metrics} alarm metrics | $0.10 an alarm metric | ${metrics / 10:.2f} |" in section
    where = f"{zones.count(2)} in 2 zones each, {zones.count(1)} in one"
    assert f"| {where} | $0.01 an hour and zone | ${sum(zones) * 7.2:.2f} |" in section
    assert f"about **{round(total)} US dollars**" in section
