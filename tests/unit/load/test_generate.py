"""The generator of transactions as a command: the same bytes each time, in a file or at an API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from pipeline.domain.money import MINOR_UNIT_DIGITS, decimal_places
from scripts import paths
from scripts.demo.client import Retry, Sender
from scripts.demo.systems import ALL
from scripts.load import generate
from scripts.load.targets import TARGETS
from tests.unit.load.serving import Api, serving

SCRIPT = paths.ROOT / "tests" / "load" / "generate_transactions.py"
DOCUMENTS = {
    "flagship": "api/openapi.yaml",
    **{name: f"examples/{name}/openapi.yaml" for name in ("merchant_api", "stream_alerts", "securebank")},
}


def written(tmp_path: Path, *given: str) -> list[dict[str, Any]]:
    """Return the documents that a call writes into a file."""
    file = tmp_path / "folder" / "transactions.jsonl"
    assert generate.main([*given, "--output", str(file)]) == 0
    return [json.loads(line, parse_float=Decimal) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("system", TARGETS)
def test_each_system_is_sent_what_its_document_describes(system: str, tmp_path: Path) -> None:
    document = yaml.safe_load((paths.ROOT / DOCUMENTS[system]).read_text(encoding="utf-8"))
    check = Draft7Validator(document["components"]["schemas"]["TransactionRequest"])
    documents = written(tmp_path, "--count", "400", "--system", system)

    def is_good(body: dict[str, Any]) -> bool:
        plain = json.loads(json.dumps(body, default=float))
        known = body["currency"] in MINOR_UNIT_DIGITS
        return check.is_valid(plain) and known and decimal_places(body["amount"]) <= MINOR_UNIT_DIGITS[body["currency"]]

    refused = sum(not is_good(body) for body in documents)
    assert len(documents) == 400
    assert 0 < refused < 60  # those of failed-payments alone
    assert any(TARGETS[system].path in path for path in document["paths"])


def test_targets_and_the_demos_systems_agree() -> None:
    for name, system in ALL.items():
        assert (TARGETS[name].path, TARGETS[name].body) == (system.submit_path, system.body)


def test_securebank_is_sent_all_its_fields(tmp_path: Path) -> None:
    (body,) = written(tmp_path, "--count", "1", "--pattern", "normal")

    assert list(body) == [
        "transaction_id", "customer_id", "timestamp", "merchant_id", "currency", "transaction_type",
        "merchant_category", "merchant_name", "channel", "amount", "location",
    ]  # fmt: skip


def test_the_same_seed_gives_the_same_bytes_in_another_process_and_on_standard_output(tmp_path: Path) -> None:
    given = ["--count", "300", "--seed", "5", "--pattern", "mix"]
    file = tmp_path / "here.jsonl"
    assert generate.main([*given, "--output", str(file)]) == 0

    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu"}
    there = subprocess.run(
        [sys.executable, str(SCRIPT), *given], cwd=tmp_path, env=environment, capture_output=True, check=True
    )

    assert there.stdout == file.read_bytes()
    assert there.stderr.decode() == "generate_transactions: 300 transactions for securebank in standard output\n"


def test_the_days_may_begin_elsewhere(tmp_path: Path) -> None:
    documents = written(tmp_path, "--count", "5", "--pattern", "normal", "--start", "2026-11-20")

    assert {body["timestamp"][:10] for body in documents} == {"2026-11-20"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--count", "0"], "there must be 1 to 1,000,000 transactions, not 0"),
        (["--count", "many"], "argument --count: invalid int value: 'many'"),
        (["--seed", "-1"], "--seed must be 0 to"),
        (["--system", "bank"], "argument --system: invalid choice: 'bank'"),
        (["--start", "tomorrow"], "argument --start: must be a date such as 2026-01-05, not 'tomorrow'"),
        (["--rate", "0"], "--rate must be above 0"),
        (["--workers", "0"], "--workers must be 1 to 256"),
        (["--output", "a", "--endpoint", "b"], "not allowed with argument"),
        (["--pattern", "velo"], "there is no pattern 'velo'"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_a_bad_argument_gets_one_clear_line(
    given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        generate.main(given)

    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--endpoint", "bank.example/v1"], "the endpoint must look like https://"),
        (["--output", "/dev/null/x"], "/dev/null"),
    ],
)
def test_what_cannot_be_written_to_is_told_in_one_line(
    given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main([*given, "--count", "1"]) == 1

    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.splitlines()) == 1


def posted_by_customer(api: Api) -> dict[str, list[datetime]]:
    """Return the times of each customer's transactions in the order in which they were posted."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for one in api.posted:
        body = json.loads(one.body)
        moment = datetime.fromisoformat(body["timestamp"].replace("Z", "+00:00"))
        times[body["customer_id"]].append(moment.astimezone(timezone.utc))
    return times


def test_all_are_posted_with_what_lets_them_in_in_each_customers_order(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda number: 202 if number % 3 else 200) as api:
        given = ["--count", "90", "--pattern", "velocity", "--endpoint", api.endpoint + "/"]
        assert generate.main([*given, "--api-key", "key-1", "--token", "jwt-1"]) == 0

    assert len({json.loads(one.body)["transaction_id"] for one in api.posted}) == len(api.posted) == 90
    assert {one.path for one in api.posted} == {"/v1/transactions"}
    assert {(one.headers["x-api-key"], one.headers["authorization"]) for one in api.posted} == {
        ("key-1", "Bearer jwt-1")
    }
    for times in posted_by_customer(api).values():
        assert times == sorted(times)
    assert capsys.readouterr().err.endswith("generate_transactions: 90 transactions posted: 30 200, 60 202\n")


def test_the_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "key-2")
    with serving() as api:
        assert generate.main(["--count", "1", "--endpoint", api.endpoint]) == 0

    assert api.posted[0].headers["x-api-key"] == "key-2"
    assert "authorization" not in api.posted[0].headers


def test_what_an_api_refuses_for_good_is_counted_and_what_it_never_answers_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "Sender", _Impatient)
    with serving(lambda _: 400) as api:
        assert generate.main(["--count", "5", "--endpoint", api.endpoint]) == 0
    with serving(lambda _: 503) as api:
        assert generate.main(["--count", "5", "--endpoint", api.endpoint]) == 1

    said = capsys.readouterr().err
    assert "5 transactions posted: 5 400" in said
    assert "5 transactions posted: 5 503" in said


def test_a_refused_key_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(lambda _: 403) as api:
        assert generate.main(["--count", "5", "--endpoint", api.endpoint]) == 1

    assert "the API refused the key (HTTP 403)" in capsys.readouterr().err


def test_an_interruption_leaves_no_traceback(tmp_path: Path) -> None:
    output = str(tmp_path / "long.jsonl")
    running = subprocess.Popen(
        [sys.executable, str(SCRIPT), "--count", "1000000", "--output", output], stderr=subprocess.PIPE, text=True
    )
    assert running.stderr is not None
    first = running.stderr.readline()  # it is at work
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)

    assert "of 1,000,000" in first
    assert said.splitlines()[-1] == "generate_transactions: interrupted."
    assert running.returncode == 130


class _Impatient(Sender):
    """A sender that does not wait between its attempts."""

    def __init__(self, poster: Any, body: Any, workers: int, rate: Any) -> None:
        super().__init__(poster, body, workers, rate, Retry(attempts=2, base_seconds=0.0))
