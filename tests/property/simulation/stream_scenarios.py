"""What chance makes of the systems that have streams: as elsewhere (`scenario.drawn`), and what is theirs alone."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.property.simulation.scenario import Saying, Scenario, Submission, drawn

SMALL_SKEWS = (0.0, 2.0, -2.0)
"""Seconds by which clocks may be wrong where a lease of a minute rests on them."""


def of_alerts(draw: Random) -> Scenario:
    """Return a scenario of stream_alerts: an id may come again at another time."""
    scenario = drawn(draw)
    submissions = list(scenario.submissions)
    if draw.random() < 0.2:
        submissions.append(_at_another_time(draw, draw.choice(submissions)))
    skews = SMALL_SKEWS if any(scenario.chances.skews) else (0.0,)
    chances = replace(scenario.chances, skews=skews)
    return replace(scenario, submissions=tuple(submissions), chances=chances, sweeps=())


def _at_another_time(draw: Random, one: Submission) -> Submission:
    later = one.at + draw.choice((0.0, 0.05, 400.0)) * draw.random()
    return replace(one, at=later, repeats=(), occurred_at="2026-11-20T08:58:00Z")


def of_bank(draw: Random) -> Scenario:
    """Return a scenario of securebank: the gateway may put requests on the stream, an id be used by two customers."""
    scenario = drawn(draw)
    submissions = list(scenario.submissions)
    if draw.random() < 0.2:
        submissions.append(_at_another_time(draw, draw.choice(submissions)))
    if draw.random() < 0.1:
        submissions.append(replace(_at_another_time(draw, draw.choice(submissions)), account_id="acc-other"))
    direct = draw.choice((0.0, 0.0, 0.5, 1.0))
    return replace(
        scenario,
        submissions=tuple(replace(one, direct=draw.random() < direct) for one in submissions),
        labels=labels(draw, [one.transaction_id for one in submissions]) if draw.random() < 0.3 else (),
        age_seconds=draw.choice((60.0, *[43200.0] * 9)),
        retention_seconds=draw.choice((300.0, *[86400.0] * 19)),
    )


def labels(draw: Random, ids: list[str]) -> tuple[Saying, ...]:
    """Return what is said of transactions: late, repeated, contradicting each other."""
    return tuple(
        Saying(
            draw.choice(ids),
            draw.choice(("fraud", "fraud", "genuine", "unknown")),
            f"2026-11-20T09:00:0{draw.randrange(4)}Z",
            1000.0 * draw.random() ** 2,
            (draw.choice((0.01, 1.0, 600.0)) * draw.random(),) if draw.random() < 0.4 else (),
        )
        for _ in range(draw.randint(1, 6))
    )


def of_labels(draw: Random) -> Scenario:
    """Return a scenario of transactions that are labelled."""
    scenario = drawn(draw)
    return replace(scenario, labels=labels(draw, [one.transaction_id for one in scenario.submissions]))
