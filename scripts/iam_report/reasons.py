"""The written reasons for what no test can use, and for what cannot be narrower: reasons.toml."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from scripts import paths
from scripts.errors import CommandError
from scripts.iam_report.grants import Grant

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("reasons.toml")
_KEYS = {"holders", "statement", "actions", "because"}
_EVERY_SYSTEM = "*"
_WORDS_OF_A_REASON = 5


@dataclass(frozen=True)
class Reason:
    """Why some grants are as they are.

    Parameters
    ----------
    system
        Pattern for the system's name.
    holders, statement
        Patterns for the addresses that the policies stand in, and for the statement.
    actions
        The actions that it is about, written out; with managed policies, their names.
    because
        Who uses the grants, or why they cannot be narrower, and what covers them.
    """

    system: str
    holders: tuple[str, ...]
    statement: str
    actions: frozenset[str]
    because: str

    def about(self, system: str, grant: Grant) -> bool:
        """Say whether it is about a grant of a system."""
        return (
            grant.action.rsplit("/", 1)[-1] in self.actions
            and fnmatchcase(system, self.system)
            and any(_matches(grant.holder, holder) for holder in self.holders)
            and fnmatchcase(grant.statement, self.statement)
        )


@dataclass(frozen=True)
class Reasons:
    """All of them: for what is unused, and for wildcards."""

    unused: tuple[Reason, ...] = ()
    wide: tuple[Reason, ...] = ()


def find(reasons: Iterable[Reason], system: str, grant: Grant) -> Reason | None:
    """Return the first reason that is about a grant of a system."""
    return next((reason for reason in reasons if reason.about(system, grant)), None)


def read(file: Path = FILE) -> Reasons:
    """Read the file of reasons.

    Raises
    ------
    CommandError
        If an entry lacks something, has what nobody knows, or gives no reason in words.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{paths.shown(file)} is no valid TOML: {error}.") from error
    if unknown := document.keys() - {"unused", "wide"}:
        raise CommandError(f"{paths.shown(file)} has {', '.join(sorted(unknown))}; there are only unused and wide.")
    kinds = {kind: tuple(_reason(file, entry) for entry in document.get(kind, [])) for kind in ("unused", "wide")}
    return Reasons(**kinds)


def _reason(file: Path, entry: dict[str, Any]) -> Reason:
    if entry.keys() - {"system"} != _KEYS:
        needed = ", ".join(sorted(_KEYS))
        raise CommandError(f"{paths.shown(file)}: an entry needs {needed}, and may have a system: {entry}.")
    if len(entry["because"].split()) < _WORDS_OF_A_REASON:
        raise CommandError(f"{paths.shown(file)}: `{entry['because']}` is no reason in words: {entry}.")
    system = entry.get("system", _EVERY_SYSTEM)
    return Reason(system, tuple(entry["holders"]), entry["statement"], frozenset(entry["actions"]), entry["because"])


def _matches(address: str, pattern: str) -> bool:
    # Addresses have brackets of their own, so those are no part of a pattern.
    return fnmatchcase(address.replace("[", "("), pattern.replace("[", "("))
