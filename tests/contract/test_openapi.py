"""The API document is valid, and its examples are what it describes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from openapi_spec_validator import validate

from pipeline.domain.money import MINOR_UNIT_DIGITS
from pipeline.domain.status import Status
from pipeline.domain.transaction import from_document
from scripts import paths

DOCUMENT: dict[str, Any] = yaml.safe_load((paths.ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"))
REQUEST = DOCUMENT["paths"]["/v1/transactions"]["post"]["requestBody"]["content"]["application/json"]


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


def test_every_operation_needs_the_key() -> None:
    assert DOCUMENT["security"] == [{"ApiKeyAuth": []}]
    for item in DOCUMENT["paths"].values():
        assert not any("security" in operation for operation in item.values() if isinstance(operation, dict))
