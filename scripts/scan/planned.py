"""Scan a plan of each root: what variables and modules make of the source."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts import paths, plans, systems
from scripts.ministack import MiniStack
from scripts.scan import checkov, exemptions
from scripts.scan.findings import Findings, Record, Skip, exempt, subject

AFTER_APPLY = "true_after_unknown"  # checkov's own word; policies/reading.py knows it


def scan(folder: Path) -> Findings:
    """Plan every root, scan the plans, and return what was found; the plans and the report stay in `folder`."""
    folder.mkdir(exist_ok=True)
    made = {}
    with MiniStack("ministack-scan") as emulator:
        for system in systems.ALL.values():
            file = folder / f"{system.name}.json"
            plan = plans.make(emulator, str(system.folder))
            fill(plan)
            file.write_text(json.dumps(plan), encoding="utf-8")
            made[file.name] = (system.folder, plan)
    return judge(checkov.plans(paths.ROOT, [folder / name for name in made], folder), made)


def fill(plan: Mapping[str, Any]) -> None:
    """Put a word into a plan for each value that only an apply tells.

    A plan leaves those out, and a check cannot tell them from what nobody has set. Most keys are made in the apply.
    """
    unknown = {change["address"]: change["change"]["after_unknown"] for change in plan["resource_changes"]}
    modules = [plan["planned_values"]["root_module"]]
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", [])
        for resource in module.get("resources", []):
            resource["values"] = _filled(resource.get("values", {}), unknown.get(resource["address"], {}))


def _filled(value: Any, unknown: Any) -> Any:
    if unknown is True:
        return AFTER_APPLY
    if isinstance(unknown, dict) and isinstance(value, dict):
        return {name: _filled(value.get(name), unknown.get(name)) for name in {**value, **unknown}}
    if isinstance(unknown, list) and isinstance(value, list):
        rest = unknown + [None] * (len(value) - len(unknown))
        return [_filled(one, of_one) for one, of_one in zip(value, rest)]
    return value


def judge(reports: Iterable[checkov.Report], made: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> Findings:
    """Return the findings of checkov's report on plans, with the exemptions of source and roots.

    Parameters
    ----------
    reports
        checkov's reports.
    made
        Folder of the root and plan, by the name of the plan's file.
    """
    written = exemptions.exceptions()
    used: set[exemptions.Exemption] = set()
    total = Findings()
    for report in reports:
        results = report["results"]
        passed = [subject(record, _place(record, made).file) for record in results["passed_checks"]]
        failed, skips = [], []
        for record in results["failed_checks"]:
            skip = _exemption(record, made, written, used)
            if skip is None:
                failed.append(f"{record['check_id']} {record['check_name']} ({_told(record, made)})")
            else:
                skips.append(skip)
        unreadable = tuple(map(str, results["parsing_errors"]))
        total += Findings(report["summary"]["passed"], frozenset(passed), tuple(failed), unreadable, tuple(skips))
    idle = [f"an exception of {one.root} from {one.check} excuses nothing" for one in written if one not in used]
    return total + Findings(failed=tuple(idle))


def _root(record: Record, made: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> tuple[Path, Mapping[str, Any]]:
    return made[Path(record["file_path"]).name]


def _place(record: Record, made: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> exemptions.Place:
    root, plan = _root(record, made)
    return exemptions.place(plan, paths.ROOT / root, record["resource"])


def _told(record: Record, made: Mapping[str, tuple[Path, Mapping[str, Any]]]) -> str:
    return f"{record['resource']} of {_root(record, made)[0]}, {_place(record, made).file}"


def _exemption(
    record: Record,
    made: Mapping[str, tuple[Path, Mapping[str, Any]]],
    written: list[exemptions.Exemption],
    used: set[exemptions.Exemption],
) -> Skip | None:
    place = _place(record, made)
    if record["check_id"] in place.skips:
        return exempt(record, place.skips[record["check_id"]], place.file)
    root = str(_root(record, made)[0])
    for one in written:
        if one.about(record["check_id"], root, record["resource"]):
            used.add(one)
            return exempt(record, one.because, root)
    return None
