"""What of a deployed system the report needs: its policies, and which function runs by which role.

They are kept beside the calls that were recorded of the same deployment, because both name its resources: a plan does
not know yet what they will be called.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts import paths, snapshot, systems
from scripts.errors import CommandError
from scripts.iam_report import calls, grants
from scripts.iam_report.calls import Call
from scripts.iam_report.grants import Grant, Resource
from scripts.systems import Deployable

FOLDER = paths.BUILD / "iam" / "deployed"
_RECORD = "make strict-test"


@dataclass(frozen=True)
class Deployment:
    """A system as it was deployed while its calls were recorded.

    Parameters
    ----------
    system
        Its name.
    grants
        What its policies allow.
    functions
        The package of the function that runs by a role, by the role's name.
    calls
        What was recorded of it.
    age_seconds
        How old the recording is.
    """

    system: str
    grants: list[Grant]
    functions: dict[str, str]
    calls: frozenset[Call]
    age_seconds: float


def keep(system: Deployable, name: str, state: dict[str, Any], plan: dict[str, Any], folder: Path = FOLDER) -> None:
    """Keep the policies of a deployment.

    The state knows what everything is called; but an emulator may give back less of a policy than was written, so
    where the plan knew it already, that is what counts.

    Parameters
    ----------
    system
        What is deployed.
    name
        The emulator's; the recording of its calls has the same.
    state, plan
        What `terraform show -json` tells of it, and of the plan that was applied.
    folder
        Where to keep it.
    """
    written = {
        found["address"]: {name: value for name, value in found.get("values", {}).items() if grants.is_policy(value)}
        for found in _resources(plan["planned_values"]["root_module"])
    }
    kept = []
    for found in _resources(state["values"]["root_module"]):
        whole = {**found, "values": {**found["values"], **written.get(found["address"], {})}}
        if found["type"] == "aws_lambda_function" or grants.holds_policy(whole):
            kept.append({"address": found["address"], "type": found["type"], "values": _told(whole)})
    folder.mkdir(parents=True, exist_ok=True)
    record = {"system": system.name, "version": snapshot.key(system, {}), "resources": kept}
    (folder / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def load(system: Deployable, folder: Path = FOLDER, recordings: Path = calls.FOLDER) -> Deployment:
    """Return the latest recorded deployment of a system.

    Raises
    ------
    CommandError
        If there is none, or if the system has changed since.
    """
    found = [record for record in _records(folder, recordings) if record["system"] == system.name]
    if not found:
        raise CommandError(f"no calls of {system.name} are recorded: run `{_RECORD}` first.")
    latest = max(found, key=lambda record: record["recording"].stat().st_mtime)
    if latest["version"] != snapshot.key(system, {}):
        raise CommandError(f"{system.name} has changed since its calls were recorded: run `{_RECORD}` again.")
    resources, recording = latest["resources"], latest["recording"]
    return Deployment(
        system.name,
        grants.read(resources),
        _packages(resources),
        frozenset(calls.read(recording)),
        time.time() - recording.stat().st_mtime,
    )


def _records(folder: Path, recordings: Path) -> Iterator[dict[str, Any]]:
    """Yield what is kept of each deployment that there are calls of."""
    for file in sorted(folder.glob("*.json")):
        recording = recordings / f"{file.stem}.jsonl"
        if recording.is_file():
            yield {**json.loads(file.read_text(encoding="utf-8")), "recording": recording}


def load_all() -> list[Deployment]:
    """Return the latest recorded deployment of every system."""
    return [load(system) for system in systems.ALL.values()]


def _resources(module: dict[str, Any]) -> Iterator[Resource]:
    for resource in module.get("resources", []):
        if resource["mode"] == "managed":
            yield resource
    for child in module.get("child_modules", []):
        yield from _resources(child)


def _told(resource: Resource) -> dict[str, Any]:
    """Return what the report reads of a resource, and nothing else: there could be secrets."""
    return {
        name: value for name, value in resource["values"].items() if name in grants.NAMES or grants.is_policy(value)
    }


def _packages(resources: list[Resource]) -> dict[str, str]:
    functions = [found["values"] for found in resources if found["type"] == "aws_lambda_function"]
    return {values["role"].rsplit("/", 1)[-1]: values["handler"].split(".", 1)[0] for values in functions}
