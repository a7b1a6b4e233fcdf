"""Compile the schemas of request bodies and of the policy document into the validators that the functions run.

Compiling at a cold start would cost milliseconds each time, so the code is generated here and kept in
the repository; `--check` tells whether it still says what the schemas say.

Usage: python -m scripts.compile_schemas [--check]
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import fastjsonschema
import yaml

from scripts import paths

PIPELINE = paths.LAMBDA_SRC / "pipeline"
API_DOCUMENT = paths.ROOT / "api" / "openapi.yaml"
API_DOCUMENTS = {
    "flagship": API_DOCUMENT,
    "merchant_api": paths.ROOT / "examples" / "merchant_api" / "openapi.yaml",
    "stream_alerts": paths.ROOT / "examples" / "stream_alerts" / "openapi.yaml",
    "securebank": paths.ROOT / "examples" / "securebank" / "openapi.yaml",
}
"""The API of each system."""

REQUIRED_OF_ALL = ("transaction_id", "merchant_id", "amount", "currency")
"""What a transaction has in every system."""
POLICY_SCHEMA = paths.ROOT / "policy_documents" / "policy.schema.json"

HEADER = '''"""Generated from {source} by scripts/compile_schemas.py."""
# mypy: ignore-errors
'''

# The compiler's own error would bring the whole compiler into every function: 15 ms of each cold start.
_ITS_ERROR = ("from fastjsonschema import JsonSchemaValueException", "JsonSchemaValueException")
_OURS = ("from pipeline.domain.violation import SchemaViolation", "SchemaViolation")
_DEFINITION = re.compile(r", definition=(\{.*\}), rule='(\w+)'\)")
_NEEDED_OF_A_DEFINITION = {"required": "required", "additionalProperties": "properties"}
"""What names the field, where a field is missing or unknown: the part of the schema, by the rule that is broken."""

# The compiler says everywhere anew where it is, in four parts; the shorter a validator, the shorter a cold start.
_PLACES = (
    (", name_prefix=None)", ', name_prefix="data")'),
    ('"" + (name_prefix or "data") + ""', "name_prefix"),
    ('"" + (name_prefix or "data")', "name_prefix"),
    ('(name_prefix or "data")', "name_prefix"),
)
_PROSE = frozenset({"title", "description", "example"})


def request_schema(name: str, api_document: Path = API_DOCUMENT) -> dict[str, Any]:
    """Return the schema of a request's body as the API document has it."""
    document = yaml.safe_load(api_document.read_text(encoding="utf-8"))
    schema: dict[str, Any] = document["components"]["schemas"][name]
    return schema


def queued_schema() -> dict[str, Any]:
    """Return the schema of a transaction in a queue or a table: any system's, in the words of the flagship."""
    schema = request_schema("TransactionRequest")
    of_others = request_schema("TransactionRequest", API_DOCUMENTS["securebank"])["properties"]
    added = {name: of_others[name] for name in ("merchant_name", "transaction_type")}
    return {**schema, "required": list(REQUIRED_OF_ALL), "properties": {**schema["properties"], **added}}


def policy_schema() -> dict[str, Any]:
    """Return the schema of a policy document."""
    schema: dict[str, Any] = json.loads(POLICY_SCHEMA.read_text(encoding="utf-8"))
    return schema


@dataclass(frozen=True)
class Target:
    """One validator: what it is generated from, and where it lies.

    Parameters
    ----------
    source
        Where the schema lies, for people.
    schema
        Reads it.
    generated
        The file that holds the validator.
    """

    source: str
    schema: Callable[[], dict[str, Any]]
    generated: Path

    def code(self) -> str:
        """Return the validator's source for the schema as it is now."""
        schema = {"$schema": "http://json-schema.org/draft-07/schema#", **_rules_only(self.schema())}
        # Times are read by pipeline.domain.times, which knows more than a pattern does.
        code = str(fastjsonschema.compile_to_code(schema, use_formats=False))
        for its, ours in (*zip(_ITS_ERROR, _OURS), *_PLACES):
            code = code.replace(its, ours)
        return HEADER.format(source=self.source) + _DEFINITION.sub(_shorter, code)

    def up_to_date(self) -> bool:
        """Tell whether the file says what the schema says."""
        return self.generated.exists() and self.generated.read_text(encoding="utf-8") == self.code()


def _request(system: str, api_document: Path) -> Target:
    return Target(
        f"{api_document.relative_to(paths.ROOT).as_posix()} (TransactionRequest)",
        lambda: request_schema("TransactionRequest", api_document),
        PIPELINE / "domain" / "request_schemas" / f"{system}.py",
    )


TARGETS = (
    *(_request(system, api_document) for system, api_document in API_DOCUMENTS.items()),
    Target("api/openapi.yaml (TransactionRequest)", queued_schema, PIPELINE / "domain" / "queued_schema.py"),
    Target(
        "api/openapi.yaml (LabelRequest)",
        lambda: request_schema("LabelRequest"),
        PIPELINE / "domain" / "label_schema.py",
    ),
    Target("policy_documents/policy.schema.json", policy_schema, PIPELINE / "scoring" / "policy_schema.py"),
)


def _shorter(error: re.Match[str]) -> str:
    """Return the end of an error with as much of the broken part of the schema as the answer to it needs.

    The compiler repeats the part whole with every error; that makes a validator three times as long to compile.
    """
    part, rule = error.groups()
    needed = _NEEDED_OF_A_DEFINITION.get(rule)
    definition = f", definition={{{needed!r}: {list(ast.literal_eval(part)[needed])!r}}}" if needed else ""
    return f"{definition}, rule={rule!r})"


def _rules_only(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema without its prose, which would travel with every error."""
    rules: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "definitions"):
            rules[key] = {name: _rules_only(part) for name, part in value.items()}
        elif key not in _PROSE:
            rules[key] = without_prose(value)
    return rules


def without_prose(value: Any) -> Any:
    """Return a part of a schema without what is for people only."""
    if isinstance(value, dict):
        return _rules_only(value)
    return [without_prose(part) for part in value] if isinstance(value, list) else value


def main() -> int:
    """Write the validators, or with --check tell whether they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if one is out of date")
    arguments = parser.parse_args()
    stale = [target for target in TARGETS if not target.up_to_date()]
    for target in stale:
        if arguments.check:
            print(
                f"{paths.shown(target.generated)} is out of date: run python -m scripts.compile_schemas",
                file=sys.stderr,
            )
        else:
            target.generated.write_text(target.code(), encoding="utf-8")
    return int(arguments.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
