"""Cases: a flagged transaction opens one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from scripts.demo import tables
from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.state import Access, Findings, Part, Row


@dataclass(frozen=True)
class Case:
    """A case as the workflow recorded it."""

    case_id: str
    status: str
    outcome: Optional[str] = None


class CaseTable(Part):
    """The table of cases."""

    def __init__(self, access: Access) -> None:
        self._dynamodb = access.client("dynamodb")
        self._table = access.output("cases_table_name")

    def pulse(self) -> int:
        """Return how many cases there are."""
        return tables.count(self._dynamodb, self._table)

    def flagged(self) -> int:
        """Return the same: each case is a flagged transaction's."""
        return self.pulse()

    def read(self) -> Cases:
        """Read all cases."""
        items = tables.scan(self._dynamodb, self._table, ("case_id", "status", "outcome"))
        return Cases({item["case_id"]: Case(item["case_id"], item["status"], item.get("outcome")) for item in items})


@dataclass(frozen=True)
class Cases(Findings):
    """The cases by the transaction that opened them."""

    by_transaction: Mapping[str, Case]

    def unfinished(self, outcomes: Outcomes) -> Mapping[str, int]:
        """Return how many flagged transactions lack a case."""
        return {"cases": len(self._without(outcomes.decided))}

    def enter(self, books: Books, outcomes: Outcomes) -> None:
        """Count the cases of this run's flagged transactions."""
        for row in self._without(outcomes.decided):
            books.note("without_case", row.transaction_id)
        ids = [row.transaction_id for row in outcomes.decided if row.flagged]
        cases = [self.by_transaction[id_] for id_ in ids if id_ in self.by_transaction]
        books.parts["cases"] = {
            "flagged": len(ids),
            "opened": len(cases),
            "by_status": dict(sorted(Counter(case.status for case in cases).items())),
            "by_outcome": dict(sorted(Counter(case.outcome or "none yet" for case in cases).items())),
        }
        books.checks.append(
            Check(
                "Every flagged transaction has a case",
                len(cases) == len(ids),
                f"{len(cases):,} of {len(ids):,} flagged have one",
            )
        )

    def _without(self, decided: Sequence[Row]) -> list[Row]:
        return [row for row in decided if row.flagged and row.transaction_id not in self.by_transaction]
