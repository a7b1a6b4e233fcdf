"""The domain and the scoring stay pure: no AWS, no clock, no environment, no chance."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "lambda_src" / "pipeline"
PURE = sorted([*(LIBRARY / "domain").rglob("*.py"), *(LIBRARY / "scoring").rglob("*.py")])
IMPURE_MODULES = {"aws_lambda_powertools", "boto3", "botocore", "os", "random", "socket", "subprocess", "time", "uuid"}
CLOCK_CALLS = {"now", "utcnow", "today"}


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_pure_code_reaches_nothing_outside(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert not {name.split(".")[0] for name in imported} & IMPURE_MODULES
    assert not any(name.startswith("pipeline.aws") for name in imported)
    assert not called & CLOCK_CALLS
