from __future__ import annotations

import dataclasses
import functools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest

from evaluation import report
from evaluation.backtest_results import Agreement, Amounts, Backtest, Input, ReasonCount, Side, Verdict
from evaluation.curves import POINTS_KEPT, curves_of
from evaluation.proposal import Effect, Proposal
from evaluation.results import (
    Bar,
    Candidate,
    Choice,
    Curves,
    DataSet,
    Export,
    Interval,
    Metrics,
    OperatingWeek,
    Operation,
    Report,
    Result,
)
from evaluation.text import DASH, share

KINDS = {"points": "points", "weights": "weights", "model": "model", "combined": "combination", "published": "baseline"}
HIGHEST = {"points": 100, "weights": 10, "model": 1_000_000, "combined": 1_400_000, "published": 1}


def curves(policy: str, data: str, seed: int = 1) -> Curves:
    """Return curves of a policy that ranks well, with the scores of its kind."""
    random = np.random.default_rng(seed)
    fraud = random.random(4000) < 0.03
    score = np.clip(random.beta(0.3, 6, 4000) + fraud * random.beta(2, 2, 4000), 0, 1) * HIGHEST[policy]
    if policy in ("points", "weights"):
        score = np.round(score / 10) * 10 if policy == "points" else np.round(score)
    return curves_of(policy, data, score, fraud, KINDS[policy], HIGHEST[policy])


def result(policy: str, data: str, fold: Optional[int], level: float) -> Result:
    metrics = Metrics(0.8 + level / 10, level, 0.4 * level, level if level > 0.5 else 0.0, None if fold == 3 else level)
    intervals = {"average_precision": Interval(level, level - 0.05, level + 0.05)} if data == "sample" else {}
    return Result(policy, KINDS[policy], data, fold, "2018-08-08", "2018-08-14", 58_000, 432, metrics, intervals)


def evaluation() -> Report:
    """Return a report that has everything."""
    sets = [
        DataSet(f"simulated-{seed}", "The handbook's simulator.", seed, "ab" * 32, 1_754_155, 14_681, 4_990,
                "2018-04-01", "2018-09-30")
        for seed in (0, 1)
    ]  # fmt: skip
    sets.append(DataSet("sample", "A file.", None, "cd" * 32, 24_812, 118, 107, "2019-11-13", "2020-01-27"))
    levels = {"points": 0.005, "weights": 0.07, "model": 0.757, "combined": 0.74, "published": 0.69}
    results = [
        result(policy, data.name, fold, level)
        for data in sets for policy, level in levels.items() for fold in (None, 0, 1, 2, 3)
    ]  # fmt: skip
    weeks = [
        OperatingWeek(f"2018-0{month}-0{day}", 720_000, 60_000, 300, 0.91, 0.76) for month in (6, 7) for day in (1, 8)
    ]
    return Report(
        title="Evaluation of the policies",
        notes=["The second seed is <made up>."],
        versions={"xgboost": "3.1.0", "numpy": "2.3.0"},
        data_sets=sets,
        results=results,
        curves=[curves(policy, data.name) for data in sets[:2] for policy in KINDS],
        choices=[Choice("model", "simulated-0", ["2018-07-11", "2018-07-04"],
                        [Candidate({"trees": 200, "depth": 3}, 0.74, 0.3, 0.88, chosen=True)])],
        operations=[Operation("model", "simulated-0", "Precision .9 on the newest week.", weeks, 0.903, 0.76)],
        bars=[Bar("AP, handbook protocol", ">= .750", 0.757, reached=True),
              Bar("CP@100, handbook protocol", ">= .310", 0.305, reached=False)],
        export=Export(10_000, 3e-8, 7e-9, 1e-12, 321, 0.91, 0.87),
    )  # fmt: skip


NAMES = [name for _, rows in report.FIGURE_GROUPS for name, _, _ in rows]


def side(name: str, level: float) -> Side:
    figures = {figure: Interval(level, level / 2, min(1.5 * level, 1)) for figure in NAMES}
    reasons = [ReasonCount("HIGH_AMOUNT", "The amount is above 5,000.", 40, 30, 20)]
    return Side(name, name, KINDS[name], "1", None, "flagship.json", "flagship-1", None, 50, figures, reasons)


