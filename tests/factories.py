"""Small makers of domain objects: a test names only what matters to it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from pipeline.aws.policies import BASELINE
from pipeline.aws.queue import Message
from pipeline.domain.account import Account
from pipeline.domain.merchant import Merchant
from pipeline.domain.queued import Acceptance
from pipeline.domain.settlement import FindMerchant, Queued
from pipeline.domain.transaction import Transaction
from pipeline.scoring.document import parse
from pipeline.scoring.engine import DecisionEngine
from pipeline.scoring.model import Model

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=timezone.utc)
RECEIVED_AT = "2026-11-20T09:00:00.000000Z"


def transaction(transaction_id: str = "t1", account_id: str = "acc", **changes: Any) -> Transaction:
    """Return a harmless purchase, with `changes`."""
    given: dict[str, Any] = {
        "merchant_id": "shop",
        "amount": Decimal("12.50"),
        "currency": "USD",
        "occurred_at": "2026-11-20T08:59:00.000000Z",
        **changes,
    }
    given["amount"] = Decimal(given["amount"])
    return Transaction(transaction_id, account_id, **given)


def acceptance(transaction_id: str = "t1", account_id: str = "acc", **changes: Any) -> Acceptance:
    """Return the acceptance of a harmless purchase."""
    return Acceptance(transaction(transaction_id, account_id, **changes), RECEIVED_AT, f"request-{transaction_id}")


def queued(transaction_id: str = "t1", account_id: str = "acc", receive_count: int = 1, **changes: Any) -> Queued:
    """Return a queued harmless purchase."""
    return Queued(acceptance(transaction_id, account_id, **changes), f"m-{transaction_id}", "1", receive_count)


def message(
    transaction_id: str = "t1", account_id: str = "acc", receive_count: int = 1, copy: int = 0, **changes: Any
) -> Message:
    """Return a queue message of a harmless purchase; copies differ in their message id."""
    return Message(
        message_id=f"m-{transaction_id}-{copy}",
        receipt_handle=f"r-{transaction_id}-{copy}",
        body=acceptance(transaction_id, account_id, **changes).to_body(),
        group=account_id,
        sequence_number="1",
        receive_count=receive_count,
    )


def merchant(name: str = "Corner Shop", **changes: Any) -> Merchant:
    """Return an active merchant without a limit."""
    return Merchant(**{"merchant_id": "shop", "name": name, **changes})


def finder(*known: Merchant) -> FindMerchant:
    """Return what finds these merchants and no other."""
    by_id = {each.merchant_id: each for each in known}
    return lambda payment: by_id.get(payment.merchant_id)


def account(**changes: Any) -> Account:
    """Return a new account, with `changes`."""
    return Account(**{"account_id": "acc", **changes})


def policy_text(**changes: Any) -> str:
    """Return a policy document in which the published points decide, with `changes`."""
    return json.dumps({**json.loads(BASELINE), "version": "test-1", **changes})


def engine(*models: Model, **changes: Any) -> DecisionEngine:
    """Return an engine in which the published points decide, with `changes` of its document."""
    return DecisionEngine(parse(policy_text(**changes)), {model.description.sha256: model for model in models})


class FixedPolicies:
    """Stands for the store of policies where a test is not about policies."""

    def __init__(self, decider: Any = None) -> None:
        self._decider = decider or engine()

    def engine(self) -> Any:
        """Return the engine in force."""
        return self._decider
