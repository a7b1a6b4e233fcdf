"""Cold starts: each function's zip imported in a clean interpreter, as Lambda does it.

What the zip brings is not compiled, for a function's folder cannot be written to; the SDK of the runtime is. Times are
those of the processor, so that neighbours on the machine count less, and the median of several starts. The functions
take turns, so that what slows the machine down for a while slows all of them down.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from scripts import dependencies, environments, interpreters, package, paths
from scripts.errors import CommandError
from tests.bench.performance.calls import ENVIRONMENT
from tests.bench.performance.sections import Section
from tests.function_settings import settings_of

STARTS = 20
FEWER_STARTS = 5
"""Of the functions that have no bar."""
RUNTIME = (3, 13)
USUAL = "the usual function"
WHOLE, OWN = "starts in", "spends on its own modules"
MOST_OF_THE_USUAL = {"ingest": 0.54, "query": 0.54, "relay": 0.54, "process": 0.63}
"""Bars: the share of the usual function's start. They are 300 and 350 ms where that takes its 559."""
MOST_OWN_OF_THE_USUAL = dict.fromkeys(MOST_OF_THE_USUAL, 0.072)
"""The same for our own modules alone: 40 ms."""
MISSED_UP_TO = {("process", OWN): 0.15}
"""Bars that are known to be missed (docs/performance.md says why), and what must not be passed instead: 84 ms."""
SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
PARTS = ("own", "bundled", "sdk", "python", "clients")

# As -X importtime does it, but in processor time: each import is charged for what it does not spend in others.
_BEGIN = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
import _frozen_importlib
find_and_load, clock, spent, nested = _frozen_importlib._find_and_load, time.process_time, {}, []
def timed(name, import_):
    nested.append(0.0)
    begun = clock()
    try:
        return find_and_load(name, import_)
    finally:
        whole = clock() - begun
        spent[name] = spent.get(name, 0.0) + whole - nested.pop()
        if nested:
            nested[-1] += whole
