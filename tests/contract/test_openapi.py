"""The API document is valid, and its examples are what it describes."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from openapi_spec_validator import validate

from pipeline.domain import decision
from pipeline.domain.label import LabelSource, LabelStatus, LabelValue, parse_label
from pipeline.domain.money import MINOR_UNIT_DIGITS
from pipeline.domain.queue_body import from_document
from pipeline.domain.status import Status
from pipeline.scoring import document as policy_document
from scripts import paths

DOCUMENT: dict[str, Any] = yaml.safe_load((paths.ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"))
REQUEST = DOCUMENT["paths"]["/v1/transactions"]["post"]["requestBody"]["content"]["application/json"]
LABEL = DOCUMENT["paths"]["/v1/labels"]["post"]
LABEL_REQUEST = LABEL["requestBody"]["content"]["application/json"]
LABEL_ANSWER = LABEL["responses"]["200"]["content"]["application/json"]
SCHEMAS = DOCUMENT["components"]["schemas"]


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


@pytest.mark.parametrize("name", sorted(REQUEST["examples"]))
def test_each_example_request_is_one_that_we_accept(name: str) -> None:
    example = REQUEST["examples"][name]["value"]

    Draft7Validator(DOCUMENT["components"]["schemas"]["TransactionRequest"]).validate(example)
    assert from_document({**example, "amount": str(example["amount"])}).currency in MINOR_UNIT_DIGITS


def test_the_document_knows_exactly_our_statuses() -> None:
    documented = set(DOCUMENT["components"]["schemas"]["TransactionStatus"]["enum"])

    assert documented == {status.value for status in Status}


@pytest.mark.parametrize("name", sorted(LABEL_REQUEST["examples"]))
def test_each_example_label_is_one_that_we_take(name: str) -> None:
    example = LABEL_REQUEST["examples"][name]["value"]

    Draft7Validator(SCHEMAS["LabelRequest"]).validate(example)
    assert parse_label(example, datetime(2027, 1, 1, tzinfo=timezone.utc)).transaction_id == example["transaction_id"]


@pytest.mark.parametrize("name", sorted(LABEL_ANSWER["examples"]))
def test_each_example_answer_to_a_label_is_as_described(name: str) -> None:
    Draft7Validator(SCHEMAS["LabelAnswer"]).validate(LABEL_ANSWER["examples"][name]["value"])


@pytest.mark.parametrize(
    ("schema", "field", "words"),
    [
        ("LabelRequest", "label", {value.value for value in LabelValue}),
        ("LabelRequest", "source", {source.value for source in LabelSource}),
        ("LabelAnswer", "label", {value.value for value in LabelValue}),
        ("LabelAnswer", "status", {status.value for status in LabelStatus}),
        (
            "Decision",
            "decided_by",
            {decision.CHAMPION, decision.CHALLENGER, decision.FALLBACK, decision.ALLOW_LIST, decision.DENY_LIST},
        ),
        (
            "PolicyResult",
            "kind",
            {policy_document.POINTS, policy_document.WEIGHTS, policy_document.MODEL, policy_document.COMBINATION},
        ),
    ],
)
def test_the_document_knows_exactly_our_words(schema: str, field: str, words: set[str]) -> None:
    assert set(SCHEMAS[schema]["properties"][field]["enum"]) == words


def test_every_operation_needs_the_key() -> None:
    assert DOCUMENT["security"] == [{"ApiKeyAuth": []}]
    for item in DOCUMENT["paths"].values():
        assert not any("security" in operation for operation in item.values() if isinstance(operation, dict))
