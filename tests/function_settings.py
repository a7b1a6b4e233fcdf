"""Settings with which a function's zip starts: what the roots give to functions, with a value for each."""

from __future__ import annotations

import re

from scripts import paths
from tests.unit.functions.test_half_configured import SYSTEMS


def settings_of(function: str) -> dict[str, str]:
    """Return one system's settings where those of others exclude them, else all that a root gives to any function."""
    return {
        **(
            dict(SYSTEMS)[function]
            if function in dict(SYSTEMS)
            else {**_given_by_roots(), "REQUEST_SCHEMA": "flagship"}
        ),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "test",
    }


def _given_by_roots() -> dict[str, str]:
    """Give a value, which reads as a number too, to every variable that a root gives to a function."""
    roots = [paths.ROOT / "main.tf", *sorted(paths.ROOT.glob("examples/*/main.tf"))]
    names = {
        name for root in roots for name in re.findall(r"\b([A-Z][A-Z0-9_]{3,})\s+=\s", root.read_text(encoding="utf-8"))
    }
    return {name: "60" for name in names if not name.startswith(("AWS_", "POWERTOOLS_"))}
