from __future__ import annotations

from pathlib import Path

import pytest

from scripts import paths
from scripts.demo import __main__ as demo
from scripts.demo.model import DemoError
from scripts.errors import CommandError

MAP = str(paths.ROOT / "examples" / "mappings" / "sparkov.toml")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--count", "0"], "COUNT must lie between 1 and 1,000,000, not 0."),
        (["--count", "many"], "argument COUNT: invalid int value: 'many'"),
        (["--rate", "0"], "RATE must be above 0 transactions a second."),
        (["--rate", "nan"], "RATE must be above 0 transactions a second."),
        (["--workers", "0"], "WORKERS must lie between 1 and 128."),
        (["--seed", "-1"], "SEED must be 0 or more."),
        (
            ["--system", "flagschiff"],
            "SYSTEM must be flagship, merchant_api, stream_alerts or securebank, not flagschiff.",
        ),
        (["--map", "a.toml"], "MAP belongs to an INPUT, and there is none."),
        (["--limit", "5"], "LIMIT belongs to an INPUT; without one, use COUNT."),
        (["--input", "a.csv", "--map", "m", "--limit", "-1"], "LIMIT must be 0 (all rows) or more."),
    ],
)
def test_a_bad_argument_gets_one_clear_sentence(
    given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.main(given)

    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "rows"),
    [([], 2000), (["--limit", "0"], 2500), (["--limit", "7"], 7), (["--count", "30"], 30)],
)
def test_so_many_rows_of_a_file_are_taken(given: list[str], rows: int, tmp_path: Path) -> None:
    header = "acct_num,trans_num,trans_date,trans_time,category,amt,merchant,merch_lat,merch_long,is_fraud\n"
    line = "1,t{},2019-11-13,15:49:53,home,1.0,fraud_A,1,2,0\n"
    file = tmp_path / "input.csv"
    file.write_text(header + "".join(line.format(number) for number in range(2500)))

    source = demo.source_of(demo.arguments(["--input", str(file), "--map", MAP, *given]))

    assert source.total == rows


@pytest.mark.parametrize(("system", "count"), [("flagship", 1000), ("securebank", 2000)])
def test_each_system_has_its_own_number_of_transactions(system: str, count: int) -> None:
    of_system = demo.source_of(demo.arguments(["--system", system]))
    asked = demo.source_of(demo.arguments(["--system", system, "--count", "40"]))

    assert len({one.transaction_id for one in of_system.transactions() if one.expected == "accepted"}) == count
    assert len({one.transaction_id for one in asked.transactions() if one.expected == "accepted"}) == 40


def test_a_file_whose_columns_a_shipped_mapping_knows_needs_no_map(tmp_path: Path) -> None:
    file = tmp_path / "input.csv"
    file.write_text(
        "acct_num,trans_num,trans_date,trans_time,category,amt,merchant,merch_lat,merch_long,is_fraud\n"
        "1,t1,2019-11-13,15:49:53,home,1.0,fraud_A,1,2,0\n"
    )

    (transaction,) = demo.source_of(demo.arguments(["--input", str(file)])).transactions()

    assert transaction.account_id == "1"


def test_a_file_of_unknown_columns_needs_a_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "input.csv"
    file.write_text("id,customer,value\n1,2,3\n")

    assert demo.main(["--input", str(file)]) == 2
    assert "needs a MAP that says which column holds what" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DemoError("the API does not answer"), 1, "demo: the API does not answer\n"),
        (CommandError("terraform is missing"), 1, "demo: terraform is missing\n"),
        (KeyboardInterrupt(), 130, "demo: interrupted; everything that was started is stopped.\n"),
    ],
)
def test_each_end_has_its_exit_status(
    error: BaseException, code: int, said: str,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(demo, "start_local_stack", broken)
    monkeypatch.setattr(demo.Interruption, "install", lambda _: None)

    assert demo.main(["--out", str(tmp_path)]) == code
    assert capsys.readouterr().err == said


def test_an_interrupt_that_python_dropped_is_raised_at_the_next_step() -> None:
    interruption = demo.Interruption()
    interruption.check()

    with pytest.raises(KeyboardInterrupt):
        interruption.request()
    with pytest.raises(KeyboardInterrupt):
        interruption.check()


def test_a_mapping_that_does_not_fit_is_a_mistake_of_the_call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(demo.Interruption, "install", lambda _: None)
    (tmp_path / "input.csv").write_text("a,b\n1,2\n")

    assert demo.main(["--input", str(tmp_path / "input.csv"), "--map", MAP]) == 2
    assert "input.csv has no column 'trans_num'" in capsys.readouterr().err
