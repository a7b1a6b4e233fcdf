"""Thresholds that a report or a model's training proposes, for people to approve."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts import paths
from scripts.errors import CommandError
from scripts.policy.documents import read_model, read_text


def read(file: Path, policies: dict[str, Any], policy: str | None) -> tuple[str, dict[str, Any]]:
    """Return the policy and the thresholds that a file proposes.

    Parameters
    ----------
    file
        A backtest's report.json or proposal.json, or a model artifact.
    policies
        Those of the document, to find which of them uses the artifact.
    policy
        Whose thresholds are wanted; None: there must be one proposal only.
    """
    content: Any = _decoded(file)
    if isinstance(content, dict) and "trees" in content:
        proposed = _of_artifact(file, policies)
    else:  # a backtest's proposal.json is the fragment itself
        proposed = dict([*_of_report(content), *_of_fragment(content)])
    if policy is not None:
        proposed = {name: thresholds for name, thresholds in proposed.items() if name == policy}
    if len(proposed) != 1:
        found = ", ".join(sorted(proposed)) if proposed else "none"
        wanted = f" for {policy!r}" if policy else ""
        raise CommandError(f"{paths.shown(file)} must propose thresholds{wanted} exactly once; found: {found}.")
    return next(iter(proposed.items()))


def _decoded(file: Path) -> Any:
    try:
        return json.loads(read_text(file))
    except ValueError as error:
        raise CommandError(f"{paths.shown(file)} is no JSON: {error}.") from error


def _of_artifact(file: Path, policies: dict[str, Any]) -> dict[str, dict[str, Any]]:
    model = read_model(file).description
    thresholds = {"review": model.thresholds.review, "fraud": model.thresholds.fraud}
    return {name: thresholds for name, spec in policies.items() if spec.get("artifact") == model.sha256}


def _of_report(content: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what every proposal in a report says: a "fragment" of the policy document to change."""
    if isinstance(content, list):
        for part in content:
            yield from _of_report(part)
    elif isinstance(content, dict):
        for name, part in content.items():
            yield from _of_fragment(part) if name == "fragment" else _of_report(part)


def _of_fragment(fragment: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    policies = fragment.get("policies") if isinstance(fragment, dict) else None
    for name, spec in policies.items() if isinstance(policies, dict) else ():
        thresholds = spec.get("thresholds") if isinstance(spec, dict) else None
        if isinstance(thresholds, dict) and "fraud" in thresholds:
            yield name, thresholds
