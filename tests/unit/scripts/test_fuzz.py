"""`make fuzz`: arguments, shares, and what is read of a run; the runs themselves are schemathesis's."""

from __future__ import annotations

import base64
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import paths, systems
from scripts.demo import generator
from scripts.errors import CommandError
from scripts.fuzz import findings, rounds
from scripts.fuzz.__main__ import arguments, lines, shares, write

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def scenario(*interactions: dict[str, Any]) -> dict[str, Any]:
    """Return an event of schemathesis that tells of some requests."""
    names = [f"case{number}" for number in range(len(interactions))]
    return {
        "ScenarioFinished": {
            "recorder": {
                "cases": {name: {"value": {"method": "POST", "path": "/v1/transactions"}} for name in names},
                "checks": {name: one["checks"] for name, one in zip(names, interactions)},
                "interactions": {name: one["interaction"] for name, one in zip(names, interactions)},
            }
        }
    }


def answered(status: int, problem: str = "") -> dict[str, Any]:
    """Return a request that got an answer; with a problem, one that a check has found wrong."""
    request = {
        "method": "POST",
        "uri": "http://127.0.0.1:1/v1/transactions",
        "headers": {"x-api-key": ["[Filtered]"], "Content-Type": ["application/json"]},
        "body": {"$base64": base64.b64encode(b"{'\xff").decode()},
    }
    failure = {"title": "Server error", "message": problem}
    checks: list[dict[str, Any]] = [{"name": "not_a_server_error", "status": "success"}]
    if problem:
        checks = [{"name": "not_a_server_error", "status": "failure", "failure_info": {"failure": failure}}]
    return {"checks": checks, "interaction": {"request": request, "response": {"status_code": status}}}


ENDED = {"EngineFinished": {"stop_reason": "completed"}}


def events(folder: Path, *told: dict[str, Any]) -> Path:
    """Return a file of events."""
    file = folder / "run.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in told), encoding="utf-8")
    return file


def test_answers_are_counted_by_operation_and_status(tmp_path: Path) -> None:
    seen = findings.read(events(tmp_path, scenario(answered(202), answered(400)), scenario(answered(400)), ENDED))

    assert seen.routes == {"POST /v1/transactions": {"202": 1, "400": 2}}
    assert seen.requests == 3
    assert seen.findings == []


def test_a_finding_is_kept_once_as_a_command_that_sends_the_very_bytes(tmp_path: Path) -> None:
    told = scenario(answered(500, "boom"), answered(500, "boom"))
    (finding,) = findings.read(events(tmp_path, told, ENDED)).findings

    assert (finding.operation, finding.status) == ("POST /v1/transactions", 500)
    assert finding.problem == "Server error: boom"
    _, _, encoded, *rest = shlex.split(finding.curl)
    assert base64.b64decode(encoded) == b"{'\xff"
    assert "x-api-key: $FUZZ_API_KEY" in rest
    assert "[Filtered]" not in finding.curl


@pytest.mark.parametrize(
    "told",
    [
        [scenario(answered(202))],
        [scenario(answered(202)), {"EngineFinished": {"stop_reason": "interrupted"}}],
        [{"NonFatalError": {"value": "no such schema"}}, ENDED],
    ],
    ids=["cut off", "interrupted", "failed"],
)
def test_a_run_that_did_not_come_to_its_end_proves_nothing(tmp_path: Path, told: list[dict[str, Any]]) -> None:
    with pytest.raises(CommandError):
        findings.read(events(tmp_path, *told))


def test_a_run_without_events_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no readable events"):
        findings.read(tmp_path / "nothing.ndjson")


@pytest.mark.parametrize(
    ("given", "word"), [(["--requests", "0"], "REQUESTS"), (["--seed", "-1"], "SEED"), (["--system", "x"], "SYSTEM")]
)
def test_a_wrong_argument_is_told_by_its_name(given: list[str], word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        arguments(given)

    assert ended.value.code == 2
    assert word in capsys.readouterr().err


def test_every_system_gets_its_share_by_its_operations() -> None:
    share = shares(list(systems.ALL.values()), 10_000)

    assert sum(share.values()) >= 10_000
    assert share["securebank"] > share["flagship"] > share["merchant_api"] == share["stream_alerts"] >= 1


def test_rounds_go_on_with_new_seeds_until_enough_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def send(_: rounds.Target, seed: int, examples: int) -> findings.Seen:
        asked.append((seed, examples))
        return findings.Seen({"POST /transaction": {"400": 40}})

    monkeypatch.setattr(rounds, "_round", send)
    target = rounds.Target(systems.MERCHANT_API, "http://127.0.0.1:1", "key")
    done = rounds.fuzz(target, 100, 7, lambda _: None)

    assert asked == [(7, 50), (8, 30), (9, 10)]
    assert [one.requests for one in done.rounds] == [40, 40, 40]
    assert done.seen.requests == 120


def test_a_round_that_sends_nothing_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "_round", lambda *_: findings.Seen())

    with pytest.raises(CommandError, match="sent merchant_api nothing"):
        rounds.fuzz(rounds.Target(systems.MERCHANT_API, "http://127.0.0.1:1", ""), 1, 1, lambda _: None)


def test_the_report_and_the_summary_tell_routes_findings_and_seeds(tmp_path: Path) -> None:
    seen = findings.read(events(tmp_path, scenario(answered(202), answered(500, "boom")), ENDED))
    done = rounds.Fuzzed("flagship", {"POST /v1/transactions"}, [rounds.Round(7, 5, 2)], seen, 1.0)
    told = json.loads(write([done], arguments(["--out", str(tmp_path), "--seed", "7"])).read_text(encoding="utf-8"))

    assert (told["seed"], told["requests"], told["findings"]) == (7, 2, 1)
    assert told["systems"]["flagship"]["routes"] == {"POST /v1/transactions": {"202": 1, "500": 1}}
    assert told["systems"]["flagship"]["rounds"] == [{"seed": 7, "max_examples": 5, "requests": 2}]
    assert told["systems"]["flagship"]["findings"][0]["curl"]
    assert any(line.startswith("FOUND POST /v1/transactions not_a_server_error") for line in lines(done))


def test_the_dictionaries_name_merchants_and_fields_that_there_are() -> None:
    config = tomllib.loads(rounds.CONFIG.read_text(encoding="utf-8"))
    known = {merchant.merchant_id for merchant in generator.merchants()}
    documents = [yaml.safe_load((paths.ROOT / system.api_document).read_text()) for system in systems.ALL.values()]
    fields = {
        name
        for document in documents
        for schema in document["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }

    assert set(config["dictionaries"]["merchants"]["values"]) <= known
    assert {name.partition(".")[2] for name in config["parameters"]} <= fields
