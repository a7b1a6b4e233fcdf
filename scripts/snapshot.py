"""Keep what was deployed to a fresh emulator, so that the next start need not apply again.

A snapshot is the emulator's saved state, Terraform's state, the outputs and an inventory. One
is kept for each system. Its key covers everything the deployment was made from. Addresses in
it name a port; they are rewritten for the port of the next start. A snapshot that does not
come back whole is refused, and the caller applies afresh.
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
from scripts.systems import Deployable

FOLDER = paths.BUILD / "snapshots"

_FORMAT = 2
_ABOUT = "about.json"
_STATE = "emulator"
_TERRAFORM_STATE = "terraform.tfstate"
_NOT_DEPLOYED = frozenset({".md", ".hcl"})  # documentation, tests
_DEPLOYED_BY_ALL = frozenset({"modules", "policy_documents"})


@dataclass(frozen=True)
class About:
    """What is known of a deployment besides its state."""

    port: int
    outputs: dict[str, Any]
    apply_seconds: float
    inventory: Inventory


class SnapshotError(Exception):
    """A snapshot that cannot be trusted, and why."""


def key(system: Deployable, settings: dict[str, str]) -> str:
    """Return the hash over all that a deployment of a system is made from.

    Parameters
    ----------
    system
        What is deployed.
    settings
        Settings of the emulator.
    """
    digest = hashlib.sha256()
    for name, content in _ingredients(system):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    digest.update(json.dumps([_FORMAT, _terraform_version(), sorted(settings.items())]).encode())
    return digest.hexdigest()[:24]


def save(system: Deployable, name: str, about: About, state: Path, terraform_state: Path) -> None:
    """Keep a system's deployment under `name` and drop its older ones."""
    kept = FOLDER / system.name
    kept.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=kept))
    try:
        shutil.copytree(state, unfinished / _STATE)
        shutil.copyfile(terraform_state, unfinished / _TERRAFORM_STATE)
        (unfinished / _ABOUT).write_text(json.dumps(asdict(about)))
        drop(system, name)
        unfinished.rename(kept / name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    for other in kept.iterdir():
        if other.name != name:
            shutil.rmtree(other, ignore_errors=True)


def restore(system: Deployable, name: str, port: int, state: Path, terraform_state: Path) -> About | None:
    """Copy a system's snapshot to where it is used, with its addresses on `port`; None when there is none."""
    source = FOLDER / system.name / name
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


def drop(system: Deployable, name: str) -> None:
    """Forget a snapshot."""
    shutil.rmtree(FOLDER / system.name / name, ignore_errors=True)


def _moved(text: str, before: int, after: int) -> str:
    """Return `text` with every address of the emulator on the new port."""
    return re.sub(rf"\b(127\.0\.0\.1|localhost):{before}\b", rf"\g<1>:{after}", text)


def _ingredients(system: Deployable) -> Iterable[tuple[str, bytes]]:
    own = {system.api_document, system.variables}
    for relative in sorted(terraform_tree.configuration()):
        of_its_root = relative.parent == system.folder and relative.suffix == ".tf"
        of_all = relative.parts[0] in _DEPLOYED_BY_ALL and relative.suffix not in _NOT_DEPLOYED
        if of_its_root or of_all or relative in own:
            yield str(relative), (paths.ROOT / relative).read_bytes()
    packages = (file for kind in ("*.zip", "*.py") for file in sorted(paths.PACKAGES.glob(kind)))
    for file in (*packages, environments.MINISTACK.requirements):
        yield file.name, file.read_bytes()
    yield "interpreter", (environments.MINISTACK.folder / environments.STAMP).read_bytes()


def _terraform_version() -> str:
    answer = subprocess.run(["terraform", "version", "-json"], capture_output=True, text=True, check=False)
    return answer.stdout
