"""The generated validators say what the schemas say."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.request_schemas import NAMES
from scripts import compile_schemas
from scripts.compile_schemas import API_DOCUMENTS, TARGETS, Target

POLICY = TARGETS[-1]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.generated.stem)
def test_a_generated_validator_is_up_to_date(target: Target) -> None:
    assert target.up_to_date()


def test_check_names_what_is_out_of_date_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "policy_schema.py"
    stale.write_text("# older\n")
    monkeypatch.setattr(compile_schemas, "TARGETS", (*TARGETS[:-1], replace(POLICY, generated=stale)))
    monkeypatch.setattr(sys, "argv", ["compile_schemas", "--check"])

    assert compile_schemas.main() == 1
    assert f"{stale} is out of date" in capsys.readouterr().err
    assert stale.read_text() == "# older\n"


def test_it_writes_what_is_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = replace(POLICY, generated=tmp_path / "policy_schema.py")
    monkeypatch.setattr(compile_schemas, "TARGETS", (target,))
    monkeypatch.setattr(sys, "argv", ["compile_schemas"])

    assert compile_schemas.main() == 0
    assert target.up_to_date()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.generated.stem)
def test_no_prose_travels_into_the_functions(target: Target) -> None:
    assert "description" not in target.code()


def test_every_systems_request_and_what_is_queued_are_compiled() -> None:
    generated = {
        target.generated.relative_to(compile_schemas.PIPELINE / "domain").as_posix() for target in TARGETS[:-2]
    }

    assert generated == {*(f"request_schemas/{name}.py" for name in NAMES), "queued_schema.py"}


def test_what_is_queued_may_hold_what_any_system_takes_and_must_hold_what_all_of_them_ask_for() -> None:
    requests = [compile_schemas.request_schema("TransactionRequest", document) for document in API_DOCUMENTS.values()]
    queued = compile_schemas.queued_schema()

    names = {name for one in requests for name in one["properties"]}
    assert set(queued["properties"]) == names - {"timestamp", "customer_id", "merchant_category"}  # by our names there
    assert set(queued["required"]) == set.intersection(*(set(one["required"]) for one in requests))


@pytest.mark.parametrize("system", ["merchant_api", "stream_alerts", "securebank"])
def test_a_field_that_systems_share_has_the_same_rules_in_all_of_them(system: str) -> None:
    rules, of_the_flagship = (
        compile_schemas.without_prose(compile_schemas.request_schema("TransactionRequest", API_DOCUMENTS[name]))[
            "properties"
        ]
        for name in (system, "flagship")
    )

    shared = rules.keys() & of_the_flagship.keys()
    assert {name: rules[name] for name in shared} == {name: of_the_flagship[name] for name in shared}
    assert shared >= {"transaction_id", "merchant_id", "amount", "currency"}
