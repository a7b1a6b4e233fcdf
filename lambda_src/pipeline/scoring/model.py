"""A model: boosted trees over integer features, scored and explained in pure Python.

Trees are nested tuples, not objects: a walk is then tuple indexing and comparisons of ints, and 200 trees
of depth 3 take tens of microseconds. All features are integers, so "x < threshold" is the same for a
threshold and the next whole number above it; thresholds are therefore integers, too, and nothing is rounded
on the way to a leaf. Sums run in the order of the trees with plain additions (`sum` of floats differs
between Python versions), so a score replays bit for bit.

Reasons are path attributions (Saabas): each step from a node to its child changes the expected log-odds, and
the change belongs to the feature that the node asks for. The changes of all features and the average sum up to
the margin exactly; Shapley values would, too, but cost many times as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any, NamedTuple

from pipeline.domain.decision import MOST_REASONS, Feature, PolicyResult, Reason
from pipeline.scoring.document import LARGEST_PROBABILITY, PolicySpec, Thresholds

UNKNOWN_TEXT = -1
"""What a text stands for that the training data did not hold."""

NOTICEABLE = 0.1
"""The least log-odds that make a reason: the feature raises the odds by a tenth. Less is no news to a person."""

LEAST_MARGIN = -700.0
"""Below it `exp` would overflow; the probability is 0 long before."""

Node = Any
"""A leaf's log-odds, or a tuple (feature, threshold, left, right, change to the left, change to the right)."""


class Reference(NamedTuple):
    """How a series was distributed over the training data; the drift watch compares with it.

    Parameters
    ----------
    edges
        Ascending; a value belongs to the first bin whose edge is above it, or to the last bin.
    shares
        One more than `edges`; they sum up to 1.
    """

    edges: tuple[int, ...]
    shares: tuple[float, ...]


class Description(NamedTuple):
    """What a model says of itself; see docs/decision-engine.md for the artifact.

    Parameters
    ----------
    name, version, sha256
        Its name, and what identifies its content.
    features
        The names of its inputs, in order.
    thresholds
        What its training proposes, in millionths.
    reference
        Distributions over the training data by series: "score" and features.
    alert_rate_basis_points
        The share of the training period's transactions that the proposed thresholds flag.
    trained_on
        Fingerprint, size and origin of the training data.
    """

    name: str
    version: str
    sha256: str
    features: tuple[str, ...]
    thresholds: Thresholds
    reference: Mapping[str, Reference]
    alert_rate_basis_points: int
    trained_on: Mapping[str, Any]


def score_of(margin: float) -> int:
    """Return the probability, in millionths, of the log-odds `margin`."""
    return round(LARGEST_PROBABILITY / (1 + exp(-max(margin, LEAST_MARGIN))))


class Model:
    """Scores transactions; made by `pipeline.scoring.artifact.load`, which checks what it is given.

    Parameters
    ----------
    description
        What it says of itself.
    encodings
        For each feature that is a text: the number of each known text.
    base
        Log-odds before the first tree.
    trees
        The root of each tree.
    names
        The reason code and sentence of each feature, in order.
    """

    def __init__(
        self,
        description: Description,
        encodings: Mapping[str, Mapping[str, int]],
        base: float,
        trees: Sequence[Node],
        names: Sequence[tuple[str, str]],
    ) -> None:
        self.description = description
        self.version = f"{description.name}-{description.version}-{description.sha256[:12]}"
        self._features = description.features
        self._encodings = [(self._features.index(name), encodings[name]) for name in encodings]
        self._base = base
        self._trees = tuple(trees)
        self._names = tuple(names)
        self._texts = dict(names)

    def evaluate(self, spec: PolicySpec, features: Mapping[str, Feature]) -> PolicyResult:
        """Score and explain one transaction, with the thresholds of `spec`."""
        margin, changes = self.explained(features)
        score = score_of(margin)
        return spec.result(score, self._reasons(score, changes), self.version)

    def margin(self, features: Mapping[str, Feature]) -> float:
        """Return the log-odds of fraud."""
        values = self._vector(features)
        margin = self._base
        for root in self._trees:
            node = root
            while node.__class__ is tuple:
                node = node[2] if values[node[0]] < node[1] else node[3]
            margin += node
        return margin

    def score(self, features: Mapping[str, Feature]) -> int:
        """Return the probability of fraud, in millionths."""
        return score_of(self.margin(features))

    def explained(self, features: Mapping[str, Feature]) -> tuple[float, list[float]]:
        """Return the margin, and what each feature (in order) changed in it against the average."""
        values = self._vector(features)
        margin = self._base
        changes = [0.0] * len(values)
        for root in self._trees:
            node = root
            while node.__class__ is tuple:
                feature, threshold, left, right, to_left, to_right = node
                if values[feature] < threshold:
                    changes[feature] += to_left
                    node = left
                else:
                    changes[feature] += to_right
                    node = right
            margin += node
        return margin, changes

    def _vector(self, features: Mapping[str, Feature]) -> list[Any]:
        values: list[Any] = [features[name] for name in self._features]
        for place, encoding in self._encodings:
            values[place] = encoding.get(values[place], UNKNOWN_TEXT)
        return values

    def _reasons(self, score: int, changes: Sequence[float]) -> list[Reason]:
        """Share the score among what raised it; features of one code say one thing and count together."""
        by_code: dict[str, float] = {}
        for (code, _), change in zip(self._names, changes):
            by_code[code] = by_code.get(code, 0.0) + change
        raised = 0.0
        for change in by_code.values():
            raised += max(change, 0.0)
        noticeable = [code for code, change in by_code.items() if change >= NOTICEABLE]
        heaviest = sorted(noticeable, key=lambda code: -by_code[code])[:MOST_REASONS]
        return [Reason(code, round(score * by_code[code] / raised), self._texts[code]) for code in heaviest]
