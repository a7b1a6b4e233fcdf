from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from scripts.demo import report, verdicts
from scripts.demo.state import Row
from tests.unit.demo.builders import row, transaction
from tests.unit.demo.test_report import result

FLAG, PASS = "FRAUD_SUSPECTED", "APPROVED"


def decided(transaction_id: str, by: str, **said: str) -> Row:
    return row(transaction(transaction_id), policy=by, verdicts=said, outcome=said[by])


def test_a_shadow_is_counted_like_the_policy_that_decides() -> None:
    rows = [decided("t1", "points", points=PASS, model=FLAG), decided("t2", "points", points=FLAG, model=FLAG)]

    counts = verdicts.count((one, None) for one in rows)

    assert list(counts) == ["points", "model"]
    assert (counts["points"].decided, counts["points"].flagged) == (2, 1)
    assert (counts["model"].decided, counts["model"].scored, counts["model"].flagged) == (0, 2, 2)


def test_an_account_of_the_challenger_counts_as_decided_by_it() -> None:
    rows = [decided("t1", "points", points=PASS, model=PASS), decided("t2", "model", points=PASS, model=FLAG)]

    counts = verdicts.count((one, None) for one in rows)

    assert (counts["points"].decided, counts["model"].decided) == (1, 1)


def test_labels_tell_which_frauds_a_policy_would_have_found() -> None:
    rows = [
        (decided("t1", "points", points=PASS, model=FLAG), True),
        (decided("t2", "points", points=FLAG, model=PASS), False),
        (decided("t3", "points", points=FLAG, model=FLAG), None),
    ]

    counts = verdicts.count(rows)

    points, model = counts["points"], counts["model"]
    assert (points.frauds, points.frauds_flagged, points.genuine_flagged) == (1, 0, 1)
    assert (model.frauds, model.frauds_flagged, model.genuine_flagged) == (1, 1, 0)


def test_the_page_has_a_row_for_each_policy_and_the_summary_a_word() -> None:
    one = result()
    one.books.policies = verdicts.count([(decided("t1", "points", points=PASS, model=FLAG), True)])
    out = StringIO()

    page = report.html(one, report.document(one))
    report.show(one, [Path("build/demo/report.json")], Console(file=out, width=160))

    assert "What each policy flagged, or would have" in page
    assert '<th scope="row">model</th><td class="number">shadow</td>' in page
    assert "Flagged: 0 by points (0 of 1 frauds); 1 by model, a shadow (1 of 1 frauds)" in out.getvalue()
