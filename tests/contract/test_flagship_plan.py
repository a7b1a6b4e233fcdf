"""What the flagship alone decides, read from a real plan of the root; what every root keeps, is in test_every_plan.py.

The plan is made with the defaults of a production workspace; nothing is applied.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from scripts import paths, planned
from scripts.planned import Plan
from tests.contract.test_docs import alarm_names


@pytest.fixture
def plan(plan_of: Callable[[str], Plan]) -> Plan:
    return plan_of(planned.FLAGSHIP)


def test_no_table_can_be_deleted_by_mistake(plan: Plan) -> None:
    for table in plan.resources("aws_dynamodb_table"):
        assert table["deletion_protection_enabled"], table["address"]


def test_the_transaction_queue_orders_by_account_at_high_throughput(plan: Plan) -> None:
    queue = plan.only("aws_sqs_queue", "module.transaction_queue.aws_sqs_queue.this")

    assert queue["fifo_queue"]
    assert queue["deduplication_scope"] == "messageGroup"
    assert queue["fifo_throughput_limit"] == "perMessageGroupId"
    assert not queue["content_based_deduplication"]


def test_a_consumer_has_a_sixth_of_its_queues_visibility_timeout_after_the_window(plan: Plan) -> None:
    consumers = {"process": "transaction_queue", "failed": "transaction_queue", "archive": "archive_queue"}
    for function, queue in consumers.items():
        visible = plan.only("aws_sqs_queue", f"module.{queue}.aws_sqs_queue.this")["visibility_timeout_seconds"]
        timeout = plan.only("aws_lambda_function", f"module.{function}.")["timeout"]
        window = plan.only("aws_lambda_event_source_mapping", f"module.{function}.")[
            "maximum_batching_window_in_seconds"
        ]
        assert visible >= 6 * timeout + window, function  # what waits for a batch is invisible, too


def test_acceptance_wakes_no_relay(plan: Plan) -> None:
    source = plan.only("aws_lambda_event_source_mapping", "module.relay.")

    (pattern,) = [json.loads(f["pattern"]) for f in source["filter_criteria"][0]["filter"]]
    assert pattern == {"dynamodb": {"NewImage": {"status": {"S": [{"anything-but": ["RECEIVED"]}]}}}}


def test_the_stream_has_two_consumers_which_is_all_that_it_can_serve(plan: Plan) -> None:
    streams = [m for m in plan.resources("aws_lambda_event_source_mapping") if m["starting_position"]]

    assert len(streams) == 2


def test_only_what_is_decided_is_learnt_from_in_full_batches_of_three_minutes_at_most(plan: Plan) -> None:
    source = plan.only("aws_lambda_event_source_mapping", "module.learn.")

    (pattern,) = [json.loads(f["pattern"]) for f in source["filter_criteria"][0]["filter"]]
    assert pattern == {"dynamodb": {"NewImage": {"decided_at": {"S": [{"exists": True}]}}}}
    assert (source["batch_size"], source["maximum_batching_window_in_seconds"]) == (60, 180)


def test_a_failing_record_delays_what_is_learnt_by_six_hours_at_most(plan: Plan) -> None:
    source = plan.only("aws_lambda_event_source_mapping", "module.learn.")

    assert source["maximum_record_age_in_seconds"] == 6 * 3600


def test_the_policy_document_is_an_encrypted_parameter_with_the_shipped_document(plan: Plan) -> None:
    parameter = plan.only("aws_ssm_parameter", "module.policy_parameter.")

    assert (parameter["type"], parameter["tier"]) == ("SecureString", "Intelligent-Tiering")
    assert parameter["value"] == (paths.ROOT / "policy_documents" / "flagship.json").read_text(encoding="utf-8")


def test_drift_is_judged_by_the_bars_of_the_policy_document(plan: Plan) -> None:
    # Of `process` a plan does not tell: the URL of its queue is only known after the apply.
    environment = plan.only("aws_lambda_function", "module.drift.")["environment"][0]["variables"]

    assert environment["POLICY_PARAMETER"] == "txn-default-policy"


def test_counts_of_decisions_expire_and_nothing_else_does(plan: Plan) -> None:
    expiring = {
        (table["name"], ttl["attribute_name"])
        for table in plan.resources("aws_dynamodb_table")
        for ttl in table.get("ttl", [])  # left out where only an apply tells that there is none
        if ttl["enabled"]
    }

    assert expiring == {("txn-default-drift", "expires_at")}


def test_drift_is_looked_at_every_hour(plan: Plan) -> None:
    rule = plan.only("aws_cloudwatch_event_rule", "module.drift.")

    assert rule["schedule_expression"] == "rate(1 hour)"


def test_an_open_breaker_alarms_until_a_run_says_that_it_is_closed(plan: Plan) -> None:
    alarm = plan.only("aws_cloudwatch_metric_alarm", '"drift-breaker-open"')

    assert (alarm["metric_name"], alarm["statistic"], alarm["threshold"]) == ("DriftBreakerOpen", "Maximum", 0)
    assert (alarm["period"], alarm["treat_missing_data"]) == (3600, "ignore")


def test_deciding_without_a_policy_document_is_critical_and_an_old_one_is_not(plan: Plan) -> None:
    rule = plan.only("aws_cloudwatch_composite_alarm", "module.monitoring.")["alarm_rule"]

    assert "txn-default-policy-fallback" in rule
    assert "txn-default-policy-refresh-failed" not in rule


@pytest.mark.parametrize(
    ("name", "service", "metric"),
    [
        ("settlement-failed", "process", "SettlementFailed"),
        ("merchant-unreadable", "ingest", "MerchantUnreadable"),
    ],
)
def test_what_fails_without_a_failed_call_alarms_too(name: str, service: str, metric: str, plan: Plan) -> None:
    alarm = plan.only("aws_cloudwatch_metric_alarm", f'"{name}"')

    assert (alarm["metric_name"], alarm["dimensions"]) == (metric, {"service": service})
    assert (alarm["statistic"], alarm["threshold"], alarm["treat_missing_data"]) == ("Sum", 0, "notBreaching")


def test_high_value_goes_by_the_decisions_route(plan: Plan) -> None:
    rule = plan.only("aws_cloudwatch_event_rule", '"high-value"')

    assert json.loads(rule["event_pattern"])["detail"] == {"routes": ["high_value"]}


def test_exactly_the_flagged_open_a_case(plan: Plan) -> None:
    pattern = json.loads(plan.only("aws_cloudwatch_event_rule", '"flagged"')["event_pattern"])

    assert pattern["detail-type"] == ["TransactionDecided"]
    assert pattern["detail"] == {"status": ["REVIEW_REQUIRED", "FRAUD_SUSPECTED"]}


def test_a_case_is_started_with_the_whole_event(plan: Plan) -> None:
    target = plan.only("aws_cloudwatch_event_target", '"flagged/case"')

    assert not target["input_path"]  # an execution can be traced to its event


def test_every_rule_target_retries_and_has_a_dead_letter_queue(plan: Plan) -> None:
    for target in plan.resources("aws_cloudwatch_event_target"):
        if "module.event_bus" in target["address"]:
            assert len(target["retry_policy"]) == 1, target["address"]
            assert len(target["dead_letter_config"]) == 1, target["address"]


def test_the_sweeper_runs_every_minute(plan: Plan) -> None:
    rule = plan.only("aws_cloudwatch_event_rule", "module.sweep.")

    assert rule["schedule_expression"] == "rate(1 minute)"


def test_the_operations_guide_knows_exactly_the_alarms_that_there_are(plan: Plan) -> None:
    kinds = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
    names = {alarm["alarm_name"] for kind in kinds for alarm in plan.resources(kind)}

    assert {name.removeprefix("txn-default-") for name in names} == alarm_names()


def test_the_backlog_alarm_fires_above_a_thousand_messages(plan: Plan) -> None:
    alarm = plan.only("aws_cloudwatch_metric_alarm", "queue-transactions-backlog")

    assert (alarm["threshold"], alarm["comparison_operator"]) == (1000, "GreaterThanThreshold")
