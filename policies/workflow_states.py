"""The states of a workflow, from the definition in the resource or from the template beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policies.reading import document, only

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_OUTSIDE_QUOTES = re.compile(r"(?<=[:\[,])\s*\$\{[^}]*\}\s*(?=[,}\]\n])")

State = dict[str, Any]


class NoDefinitionError(Exception):
    """The source gives the definition neither as JSON nor as a template in the same folder."""


def states(conf: Mapping[str, Any], entity_path: str) -> list[tuple[str, State]]:
    """Return the states of a state machine with their names, those of branches and iterations included.

    Parameters
    ----------
    conf
        The resource, as checkov hands it over.
    entity_path
        Where it stands: `/FILE:TYPE:NAME`, the file as seen from the folder that is scanned, in which checkov runs.

    Raises
    ------
    NoDefinitionError
        If there is nothing to read.
    """
    inline = document(only(conf, "definition"))
    machines = [inline] if isinstance(inline, dict) else list(_templates(entity_path))
    if not machines:
        raise NoDefinitionError
    return [found for machine in machines for found in _states(machine)]


def _templates(entity_path: str) -> Iterator[State]:
    folder = (Path.cwd() / entity_path.partition(":")[0].lstrip("/")).parent
    for file in sorted(folder.glob("*.asl.json")):
        text = _OUTSIDE_QUOTES.sub(" 0", file.read_text(encoding="utf-8"))  # a number that Terraform fills in
        yield json.loads(_PLACEHOLDER.sub("x", text))


def _states(machine: State) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        yield name, state
        inner = [*state.get("Branches", []), state.get("ItemProcessor"), state.get("Iterator")]
        for part in inner:
            if part:
                yield from _states(part)
