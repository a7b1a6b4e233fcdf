from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Optional

import pytest

from evaluation import backtest
from evaluation.comparison import events_of
from evaluation.contenders import SHIPPED_DOCUMENT, SHIPPED_MODELS, contenders, names_of
from evaluation.labelled import LabelledTransaction, read_labelled
from evaluation.stream import replay
from pipeline.domain.status import Status
from pipeline.domain.times import from_text
from pipeline.scoring.artifact import load
from pipeline.scoring.document import parse
from pipeline.scoring.engine import DecisionEngine
from scripts.errors import CommandError

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
COLUMNS = ("transaction_id", "account_id", "merchant_id", "amount", "currency", "occurred_at", "label")
Row = dict[str, str]


def row(number: int, account: int, amount: str, label: str, **changes: str) -> Row:
    """Return a purchase; one happens every twenty minutes."""
    at = (START + timedelta(minutes=20 * number)).isoformat().replace("+00:00", "Z")
    values = (f"t{number}", f"a{account}", f"m{number % 50}", amount, "EUR", at, label)
    return {**dict(zip(COLUMNS, values)), **changes}


def rows(count: int = 1500, accounts: int = 150, fraudulent: int = 15) -> list[Row]:
    """Return purchases; a third of those of the first few accounts are frauds, most of them above 5,000."""
    chance = random.Random(1)  # noqa: S311 - a fixed stream
    made = []
    for number in range(count):
        account = chance.randrange(accounts)
        fraud = account < fraudulent and chance.random() < 0.33
        amount = chance.choice(("5100.01", "6200.02", "5400.03", "80.04")) if fraud else f"{chance.uniform(5, 90):.2f}"
        made.append(row(number, account, amount, "fraud" if fraud else "genuine"))
    return made


def write(folder: Path, made: list[Row], name: str = "labelled.csv") -> Path:
    file = folder / name
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(made[0]))
        writer.writeheader()
        writer.writerows(made)
    return file


def document(folder: Path, name: str = "other.json", **changes: Any) -> Path:
    """Write the shipped document with changes to its `points`, under another version."""
    content = json.loads(SHIPPED_DOCUMENT.read_text())
    content.update(version="other-1", champion="points")
    content["policies"]["points"].update(changes)
    file = folder / name
    file.write_text(json.dumps(content))
    return file


