"""What chance makes of the systems that have streams: as elsewhere (`scenario.drawn`), and what is theirs alone."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.property.simulation.scenario import Scenario, Submission, drawn

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
