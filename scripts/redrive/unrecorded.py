"""Failures that are not recorded so far."""

from __future__ import annotations

from typing import Any, Optional

from scripts.errors import CommandError

_NAMES = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


def refuse_unrecorded(sqs: Any, dead_letters_url: Optional[str]) -> None:
    """Refuse to begin while failures are not recorded: they may belong into a line that is about to be released.

    Parameters
    ----------
    sqs, dead_letters_url
        A client, and the queue of what was given up; None: there is no such queue.

    Raises
    ------
    CommandError
        If messages are in it.
    """
    if dead_letters_url is None:
        return
    found = sqs.get_queue_attributes(QueueUrl=dead_letters_url, AttributeNames=_NAMES)["Attributes"]
    waiting = sum(int(found[name]) for name in _NAMES)
    if waiting:
        raise CommandError(
            f"{waiting} failures are not recorded so far: wait until the dead-letter queue is empty, or see the alarm"
            " failures-unrecorded."
        )
