"""`make audit`: ask the package registry for known weaknesses of the pinned Python packages.

Usage: python -m scripts.audit [FILE...]

Fails on a weakness that has a fix and is not accepted in requirements/audit.toml, and when the registry tells nothing
of a package: an audit that asked nobody must not pass.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts import environments, paths
from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ACCEPTED = paths.REQUIREMENTS / "audit.toml"


@dataclass(frozen=True)
class Acceptance:
    """Weaknesses of a file of pins that are known and stay, and why."""

    file: str
    ids: tuple[str, ...]
    because: str

    def about(self, weakness: Weakness) -> bool:
        """Say whether it is about a weakness."""
        return self.file == weakness.file and ("*" in self.ids or bool({*self.ids} & {*weakness.ids}))


@dataclass(frozen=True)
class Weakness:
    """A known weakness of a pinned package."""

    file: str
    package: str
    ids: tuple[str, ...]
    fixes: tuple[str, ...]

    def __str__(self) -> str:
        fixed = f"fixed in {', '.join(self.fixes)}" if self.fixes else "without a fix"
        return f"{self.file}: {self.package}: {', '.join(self.ids)}, {fixed}"


@dataclass(frozen=True)
class Audit:
    """What the registry told of one file of pins."""

    weaknesses: tuple[Weakness, ...]
    untold: tuple[str, ...]


def accepted(file: Path = ACCEPTED) -> list[Acceptance]:
    """Return what is accepted."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("accepted", [])
    return [Acceptance(entry["file"], tuple(entry["ids"]), entry["because"]) for entry in entries]


def ask(file: Path) -> Audit:
    """Return what the registry tells of a file of pins.

    Raises
    ------
    CommandError
        If pip-audit could not ask.
    """
    environments.ensure(environments.AUDIT)
    command = [
        str(environments.AUDIT.folder / "bin" / "pip-audit"), "--requirement", str(file), "--require-hashes",
        "--disable-pip", "--vulnerability-service", "pypi", "--format", "json", "--aliases", "on",
        "--progress-spinner", "off",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        raise CommandError(f"pip-audit could not ask about {file.name}:\n{done.stderr[-2000:]}") from error
    return read(file.name, answer["dependencies"])


def read(file: str, dependencies: Iterable[Mapping[str, Any]]) -> Audit:
    """Return what pip-audit's report says of each package."""
    weaknesses, untold = [], []
    for package in dependencies:
        if "skip_reason" in package:
            untold.append(f"{file}: {package['name']}: {package['skip_reason']}")
        for found in package.get("vulns", []):
            ids = (found["id"], *found.get("aliases", []))
            name = f"{package['name']} {package['version']}"
            weaknesses.append(Weakness(file, name, ids, tuple(found["fix_versions"])))
    return Audit(tuple(weaknesses), tuple(untold))


def failures(audit: Audit, written: Iterable[Acceptance]) -> list[str]:
    """Return what must be mended; the rest is for information."""
    acceptances = list(written)
    return [
        *audit.untold,
        *(
            str(weakness)
            for weakness in audit.weaknesses
            if weakness.fixes and not any(one.about(weakness) for one in acceptances)
        ),
    ]


def main(arguments: Sequence[str]) -> int:
    """Audit the given files of pins, or all; return the exit status."""
    files = [Path(name).resolve() for name in arguments] or sorted(paths.REQUIREMENTS.glob("*.txt"))
    written, failed, known = accepted(), 0, 0
    for file in files:
        try:
            audit = ask(file)
        except CommandError as error:
            print(f"audit: {error}", file=sys.stderr)
            return 1
        must = failures(audit, written)
        failed += len(must)
        known += len(audit.weaknesses)
        for line in must:
            print(f"audit: {line}", file=sys.stderr)
        for weakness in audit.weaknesses:
            if str(weakness) not in must:
                print(f"audit: {weakness} (known: see {paths.shown(ACCEPTED)}, or no fix)")
    print(f"audit: {len(files)} files, {known} known weaknesses, {failed} to mend")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
