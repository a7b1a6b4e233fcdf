"""What operators rely on: empty second plans, and logs that carry ids and nothing personal."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

from scripts import terraform_tree
from tests.e2e.conftest import Flagship
from tests.e2e.emulator_gaps import READ_BACK_GAPS

Purchase = Callable[..., dict[str, Any]]


def test_a_second_plan_changes_nothing_beyond_the_emulators_read_back_gaps(flagship: Flagship) -> None:
    runner = flagship.terraform
    plan = os.path.join(runner.work_dir, "second.tfplan")  # noqa: PTH118
    environment = {**os.environ, "TF_DATA_DIR": str(runner.work_dir)}
    for command in (
        ["plan", "-no-color", f"-state={runner.state_path}", f"-out={plan}"],
        ["show", "-no-color", "-json", plan],
    ):
        done = subprocess.run(
            ["terraform", *command],
            cwd=terraform_tree.TREE,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
    changed = {
        f"{change['address']}: {attribute}"
        for change in json.loads(done.stdout)["resource_changes"]
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
        for attribute in changed_attributes(change["change"])
        if attribute not in READ_BACK_GAPS.get(change["type"], set())
    }

    assert not changed


def changed_attributes(change: dict[str, Any]) -> set[str]:
    """Return the attributes that differ, or the action where the whole resource is made or removed."""
    if change["actions"] != ["update"]:
        return {"/".join(change["actions"])}
    before, after, unknown = change["before"], change["after"], change.get("after_unknown", {})
    return {name for name in {*before, *after} if before.get(name) != after.get(name) or unknown.get(name) is True}


def test_logs_tell_the_way_of_a_transaction_by_its_correlation_id(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    flagship.submit(document)
    row = flagship.settled(document["transaction_id"])

    lines = flagship.log_lines("ingest") + flagship.log_lines("process")

    told = [line for line in lines if line.get("correlation_id") == row["correlation_id"]]
    assert {line["service"] for line in told} == {"ingest", "process"}
    assert all(line["transaction_id"] == document["transaction_id"] for line in told)


def test_decisions_are_counted_in_emf(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    flagship.submit(document)
    flagship.settled(document["transaction_id"])

    records = [line for line in flagship.log_lines("process") if "_aws" in line]

    metrics = {
        metric["Name"]
        for record in records
        for directive in record["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    assert {"Processed", "FraudDetected", "DecisionLatency"} <= metrics
    assert {record["service"] for record in records} == {"process"}


def test_no_log_carries_a_merchants_name_an_amounts_owner_or_a_whole_payload(
    flagship: Flagship, purchase: Purchase
) -> None:
    flagship.put_merchant("telltale", name="Telltale Tailors")
    document = purchase(merchant_id="telltale", location={"latitude": 48.123456, "longitude": 2.654321})
    flagship.submit(document)
    flagship.submit({**document, "card_number": "4111111111111111"})
    flagship.settled(document["transaction_id"])

    lines = "".join(
        json.dumps(line) for function in flagship.outputs["function_names"] for line in flagship.log_lines(function)
    )

    assert document["transaction_id"] in lines
    for secret in ("Telltale Tailors", "48.123456", "4111111111111111", flagship.key):
        assert secret not in lines
