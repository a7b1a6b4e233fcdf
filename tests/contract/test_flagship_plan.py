"""What all resources of the flagship have in common, read from a real plan of the root.

The plan is made with the real provider against the bare local AWS, with the defaults of a production
workspace; nothing is applied.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from scripts import paths, root_modules, terraform_tree
from scripts.ministack import MiniStack
from scripts.terraform import environment
from tests.contract.test_docs import alarm_names

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def plan(emulator: MiniStack) -> dict[str, Any]:
    """Plan the root and return the plan's JSON."""
    root_modules.offline(".")  # initialises the same data folder
    data = paths.TERRAFORM / "data" / "root"
    file = data / "contract.tfplan"
    env = {**environment(emulator.environment), "TF_DATA_DIR": str(data)}

    def run(*command: str) -> str:
        done = subprocess.run(
            ["terraform", *command], cwd=terraform_tree.TREE, env=env, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    state = data / "contract.tfstate"
    run("plan", "-no-color", "-input=false", "-lock=false", f"-state={state}", f"-out={file}")
    parsed: dict[str, Any] = json.loads(run("show", "-json", str(file)))
    return parsed


def resources(plan: dict[str, Any], kind: str) -> list[Resource]:
    """Return the planned resources of a type, in all modules, with their address as `address`."""
    found = [{"address": r["address"], **r["values"]} for r in _walk(plan["planned_values"]["root_module"], kind)]
    assert found, f"the plan has no {kind}"
    return found


def _walk(module: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    yield from (resource for resource in module.get("resources", []) if resource["type"] == kind)
    for child in module.get("child_modules", []):
        yield from _walk(child, kind)


def only(plan: dict[str, Any], kind: str, part: str) -> Resource:
    """Return the one resource whose address holds `part`."""
    (found,) = [resource for resource in resources(plan, kind) if part in resource["address"]]
    return found


def test_every_function_runs_on_arm64_with_tracing(plan: dict[str, Any]) -> None:
    for function in resources(plan, "aws_lambda_function"):
        assert function["architectures"] == ["arm64"], function["address"]
        assert function["tracing_config"] == [{"mode": "Active"}], function["address"]


def test_every_function_has_its_own_role_and_log_group(plan: dict[str, Any]) -> None:
    functions = len(resources(plan, "aws_lambda_function"))
    roles = [role for role in resources(plan, "aws_iam_role") if role["address"].endswith(".aws_iam_role.this")]
    groups = {group.get("name") for group in resources(plan, "aws_cloudwatch_log_group")}

    assert len([role for role in roles if "lambda" in role["assume_role_policy"]]) == functions
    assert {f"/aws/lambda/{f['function_name']}" for f in resources(plan, "aws_lambda_function")} <= groups


def test_every_table_has_recovery_a_stream_encryption_and_protection(plan: dict[str, Any]) -> None:
    for table in resources(plan, "aws_dynamodb_table"):
        assert table["billing_mode"] == "PAY_PER_REQUEST", table["address"]
        assert table["point_in_time_recovery"][0]["enabled"], table["address"]
        assert table["stream_view_type"] == "NEW_AND_OLD_IMAGES", table["address"]
        assert table["server_side_encryption"][0]["enabled"], table["address"]
        assert table["deletion_protection_enabled"], table["address"]


def test_every_queue_keeps_messages_for_fourteen_days(plan: dict[str, Any]) -> None:
    for queue in resources(plan, "aws_sqs_queue"):
        assert queue["message_retention_seconds"] == 14 * 24 * 3600, queue["address"]


def test_the_transaction_queue_orders_by_account_at_high_throughput(plan: dict[str, Any]) -> None:
    queue = only(plan, "aws_sqs_queue", "module.transaction_queue.aws_sqs_queue.this")

    assert queue["fifo_queue"]
    assert queue["deduplication_scope"] == "messageGroup"
    assert queue["fifo_throughput_limit"] == "perMessageGroupId"
    assert not queue["content_based_deduplication"]


def test_a_consumer_has_a_sixth_of_its_queues_visibility_timeout(plan: dict[str, Any]) -> None:
    consumers = {"process": "transaction_queue", "failed": "transaction_queue", "archive": "archive_queue"}
    for function, queue in consumers.items():
        visible = only(plan, "aws_sqs_queue", f"module.{queue}.aws_sqs_queue.this")["visibility_timeout_seconds"]
        timeout = only(plan, "aws_lambda_function", f"module.{function}.")["timeout"]
        assert visible >= 6 * timeout, function


def test_every_queue_consumer_reports_single_failures(plan: dict[str, Any]) -> None:
    for source in resources(plan, "aws_lambda_event_source_mapping"):
        assert source["function_response_types"] == ["ReportBatchItemFailures"], source["address"]


@pytest.mark.parametrize("consumer", ["relay", "learn"])
def test_a_stream_consumer_is_bounded_bisects_and_forgets_nothing(plan: dict[str, Any], consumer: str) -> None:
    source = only(plan, "aws_lambda_event_source_mapping", f"module.{consumer}.")

    assert source["bisect_batch_on_function_error"]
    assert 0 < source["maximum_retry_attempts"] <= 10000
    assert 0 < source["maximum_record_age_in_seconds"] <= 86400
    assert source["starting_position"] == "TRIM_HORIZON"
    assert len(source["destination_config"]) == 1


def test_acceptance_wakes_no_relay(plan: dict[str, Any]) -> None:
    source = only(plan, "aws_lambda_event_source_mapping", "module.relay.")

    (pattern,) = [json.loads(f["pattern"]) for f in source["filter_criteria"][0]["filter"]]
    assert pattern == {"dynamodb": {"NewImage": {"status": {"S": [{"anything-but": ["RECEIVED"]}]}}}}


def test_the_stream_has_two_consumers_which_is_all_that_it_can_serve(plan: dict[str, Any]) -> None:
    streams = [m for m in resources(plan, "aws_lambda_event_source_mapping") if m["starting_position"]]

    assert len(streams) == 2


def test_only_what_is_decided_is_learnt_from_a_few_seconds_at_a_time(plan: dict[str, Any]) -> None:
    source = only(plan, "aws_lambda_event_source_mapping", "module.learn.")

    (pattern,) = [json.loads(f["pattern"]) for f in source["filter_criteria"][0]["filter"]]
    assert pattern == {"dynamodb": {"NewImage": {"decided_at": {"S": [{"exists": True}]}}}}
    assert (source["batch_size"], source["maximum_batching_window_in_seconds"]) == (60, 5)


def test_a_failing_record_delays_what_is_learnt_by_six_hours_at_most(plan: dict[str, Any]) -> None:
    source = only(plan, "aws_lambda_event_source_mapping", "module.learn.")

    assert source["maximum_record_age_in_seconds"] == 6 * 3600


def test_the_policy_document_is_an_encrypted_parameter_with_the_shipped_document(plan: dict[str, Any]) -> None:
    parameter = only(plan, "aws_ssm_parameter", "module.policy_parameter.")

    assert (parameter["type"], parameter["tier"]) == ("SecureString", "Intelligent-Tiering")
    assert parameter["value"] == (paths.ROOT / "policy_documents" / "flagship.json").read_text(encoding="utf-8")


def test_drift_is_judged_by_the_bars_of_the_policy_document(plan: dict[str, Any]) -> None:
    # Of `process` a plan does not tell: the URL of its queue is only known after the apply.
    environment = only(plan, "aws_lambda_function", "module.drift.")["environment"][0]["variables"]

    assert environment["POLICY_PARAMETER"] == "txn-default-policy"


def test_counts_of_decisions_expire_and_nothing_else_does(plan: dict[str, Any]) -> None:
    expiring = {
        (table["name"], ttl["attribute_name"])
        for table in resources(plan, "aws_dynamodb_table")
        for ttl in table.get("ttl", [])  # left out where only an apply tells that there is none
        if ttl["enabled"]
    }

    assert expiring == {("txn-default-drift", "expires_at")}


def test_drift_is_looked_at_every_hour(plan: dict[str, Any]) -> None:
    rule = only(plan, "aws_cloudwatch_event_rule", "module.drift.")

    assert rule["schedule_expression"] == "rate(1 hour)"


def test_an_open_breaker_alarms_until_a_run_says_that_it_is_closed(plan: dict[str, Any]) -> None:
    alarm = only(plan, "aws_cloudwatch_metric_alarm", '"drift-breaker-open"')

    assert (alarm["metric_name"], alarm["statistic"], alarm["threshold"]) == ("DriftBreakerOpen", "Maximum", 0)
    assert (alarm["period"], alarm["treat_missing_data"]) == (3600, "ignore")


def test_deciding_without_a_policy_document_is_critical_and_an_old_one_is_not(plan: dict[str, Any]) -> None:
    rule = only(plan, "aws_cloudwatch_composite_alarm", "module.monitoring.")["alarm_rule"]

    assert "txn-default-policy-fallback" in rule
    assert "txn-default-policy-refresh-failed" not in rule


def test_high_value_goes_by_the_decisions_route(plan: dict[str, Any]) -> None:
    rule = only(plan, "aws_cloudwatch_event_rule", '"high-value"')

    assert json.loads(rule["event_pattern"])["detail"] == {"routes": ["high_value"]}


def test_exactly_the_flagged_open_a_case(plan: dict[str, Any]) -> None:
    pattern = json.loads(only(plan, "aws_cloudwatch_event_rule", '"flagged"')["event_pattern"])

    assert pattern["detail-type"] == ["TransactionDecided"]
    assert pattern["detail"] == {"status": ["REVIEW_REQUIRED", "FRAUD_SUSPECTED"]}


def test_every_rule_target_retries_and_has_a_dead_letter_queue(plan: dict[str, Any]) -> None:
    for target in resources(plan, "aws_cloudwatch_event_target"):
        if "module.event_bus" in target["address"]:
            assert len(target["retry_policy"]) == 1, target["address"]
            assert len(target["dead_letter_config"]) == 1, target["address"]


def test_the_sweeper_runs_every_minute(plan: dict[str, Any]) -> None:
    rule = only(plan, "aws_cloudwatch_event_rule", "module.sweep.")

    assert rule["schedule_expression"] == "rate(1 minute)"


def test_the_operations_guide_knows_exactly_the_alarms_that_there_are(plan: dict[str, Any]) -> None:
    kinds = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm")
    planned = {alarm["alarm_name"] for kind in kinds for alarm in resources(plan, kind)}

    assert {name.removeprefix("txn-default-") for name in planned} == alarm_names()


def test_the_backlog_alarm_fires_above_a_thousand_messages(plan: dict[str, Any]) -> None:
    alarm = only(plan, "aws_cloudwatch_metric_alarm", "queue-transactions-backlog")

    assert (alarm["threshold"], alarm["comparison_operator"]) == (1000, "GreaterThanThreshold")


def test_every_resource_is_tagged_with_project_and_environment(plan: dict[str, Any]) -> None:
    for kind in (
        "aws_lambda_function",
        "aws_sqs_queue",
        "aws_dynamodb_table",
        "aws_s3_bucket",
        "aws_sfn_state_machine",
    ):
        for resource in resources(plan, kind):
            assert resource["tags_all"] == {
                "Project": "txn",
                "Environment": "default",
                "ManagedBy": "terraform",
            }, resource["address"]


def test_nothing_names_a_region_an_account_or_a_partition(plan: dict[str, Any]) -> None:
    for file in [*paths.ROOT.glob("*.tf"), *(paths.ROOT / "modules").rglob("*.tf")]:
        text = file.read_text(encoding="utf-8")
        assert "arn:aws:" not in text, file
        assert "us-east-1" not in text, file
