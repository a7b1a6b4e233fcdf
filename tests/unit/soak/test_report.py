"""What a soak leaves behind."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from scripts.demo.books import count
from scripts.demo.measures import measure
from scripts.demo.report import Result
from scripts.demo.source import Unmappable
from scripts.demo.state import Snapshot
from scripts.soak import report
from scripts.soak.chaos import Chaos, Episode, Sample
from scripts.soak.operator import Release
from scripts.soak.schedule import BUS, KILL
from tests.unit.demo.builders import row, sent, transaction


def content() -> dict[str, Any]:
    given = [sent(transaction(f"t{number}"), order=number, sent_at=100.0 + number) for number in range(5)]
    snapshot = Snapshot({one.transaction.transaction_id: row(one.transaction) for one in given})
    chaos = Chaos([], None, None, "", 3, lambda: None)  # type: ignore[arg-type]
    chaos.began_at = 90.0
    chaos.episodes = [Episode(KILL, 1.0, 0, 2.0, 4.5), Episode(BUS, 5.0, 0, 6.0)]
    chaos.samples = [Sample(0.0, 0, 0), Sample(4.0, 4, 2), Sample(8.0, 5, 0)]
    result = Result(
        "flagship",
        count(given, snapshot),
        measure(given, snapshot),
        "generator",
        Unmappable(),
        1,
        2.0,
        4,
        "MiniStack",
        1.0,
    )
    return report.document(result, given, snapshot, chaos, {KILL: Counter(ingest=2)}, Release(2, 3, 1, 4.5))


def test_the_report_tells_each_fault_and_how_long_it_was_felt() -> None:
    document = content()

    assert document["faults"] == [
        {"kind": KILL, "began": 1.0, "ended": 2.0, "recovered_in": 2.5},
        {"kind": BUS, "began": 5.0, "ended": 6.0, "recovered_in": None},
    ]
    assert document["given_up"] == {"failed": 2, "held": 3, "accounts": 1, "seconds": 4.5, "complaint": ""}
    assert document["injected"] == {KILL: {"ingest": 2}}
    assert document["load_held_tps"] == 1.25  # five in four seconds


def test_the_page_loads_nothing_and_marks_the_faults(tmp_path: Path) -> None:
    _, page = report.write(content(), tmp_path)

    text = page.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|[^:]href)=.http""", text)
    assert f"1. {KILL}" in text
    assert "never" in text
    assert text.count("<figure") == 3