def run(folder: Path, made: Optional[list[Row]] = None, *more: str, policy: str = "weights") -> dict[str, Any]:
    """Return the report of a run that succeeds."""
    file = write(folder, rows() if made is None else made)
    given = ["--policy", policy, "--input", str(file), "--output", str(folder / "out"), "--draws", "200", *more]
    if "--champion" not in more:
        given += ["--champion", "points"]
    assert backtest.main(given) == 0
    report: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text())
    return report


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the report of weights, the challenger, against points."""
    return run(tmp_path_factory.mktemp("usual"))


def test_both_policies_score_every_transaction(usual: dict[str, Any]) -> None:
    assert usual["input"]["transactions"] == 1500
    assert sum(sum(part[label] for label in ("fraud", "genuine", "unknown")) for part in usual["agreement"]) == 1500
    for curves in usual["curves"]:
        assert sum(curves["histogram"]["genuine"]) + sum(curves["histogram"]["fraud"]) == 1500


def test_every_figure_comes_with_an_interval_around_it(usual: dict[str, Any]) -> None:
    for figures in (usual["champion"]["figures"], usual["challenger"]["figures"], usual["differences"]):
        for name in ("auc", "average_precision"):
            assert figures[name]["low"] < figures[name]["value"] < figures[name]["high"], name
    assert usual["champion"]["figures"]["alert_precision"]["value"] == 1.0
    assert usual["champion"]["figures"]["alert_recall"]["low"] < usual["champion"]["figures"]["alert_recall"]["value"]


def test_a_challenger_that_ranks_worse_is_called_worse_and_the_other_way_round_better(
    usual: dict[str, Any], tmp_path: Path
) -> None:
    other = run(tmp_path, None, "--champion", "weights", policy="points")

    assert usual["verdict"]["result"] == "worse"
    assert "weights ranks worse than points: average precision 0." in usual["verdict"]["sentence"]
    assert other["verdict"]["result"] == "better"


def test_two_policies_that_score_alike_show_no_difference(tmp_path: Path) -> None:
    stricter = document(tmp_path, version="2", thresholds={"review": 20, "fraud": 30})

    report = run(tmp_path, None, policy=str(stricter))

    assert report["verdict"]["result"] == "no difference shown"
    assert (report["champion"]["name"], report["challenger"]["name"]) == ("points (1)", "points (2)")
    assert report["challenger"]["figures"]["suspected_rate"]["value"] > 0
    assert report["champion"]["figures"]["suspected_rate"]["value"] == 0


def test_too_few_frauds_get_no_interval_and_no_verdict(tmp_path: Path) -> None:
    made = [{**one, "label": "genuine"} for one in rows(300)]
    for one in made[::100]:
        one["label"] = "fraud"

    report = run(tmp_path, made)

    assert report["verdict"]["result"] == "not enough labels"
    assert report["verdict"]["sentence"] == (
        "Not enough labels: 3 labelled frauds; intervals and a verdict need 10. No verdict."
    )
    assert {figure["low"] for figure in report["differences"].values()} == {None}
    assert report["champion"]["figures"]["auc"]["value"] is not None


def test_a_file_without_any_label_still_tells_the_alert_rates(tmp_path: Path) -> None:
    report = run(tmp_path, [{**one, "label": ""} for one in rows(300)])

    assert report["verdict"]["result"] == "not enough labels"
    assert report["input"]["unknown"] == 300
    assert report["champion"]["figures"]["auc"]["value"] is None
    assert report["champion"]["figures"]["alert_rate"]["value"] > 0


def test_reasons_are_counted_with_alerts_and_frauds(usual: dict[str, Any]) -> None:
    (first, *_) = usual["champion"]["reasons"]

    assert first["code"] == "HIGH_AMOUNT"
    assert first["given"] == first["alerts"] == first["frauds"] > 10
    assert [one["alerts"] for one in usual["champion"]["reasons"]] == sorted(
        (one["alerts"] for one in usual["champion"]["reasons"]), reverse=True
    )


def test_amounts_of_fraud_are_exact_and_kept_apart_by_currency(tmp_path: Path) -> None:
    made = rows()
    made.append(row(2000, 1, "1.005", "fraud", currency="KWD"))
    made.append(row(2001, 2, "7000", "fraud", currency="JPY"))

    report = run(tmp_path, made)

    amounts = {one["currency"]: one for one in report["amounts"]}
    euros = sum(
        round(100 * float(one["amount"])) for one in made if one["label"] == "fraud" and one["currency"] == "EUR"
    )
    assert amounts["EUR"]["fraud"] == f"{euros / 100:.2f}".rstrip("0")
    assert (amounts["KWD"]["fraud"], amounts["KWD"]["champion"]) == ("1.005", "0")
    assert (amounts["JPY"]["frauds"], amounts["JPY"]["champion"]) == (1, "7000")
    assert report["champion"]["figures"]["alert_value_recall"]["value"] is None
    assert any("several currencies" in note for note in report["notes"])


def test_the_proposed_threshold_is_a_part_of_a_valid_document(tmp_path: Path) -> None:
    report = run(tmp_path, None, "--champion", "weights", policy="points")

    proposal = report["proposal"]
    content = json.loads(SHIPPED_DOCUMENT.read_text())
    content["policies"]["points"].update(proposal["fragment"]["policies"]["points"])
    assert parse(json.dumps(content)).policies["points"].thresholds.fraud == proposal["threshold"] == 30
    assert proposal["effect"]["precision"] >= 0.9
    assert proposal["later"]["precision"] >= 0.9
    assert json.loads((tmp_path / "out" / "proposal.json").read_text()) == proposal["fragment"]


def test_no_threshold_is_proposed_where_none_is_precise_enough(usual: dict[str, Any]) -> None:
    assert usual["proposal"]["threshold"] is None
    assert usual["proposal"]["sentence"].startswith("No threshold is proposed")


def test_the_same_file_gives_the_same_bytes(usual: dict[str, Any], tmp_path: Path) -> None:
    assert run(tmp_path) == usual
    shuffled = rows()
    random.Random(3).shuffle(shuffled)  # noqa: S311 - a fixed order

    report = run(tmp_path, shuffled)

    assert report["input"]["fingerprint"] == usual["input"]["fingerprint"]
    assert report == usual


def test_since_leaves_earlier_transactions_to_the_states(tmp_path: Path, usual: dict[str, Any]) -> None:
    report = run(tmp_path, None, "--since", "2026-01-15")

    assert report["input"]["first_day"] == "2026-01-15"
    assert report["input"]["warm_up"] == 10 * 24 * 3
    assert report["input"]["fingerprint"] == usual["input"]["fingerprint"]
    assert sum(one["given"] for one in report["champion"]["reasons"]) > 0


def labelled(folder: Path, made: list[Row], **options: Any) -> list[LabelledTransaction]:
    with read_labelled(write(folder, made), now=NOW, **options) as taken:
        return list(taken)


def merchant_frauds(folder: Path, confirmed_days: Optional[int] = None) -> Iterator[tuple[int, int]]:
    """Yield by day how many frauds of one merchant are known, after ten of the first day."""
    made = [row(number, number, "20.00", "fraud", merchant_id="m") for number in range(10)]
    made += [row(72 * day, 500 + day, "20.00", "genuine", merchant_id="m") for day in range(1, 30)]
    labels = None
    if confirmed_days is not None:
        at = (START + timedelta(days=confirmed_days)).isoformat().replace("+00:00", "Z")
        labels = write(
            folder, [{"transaction_id": f"t{n}", "label": "fraud", "confirmed_at": at} for n in range(10)], "labels.csv"
        )
    for event, features in replay(events_of(labelled(folder, made, labels=labels), lambda _: None)):
        yield (from_text(event.acceptance.event_time) - START).days, int(features["merchant_frauds_21d"])


def test_a_label_counts_for_the_merchant_only_when_it_is_seven_days_old(tmp_path: Path) -> None:
    known = dict(merchant_frauds(tmp_path))

    assert [day for day, frauds in known.items() if frauds] == list(range(8, 29))


def test_a_label_that_was_confirmed_later_counts_from_then_on(tmp_path: Path) -> None:
    known = dict(merchant_frauds(tmp_path, confirmed_days=15))

    assert [day for day, frauds in known.items() if frauds] == list(range(15, 29))


def test_the_policies_say_what_the_functions_would_decide(tmp_path: Path) -> None:
    champion, challenger = contenders("weights", "points")
    models = [load(file.read_text()) for file in SHIPPED_MODELS.glob("*.json")]
    engine = DecisionEngine(parse(SHIPPED_DOCUMENT.read_text()), {one.description.sha256: one for one in models})
    outcomes = set()
    for _, features in replay(events_of(labelled(tmp_path, rows(400)), lambda _: None)):
        decision = engine.replay({**features, "account_bucket": 0, "listed": "", "listed_kind": ""})
        assert (decision.score, decision.outcome) == (
            champion.result(features).score, champion.result(features).outcome,
        )  # fmt: skip
        assert {one.policy: one for one in decision.shadows}["weights"] == challenger.result(features)
        outcomes.add(decision.outcome)
    assert outcomes == {Status.APPROVED, Status.REVIEW_REQUIRED}


def test_the_champion_is_that_of_the_shipped_document_unless_another_is_named() -> None:
    champion, challenger = contenders("weights", "")

    assert champion.spec.name == parse(SHIPPED_DOCUMENT.read_text()).champion
    assert names_of(champion, challenger) == (champion.spec.name, "weights")


def test_a_policy_may_be_a_document_of_its_own(tmp_path: Path) -> None:
    _, challenger = contenders(str(document(tmp_path, version="7")), "weights")

    assert (challenger.spec.name, challenger.spec.version, challenger.document_version) == ("points", "7", "other-1")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("weigths", r"has no policy 'weigths'\. Did you mean 'weights'\? Its policies are: points, weights"),
        ("gone.json", r"gone\.json cannot be read \(No such file"),
        ("points", "POLICY and CHAMPION are the same policy, 'points'"),
    ],
)
def test_a_policy_that_cannot_be_compared_is_refused(policy: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        contenders(policy, "points")


def test_a_document_that_does_not_validate_is_refused_with_the_field_named(tmp_path: Path) -> None:
    broken = document(tmp_path, thresholds={"review": 30, "fraud": 3000})

    with pytest.raises(CommandError, match=r"other\.json is refused: policies\.points\.thresholds\.fraud"):
        contenders(str(broken), "weights")


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    content = json.loads(SHIPPED_DOCUMENT.read_text())
    model = {"kind": "model", "version": "1", "artifact": "0" * 64, "thresholds": {"review": None, "fraud": 9}}
    content["policies"]["unpacked"] = model
    file = tmp_path / "with_model.json"
    file.write_text(json.dumps(content))

    with pytest.raises(CommandError, match=r"policies\.unpacked\.artifact: no model with this sha256"):
        contenders("unpacked", "points", file, tmp_path / "models")


def test_a_damaged_model_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{}")

    with pytest.raises(CommandError, match=r"broken\.json is refused: format"):
        contenders("weights", "points", models=tmp_path)


def test_bad_lines_end_the_run_with_a_report_of_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = [
        *rows(50),
        row(90, 1, "x", "fraud"),
        row(91, 1, "3.00", "stolen"),
        row(92, 1, "3.00", "fraud", occurred_at="?"),
    ]
    given = ["--policy", "weights", "--champion", "points", "--output", str(tmp_path / "out")]

    assert backtest.main([*given, "--input", str(write(tmp_path, made))]) == 1

    complaint = capsys.readouterr().err.splitlines()
    assert complaint[:3] == [
        "labelled.csv:52: amount: 'x' is no number",
        "labelled.csv:53: label: 'stolen' is none of fraud, genuine, unknown; a mapping can say what it means",
        "labelled.csv:54: occurred_at: must be an RFC 3339 time with its offset, such as 2026-01-02T03:04:05Z",
    ]
    assert complaint[3] == (
        "backtest: labelled.csv: 3 lines (1 amount, 1 label, 1 occurred_at) cannot be used."
        " SKIP_BAD=1 (--skip-bad) uses the other lines."
    )
    assert not (tmp_path / "out" / "report.json").exists()


def test_skip_bad_prints_how_many_lines_were_left_out_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(tmp_path, [*rows(), row(1600, 1, "x", "fraud")], "--skip-bad")

    assert "skipped 1 line (1 amount)" in capsys.readouterr().out
    assert report["input"]["skipped"] == 1
    assert report["input"]["problems"] == ["labelled.csv:1502: amount: 'x' is no number"]


def test_the_terminal_shows_the_figures_the_verdict_and_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path)

    shown = " ".join(capsys.readouterr().out.split())
    for expected in ("AP", "CP@100", "alerts: recall", "ranks worse than points", "No threshold is proposed"):
        assert expected in shown
    assert "report.html" in shown


def test_an_earlier_report_does_not_outlive_a_run_that_fails(tmp_path: Path) -> None:
    run(tmp_path)
    file = tmp_path / "out" / "report.json"

    backtest.main(["--policy", "weights", "--input", str(tmp_path / "gone.csv"), "--output", str(tmp_path / "out")])

    assert not file.exists()


def test_nothing_since_then_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, rows(20))

    status = backtest.main(
        ["--policy", "weights", "--input", str(file), "--since", "2026-05-01", "--output", str(tmp_path)]
    )

    assert status == 1
    assert "labelled.csv has no transaction since 2026-05-01" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--input", "x.csv"], "required: POLICY. With make: make backtest POLICY=model INPUT=labelled.csv"),
        (["--policy", "a", "--input", "x.csv", "--since", "May"], "neither a day (2026-01-31) nor an RFC 3339 time"),
        (["--policy", "a", "--input", "x.csv", "--draws", "0"], "the draws must be 1 to 100,000"),
        (["--policy", "a", "--input", "x.csv", "--seed", "-1"], "SEED must be 0 or more"),
        (["--policy", "a", "--input", "x.csv", "--unlabelled", "fraud"], "invalid choice: 'fraud'"),
    ],
)
def test_wrong_arguments_end_in_one_sentence(
    given: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        backtest.main(given)

    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert message in complaint
    assert complaint.count("\n") == 1
