"""Keep what was deployed to a fresh emulator, so that the next start need not apply again.

A snapshot is the emulator's saved state, Terraform's state, the outputs and an inventory. Its
key covers everything the deployment was made from. Addresses in it name a port; they are
rewritten for the port of the next start. A snapshot that does not come back whole is
refused, and the caller applies afresh.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts import environments, paths, terraform_tree
from scripts.inventory import Inventory

FOLDER = paths.BUILD / "snapshots"

_FORMAT = 1
_ABOUT = "about.json"
_STATE = "emulator"
_TERRAFORM_STATE = "terraform.tfstate"
_NOT_DEPLOYED = frozenset({".md", ".hcl"})  # documentation, tests
_DEPLOYED_FOLDERS = frozenset({"modules", "api"})


@dataclass(frozen=True)
class About:
    """What is known of a deployment besides its state."""

    port: int
    outputs: dict[str, Any]
    apply_seconds: float
    inventory: Inventory


class SnapshotError(Exception):
    """A snapshot that cannot be trusted, and why."""


def key(variables: Path, settings: dict[str, str]) -> str:
    """Return the hash over all that a deployment is made from.

    Parameters
    ----------
    variables
        The file with the root's variables.
    settings
        Settings of the emulator.
    """
    digest = hashlib.sha256()
    for name, content in _ingredients(variables):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    digest.update(json.dumps([_FORMAT, _terraform_version(), sorted(settings.items())]).encode())
    return digest.hexdigest()[:24]


def save(name: str, about: About, state: Path, terraform_state: Path) -> None:
    """Keep a deployment under `name` and drop the older ones."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=FOLDER))
    try:
        shutil.copytree(state, unfinished / _STATE)
        shutil.copyfile(terraform_state, unfinished / _TERRAFORM_STATE)
        (unfinished / _ABOUT).write_text(json.dumps(asdict(about)))
        drop(name)
        unfinished.rename(FOLDER / name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    for other in FOLDER.iterdir():
        if other.name != name:
            shutil.rmtree(other, ignore_errors=True)


def restore(name: str, port: int, state: Path, terraform_state: Path) -> About | None:
    """Copy a snapshot to where it is used, with its addresses on `port`; None when there is none."""
    source = FOLDER / name
    try:
        text = (source / _ABOUT).read_text()
        before = int(json.loads(text)["port"])
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(source / _STATE, state)
        terraform_state.parent.mkdir(parents=True, exist_ok=True)
        terraform_state.write_text(_moved((source / _TERRAFORM_STATE).read_text(), before, port))
        for file in state.rglob("*.json"):
            file.write_text(_moved(file.read_text(), before, port))
        return About(**{**json.loads(_moved(text, before, port)), "port": port})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"it cannot be read ({error})") from error


def drop(name: str) -> None:
    """Forget a snapshot."""
    shutil.rmtree(FOLDER / name, ignore_errors=True)


def _moved(text: str, before: int, after: int) -> str:
    """Return `text` with every address of the emulator on the new port."""
    return re.sub(rf"\b(127\.0\.0\.1|localhost):{before}\b", rf"\g<1>:{after}", text)


def _ingredients(variables: Path) -> Iterable[tuple[str, bytes]]:
    for relative in sorted(terraform_tree.configuration()):
        at_root = len(relative.parts) == 1 and relative.suffix == ".tf"
        if at_root or (relative.parts[0] in _DEPLOYED_FOLDERS and relative.suffix not in _NOT_DEPLOYED):
            yield str(relative), (paths.ROOT / relative).read_bytes()
    for file in (*sorted(paths.PACKAGES.glob("*.zip")), variables, environments.MINISTACK.requirements):
        yield file.name, file.read_bytes()
    yield "interpreter", (environments.MINISTACK.folder / environments.STAMP).read_bytes()


def _terraform_version() -> str:
    answer = subprocess.run(["terraform", "version", "-json"], capture_output=True, text=True, check=False)
    return answer.stdout
