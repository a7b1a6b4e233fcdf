"""A combination: the sum of other policies' scores, each times a whole factor."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.domain.decision import PolicyResult, Reason
from pipeline.scoring.document import PolicySpec


def evaluate(spec: PolicySpec, parts: Mapping[str, PolicyResult]) -> PolicyResult:
    """Combine the results of the parts; their reasons compete in the combination's own unit.

    Parameters
    ----------
    spec
        `numbers` holds the factor of each part.
    parts
        Results by policy name; those of all parts among them.
    """
    score = 0
    reasons: dict[str, Reason] = {}
    for name, factor in spec.numbers.items():
        part = parts[name]
        score += factor * part.score
        for reason in part.reasons:
            known = reasons.get(reason.code)
            points = factor * reason.points + (known.points if known else 0)
            reasons[reason.code] = Reason(reason.code, points, known.text if known else reason.text)
    versions = [version for version in (parts[name].model_version for name in spec.numbers) if version]
    return spec.result(score, reasons.values(), ",".join(versions) or None)
