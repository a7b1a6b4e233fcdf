"""fraud-pattern-analysis: patterns and rates by what is known, a proposal that only proposes, a report for people."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lake_jobs import weekly
from lake_jobs.days import span
from lake_jobs.errors import LakeJobError
from lake_jobs.storage import LocalStorage
from pipeline.domain.label import Label, LabelSource, LabelValue, apply_label
from pipeline.domain.lake import line_of
from pipeline.scoring.document import parse
from scripts import paths
from tests.spark import oracle
from tests.spark.lakes import Digits, Lake, Line, at, folder_of, line, random_lines

MONDAY = date(2026, 3, 9)
LAST_MONDAY = MONDAY - timedelta(days=7)
COLUMNS = "pattern, dimension, value, transactions, frauds, fraud_rate, false_positive_rate, false_negative_rate"


def document(threshold: int = 9, **policy: Any) -> str:
    """Return the shipped document with `weights` as its champion."""
    content = json.loads((paths.ROOT / "policy_documents/flagship.json").read_text())
    content |= {"champion": "weights", "shadows": [], "version": "securebank-1"}
    content["policies"]["weights"] |= {"thresholds": {"review": None, "fraud": threshold}, **policy}
    return json.dumps(content)


def patterns(lake: Lake, week: date) -> list[tuple[Any, ...]]:
    return oracle.rows_of(lake.folder / f"processed/fraud-patterns/week={week}", COLUMNS)


def report(lake: Lake) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((lake.folder / f"analytics/trend-reports/{MONDAY}.json").read_text())
    return content


def labelled(first: int, count: int, label: str, risk: str, day: date = MONDAY) -> list[Line]:
    return [
        line(
            number, label=label, label_revision=1, risk_score=Digits(risk), is_fraud=risk == "0.9", occurred_at=at(day)
        )
        for number in range(first, first + count)
    ]


def decided_row(transaction_id: str, suspected: bool) -> dict[str, Any]:
    """Return the row of a decided transaction as the table has it."""
    return {
        "transaction_id": transaction_id,
        "customer_id": "cust-1",
        "merchant_id": "merchant-1",
        "amount": Decimal("12.5"),
        "currency": "EUR",
        "received_at": at(MONDAY),
        "status": "FRAUD_SUSPECTED" if suspected else "APPROVED",
        "is_fraud": suspected,
        "risk_score": Decimal("0.9" if suspected else "0.1"),
        "decision": {"reasons": [{"code": "NIGHT"}], "policy": "weights", "policy_version": "1"},
        "revision": 2,
    }


def labelled_row(row: dict[str, Any], value: str) -> dict[str, Any]:
    """Return the row with what the function `label` writes into it."""
    label = Label(LabelValue(value), LabelSource.CHARGEBACK, at(MONDAY))
    return {**row, **(apply_label(row, label, "api", at(MONDAY)).attributes or {})}


def test_patterns_of_every_week_are_what_plain_python_counts(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(*random_lines(6, 3000, span(LAST_MONDAY - timedelta(days=1), MONDAY + timedelta(days=7))))
    bad = lake.put_bad("broken", occurred_at=at(MONDAY))

    summary = weekly.run(spark, storage, MONDAY, 2, None, minimum=3)

    for week in (LAST_MONDAY, MONDAY):
        assert patterns(lake, week) == oracle.pattern_rows(lake.lines, week, 3)
        assert summary["rows"][str(week)] == len(patterns(lake, week))
    looked_at = [one for one in lake.lines if LAST_MONDAY <= oracle.day_of(one) <= MONDAY + timedelta(days=6)]
    assert summary["lines"]["lines"] == len(looked_at) + 1
    assert summary["lines"]["transactions"] == len(oracle.decided(looked_at))
    assert summary["lines"]["superseded"] == len(looked_at) - len(oracle.standing(looked_at))
    assert summary["lines"]["quarantined"] == 1
    assert bad
    assert list((lake.folder / f"quarantine/raw/day={MONDAY}").glob("*.jsonl.gz"))


def test_labels_that_come_late_change_the_weeks_before(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    lake.put(*(line(number, occurred_at=at(LAST_MONDAY), is_fraud=True) for number in range(4)))
    weekly.run(spark, storage, LAST_MONDAY, 1, None, minimum=2)
    assert patterns(lake, LAST_MONDAY) == oracle.pattern_rows(lake.lines, LAST_MONDAY, 2)
    lake.put(*(
        line(number, occurred_at=at(LAST_MONDAY), is_fraud=True, label="genuine", label_revision=1) for number in (0, 1)
    ))  # fmt: skip

    weekly.run(spark, storage, MONDAY, 2, None, minimum=2)

    assert patterns(lake, LAST_MONDAY) == oracle.pattern_rows(lake.lines, LAST_MONDAY, 2)
    assert next(row for row in patterns(lake, LAST_MONDAY) if row[1] == "all")[4:7] == (2, 0.5, 1.0)


def test_labels_as_the_functions_record_them_become_error_rates(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    frauds, genuine = ["fraud"] * 3, ["genuine"] * 5
    told = {True: [*frauds, "genuine"], False: ["fraud", *genuine, "unknown"]}
    rows = [
        (decided_row(f"{suspected}-{number}", suspected), label)
        for suspected, labels in told.items()
        for number, label in enumerate(labels)
    ]
    for hour, (row, label) in enumerate(rows):
        row |= {"occurred_at": at(MONDAY, hour)}
        lines = [line_of("1", row, None), line_of("2", labelled_row(row, label), row)]
        text = "".join(f"{one.text}\n" for one in lines if one is not None)
        lake.put_object(folder_of(row["occurred_at"]), text.encode())

    weekly.run(spark, storage, MONDAY, 1, document(), minimum=4)

    last = report(lake)["weeks"][-1]
    assert (last["false_positive"]["hits"], last["false_positive"]["of"]) == (1, 6)
    assert (last["false_negative"]["hits"], last["false_negative"]["of"]) == (1, 4)
    everything = next(one for one in patterns(lake, MONDAY) if one[1] == "all")
    assert everything[3:] == (11, 4, 4 / 11, 1 / 6, 1 / 4)


def test_a_proposal_is_the_document_in_force_with_another_threshold_and_the_functions_take_it(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(*labelled(0, 12, "fraud", "0.9"), *labelled(100, 18, "fraud", "0.7"), *labelled(200, 2, "genuine", "0.7"))
    lake.put(*labelled(300, 40, "genuine", "0.4"))
    in_force = document()

    weekly.run(spark, storage, MONDAY, 1, in_force, minimum=10)

    text = (lake.folder / f"analytics/threshold-proposals/{MONDAY}.json").read_text()
    proposed = parse(text)
    assert proposed.policies["weights"].thresholds.fraud == 7
    assert proposed.version == f"securebank-1-proposal-{MONDAY}"
    before, after = json.loads(in_force), json.loads(text)
    assert after.pop("note").startswith("PROPOSAL, not in force until somebody puts it: From a score of 7 on (now 9), ")
    after["version"] = before["version"]
    after["policies"]["weights"]["thresholds"]["fraud"] = 9
    assert after == before
    effects = report(lake)["proposal"]
    assert (effects["now"]["precision"]["hits"], effects["now"]["precision"]["of"]) == (12, 12)
    assert (effects["proposed"]["precision"]["hits"], effects["proposed"]["precision"]["of"]) == (30, 32)
    assert effects["proposed"]["recall"]["value"] == 1.0


def test_a_proposal_that_the_same_week_makes_no_more_is_taken_back(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(*labelled(0, 12, "fraud", "0.7"), *labelled(100, 1, "genuine", "0.7"))
    weekly.run(spark, storage, MONDAY, 1, document(), minimum=10)
    assert storage.read(f"analytics/threshold-proposals/{MONDAY}.json")

    weekly.run(spark, storage, MONDAY, 1, document(threshold=7), minimum=10)

    assert storage.read(f"analytics/threshold-proposals/{MONDAY}.json") is None
    assert "stands" in report(lake)["proposal"]["sentence"]


def test_without_enough_labels_the_report_says_so_and_proposes_nothing(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(*labelled(0, 3, "fraud", "0.9"), *labelled(100, 30, "genuine", "0.1"))

    weekly.run(spark, storage, MONDAY, 2, document(), minimum=10)

    last = report(lake)["weeks"][-1]
    assert last["false_negative"] == {
        "value": None, "low": None, "high": None, "hits": 0, "of": 3,
        "sentence": "Not enough labels: 3 labelled fraud; a rate needs 10.",
    }  # fmt: skip
    assert last["false_positive"]["value"] == 0.0
    assert 0.1 < last["false_positive"]["high"] < 0.13
    assert report(lake)["proposal"]["sentence"].startswith("Not enough labels: 3 frauds and 30 genuine")
    assert report(lake)["weeks"][0]["transactions"] == 0
    assert storage.read(f"analytics/threshold-proposals/{MONDAY}.json") is None
    row = next(row for row in patterns(lake, MONDAY) if row[1] == "all")
    assert row[6:] == (0.0, None)


def test_the_page_loads_nothing_and_shows_strange_names_as_text(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    lake.put(line(1, is_fraud=True, merchant_id='<script src="https://evil">', occurred_at=at(MONDAY)))

    weekly.run(spark, storage, MONDAY, 1, document(), minimum=10)

    page = (lake.folder / f"analytics/trend-reports/{MONDAY}.html").read_text()
    assert "&lt;script src=&quot;https://evil&quot;&gt;" in page
    assert "<script" not in page
    assert "src=" not in page.replace("src=&quot;", "")
    assert "<link" not in page


def test_the_same_week_again_gives_the_same_bytes(spark: SparkSession, lake: Lake, storage: LocalStorage) -> None:
    lake.put(*random_lines(7, 200, span(MONDAY, MONDAY + timedelta(days=6))))

    def results() -> dict[str, bytes]:
        weekly.run(spark, storage, MONDAY, 1, document(), minimum=3)
        files = (path for path in lake.folder.rglob("*") if path.is_file() and "raw" not in path.parts)
        return {str(path): path.read_bytes() for path in files}

    assert results() == results()


def test_a_document_that_is_none_is_refused_before_anything_is_counted(
    spark: SparkSession, lake: Lake, storage: LocalStorage
) -> None:
    for text in ("{", "{}", '{"champion": "x", "policies": {}}'):
        with pytest.raises(LakeJobError, match="policy document"):
            weekly.run(spark, storage, MONDAY, 1, text, minimum=10)
    assert not lake.folder.exists()
