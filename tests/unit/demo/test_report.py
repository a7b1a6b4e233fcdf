from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from scripts.demo import books, report
from scripts.demo.analyses.sums import Compared
from scripts.demo.measures import measure
from scripts.demo.source import Unmappable
from scripts.demo.state import Findings, Snapshot
from scripts.demo.verdicts import PolicyCount
from tests.unit.demo.builders import alerts, row, sent, snapshot, transaction

PROMISED = {
    "submitted", "accepted", "rejected", "conflicts", "settled", "lost", "duplicated", "out_of_order", "by_status",
    "latency_ms", "throughput_tps", "apply_seconds", "emulator", "seed", "confusion", "started_at", "input",
    "high_value", "cases", "unmappable", "policies",
}  # fmt: skip


def result(
    sent_count: int = 40,
    lost: int = 0,
    name: str = "input.csv",
    system: str = "flagship",
    findings: Sequence[Findings] | None = None,
) -> report.Result:
    given = [
        transaction(f"t{n}", account_id=f"a{n}", amount=Decimal(1 + 700 * n), fraud=n % 9 == 0)
        for n in range(sent_count)
    ]
    answers = [sent(one, n, sent_at=100.0 + n / 10, seconds=0.005 * (n + 1)) for n, one in enumerate(given)]
    rows = [row(one, score=float(n % 4 * 10), decided_at=103.0 + n / 8) for n, one in enumerate(given[lost:])]
    state = snapshot(rows) if findings is None else Snapshot({one.transaction_id: one for one in rows}, findings)
    return report.Result(
        system=system,
        books=books.count(answers, state),
        measures=measure(answers, state),
        input_name=name,
        unmappable=Unmappable(1, ["line 3: transaction.amount: column 'amount' is empty"]),
        seed=1,
        rate=None,
        workers=8,
        emulator="MiniStack 1.2.3",
        apply_seconds=61.5,
        started_at=datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc),
        duration_seconds=99.04,
        stage_seconds={"set up": 61.0, "send": 30.1, "settle": 8.0},
    )


class Page(HTMLParser):
    """Collects what the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.tags if "id" in attributes]


@pytest.fixture(scope="module")
def page() -> Page:
    one = result()
    return Page(report.html(one, report.document(one)))


def test_the_report_holds_everything_that_was_promised() -> None:
    content = report.document(result())

    assert set(content) >= PROMISED
    assert set(content["latency_ms"]["api"]) == set(content["latency_ms"]["end_to_end"]) == {"p50", "p95", "p99"}
    assert set(content["confusion"]) == {"tp", "fp", "tn", "fn"}
    assert content["submitted"] == content["accepted"] + content["rejected"] + content["conflicts"] == 40


def test_both_files_are_written_and_the_json_can_be_read_back(tmp_path: Path) -> None:
    written = report.write(result(), tmp_path / "new" / "folder")

    assert [file.name for file in written] == ["report.json", "report.html"]
    assert json.loads(written[0].read_text())["balanced"] is True


def test_an_earlier_report_cannot_pass_for_that_of_an_unfinished_run(tmp_path: Path) -> None:
    report.write(result(), tmp_path)
    report.forget(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_page_loads_nothing(page: Page) -> None:
    references = [
        (tag, name, value)
        for tag, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "srcset", "href", "xlink:href", "action", "data") and not (value or "").startswith("#")
    ]

    assert references == []
    assert not {"script", "link", "iframe", "object", "embed", "img"} & {tag for tag, _ in page.tags}


def test_every_plot_has_a_text_in_its_place_and_ids_are_unique(page: Page) -> None:
    plots = [attributes for _, attributes in page.tags if attributes.get("role") == "img"]

    assert len(plots) == 5
    assert all(plot["aria-labelledby"] in page.ids for plot in plots)
    assert len(page.ids) == len(set(page.ids))


def test_every_reference_within_a_plot_leads_somewhere(page: Page) -> None:
    targets = [attributes["xlink:href"] or "" for _, attributes in page.tags if "xlink:href" in attributes]

    assert targets
    assert {target[1:] for target in targets} <= set(page.ids)


def test_what_comes_from_a_file_is_escaped() -> None:
    one = result(name="<script>alert(1)</script>.csv")

    text = report.html(one, report.document(one))

    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_books_that_do_not_balance_say_so_with_an_example() -> None:
    one = result(lost=2)

    text = report.html(one, report.document(one))

    assert "The books do not balance" in text
    assert "t0: no row with its body" in text


@pytest.mark.parametrize("sent_count", [0, 1])
def test_a_run_of_almost_nothing_still_has_a_report(sent_count: int, tmp_path: Path) -> None:
    report.write(result(sent_count), tmp_path)

    assert (tmp_path / "report.html").stat().st_size > 0


def test_the_summary_names_what_fails_first_hand() -> None:
    out = StringIO()
    report.show(result(lost=1), [Path("build/demo/report.json")], Console(file=out, width=160))

    shown = out.getvalue()
    assert "The books do NOT balance." in shown
    assert "lost: t0: no row with its body" in shown
    assert "1 rows could not be mapped: line 3" in shown


def text_of(one: report.Result) -> str:
    return report.html(one, report.document(one))


def test_the_report_names_its_system() -> None:
    one, out = result(system="merchant_api", findings=[]), StringIO()
    report.show(one, [], Console(file=out))

    assert report.document(one)["system"] == "merchant_api"
    assert "<title>merchant_api: the books balance</title>" in text_of(one)
    assert out.getvalue().startswith("merchant_api\n")


def test_what_a_system_has_no_part_for_is_left_out() -> None:
    flagship, bare = result(), result(findings=[])

    assert {"out_of_order", "high_value", "cases", "events"} <= set(report.document(flagship))
    assert not {"out_of_order", "high_value", "cases", "events", "alerts"} & set(report.document(bare))
    for words in ("Out of order", "priority", "cases opened", "Events archived", "dead-letter"):
        assert words in text_of(flagship)
        assert words not in text_of(bare)


def test_the_alerts_of_a_system_that_sends_some_are_shown() -> None:
    text = text_of(result(findings=[alerts()]))

    assert "0 alerted" in text
    assert "Alerts repeated" in text
    assert "Every flagged transaction was alerted exactly once" in text


def test_what_was_worked_out_of_a_lake_is_shown() -> None:
    queries = Compared("queries", {"rows": {"daily_volume": 7, "fraud_trend": 1}}, "Queries agree", "2 queries", ())
    spark = Compared(
        "spark", {"daily_seconds": 26.5, "weekly_seconds": 24.0, "aggregates": 101, "profiles": 101},
        "Jobs agree", "101 sums", ("daily aggregates: <a1>: nothing",),
    )  # fmt: skip
    one = result(system="securebank", findings=[queries, spark])
    text = text_of(one)

    assert report.document(one)["queries"]["rows"]["daily_volume"] == 7
    for words in ("Rows of daily_volume", "Daily Spark job, seconds", "26.5", "&lt;a1&gt;: nothing"):
        assert words in text
    assert "Worked out of the lake" not in text_of(result())


def test_only_where_there_is_a_shadow_it_is_explained() -> None:
    one = result()
    assert "A shadow scores every transaction" not in text_of(one)

    one.books.policies["model"] = PolicyCount(scored=40)

    assert "A shadow scores every transaction" in text_of(one)
