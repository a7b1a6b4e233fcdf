"""What becomes of a message that the queue gave up: recorded, alerted, and the account quarantined."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Callable

from pipeline.aws.alerts import Alerts
from pipeline.aws.batch import read_message
from pipeline.aws.clock import utc_now
from pipeline.aws.failures import Failures
from pipeline.aws.ledger import Ledger
from pipeline.aws.quarantine import Quarantine
from pipeline.aws.queue import Message
from pipeline.domain.errors import InvalidTransactionError


class Recorder:
    """Records failed messages, each as often as it is delivered, with one effect.

    Parameters
    ----------
    ledger, quarantine, alerts
        Where it reads and writes, and whom it tells.
    now, sleep
        The clock, and the wait before a conflict is tried again.
    """

    def __init__(
        self,
        ledger: Ledger,
        quarantine: Quarantine,
        alerts: Alerts,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._failures = Failures(ledger, quarantine, alerts, now, sleep, over_fences=True)

    def record(self, message: Message) -> None:
        """Record one message of the dead-letter queue.

        Raises
        ------
        VersionConflictError
            If the account kept changing; the message must be delivered again.
        """
        try:
            item = read_message(message)
        except InvalidTransactionError:
            self._failures.give_up_message(message)
        else:
            self._failures.give_up(item, message)
