"""The calls to AWS that test suites recorded."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scripts import paths
from scripts.errors import CommandError

FOLDER = paths.BUILD / "iam" / "calls"
"""A file for each recording, one JSON object a line: principal, action, resource, allowed, suite."""
UNIT = "unit"
"""What the suite of the functions' unit tests is called; its principals are functions, not roles."""


@dataclass(frozen=True)
class Call:
    """One call, or several alike.

    Parameters
    ----------
    principal
        Name of a role, host name of a service, or of a unit test: `function:` and the function's package.
    action
        The IAM action.
    resource
        An ARN; "*" where the action takes none.
    suite
        Which tests made it.
    """

    principal: str
    action: str
    resource: str
    suite: str


def read(file: Path) -> set[Call]:
    """Return the calls of a recording that were allowed.

    Raises
    ------
    CommandError
        If it is not in the form above.
    """
    try:
        entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return {
            Call(entry["principal"], entry["action"], entry["resource"], entry["suite"])
            for entry in entries
            if entry["allowed"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{paths.shown(file)} is no recording of calls ({error!r}): record it again.") from error


def covers(pattern: str, arn: str) -> bool:
    """Say whether a policy's pattern takes in an ARN."""
    return _expression(pattern).fullmatch(arn) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL)
