"""The examples' API documents are valid, their examples are what they describe, and their errors are the flagship's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from openapi_spec_validator import validate

from pipeline.domain import strict_json
from pipeline.domain.label import parse_label
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.transaction import parse_request
from scripts import paths

OF_TOKENS = {"UNAUTHORIZED"}
"""What only a gateway says that asks for tokens, as securebank's may."""

LATER = datetime(2027, 1, 1, tzinfo=timezone.utc)


def read(file: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((paths.ROOT / file).read_text(encoding="utf-8"))
    return document


FLAGSHIP = read("api/openapi.yaml")
DOCUMENTS = {name: read(f"examples/{name}/openapi.yaml") for name in ("merchant_api", "stream_alerts", "securebank")}


@pytest.fixture(params=DOCUMENTS)
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def operations(system: str) -> dict[str, dict[str, Any]]:
    """Return the operations of a document by their operationId."""
    methods = [method for item in DOCUMENTS[system]["paths"].values() for method in item.values()]
    return {method["operationId"]: method for method in methods}


def submission(system: str) -> dict[str, Any]:
    """Return what the operation that submits a transaction takes."""
    content: dict[str, Any] = operations(system)["submitTransaction"]["requestBody"]["content"]["application/json"]
    return content


def nullable(schema: Any) -> Any:
    """Return a schema in the words of JSON Schema, which has no `nullable`."""
    if isinstance(schema, list):
        return [nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: nullable(part) for name, part in schema.items() if name != "nullable"}
    return {**plain, "type": [schema["type"], "null"]} if schema.get("nullable") is True else plain


def answers(system: str) -> Iterator[tuple[str, str, dict[str, Any], Any]]:
    """Yield each example of an answer: its operation, the status code, the answer's schema and the example."""
    components = nullable(DOCUMENTS[system]["components"])
    for name, method in operations(system).items():
        for code, answer in method["responses"].items():
            named = answer.get("$ref", "").rpartition("/")[2]
            content = (components["responses"][named] if named else answer)["content"]["application/json"]
            for example in content["examples"].values():
                yield name, code, {**content["schema"], "components": components}, example["value"]


def test_the_document_is_valid_openapi(system: str) -> None:
    validate(DOCUMENTS[system])


def test_each_example_request_is_one_that_we_accept(system: str) -> None:
    examples = submission(system)["examples"]

    assert examples
    for example in examples.values():
        document = strict_json.loads(json.dumps(example["value"]))
        taken = parse_request(document, LATER, request_schema(system))
        assert taken.transaction_id == example["value"]["transaction_id"]


def test_each_example_answer_is_as_described(system: str) -> None:
    checked = {
        (name, code) for name, code, schema, example in answers(system) if not Draft7Validator(schema).validate(example)
    }

    assert checked == {(name, code) for name, method in operations(system).items() for code in method["responses"]}


def test_every_error_code_is_one_that_the_flagship_has_too(system: str) -> None:
    own, all_codes = (
        set(document["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"])
        for document in (DOCUMENTS[system], FLAGSHIP)
    )
    used = {example["error"]["code"] for *_, example in answers(system) if "error" in example}

    assert used | {"NOT_FOUND"} == own
    assert own - (OF_TOKENS if system == "securebank" else set()) <= all_codes


def test_securebank_takes_the_labels_of_the_flagship_word_for_word() -> None:
    own, flagship = (document["components"]["schemas"] for document in (DOCUMENTS["securebank"], FLAGSHIP))

    for name in ("LabelEnvelope", "LabelRequest", "LabelAnswer"):
        assert own[name] == flagship[name], name


def test_each_example_label_is_one_that_we_take() -> None:
    content = operations("securebank")["recordLabel"]["requestBody"]["content"]["application/json"]

    for example in content["examples"].values():
        assert parse_label(example["value"], LATER).transaction_id == example["value"]["transaction_id"]


def test_the_gateway_leaves_naming_the_field_to_the_function(system: str) -> None:
    envelope = DOCUMENTS[system]["components"]["schemas"][submission(system)["x-gateway-model"]]

    assert {part: value for part, value in envelope.items() if part not in ("title", "description")} == {
        "type": "object"
    }
