"""Rows of the flagship's transactions table in wire format, as JSON carries it: binary attributes are text."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from functools import cache
from typing import Any

from pipeline.aws.dynamo import to_item
from pipeline.domain.queued import accept
from pipeline.domain.records import change_attributes, received_row
from pipeline.domain.settlement import plan_settlement
from tests.factories import NOW, RECEIVED_AT, account, engine, finder, merchant, queued, transaction


def accepted(number: int) -> dict[str, Any]:
    """Return the image of a row as `ingest` writes it."""
    return {**_accepted(), "transaction_id": {"S": f"t{number}"}}


def decided(number: int) -> dict[str, Any]:
    """Return the image of the same row after its decision."""
    return {**_decided(), "transaction_id": {"S": f"t{number}"}}


@cache
def _accepted() -> dict[str, Any]:
    return to_item(received_row(accept(transaction(), NOW, "r1"), timedelta(minutes=15)))


@cache
def _decided() -> dict[str, Any]:
    change = plan_settlement(account(), [queued()], finder(merchant()), engine()).changes[0]
    attributes = {name: value for name, value in change_attributes(change, RECEIVED_AT).items() if value is not None}
    written = to_item({**attributes, "status": change.status.value, "revision": 2})
    return {**_accepted(), **{name: _carried(value) for name, value in written.items()}}


def _carried(attribute: dict[str, Any]) -> dict[str, Any]:
    return {"B": b64encode(attribute["B"]).decode()} if "B" in attribute else attribute