_frozen_importlib._find_and_load = timed
begun = clock()
__import__(sys.argv[2])
whole = clock() - begun
_frozen_importlib._find_and_load = find_and_load
file_of = lambda name: getattr(sys.modules.get(name), "__file__", None) or ""
print(json.dumps([1000 * whole, {name: [file_of(name), 1000 * seconds] for name, seconds in spent.items()}]))
"""


@dataclass
class Start:
    """How a function starts.

    Parameters
    ----------
    name
        The function.
    module, where
        Its entry point, and the folders in which it and what it imports lie.
    own
        The packages that are its own.
    starts
        How often it is started.
    bytes
        The size of its zip; 0 where there is none.
    taken
        Milliseconds of each start: import and everything that is done then, clients of AWS included.
    parts
        The same by whom the modules belong to; `clients` is what the entry point does itself, which is to make them.
    """

    name: str
    module: str
    where: Sequence[str]
    own: Sequence[str]
    starts: int
    bytes: int = 0
    taken: list[float] = field(default_factory=list)
    parts: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """The median of the starts."""
        return median(self.taken)

    def part(self, name: str) -> float:
        """Return the median of one part, in milliseconds."""
        return median(parts[name] for parts in self.parts)

    def once(self) -> None:
        """Start it once more."""
        whole, modules = _started(self.where, self.module)
        parts: dict[str, float] = dict.fromkeys(PARTS, 0.0)
        for name, (file, milliseconds) in modules.items():
            parts["clients" if name == self.module else self._owner(name, file)] += milliseconds
        self.taken.append(whole)
        self.parts.append(parts)

    def _owner(self, module: str, file: str) -> str:
        top = module.partition(".")[0]
        if top in self.own:
            return "own"
        if top in {name.partition(".")[0] for name in SDK}:
            return "sdk"
        return "bundled" if file.startswith(tuple(self.where)) else "python"


def own_modules(function: str, packages: Path) -> dict[str, Path]:
    """Return the modules of ours that a start of a function's zip imports: the sources, by the modules' names."""
    with tempfile.TemporaryDirectory() as folder:
        one = _of_function(function, Path(folder), packages)
        _, modules = _started(one.where, one.module)
        return {
            name: paths.LAMBDA_SRC / Path(file).relative_to(folder)
            for name, (file, _) in modules.items()
            if name.partition(".")[0] in one.own
        }


def section() -> Section:
    """Measure all and put them side by side."""
    package.package_all()
    with tempfile.TemporaryDirectory() as folder:
        found = [_of_function(name, Path(folder, name)) for name in _functions()] + [_of_the_usual()]
        _compile(dependencies.installed("runtime"))
        for turn in range(STARTS):
            for one in found:
                if turn < one.starts:
                    one.once()
    usual = found[-1].milliseconds
    columns = ("function", "start, ms", "own", "bundled", "SDK", "Python", "clients", "zip, MB", "of the usual")
    rows = [
        [
            one.name, f"{one.milliseconds:.0f}", *(f"{one.part(part):.0f}" for part in PARTS),
            f"{one.bytes / 1e6:.2f}" if one.bytes else "", f"{one.milliseconds / usual:.2f}",
        ]
        for one in found
    ]  # fmt: skip
    figures = {
        one.name: {
            "milliseconds": one.milliseconds,
            "parts": {part: one.part(part) for part in PARTS},
            "zip_bytes": one.bytes,
        }
        for one in found
    }
    return Section("cold_start", columns, rows, figures)


def missed(figures: Mapping[str, Any]) -> list[str]:
    """Say which bars the figures of `section` miss; one that is known to be missed is printed."""
    usual = figures[USUAL]["milliseconds"]
    found = {(name, WHOLE): (figures[name]["milliseconds"], bar) for name, bar in MOST_OF_THE_USUAL.items()}
    found |= {(name, OWN): (figures[name]["parts"]["own"], bar) for name, bar in MOST_OWN_OF_THE_USUAL.items()}
    above = []
    for (name, what), (milliseconds, bar) in found.items():
        share = milliseconds / usual
        said = f"{name} {what} {share:.3f} of the usual function's start, not {bar}"
        if share > MISSED_UP_TO.get((name, what), bar):
            above.append(said)
        elif share > bar:
            print(f"known to be missed: {said}\n")
    return above


def _functions() -> list[str]:
    """Return the names of the functions, those with bars first."""
    return [*MOST_OF_THE_USUAL, *(name for name in package.functions() if name not in MOST_OF_THE_USUAL)]


def _of_function(name: str, folder: Path, packages: Path = paths.PACKAGES) -> Start:
    archive = packages / f"{name}.zip"
    zipfile.ZipFile(archive).extractall(folder)
    where = [str(folder), str(dependencies.installed("runtime"))]
    starts = STARTS if name in MOST_OF_THE_USUAL else FEWER_STARTS
    return Start(name, f"{name}.handler", where, ("pipeline", name), starts, archive.stat().st_size)


def _of_the_usual() -> Start:
    """Return the function that is begun the usual way, with its packages in an environment of their own."""
    environments.ensure(environments.USUAL)
    (site,) = environments.USUAL.folder.glob("lib/python*/site-packages")
    _compile(*(site / name for name in SDK))
    module = "usual_start"
    return Start(USUAL, module, [str(Path(__file__).parent), str(site)], (module,), STARTS)


def _python() -> Path:
    found = interpreters.find_all((RUNTIME,))
    if not found:
        raise CommandError("Python 3.13, the functions' runtime, is not on this machine: cold starts are not measured.")
    return Path(found[0].path)


def _compile(*places: Path) -> None:
    """Compile what the runtime brings compiled, for the runtime."""
    subprocess.run([str(_python()), "-m", "compileall", "-q", *map(str, places)], check=True)


def _started(where: Sequence[str], module: str) -> tuple[float, Mapping[str, tuple[str, float]]]:
    """Start once; return the milliseconds, and of each module its file and its own milliseconds."""
    command = [str(_python()), "-I", "-S", "-B", "-c", _BEGIN, json.dumps(list(where)), module]
    name = module.partition(".")[0]
    settings = ENVIRONMENT if name in MOST_OF_THE_USUAL or name not in package.functions() else settings_of(name)
    environment = {**settings, "PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"{module} did not start:\n{done.stderr[-2000:]}")
    whole, modules = json.loads(done.stdout.splitlines()[-1])
    return whole, {name: (file, milliseconds) for name, (file, milliseconds) in modules.items()}
