"""One alert a transaction: leased, published, marked as sent; none is lost, and what may repeat one is known.

| what happens | what follows |
|---|---|
| the same message again, or a second one for the transaction | the row says SENT: dropped |
| another consumer is at it | its lease is live: the message comes back after its visibility timeout |
| SNS refuses, or was not reached | the lease is given back, the message comes back |
| SNS does not answer, or fails halfway | nobody knows: the lease is kept until it lapses, the message comes back |
| the function dies before it publishes | the lease lapses, the message comes back |
| the function dies after it published, or the mark fails | **the window**: the alert may be sent a second time |

A message leaves the queue only after SNS took its alert, or took it before; one that comes back three times
goes to the dead-letter queue. An alert that SNS took without its answer arriving is in the window, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Callable

from botocore.exceptions import BotoCoreError, ClientError

from notify.topic import NotSentError, Topic
from pipeline.aws.alert_lease import AlertLeases, Lease, LeaseHeldError
from pipeline.aws.observability import count, logger
from pipeline.aws.queue import Message
from pipeline.domain.fraud_alert import FraudAlert, read_alert

SECONDS_A_MESSAGE = 10.0
"""Time that must remain to begin with a message: a death between publishing and the mark repeats the alert."""


class Notifier:
    """Sends alerts.

    Parameters
    ----------
    leases, topic
        Who may send, and where to.
    table, region
        Where the transactions are, for the command in the alert that shows one.
    """

    def __init__(self, leases: AlertLeases, topic: Topic, table: str, region: str) -> None:
        self._leases = leases
        self._topic = topic
        self._table = table
        self._region = region

    def notify(self, messages: Sequence[Message], seconds_left: Callable[[], float] = lambda: inf) -> list[Message]:
        """Send the alerts of `messages`; return those that must be delivered again.

        Parameters
        ----------
        messages
            The batch.
        seconds_left
            The time that remains for it.
        """
        again = []
        for message in messages:
            if seconds_left() < SECONDS_A_MESSAGE:
                logger.warning("no time left for the alert", message_id=message.message_id)
                again.append(message)
            elif not self._settle(message):
                again.append(message)
        return again

    def _settle(self, message: Message) -> bool:
        """See to one message; tell whether that worked."""
        transaction_id = None
        try:
            alert = read_alert(message.body)
            transaction_id = alert.transaction_id
            self._notify(alert)
        except LeaseHeldError:
            logger.info("another consumer is sending the alert", transaction_id=transaction_id)
            return False
        except Exception:  # noqa: BLE001
            # Whatever is wrong with one alert, a bug of ours included, must not hold up the others of the batch.
            logger.exception("alert not sent", message_id=message.message_id, transaction_id=transaction_id)
            count("AlertFailed")
            return False
        return True

    def _notify(self, alert: FraudAlert) -> None:
        text = alert.text(self._table, self._region)  # before the lease: what fails here needs none
        lease = self._leases.take(alert.transaction_id, alert.timestamp)
        if lease is None:
            count("AlertRepeated")
            logger.info("alert was sent before", transaction_id=alert.transaction_id)
            return
        try:
            message_id = self._topic.publish(alert.subject, text)
        except NotSentError:
            self._release(lease, alert)
            raise
        count("AlertSent")
        logger.info(
            "alert sent",
            transaction_id=alert.transaction_id,
            correlation_id=alert.correlation_id,
            status=alert.status.value,
            sns_message_id=message_id,
        )
        self._mark_sent(lease, alert, message_id)

    def _release(self, lease: Lease, alert: FraudAlert) -> None:
        try:
            self._leases.release(lease)
        except (BotoCoreError, ClientError):
            logger.exception("the lease stays until it lapses", transaction_id=alert.transaction_id)

    def _mark_sent(self, lease: Lease, alert: FraudAlert, message_id: str) -> None:
        """Record that the alert was sent; the message is done even if that fails.

        To have it come back would repeat the alert for certain, and not only if another delivery follows.
        """
        try:
            if not self._leases.mark_sent(lease, message_id):
                logger.error("the lease lapsed: the alert may be sent twice", transaction_id=alert.transaction_id)
        except (BotoCoreError, ClientError):
            logger.exception("the alert was sent but not marked", transaction_id=alert.transaction_id)
