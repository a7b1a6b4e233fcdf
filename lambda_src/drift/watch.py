"""One look at the drift of the last day: measured, judged, and the breaker set accordingly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Callable

from pipeline.aws.clock import utc_now
from pipeline.aws.drift import DriftTable
from pipeline.aws.observability import logger
from pipeline.domain.times import to_text
from pipeline.scoring.document import MODEL, PolicyDocument
from pipeline.scoring.drift import Breaker, DriftReport, judge, next_breaker
from pipeline.scoring.model import Model


@dataclass(frozen=True)
class Look:
    """What was found, and the breaker after it."""

    report: DriftReport
    breaker: Breaker
    decided: int


class Watch:
    """Looks at the last day.

    Parameters
    ----------
    table
        The counters and the breaker.
    models
        The packaged models by the sha256 of their artifacts.
    document
        Returns the policy document in force: it names the models and the bars.
    now
        The clock.
    """

    def __init__(
        self,
        table: DriftTable,
        models: Mapping[str, Model],
        document: Callable[[], PolicyDocument],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._table = table
        self._models = models
        self._document = document
        self._now = now

    def look(self) -> Look:
        """Measure, judge, set the breaker.

        Raises
        ------
        PolicyUnavailableError
            If there is no policy document: then nothing is judged, and the breaker stays as it is.
        """
        now = self._now()
        document = self._document()
        counters, before = self._table.last_day(now)
        report = judge(counters, _models_in(document, self._models), document.named, document.drift)
        after = next_breaker(before, report, to_text(now))
        self._table.set_breaker(after, to_text(now), counters["decided"], judged=report.judged)
        logger.info(
            "drift judged" if report.judged else "not enough decisions to judge drift",
            decided=counters["decided"],
            minimum_decisions=document.drift.minimum_decisions,
            breaker_open=after.open,
            reasons=report.reasons,
        )
        if after.open and not before.open:
            logger.warning("the breaker opens: promotion is held", reasons=after.reasons)
        return Look(report, after, counters["decided"])


def _models_in(document: PolicyDocument, models: Mapping[str, Model]) -> list[Model]:
    """Return the packaged models that the policies in use score with, each once.

    One that is not packaged does not score: the document's kill switch is on.
    """
    names = [part for name in document.named for part in (name, *document.policies[name].numbers)]
    used = [document.policies[name] for name in names if name in document.policies]
    artifacts = dict.fromkeys(one.artifact for one in used if one.kind == MODEL)
    return [models[sha256] for sha256 in artifacts if sha256 in models]
