"""What goes wrong in these tests: the function dies, AWS refuses, the engine has bugs."""

from __future__ import annotations

from botocore.exceptions import ClientError

from pipeline.domain.account import Account
from pipeline.domain.decision import Decision
from pipeline.domain.merchant import Merchant
from pipeline.domain.queued import Acceptance
from tests.factories import engine

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "Write")

_ENGINE = engine()


class CrashError(BaseException):
    """The function dies; nothing of ours may catch it."""


class Moody:
    """An engine with bugs: it fails for some transactions, a number of times each.

    Parameters
    ----------
    failures
        How often for which transaction.
    """

    def __init__(self, failures: dict[str, int]) -> None:
        self._failures = failures

    def decide(self, acceptance: Acceptance, account: Account, merchant: Merchant) -> Decision:
        """Decide, or fail."""
        transaction_id = acceptance.transaction.transaction_id
        if self._failures.get(transaction_id, 0) > 0:
            self._failures[transaction_id] -= 1
            raise RuntimeError("a bug of ours")
        return _ENGINE.decide(acceptance, account, merchant)
