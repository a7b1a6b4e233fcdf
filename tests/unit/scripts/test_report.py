"""`make report`: the deployed function is called, its report fetched, and a mistake is answered with one line."""

from __future__ import annotations

import io
import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts import local_client, report, stack
from scripts.processes import Guarded

ANSWER = {
    "date": "2026-11-20",
    "compared": True,
    "reason": "",
    "differences": 1203,
    "by_kind": {"NOT_IN_LAKE": 1203},
    "figures": {"table": "2000", "api_accepted": "not configured"},
    "bucket": "reports",
    "csv": "reports/year=2026/month=11/day=20/compliance.csv",
    "html": "reports/year=2026/month=11/day=20/compliance.html",
    "made_at": "2026-11-21T03:00:00.000000Z",
}


class Aws:
    """Lambda and S3 of this process: they answer what a test says, and remember what was asked."""

    def __init__(self) -> None:
        self.answer: Any = ANSWER
        self.error: str | None = None
        self.refusal: ClientError | None = None
        self.asked: list[tuple[str, Any]] = []

    def client(self, _service: str) -> Aws:
        return self

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append((arguments["FunctionName"], json.loads(arguments["Payload"])))
        if self.refusal is not None:
            raise self.refusal
        payload = io.BytesIO(json.dumps(self.answer).encode())
        return {"Payload": payload, **({"FunctionError": self.error} if self.error else {})}

    def get_object(self, **arguments: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(f"{arguments['Bucket']}/{arguments['Key']}".encode())}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Aws:
    found = Aws()
    monkeypatch.delenv("FUNCTION", raising=False)
    monkeypatch.setattr(report, "FOLDER", tmp_path / "report")
    monkeypatch.setattr(report, "clients_of_the_environment", lambda: found.client)
    monkeypatch.setattr(local_client, "clients", lambda *_: found.client)
    monkeypatch.setattr(stack, "running", lambda: None)
    return found


def run_locally(monkeypatch: pytest.MonkeyPatch, **outputs: str) -> None:
    found = stack.Stack("http://127.0.0.1:1", dict(outputs), 1.0, system="merchant_api")
    monkeypatch.setattr(stack, "running", lambda: stack.Running(found, Guarded(1, "token")))


def test_the_report_is_made_told_and_fetched(aws: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main(["--function", "bank-report", "--date", "2026-11-20"]) == 0

    assert aws.asked == [("bank-report", {"date": "2026-11-20"})]
    said = capsys.readouterr().out
    assert "report: 2026-11-20: 1,203 differences\n" in said
    assert [line.split() for line in said.splitlines()[1:4]] == [
        ["NOT_IN_LAKE", "1,203"], ["table", "2,000"], ["api_accepted", "not", "configured"],
    ]  # fmt: skip
    assert f"s3://reports/{ANSWER['csv']}" in said
    fetched = {file.name: file.read_text() for file in (tmp_path / "report").iterdir()}
    assert fetched == {
        "2026-11-20-compliance.csv": f"reports/{ANSWER['csv']}",
        "2026-11-20-compliance.html": f"reports/{ANSWER['html']}",
    }


def test_without_a_date_it_is_yesterdays(aws: Aws) -> None:
    assert report.main(["--function", "bank-report"]) == 0

    ((_, asked),) = aws.asked
    assert date.fromisoformat(asked["date"]) == datetime.now(timezone.utc).date() - timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("20.11.2026", "must be a day as YYYY-MM-DD, such as 2026-11-20, not '20.11.2026'"),
        ("2026-02-30", "must be a day as YYYY-MM-DD, such as 2026-11-20, not '2026-02-30'"),
        ("", "must be a day as YYYY-MM-DD, such as 2026-11-20, not ''"),
        ("2199-01-01", "must be a day that has begun (UTC), and 2199-01-01 has not"),
    ],
)
def test_a_wrong_date_is_one_line(aws: Aws, capsys: pytest.CaptureFixture[str], text: str, problem: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        report.main(["--date", text])

    assert stopped.value.code == 2
    hint = "With make: make report DATE=2026-11-20, and where needed SYSTEM or FUNCTION."
    assert capsys.readouterr().err == f"report: argument DATE: {problem}. {hint}\n"
    assert aws.asked == []


def test_the_local_stacks_function_is_called(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    run_locally(monkeypatch, report_function_name="local-report")

    assert report.main(["--date", "2026-11-20", "--system", "merchant_api"]) == 0
    assert [name for name, _ in aws.asked] == ["local-report"]


@pytest.mark.parametrize(
    ("arguments", "outputs", "problem"),
    [
        (["--system", "flagship"], {"report_function_name": "r"}, "merchant_api is running, not flagship"),
        ([], {}, "merchant_api has no compliance report."),
    ],
    ids=["another system", "no reports"],
)
def test_a_stack_that_cannot_serve_is_named(
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    outputs: dict[str, str],
    problem: str,
) -> None:
    run_locally(monkeypatch, **outputs)

    assert report.main(arguments) == 1
    assert problem in capsys.readouterr().err


def test_without_a_function_the_command_says_how_to_name_one(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main([]) == 1
    assert "set FUNCTION to the function's name, or start a local stack" in capsys.readouterr().err


def test_a_function_that_fails_is_told_in_one_line(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.error, aws.answer = "Unhandled", {"errorType": "ClientError", "errorMessage": "no such table"}

    assert report.main(["--function", "bank-report"]) == 1
    assert capsys.readouterr().err == "report: bank-report failed: ClientError: no such table\n"


def test_a_function_that_cannot_be_called_is_told_in_one_line(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.refusal = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "Invoke")

    assert report.main(["--function", "bank-report"]) == 1
    assert capsys.readouterr().err.startswith("report: bank-report cannot be called: ")


def test_books_that_were_not_compared_are_told_so(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.answer = {**ANSWER, "compared": False, "differences": None, "by_kind": {}, "reason": "the table is too large"}

    assert report.main(["--function", "bank-report"]) == 0
    assert "the books were not compared: the table is too large" in capsys.readouterr().out