def backtest(**changes: Any) -> Backtest:
    """Return a backtest that has everything."""
    effect = Effect(24_000, 118, 90, 0.91, 0.7)
    made = Backtest(
        verdict=Verdict("better", "The challenger model ranks better than points."),
        notes=["Mind this."],
        input=Input("sample.csv", "our own columns", "ef" * 32, 24_812, 1, 2, {"amount": 2},
                    ["sample.csv:3: amount: '<b>' is no number"], 0, 118, 24_000, 694, 107, 13, "2019-11-13",
                    "2020-01-27"),
        champion=side("points", 0.01),
        challenger=side("model", 0.6),
        differences={name: Interval(0.59, 0.4, 0.7) for name in NAMES},
        agreement=[Agreement(True, False, 1, 2, 3), Agreement(False, False, 4, 5, 6)],
        amounts=[Amounts("USD", 118, "61745.95", "100", "50000.5")],
        proposal=Proposal("model", "From a score of 720,000 on.", 720_000,
                          {"policies": {"model": {"thresholds": {"review": None, "fraud": 720_000}}}}, effect, effect),
        curves=[curves("points", "sample"), curves("model", "sample")],
        resampling={"draws": 1000, "confidence": 0.95, "seed": 1},
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


class Page(HTMLParser):
    """Collects what a reader, and a screen reader, would find; fails on tags that do not match."""

    VOID = frozenset({"meta", "br", "path", "use", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.references: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.references += str(given.get("aria-labelledby") or "").split()
        self.links += [str(given[name]) for name in ("src", "href", "xlink:href", "action") if given.get(name)]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@functools.lru_cache
def backtest_html() -> str:
    return report.backtest_page(backtest())


@functools.lru_cache
def evaluation_html() -> str:
    return report.evaluation_page(evaluation())


@pytest.fixture(params=[backtest_html, evaluation_html], ids=["backtest", "evaluation"])
def text(request: pytest.FixtureRequest) -> str:
    """Return each page in turn."""
    return str(request.param())


def test_a_page_is_well_formed_loads_nothing_and_fits_a_phone(text: str) -> None:
    page = Page(text)

    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    assert all(link.startswith("#") for link in page.links)
    assert not re.search(r"https?://(?!www\.w3\.org)|@import|url\((?!#)", text)
    assert 'name="viewport" content="width=device-width' in text
    assert "default-src 'none'" in text


def test_every_plot_has_a_title_and_says_in_words_what_it_shows(text: str) -> None:
    drawn = re.findall(r'<figure [^>]*aria-label="([^"]+)".*?<figcaption[^>]*>([^<]+)</figcaption>', text, re.DOTALL)

    assert len(drawn) == text.count("<svg") > 3
    assert all(title and len(words) > 30 for title, words in drawn)


def test_the_evaluation_shows_every_policy_on_every_data_set_fold_by_fold() -> None:
    text = Page(evaluation_html()).text

    for expected in ("simulated-0", "simulated-1", "sample", *KINDS, "fold 3", "0.757", "0.707 to 0.807"):
        assert expected in text
    assert "1 of 2 bars reached" in text
    assert "✗ not reached CP@100" in text


def test_the_evaluation_says_that_simulated_quality_is_not_real_quality() -> None:
    made = evaluation()
    from_files = dataclasses.replace(made, data_sets=made.data_sets[2:])

    assert "Simulated quality is not real quality" in Page(evaluation_html()).text
    assert "Simulated quality is not real quality" not in Page(report.evaluation_page(from_files)).text


def test_an_evaluation_of_a_single_policy_without_extras_is_still_a_page() -> None:
    made = evaluation()
    least = Report(
        "Least", [], {}, made.data_sets[2:], [result("model", "sample", 0, 0.5)], [], bars=[], choices=[]
    )  # fmt: skip

    assert "model" in Page(report.evaluation_page(least)).text


def test_what_comes_from_outside_is_escaped() -> None:
    assert "is &lt;made up&gt;" in evaluation_html()
    assert "&lt;b&gt;" in backtest_html()


def test_the_backtest_shows_verdict_figures_reasons_amounts_and_the_proposal() -> None:
    text = Page(backtest_html()).text

    for expected in (
        "Better", "ranks better than points", "Mind this.", "+0.590 +0.400 to +0.700", "HIGH_AMOUNT", "61,745.95",
        "50,000.5", '"fraud": 720000', "points only", "amount: 2", "95 % interval from 1,000 draws",
    ):  # fmt: skip
        assert expected in text


def test_a_backtest_without_labels_enough_shows_dashes_instead_of_intervals() -> None:
    nothing = dict.fromkeys(NAMES, Interval(None, None, None))
    made = backtest(
        verdict=Verdict("not enough labels", "Not enough labels: 3 labelled frauds. No verdict."),
        champion=dataclasses.replace(side("points", 0.1), figures=nothing, reasons=[]),
        challenger=dataclasses.replace(side("model", 0.1), figures=nothing, reasons=[]),
        differences=nothing,
        amounts=[],
        proposal=Proposal("model", "No threshold is proposed."),
        curves=[],
        resampling={"draws": 0, "confidence": 0.95, "seed": 1},
    )

    text = Page(report.backtest_page(made)).text

    assert "There are too few labels for intervals." in text
    assert DASH in text
    assert "None" not in text


def test_writing_a_backtest_replaces_the_files_of_an_earlier_one(tmp_path: Path) -> None:
    first = report.write_backtest(backtest(), tmp_path)
    second = report.write_backtest(backtest(proposal=Proposal("model", "No threshold is proposed.")), tmp_path)

    assert [file.name for file in first] == ["report.json", "report.html", "proposal.json"]
    assert [file.name for file in second] == ["report.json", "report.html"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["report.html", "report.json"]
    assert json.loads(second[0].read_text())["verdict"]["result"] == "better"


def test_the_same_report_is_written_byte_for_byte(tmp_path: Path) -> None:
    one = [file.read_bytes() for file in report.write_backtest(backtest(), tmp_path / "one")]
    other = [file.read_bytes() for file in report.write_backtest(backtest(), tmp_path / "other")]

    assert one == other


def test_a_curve_is_thinned_without_losing_its_ends() -> None:
    random = np.random.default_rng(1)
    fraud = random.random(50_000) < 0.01

    made = curves_of("model", "x", random.random(50_000) * 1_000_000, fraud, "model", 1_000_000)

    assert len(made.roc) <= POINTS_KEPT + 1
    assert (made.roc[0], made.roc[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert sum(made.histogram.genuine) + sum(made.histogram.fraud) == 50_000
    assert sum(one.rows for one in made.calibration) == 50_000


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, DASH), (0.0, "0 %"), (1.0, "100 %"), (0.1234, "12.3 %"), (0.00567, "0.57 %"), (0.00004, "0.004 %")],
)
def test_shares_are_written_with_the_digits_that_matter(value: Optional[float], text: str) -> None:
    assert share(value) == text.replace(" ", "\N{NO-BREAK SPACE}")
