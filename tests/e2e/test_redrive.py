"""The operator's tool on the deployed flagship: a quarantined account is released in its order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts import systems
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for
from tests.e2e.redriving import redrive
from tests.e2e.test_failure import break_account

Purchase = Callable[..., dict[str, Any]]
NAME = systems.FLAGSHIP.name


def test_a_quarantined_account_is_released_in_order(flagship: Flagship, purchase: Purchase, tmp_path: Path) -> None:
    documents = [purchase(str(number)) for number in range(4)]
    ids, account_id = [each["transaction_id"] for each in documents], documents[0]["account_id"]
    break_account(flagship, account_id)
    flagship.submit(documents[0])
    wait_for(lambda: flagship.row(ids[0]).get("status") == "FAILED", "the failure")
    for document in documents[1:3]:
        flagship.submit(document)
    for document in documents[1:3]:
        flagship.settled(document["transaction_id"], seconds=180.0)  # three attempts with all their waits
    flagship.client("dynamodb").update_item(  # the cause is mended
        TableName=flagship.outputs["accounts_table_name"],
        Key={"account_id": {"S": account_id}},
        UpdateExpression="REMOVE last_occurred_at ADD version :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )

    listed = redrive(flagship, NAME, tmp_path)
    shown = redrive(flagship, NAME, tmp_path, "--account", account_id)
    released = redrive(flagship, NAME, tmp_path, "--account", account_id, "--execute", "--reason", "the row is mended")
    flagship.submit(documents[3])
    flagship.settled(ids[3])

    assert f"{account_id}: waits for {ids[0]}, 2 in line" in listed.stdout, listed
    assert [f"{place}. {key}" in shown.stdout for place, key in enumerate(ids[:3], 1)] == [True] * 3, shown
    assert released.returncode == 0, released
    rows = [flagship.row(key) for key in ids]
    assert [int(row["sequence"]) for row in rows] == [1, 2, 3, 4]
    assert {row["status"] for row in rows} == {"APPROVED"}
    assert "RELEASED: the row is mended" in [line["reason"] for line in rows[0]["history"]]
    assert not {"blocked_by", "quarantined_at", "released_by"} & flagship.account(account_id).keys()
