"""A file of labels: every bad line is named, nothing is posted by halves, and posting again is harmless."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.label import parse_label
from scripts import labels, stack
from scripts.demo.client import Retry
from scripts.processes import Guarded

HEADER = "transaction_id,label,source,confirmed_at\n"
GOOD = "t1,fraud,chargeback,2026-11-19T00:00:00Z\n"
KEY = "key-1"
POSTER = labels.http_poster


class Api:
    """An API in this process: it remembers what was posted and answers what it is told to."""

    path = "/stage/v1/labels"

    def __init__(self, answer: Callable[[dict[str, Any], int], tuple[int, Any]]) -> None:
        self.posted: list[dict[str, Any]] = []
        self._answer = answer
        self._lock = threading.Lock()

    def take(self, path: str, key: str | None, body: bytes) -> tuple[int, Any]:
        if (path, key) != (self.path, KEY):
            return 403, {"error": {"code": "FORBIDDEN", "message": "no"}}
        document = json.loads(body)
        with self._lock:
            self.posted.append(document)
            attempt = sum(one["transaction_id"] == document["transaction_id"] for one in self.posted)
        return self._answer(document, attempt)


@contextmanager
def serving(answer: Callable[[dict[str, Any], int], tuple[int, Any]]) -> Iterator[tuple[Api, str]]:
    api = Api(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = api.take(self.path, self.headers.get("x-api-key"), body)
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api, f"http://127.0.0.1:{server.server_port}/stage"
    finally:
        server.shutdown()
        server.server_close()


def recorded(document: dict[str, Any], _attempt: int = 1) -> tuple[int, Any]:
    return 200, {"transaction_id": document["transaction_id"], "label": document["label"], "status": "recorded"}


def run(monkeypatch: pytest.MonkeyPatch, endpoint: str, file: Path, *options: str, key: str = KEY) -> int:
    monkeypatch.setenv("API_ENDPOINT", endpoint)
    monkeypatch.setenv("API_KEY", key)
    return run_quickly(monkeypatch, file, *options)


def run_quickly(monkeypatch: pytest.MonkeyPatch, file: Path, *options: str) -> int:
    quickly = Retry(attempts=3, base_seconds=0)
    monkeypatch.setattr(labels, "http_poster", lambda url, key: POSTER(url, key, quickly))
    return labels.main([str(file), *options])


def run_locally(
    monkeypatch: pytest.MonkeyPatch, file: Path, system: str, *options: str, endpoint: str = "http://127.0.0.1:1"
) -> int:
    """Run while a system is left running on this machine, whose API lies at `endpoint`."""
    monkeypatch.delenv("API_ENDPOINT", raising=False)
    monkeypatch.delenv("API_KEY", raising=False)
    local = stack.Stack(endpoint, {"api_endpoint": endpoint}, 1.0, system=system)
    monkeypatch.setattr(stack, "running", lambda: stack.Running(local, Guarded(1, "token")))
    monkeypatch.setattr(stack, "api_key", lambda _: stack.ApiKey("id-1", KEY))
    return run_quickly(monkeypatch, file, *options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chargebacks.csv"


def test_every_line_is_posted_and_counted(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    others = "t2,genuine,analyst,2026-11-19T01:00:00+01:00\n\nt3,unknown,,2026-11-19T00:00:00Z\n"
    file.write_text(HEADER + GOOD + others)
    statuses = {"t1": "recorded", "t2": "unchanged", "t3": "superseded"}

    with serving(lambda d, _: (200, {"status": statuses[d["transaction_id"]]})) as (api, endpoint):
        assert run(monkeypatch, endpoint, file) == 0

    posted = sorted(api.posted, key=lambda one: str(one["transaction_id"]))
    assert [(one["label"], one["source"], one["confirmed_at"]) for one in posted] == [
        ("fraud", "chargeback", "2026-11-19T00:00:00.000000Z"),
        ("genuine", "analyst", "2026-11-19T00:00:00.000000Z"),
        ("unknown", "chargeback", "2026-11-19T00:00:00.000000Z"),
    ]
    assert capsys.readouterr().out == "labels: 1 recorded, 1 unchanged, 1 superseded; 0 bad\n"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("t2,scam,chargeback,2026-11-19T00:00:00Z", "label: must be one of"),
        ("t2,,chargeback,2026-11-19T00:00:00Z", "label: is required"),
        ("t2,fraud,hearsay,2026-11-19T00:00:00Z", "source: must be one of"),
        ("t 2,fraud,chargeback,2026-11-19T00:00:00Z", "transaction_id: must match pattern"),
        ("t2,fraud,chargeback,19.11.2026", "confirmed_at: must be an RFC 3339 time"),
        ("t2,fraud,chargeback,2199-01-01T00:00:00Z", "confirmed_at: lies in the future"),
        ("t2", "label: is required"),
        ("t2,fraud,chargeback,2026-11-19T00:00:00Z,x", "has 5 cells where the header has 4"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_posted(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, problem: str
) -> None:
    file.write_text(HEADER + GOOD + line + "\n")

    with serving(recorded) as (api, endpoint):
        assert run(monkeypatch, endpoint, file) == 1

    assert api.posted == []
    said = capsys.readouterr()
    assert said.err.startswith(f"chargebacks.csv:3: {problem}")
    assert "nothing was posted" in said.err
    assert said.out == "labels: 0 recorded, 0 unchanged, 0 superseded; 1 bad\n"


def test_good_lines_are_posted_when_bad_ones_are_to_be_skipped(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + "t0,scam,chargeback,2026-11-19T00:00:00Z\n" + GOOD)

    with serving(recorded) as (api, endpoint):
        assert run(monkeypatch, endpoint, file, "--skip-bad") == 0

    assert [one["transaction_id"] for one in api.posted] == ["t1"]
    said = capsys.readouterr()
    assert said.err.startswith("chargebacks.csv:2: label")
    assert said.out == "labels: 1 recorded, 0 unchanged, 0 superseded; 1 bad\n"


def test_lines_of_one_transaction_are_posted_in_their_order_beside_those_of_others() -> None:
    content = [("t1", "fraud"), ("t1", "genuine"), ("t2", "fraud")]
    times = [f"2026-11-19T0{hour}:00:00Z" for hour in range(3)]
    rows = [
        {"transaction_id": name, "label": label, "source": "analyst", "confirmed_at": at}
        for (name, label), at in zip(content, times)
    ]
    now = datetime(2026, 11, 20, tzinfo=timezone.utc)
    lines = [labels.Line(number, parse_label(row, now)) for number, row in enumerate(rows, start=2)]
    other_posted = threading.Event()
    posted: list[tuple[str, str]] = []

    def post(body: bytes) -> labels.Answer:
        document = json.loads(body)
        said = (document["transaction_id"], document["label"])
        if said == ("t1", "fraud"):
            assert other_posted.wait(5), "t2 waited for t1"
            time.sleep(0.05)
        posted.append(said)
        if said[0] == "t2":
            other_posted.set()
        return labels.Answer(200, {"status": "recorded"})

    labels.post_lines(lines, post, labels.Report())

    assert posted == [("t2", "fraud"), ("t1", "fraud"), ("t1", "genuine")]


def test_two_labels_of_one_transaction_and_one_time_are_a_problem_of_the_later_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    same_time = "t1,genuine,analyst,2026-11-19T01:00:00+01:00\n"
    later, repeated = "t1,genuine,analyst,2026-11-19T02:00:00Z\n", "t1,fraud,customer,2026-11-19T00:00:00Z\n"
    file.write_text(HEADER + GOOD + same_time + later + repeated)

    with serving(recorded) as (api, endpoint):
        assert run(monkeypatch, endpoint, file) == 1
        assert api.posted == []
        said = capsys.readouterr().err
        assert said.startswith(
            "chargebacks.csv:3: label: is genuine, but line 2 says fraud for the same confirmed_at\n"
        )
        assert said.count("chargebacks.csv:") == 1
        assert run(monkeypatch, endpoint, file, "--skip-bad") == 0

    assert [(one["label"], one["source"]) for one in api.posted] == [
        ("fraud", "chargeback"), ("genuine", "analyst"), ("fraud", "customer"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("labels.csv", b"t2,fraud,analyst,2026-11-19T00:00:00Z,caf\xe9"),
        ("labels.jsonl", b'{"transaction_id": "caf\xe9"}'),
    ],
)
def test_a_line_that_is_no_utf_8_is_a_problem_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, bad: bytes
) -> None:
    row = {"transaction_id": "t1", "label": "fraud", "confirmed_at": "2026-11-19T00:00:00Z"}
    csv_lines = (b"transaction_id,label,source,confirmed_at,note", bad, GOOD.strip().encode() + b",caf\xc3\xa9")
    lines = csv_lines if name.endswith(".csv") else (b"", bad, json.dumps(row).encode())
    file = tmp_path / name
    file.write_bytes(b"\n".join(lines))

    with serving(recorded) as (api, endpoint):
        assert run(monkeypatch, endpoint, file, "--skip-bad") == 0

    assert [one["transaction_id"] for one in api.posted] == ["t1"]
    assert capsys.readouterr().err == f"{name}:2: is no UTF-8 text\n"


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (
            b"transaction_id,label,label,confirmed_at,source,source",
            "line 1: more than one column is named label, source",
        ),
        (HEADER.encode("utf-16"), "line 1: the header is no UTF-8 text"),
    ],
)
def test_a_header_that_does_not_say_which_column_is_which_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], header: bytes, problem: str
) -> None:
    file.write_bytes(header + b"\nt1,fraud,genuine,2026-11-19T00:00:00Z,analyst,other\n")

    assert run(monkeypatch, "http://127.0.0.1:1", file, "--skip-bad") == 1
    assert problem in capsys.readouterr().err


def test_what_the_api_refuses_is_named_by_its_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + GOOD + GOOD.replace("t1", "nobody"))

    def answer(document: dict[str, Any], _attempt: int) -> tuple[int, Any]:
        if document["transaction_id"] == "nobody":
            return 404, {"error": {"code": "NOT_FOUND", "message": "There is no such transaction."}}
        return recorded(document)

    with serving(answer) as (_, endpoint):
        assert run(monkeypatch, endpoint, file) == 1
        assert "chargebacks.csv:3: NOT_FOUND: There is no such transaction." in capsys.readouterr().err
        assert run(monkeypatch, endpoint, file, "--skip-bad") == 0

    assert capsys.readouterr().out == "labels: 1 recorded, 0 unchanged, 0 superseded; 1 bad\n"


def test_a_throttled_label_is_sent_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(HEADER + GOOD)

    with serving(lambda d, attempt: recorded(d) if attempt > 2 else (429, {})) as (api, endpoint):
        assert run(monkeypatch, endpoint, file) == 0

    assert len(api.posted) == 3


def test_when_the_api_is_out_of_reach_the_command_says_so_and_fails(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + GOOD + GOOD.replace("T00", "T01"))

    with serving(lambda *_: (503, {})) as (api, endpoint):
        assert run(monkeypatch, endpoint, file, "--skip-bad") == 1

    assert "line 2: HTTP 503" in capsys.readouterr().err
    assert len(api.posted) == 3, "the next line of the same transaction was tried in vain"


def test_a_refused_key_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + GOOD)

    with serving(recorded) as (_, endpoint):
        assert run(monkeypatch, endpoint, file, key="another") == 1

    assert "API_KEY" in capsys.readouterr().err


def test_a_missing_column_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("transaction_id,is_fraud\nt1,1\n")

    assert run(monkeypatch, "http://127.0.0.1:1", file, "--skip-bad") == 1
    assert "line 1: the columns label, confirmed_at are missing" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.csv", "labels.xlsx"])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(monkeypatch, "http://127.0.0.1:1", tmp_path / name) == 1
    assert name in capsys.readouterr().err


def test_json_lines_in_gzip_are_read_and_a_line_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "labels.jsonl.gz"
    row = {"transaction_id": "t1", "label": "fraud", "confirmed_at": "2026-11-19T00:00:00Z", "note": "of no use"}
    with gzip.open(file, "wt") as lines:
        lines.write(json.dumps(row) + "\n[]\n" + json.dumps({**row, "transaction_id": 7}) + "\n")

    with serving(recorded) as (api, endpoint):
        assert run(monkeypatch, endpoint, file, "--skip-bad", "--source", "customer") == 0

    assert [(one["transaction_id"], one["source"]) for one in api.posted] == [("t1", "customer")]
    said = capsys.readouterr().err
    assert "labels.jsonl.gz:2: is no JSON object" in said
    assert "labels.jsonl.gz:3: transaction_id: must be string" in said


def test_a_long_report_is_cut_and_counted(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + "t1,scam,chargeback,2026-11-19T00:00:00Z\n" * 60)

    assert run(monkeypatch, "http://127.0.0.1:1", file) == 1

    said = capsys.readouterr()
    assert said.err.count("chargebacks.csv:") == labels.PROBLEMS_SHOWN
    assert "... and 10 more" in said.err
    assert "60 bad" in said.out


def test_without_an_api_the_command_says_how_to_name_one(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + GOOD)
    monkeypatch.delenv("API_ENDPOINT", raising=False)
    monkeypatch.delenv("API_KEY", raising=False)
    monkeypatch.setattr(stack, "running", lambda: None)

    assert labels.main([str(file)]) == 1
    assert "make local-up" in capsys.readouterr().err


def test_a_local_stack_that_takes_no_labels_or_is_not_the_one_that_is_meant_is_not_asked(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(HEADER + GOOD)

    assert run_locally(monkeypatch, file, "merchant_api") == 1
    assert "merchant_api takes no labels; flagship and securebank do." in capsys.readouterr().err
    assert run_locally(monkeypatch, file, "flagship", "--system", "securebank") == 1
    assert "flagship is running, not securebank" in capsys.readouterr().err


@pytest.mark.parametrize(("system", "path"), [("flagship", "/stage/v1/labels"), ("securebank", "/stage/labels")])
def test_labels_go_where_the_running_system_takes_them(
    file: Path, monkeypatch: pytest.MonkeyPatch, system: str, path: str
) -> None:
    file.write_text(HEADER + GOOD)

    with serving(recorded) as (api, endpoint):
        api.path = path
        assert run_locally(monkeypatch, file, system, endpoint=endpoint) == 0

    assert [one["transaction_id"] for one in api.posted] == ["t1"]


def test_labels_go_where_the_named_system_takes_them(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(HEADER + GOOD)

    with serving(recorded) as (api, endpoint):
        api.path = "/stage/labels"
        assert run(monkeypatch, endpoint, file, "--system", "securebank") == 0

    assert [one["transaction_id"] for one in api.posted] == ["t1"]
