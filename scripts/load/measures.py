"""What the requests of a load test come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scripts.demo.measures import percentiles_ms
from scripts.load.loop import Request

LATE_MS = 100.0
"""A tool that begins its requests later than this is what is measured, and not the API."""

NO_ANSWER, NOT_SENT = "no answer", "not sent"


@dataclass(frozen=True)
class Run:
    """What a load test was asked to do.

    Parameters
    ----------
    system, url, pattern, seed
        What was sent, and where to.
    rate, duration_seconds, workers
        How.
    """

    system: str
    url: str
    pattern: str
    seed: int
    rate: float
    duration_seconds: float
    workers: int


def outcome_of(request: Request) -> str:
    """Return how a request ended, in a word."""
    if request.sent is None:
        return NOT_SENT
    return NO_ANSWER if request.status is None else str(request.status)


def is_ok(request: Request) -> bool:
    """Tell whether a request was answered with success."""
    return request.status is not None and 200 <= request.status < 300


def summary(requests: Sequence[Request]) -> dict[str, Any]:
    """Return rates, answers and times of all requests.

    A request without an answer counts with the time for which it was waited for: leaving it out would make a dead
    API look fast.
    """
    ok = sum(map(is_ok, requests))
    span = max((request.ended for request in requests), default=0.0)
    delays = [request.sent - request.due for request in requests if request.sent is not None]
    delay = _times(delays)
    sent = len(delays)
    return {
        "due": len(requests),
        "sent": sent,
        "ok": ok,
        "failed": len(requests) - ok,
        "answers": dict(sorted(Counter(map(outcome_of, requests)).items())),
        "achieved_rps": round(ok / span, 2) if span else 0.0,
        "span_seconds": round(span, 2),
        "response_ms": _times([request.ended - request.due for request in requests]),
        "service_ms": _times([request.ended - request.sent for request in requests if request.sent is not None]),
        "start_delay_ms": delay,
        "kept_up": sent == len(requests) and (delay["p99"] or 0.0) <= LATE_MS,
    }


def by_second(requests: Sequence[Request]) -> list[dict[str, Any]]:
    """Return, for each second in which requests were due, how many they were and how they were answered."""
    seconds: dict[int, list[Request]] = {}
    for request in requests:
        seconds.setdefault(int(request.due), []).append(request)
    return [
        {
            "second": second,
            "due": len(of_second),
            "ok": sum(map(is_ok, of_second)),
            "response_ms": _times([request.ended - request.due for request in of_second]),
        }
        for second, of_second in sorted(seconds.items())
    ]


def _times(seconds: Sequence[float]) -> dict[str, Any]:
    return {**percentiles_ms(seconds), "max": round(1000 * max(seconds), 1) if seconds else None}
