"""Cold starts: each function's zip imported in a clean interpreter, as Lambda does it.

What the zip brings is not compiled, for a function's folder cannot be written to; the SDK of the runtime is. Times are
those of the processor, so that neighbours on the machine count less. The median of several starts, and for the evidence
one start under `-X importtime`, whose time is divided among those to whom the modules belong.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from scripts import dependencies, environments, interpreters, package, paths
from scripts.errors import CommandError
from tests.bench.performance.calls import ENVIRONMENT
from tests.bench.performance.sections import Section

STARTS = 20
RUNTIME = (3, 13)
FUNCTIONS = ("ingest", "query", "relay", "process")
USUAL = "the usual function"
SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")

_BEGIN = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
begun = time.process_time()
import importlib
importlib.import_module(sys.argv[2])
print(json.dumps(1000 * (time.process_time() - begun)))
"""
_BEGIN_AND_TELL = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
__import__(sys.argv[2])
print(json.dumps({name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}))
"""
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


@dataclass(frozen=True)
class Start:
    """How a function starts.

    Parameters
    ----------
    name
        The function.
    milliseconds
        The median of its starts: import and everything that is done then, clients of AWS included.
    parts
        Milliseconds of one start by whom the modules belong to: own, bundled, sdk, python; and clients, the making of
        them.
    bytes
        The size of its zip; 0 where there is none.
    """

    name: str
    milliseconds: float
    parts: dict[str, float]
    bytes: int = 0


def of_function(name: str, starts: int = STARTS) -> Start:
    """Measure one function."""
    sdk = dependencies.installed("runtime")
    _compile(sdk)
    archive = paths.PACKAGES / f"{name}.zip"
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(archive).extractall(folder)
        where = [folder, str(sdk)]
        taken = [_start(where, f"{name}.handler")[0] for _ in range(starts)]
        parts = _parts(where, f"{name}.handler", own=("pipeline", name))
    return Start(name, median(taken), parts, archive.stat().st_size)


def of_the_usual(starts: int = STARTS) -> Start:
    """Measure the function that is begun the usual way, with its packages in an environment of their own."""
    environments.ensure(environments.USUAL)
    (site,) = environments.USUAL.folder.glob("lib/python*/site-packages")
    _compile(*(site / name for name in SDK))
    module = "usual_start"
    where = [str(Path(__file__).parent), str(site)]
    taken = [_start(where, module)[0] for _ in range(starts)]
    return Start(USUAL, median(taken), _parts(where, module, own=(module,)))


def section() -> Section:
    """Measure all and put them side by side."""
    package.package_all()
    found = [*(of_function(name) for name in FUNCTIONS), of_the_usual()]
    usual = found[-1].milliseconds
    columns = ("function", "start, ms", "own", "bundled", "SDK", "Python", "clients", "zip, MB", "of the usual")
    rows = [
        [
            start.name, f"{start.milliseconds:.0f}",
            *(f"{start.parts.get(part, 0.0):.0f}" for part in ("own", "bundled", "sdk", "python", "clients")),
            f"{start.bytes / 1e6:.2f}" if start.bytes else "", f"{start.milliseconds / usual:.2f}",
        ]
        for start in found
    ]  # fmt: skip
    figures = {
        start.name: {"milliseconds": start.milliseconds, "parts": start.parts, "zip_bytes": start.bytes}
        for start in found
    }
    return Section("cold_start", columns, rows, figures)


def _python() -> Path:
    found = interpreters.find_all((RUNTIME,))
    if not found:
        raise CommandError("Python 3.13, the functions' runtime, is not on this machine: cold starts are not measured.")
    return Path(found[0].path)


def _compile(*places: Path) -> None:
    """Compile what the runtime brings compiled, for the runtime."""
    subprocess.run([str(_python()), "-m", "compileall", "-q", *map(str, places)], check=True)


def _start(where: Sequence[str], module: str, program: str = _BEGIN, *options: str) -> tuple[Any, str]:
    """Start once; return what the program tells, and what was printed beside."""
    command = [str(_python()), "-I", "-S", "-B", *options, "-c", program, json.dumps(list(where)), module]
    environment = {**ENVIRONMENT, "PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{module} did not start:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


def _parts(where: Sequence[str], module: str, own: Sequence[str]) -> dict[str, float]:
    """Return the milliseconds of one start by owner; what the entry point does itself is to make the clients."""
    files, printed = _start(where, module, _BEGIN_AND_TELL, "-X", "importtime")
    parts: Counter[str] = Counter()
    for found in filter(None, map(_LINE.match, printed.splitlines())):
        name, microseconds = found.group(2), int(found.group(1))
        parts["clients" if name == module else _owner(name, files.get(name, ""), where, own)] += microseconds
    return {owner: microseconds / 1000 for owner, microseconds in parts.items()}


def _owner(module: str, file: str, where: Sequence[str], own: Sequence[str]) -> str:
    top = module.partition(".")[0]
    if top in own:
        return "own"
    if top in {name.partition(".")[0] for name in SDK}:
        return "sdk"
    return "bundled" if file.startswith(tuple(where)) else "python"
