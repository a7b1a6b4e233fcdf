"""Several accounts on their way at once, each in a thread of its own; one after the other within an account."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

from scripts.redrive.release import Outcome

MOST = 10
"""As many connections as the SDK keeps to a service; more would be opened anew for each call."""


def release_all(
    subjects: Sequence[str], release: Callable[[str], Outcome], most: int, stop: threading.Event
) -> list[Outcome]:
    """Release all subjects, at most so many at a time; return what became of them, in their order.

    Parameters
    ----------
    subjects, release
        What to release, and how; it returns what keeps it from going on, so that the others do.
    most
        How many at a time.
    stop
        Is set where the operator interrupts: those that are under way then end at their next step.
    """
    with ThreadPoolExecutor(most) as pool:
        try:
            under_way = [pool.submit(release, subject) for subject in subjects]
            return [each.result() for each in under_way]
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
