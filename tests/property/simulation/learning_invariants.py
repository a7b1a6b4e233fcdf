"""What must hold of labels, and of what is learnt of them and of decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from pipeline.aws.dynamo import to_bytes
from pipeline.domain.evidence import whole_decision
from pipeline.domain.label import is_fraud
from pipeline.domain.merchant_risk import MerchantRisk, counts_against_merchant
from pipeline.domain.records import stored_features
from tests.property.simulation import invariants
from tests.property.simulation.invariants import Books
from tests.property.simulation.label_invariants import labels_stand
from tests.property.simulation.labels import Labels


def violations(system: Labels) -> list[str]:
    """Return what does not hold, in words."""
    books = Books(system)
    return [f"{check.__name__}: {problem}" for check in CHECKS for problem in check(books)]


def labels_are_kept(books: Books) -> Iterator[str]:
    """Check what must hold of labels."""
    yield from labels_stand(books.system, books.rows)


def learning_is_exact(books: Books) -> Iterator[str]:
    """Check that a merchant's risk counts each decision once, and each fraud that stands; and that the rows say so."""
    decided: Counter[str] = Counter()
    frauds: Counter[str] = Counter()
    for key, row in books.rows.items():
        if "decision" not in row:
            continue
        counts = counts_against_merchant(stored_features(whole_decision(row)))
        decided[row["merchant_id"]] += counts
        frauds[row["merchant_id"]] += counts and is_fraud(row)
        if int(row.get("label_counted", 0)) != int(counts and is_fraud(row)):
            yield f"{key} says that {row.get('label_counted', 0)} frauds of it are counted"
    risks = {
        row["merchant_id"]: MerchantRisk.unpack(to_bytes(row["risk"])) for row in books.system.items("merchant-risk")
    }
    learnt = Counter({key: sum(risk.transactions) for key, risk in risks.items()})
    if +learnt != +decided:
        yield f"learnt were {dict(learnt)} decisions of {dict(+decided)}"
    learnt = Counter({key: sum(risk.frauds) for key, risk in risks.items()})
    if +learnt != +frauds:
        yield f"learnt were {dict(learnt)} frauds of {dict(+frauds)}"


def drift_is_exact_without_faults(books: Books) -> Iterator[str]:
    """Check that the counters of drift hold each decision once, where nothing went wrong and nothing came twice."""
    system = books.system
    if system.network.hindered or system.scenario.chances.unmarked:
        return
    counted = sum(int(row.get("decided", 0)) for row in system.items("drift"))
    decided = sum("decision" in row for row in books.rows.values())
    if counted != decided:
        yield f"{counted} decisions are counted of {decided}"


CHECKS: tuple[Callable[[Books], Iterator[str]], ...] = (
    invariants.answers_stand,
    invariants.each_ends_once,
    invariants.accounts_are_folds,
    invariants.nothing_overtakes,
    labels_are_kept,
    learning_is_exact,
    drift_is_exact_without_faults,
)
