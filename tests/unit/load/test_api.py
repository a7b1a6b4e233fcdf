"""The load test against a small server: an honest clock, an honest count, and reports that load nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from scripts import paths
from scripts.load import api as load
from scripts.load.loop import OpenLoop, Request
from scripts.load.measures import by_second, summary
from tests.unit.load.serving import serving

SCRIPT = paths.ROOT / "tests" / "load" / "api_load_test.py"


def run(endpoint: str, out: Path, *given: str) -> tuple[int, dict[str, Any]]:
    """Return the exit status and report.json of a test."""
    status = load.main(["--endpoint", endpoint, "--out", str(out), "--workers", "16", *given])
    content: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return status, content


def test_requests_are_sent_at_the_rate_and_their_answers_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda number: 500 if number % 10 == 0 else 202) as api:
        given = ["--rps", "50", "--duration", "2", "--api-key", "key-1", "--token", "jwt-1", "--seed", "9"]
        status, report = run(api.endpoint, tmp_path, *given)

    assert status == 0
    assert (report["due"], report["sent"], report["ok"], report["failed"]) == (100, 100, 90, 10)
    assert report["answers"] == {"202": 90, "500": 10}
    assert len({json.loads(one.body)["transaction_id"] for one in api.posted}) == 100
    assert {one.path for one in api.posted} == {"/v1/transactions"}
    assert {(one.headers["x-api-key"], one.headers["authorization"]) for one in api.posted} == {
        ("key-1", "Bearer jwt-1")
    }
    assert api.posted[-1].at - api.posted[0].at == pytest.approx(99 / 50, abs=0.7)
    times = report["response_ms"]
    assert 0 < times["p50"] <= times["p95"] <= times["p99"] <= times["max"]
    assert [one["due"] for one in report["by_second"]] == [50, 50]
    printed = capsys.readouterr()
    assert "100 requests due, 90 answered well: 90 202, 10 500" in printed.out
    assert re.search(r"\d s  due \d+ of 100  ended", printed.err)


def test_a_stall_of_the_api_is_in_the_response_times_of_all_that_had_to_wait() -> None:
    """The one worker is blocked for half a second: who measures from the sending sees one slow call out of ten."""
    calls = 0

    def post(body: bytes) -> int:
        nonlocal calls
        calls += 1
        time.sleep(0.5 if calls == 1 else 0.0)
        return 202

    loop = OpenLoop(lambda: post, iter([b"{}"] * 10), rate=50, duration_seconds=0.2, workers=1, patience_seconds=5)
    loop.start()
    assert loop.done.wait(30)
    sent = loop.result()

    slow = [request for request in sent if request.ended - request.due > 0.25]
    slow_calls = [request for request in sent if request.sent is not None and request.ended - request.sent > 0.25]
    assert (len(sent), len(slow), len(slow_calls)) == (10, 10, 1)
    assert summary(sent)["kept_up"] is False


def test_what_was_not_answered_or_never_sent_counts_with_the_time_of_waiting() -> None:
    def post(body: bytes) -> int:
        time.sleep(60)
        return 202

    loop = OpenLoop(lambda: post, iter([b"{}"] * 5), rate=50, duration_seconds=0.1, workers=2, patience_seconds=0.3)
    loop.start()
    assert loop.done.wait(30)
    content = summary(loop.result())

    assert content["answers"] == {"no answer": 2, "not sent": 3}
    assert (content["due"], content["sent"], content["ok"], content["kept_up"]) == (5, 2, 0, False)
    assert content["response_ms"]["p50"] >= 300


def test_a_failure_of_our_own_ends_the_test() -> None:
    def post(body: bytes) -> int:
        raise RuntimeError("a bug")

    loop = OpenLoop(lambda: post, iter([b"{}"] * 5), rate=50, duration_seconds=0.1, workers=2, patience_seconds=9)
    loop.start()

    assert loop.done.wait(5)
    with pytest.raises(RuntimeError, match="a bug"):
        loop.result()


def test_percentiles_are_those_of_the_planned_times() -> None:
    requests = [
        Request(number / 100, number / 100 + 0.001, number / 100 + number / 1000, 202) for number in range(1, 101)
    ]

    content = summary(requests)

    assert content["response_ms"] == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
    assert content["start_delay_ms"]["max"] == 1.0
    assert content["kept_up"] is True
    assert [(one["second"], one["due"]) for one in by_second(requests)] == [(0, 99), (1, 1)]


def test_the_page_loads_nothing_and_says_what_the_json_says(tmp_path: Path) -> None:
    with serving(lambda number: 202 if number % 2 else 429) as api:
        _, report = run(api.endpoint, tmp_path, "--rps", "40", "--duration", "1", "--pattern", "mix")

    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?!#)[^"']+""", html)
    assert html.count("<svg") == 3
    assert "Load test of securebank" in html
    assert f'<td class="number">{report["answers"]["429"]}</td>' in html


def test_nobody_at_home_is_told_before_anything_is_sent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status = load.main(["--endpoint", "http://127.0.0.1:9/v1", "--out", str(tmp_path / "none")])

    assert status == 1
    assert capsys.readouterr().err == "api_load_test: nothing answers at http://127.0.0.1:9 (ConnectionError).\n"
    assert not (tmp_path / "none").exists()


def test_an_api_that_takes_nothing_is_a_failure_with_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda _: 403) as api:
        status, report = run(api.endpoint, tmp_path, "--rps", "20", "--duration", "1")

    assert (status, report["answers"]) == (1, {"403": 20})
    assert capsys.readouterr().err.splitlines()[-1] == "api_load_test: no request was answered well: 403."


def test_an_interrupted_test_reports_what_it_has(tmp_path: Path) -> None:
    environment = {**os.environ, "API_KEY": "key-3"}
    with serving() as api:
        running = subprocess.Popen(
            [sys.executable, str(SCRIPT), "--endpoint", api.endpoint, "--rps", "20", "--out", str(tmp_path)],
            cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert running.stderr is not None
        assert "of 6,000" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        printed, said = running.communicate(timeout=60)

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert running.returncode == 130
    assert "Traceback" not in said
    assert "report.html" in printed
    assert report["interrupted"] is True
    assert 0 < report["due"] < 6000
    assert {one.headers["x-api-key"] for one in api.posted} == {"key-3"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "the following arguments are required: --endpoint"),
        (["--rps", "0"], "--rps must be above 0"),
        (["--rps", "nan"], "--rps must be above 0"),
        (["--duration", "0"], "--duration must be 1 to 86,400 seconds"),
        (["--rps", "10000", "--duration", "101"], "there must be 1 to 1,000,000 transactions, not 1,010,000"),
        (["--workers", "0"], "--workers must be 1 to 1024"),
        (["--timeout", "0"], "--timeout must be 0.1 to 300 seconds"),
        (["--pattern", "none"], "there is no pattern 'none'"),
    ],
)
def test_a_bad_argument_gets_one_clear_line(
    given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load.main([*given, *([] if not given else ["--endpoint", "http://127.0.0.1:9"])])

    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in said
    assert len(said.splitlines()) == 1
