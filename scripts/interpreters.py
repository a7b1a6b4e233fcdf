"""Find a Python of a wanted version. Standard library only: this runs before anything is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

Version = tuple[int, int]

RUNTIMES: tuple[Version, ...] = ((3, 9), (3, 13))
"""The oldest and the newest Lambda runtime that the functions are made for."""

# A shim on PATH may exist and still refuse to start, so each candidate is asked who it is.
_IDENTIFY = (
    "import sys, ssl; print(sys.implementation.name, *sys.version_info[:2], "
    "getattr(sys, '_base_executable', sys.executable) or sys.executable)"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that starts and has TLS."""

    path: Path
    version: Version

    @property
    def name(self) -> str:
        """Return for example `3.12`."""
        return f"{self.version[0]}.{self.version[1]}"


def identify(executable: Path) -> Interpreter | None:
    """Return what `executable` is, or None when it is not a working CPython."""
    try:
        answer = subprocess.run(
            [str(executable), "-I", "-c", _IDENTIFY], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if answer.returncode != 0:
        return None
    implementation, major, minor, path = answer.stdout.strip().split(" ", 3)
    if implementation != "cpython":
        return None
    return Interpreter(Path(path), (int(major), int(minor)))


def candidates(version: Version) -> Iterator[Path]:
    """Yield where a Python of this version may lie: this one, PATH, then pyenv's versions."""
    name = f"{version[0]}.{version[1]}"
    if sys.version_info[:2] == version:
        yield Path(sys.executable)
    for program in (f"python{name}", "python3", "python"):
        found = shutil.which(program)
        if found:
            yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in sorted((pyenv / "versions").glob(f"{name}*"), reverse=True):
        yield folder / "bin" / "python"


def find(versions: Sequence[Version]) -> Interpreter | None:
    """Return the first working interpreter, in the order of `versions`."""
    known: dict[Path, Interpreter | None] = {}
    for version in versions:
        for candidate in candidates(version):
            if candidate not in known:
                known[candidate] = identify(candidate)
            interpreter = known[candidate]
            if interpreter is not None and interpreter.version == version:
                return interpreter
    return None


def find_all(versions: Iterable[Version]) -> list[Interpreter]:
    """Return one working interpreter for each version that is present."""
    found = (find([version]) for version in versions)
    return [interpreter for interpreter in found if interpreter is not None]
