"""Compile the request schema of the API document into the validator that `ingest` runs.

Compiling at a cold start would cost milliseconds each time, so the code is generated here and kept in
the repository; `--check` tells whether it still says what the document says.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import fastjsonschema
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "api" / "openapi.yaml"
GENERATED = ROOT / "lambda_src" / "pipeline" / "domain" / "transaction_schema.py"

HEADER = '''"""Generated from api/openapi.yaml (TransactionRequest) by scripts/compile_request_schema.py."""
# mypy: ignore-errors
'''


def generated_code() -> str:
    """Return the validator's source for the document as it is now."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    schema = document["components"]["schemas"]["TransactionRequest"]
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **_rules_only(schema)}
    # Dates are read by pipeline.domain.times, which knows more than a pattern does.
    code: str = fastjsonschema.compile_to_code(schema, use_formats=False)
    return HEADER + code


def _rules_only(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without its prose, which would travel with every error."""
    rules = {key: value for key, value in schema.items() if key not in ("title", "description", "example")}
    if "properties" in rules:
        rules["properties"] = {name: _rules_only(part) for name, part in rules["properties"].items()}
    return rules


def main() -> int:
    """Write the validator, or with --check tell whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if it is out of date")
    arguments = parser.parse_args()
    code = generated_code()
    if not arguments.check:
        GENERATED.write_text(code, encoding="utf-8")
        return 0
    if GENERATED.exists() and GENERATED.read_text(encoding="utf-8") == code:
        return 0
    print(
        f"{GENERATED.relative_to(ROOT)} is out of date: run python -m scripts.compile_request_schema", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
