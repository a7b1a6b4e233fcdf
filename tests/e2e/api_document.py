"""Answers of the deployed API, held against the document that describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
import yaml
from jsonschema import Draft7Validator

from scripts import paths, systems


def read_document(path: Path) -> dict[str, Any]:
    """Return an API document of the repository."""
    document: dict[str, Any] = yaml.safe_load((paths.ROOT / path).read_text(encoding="utf-8"))
    return document


DOCUMENT = read_document(systems.FLAGSHIP.api_document)


def check_against_document(
    answer: requests.Response, path: str, method: str, document: dict[str, Any] = DOCUMENT
) -> None:
    """Fail unless the answer's status is documented and its body is what the document says."""
    responses = document["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, f"{answer.status_code} is not documented for {method} {path}"
    response = responses[str(answer.status_code)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[-1]]
    schema = {**response["content"]["application/json"]["schema"], "components": document["components"]}
    Draft7Validator(_without_nullable(schema)).validate(answer.json())


def _without_nullable(schema: Any) -> Any:
    """Say OpenAPI 3.0's `nullable` in JSON Schema's way."""
    if isinstance(schema, list):
        return [_without_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _without_nullable(part) for key, part in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
