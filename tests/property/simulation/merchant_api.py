"""merchant_api in memory: the functions that it shares with the flagship, on a standard queue and without accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.property.simulation.flagship import Flagship
from tests.property.simulation.functions import Function
from tests.property.simulation.mappings import QueueMapping
from tests.property.simulation.queues import Message, queue_url
from tests.property.simulation.scenario import Submission

_WITHOUT = frozenset({"ACCOUNTS_TABLE", "MERCHANT_RISK_TABLE"})
_QUEUE = {"TRANSACTION_QUEUE_URL": queue_url("transactions")}


def _settings(function: Function) -> dict[str, str]:
    """Return a function's settings in a system with neither accounts nor learnt risk, and without an order."""
    kept = {name: value for name, value in function.settings.items() if name not in _WITHOUT}
    schema = {"REQUEST_SCHEMA": "merchant_api"} if function.name == "ingest" else {}
    return {**kept, **{name: value for name, value in _QUEUE.items() if name in kept}, **schema}


class MerchantApi(Flagship):
    """One schedule of merchant_api: what comes after the decision in the flagship, it does not have."""

    functions: ClassVar[Mapping[str, Function]] = {
        name: Function(name, function.timeout_seconds, _settings(function))
        for name, function in Flagship.functions.items()
        if name in ("ingest", "process", "failed", "sweep")
    }
    queue_name: ClassVar[str] = "transactions"
    dead_letters_name: ClassVar[str] = "dead"

    def request(self, submission: Submission) -> dict[str, Any]:
        """Return the request of a submission; it names neither account nor time."""
        return {name: value for name, value in submission.body().items() if name not in ("account_id", "occurred_at")}

    def _connect(self) -> None:
        undeleted = self._chance(self.scenario.chances.undeleted)
        for queue, function in ((self.queue, "process"), (self.dead, "failed")):
            QueueMapping(self.kernel, self.runtime, queue, function, undeleted=undeleted)

    def _given_up(self, _message: Message) -> None:
        """Do nothing: nobody waits for anybody."""
