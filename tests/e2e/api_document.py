"""Answers of the deployed API, held against the document that describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
import yaml
from jsonschema import Draft7Validator

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "api" / "openapi.yaml").read_text(encoding="utf-8"))


def check_against_document(answer: requests.Response, path: str, method: str) -> None:
    """Fail unless the answer's status is documented and its body is what the document says."""
    responses = DOCUMENT["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, f"{answer.status_code} is not documented for {method} {path}"
    response = responses[str(answer.status_code)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[-1]]
    schema = {**response["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
    Draft7Validator(_without_nullable(schema)).validate(answer.json())


def _without_nullable(schema: Any) -> Any:
    """Say OpenAPI 3.0's `nullable` in JSON Schema's way."""
    if isinstance(schema, list):
        return [_without_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _without_nullable(part) for key, part in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
