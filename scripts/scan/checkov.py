"""Run checkov, with the project's own checks, and return its report."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts import environments, paths
from scripts.errors import CommandError

POLICIES = paths.ROOT / "policies"
_NOT_OURS = ("build", r"\.venv")  # at the root
_NO_TERRAFORM_OF_OURS = (*_NOT_OURS, "tests", "docs")
# In plans, checkov puts the plan's path among a function's variables, and takes forty letters of it for a secret key.
_MISTAKEN = "CKV_AWS_45"
_ONLY_REPORT = "results_json.json"  # checkov's own name where there is one kind of output

Report = Mapping[str, Any]


def source(root: Path, folder: Path) -> list[Report]:
    """Scan the Terraform source below `root`; leave checkov.json and checkov.sarif in `folder`."""
    kinds = ("json", "sarif")
    files = [folder / f"checkov.{kind}" for kind in kinds]
    return _run(
        root,
        files[0],
        "--directory", str(root), "--framework", "terraform", *_without(root, _NO_TERRAFORM_OF_OURS),
        *[argument for kind in kinds for argument in ("--output", kind)],
        "--output-file-path", ",".join(map(str, files)),
    )  # fmt: skip


def plans(root: Path, files: Iterable[Path], folder: Path) -> list[Report]:
    """Scan plans, given as JSON; leave results_json.json in `folder`."""
    named = [argument for file in files for argument in ("--file", str(file))]
    return _run(root, folder / _ONLY_REPORT, *named, "--framework", "terraform_plan", "--skip-check", _MISTAKEN,
                "--output", "json", "--output-file-path", str(folder))  # fmt: skip


def secrets(root: Path, folder: Path) -> list[Report]:
    """Look for keys, tokens and passwords in every file below `root`; leave results_json.json in `folder`."""
    return _run(
        root,
        folder / _ONLY_REPORT,
        "--directory", str(root), "--framework", "secrets", "--enable-secret-scan-all-files",
        "--skip-path", "^/?build(/|$)", *_without(root, _NOT_OURS),
        "--output", "json", "--output-file-path", str(folder),
        CKV_IGNORE_HIDDEN_DIRECTORIES="false",  # workflows, too; .git is left out by itself
    )  # fmt: skip


def _without(root: Path, folders: Iterable[str]) -> list[str]:
    return [argument for name in folders for argument in ("--skip-path", f"{re.escape(str(root))}/{name}(/|$)")]


def _run(root: Path, report: Path, *arguments: str, **settings: str) -> list[Report]:
    environments.ensure(environments.CHECKOV)
    command = [str(environments.CHECKOV.folder / "bin" / "checkov"), "--skip-download",
               "--external-checks-dir", str(POLICIES), *arguments]  # fmt: skip
    done = subprocess.run(command, cwd=root, env=_environment(settings), capture_output=True, text=True, check=False)
    # A check that cannot be loaded is logged and left out: the scan would pass without it.
    if not report.is_file() or "Cannot load external check" in done.stderr:
        raise CommandError(f"checkov did not finish:\n{(done.stdout + done.stderr)[-4000:]}")
    content: Any = json.loads(report.read_text(encoding="utf-8"))
    parts: Sequence[Any] = content if isinstance(content, list) else [content]
    return [part for part in parts if "results" in part]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "LOG_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(paths.ROOT),  # our checks share helpers
        **settings,
    }
