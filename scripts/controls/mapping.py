"""What each check stands for: policies/controls.toml."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from scripts import paths
from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = paths.ROOT / "policies" / "controls.toml"


@dataclass(frozen=True)
class Control:
    """What a check stands for.

    Parameters
    ----------
    hub
        Controls of AWS Security Hub.
    pci
        Requirements of PCI DSS 4.0.1.
    tests
        Tests that show the same: MODULE/RUN or FILE.py::TEST.
    """

    hub: tuple[str, ...]
    pci: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def requirement(self) -> int | None:
        """Return the first PCI requirement's chapter, if there is any."""
        return int(self.pci[0].split(".")[0]) if self.pci else None


def read(file: Path = FILE) -> dict[str, Control]:
    """Return the controls by the check's id.

    Raises
    ------
    CommandError
        If an entry has not exactly the three lists.
    """
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["checks"]
    try:
        return {
            check: Control(**{key: tuple(value) for key, value in entry.items()}) for check, entry in entries.items()
        }
    except TypeError as error:
        raise CommandError(f"{paths.shown(file)}: each check has hub, pci and tests ({error})") from error
