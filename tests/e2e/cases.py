"""A case as a client brings it about and an analyst answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.e2e.conftest import Flagship

Purchase = Callable[..., dict[str, Any]]


def submit_suspect(flagship: Flagship, purchase: Purchase) -> str:
    """Submit a transaction that opens a case, and return its id."""
    flagship.put_merchant("fake-shop", name="Fake Shop")
    document = purchase(merchant_id="fake-shop", amount=7000, currency="CHF")
    flagship.submit(document)
    return str(document["transaction_id"])


def review_of(flagship: Flagship, transaction_id: str) -> dict[str, Any]:
    """Wait for the question that a case puts to the analysts, and return it."""
    message = flagship.messages(flagship.outputs["review_queue_url"], lambda message: transaction_id in message["Body"])
    question: dict[str, Any] = json.loads(message["Body"])
    return question


def answer(flagship: Flagship, question: dict[str, Any], verdict: str) -> None:
    """Answer a case's question as an analyst does."""
    flagship.client("stepfunctions").send_task_success(
        taskToken=question["task_token"], output=json.dumps({"verdict": verdict})
    )
