"""What exempts a planned resource from a check: a comment in its source, or an exception of its root.

checkov can read the comments for a plan by itself, but takes those of any resource of the same type and name: what one
module may, all could. Here the plan tells which folder a module comes from.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from scripts import paths
from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXCEPTIONS = paths.ROOT / "policies" / "exceptions.toml"
_BLOCK = re.compile(r'^(resource|data) "(\w+)" "(\w+)" {\n(.*?)^}', re.DOTALL | re.MULTILINE)
_PROVIDER = re.compile(r'^provider "aws" {', re.MULTILINE)
_COMMENT = re.compile(r"#\s*checkov:skip=(\w+):(.+)")
_MODULE = re.compile(r'module\.([\w-]+)(?:\["[^"]*"\]|\[\d+\])?\.')


@dataclass(frozen=True)
class Place:
    """Where a resource stands in the source."""

    file: str
    skips: Mapping[str, str]


@dataclass(frozen=True)
class Exemption:
    """A check that some resources of one root are exempt from, because of what the root gives its modules."""

    check: str
    root: str
    resources: str
    because: str

    def about(self, check: str, root: str, address: str) -> bool:
        """Say whether it is about a failed check of a planned resource."""
        return check == self.check and root == self.root and fnmatchcase(address, self.resources)


def exceptions(file: Path = EXCEPTIONS) -> list[Exemption]:
    """Return the written exceptions."""
    return [Exemption(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8")).get("exception", [])]


def place(plan: Mapping[str, Any], root: Path, address: str) -> Place:
    """Return where a planned resource is written.

    Raises
    ------
    CommandError
        If no file of its module has it: then the names in the plan are not those of the source.
    """
    folder, calls, rest = root, plan["configuration"]["root_module"].get("module_calls", {}), address
    while found := _MODULE.match(rest):
        call = calls[found.group(1)]
        folder, calls = folder / call["source"], call["module"].get("module_calls", {})
        rest = rest[found.end() :]
    name = rest.split("[")[0]
    known = _places(folder.resolve())
    if name not in known:
        raise CommandError(f"{address} of the plan is in no file of {paths.shown(folder.resolve())}")
    return known[name]


@cache
def _places(folder: Path) -> dict[str, Place]:
    found = {}
    for file in sorted(folder.glob("*.tf")):
        if _PROVIDER.search(file.read_text(encoding="utf-8")):
            found["aws.default"] = Place(paths.shown(file), {})
        for kind, type_, name, skips in blocks(file):
            found[("data." if kind == "data" else "") + f"{type_}.{name}"] = Place(paths.shown(file), skips)
    return found


def blocks(file: Path) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Yield kind, type and name of what stands in a file, and the checks that it skips with the reasons."""
    for kind, type_, name, body in _BLOCK.findall(file.read_text(encoding="utf-8")):
        yield kind, type_, name, {check: reason.strip() for check, reason in _COMMENT.findall(body)}
