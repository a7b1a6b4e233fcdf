"""Build virtual environments from hashed requirement files, and reuse what has not changed.

Standard library only. Each environment carries a stamp, written last: an interrupted
build has none and is made again, a finished one is recognised without starting a process.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts import interpreters, paths, registry
from scripts.errors import CommandError

STAMP = ".complete.json"
_NEWEST_FIRST = ((3, 13), (3, 12), (3, 11), (3, 10))
_THIS_ONE_FIRST = tuple(sorted(_NEWEST_FIRST, key=lambda version: version != sys.version_info[:2]))


class NoInterpreterError(CommandError):
    """No Python of a wanted version is on the machine, and none could be downloaded."""


@dataclass(frozen=True)
class Environment:
    """One virtual environment: what goes in and which Pythons it runs on, best first."""

    name: str
    versions: tuple[interpreters.Version, ...]
    file: str = ""  # names the requirements where several environments share them

    @property
    def folder(self) -> Path:
        """Return where it is built."""
        return paths.VENVS / self.name

    @property
    def python(self) -> Path:
        """Return its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def requirements(self) -> Path:
        """Return its pinned and hashed requirements."""
        return paths.REQUIREMENTS / f"{self.file or self.name}.txt"


DEV = Environment("dev", _THIS_ONE_FIRST)
MINISTACK = Environment("ministack", ((3, 12), (3, 13), (3, 11), (3, 10)))
CHECKOV = Environment("checkov", ((3, 12), (3, 11), (3, 13), (3, 10)))
EVALUATE = Environment("evaluate", _THIS_ONE_FIRST)
SPARK = Environment("spark", ((3, 11), (3, 10)))  # Glue 5.0 has 3.11; Spark 3.5 knows none later
AUDIT = Environment("audit", _THIS_ONE_FIRST)
WAREHOUSE = Environment("warehouse", _THIS_ONE_FIRST)
FUZZ = Environment("fuzz", _THIS_ONE_FIRST)
AWSCLI = Environment("awscli", _THIS_ONE_FIRST)
RUNTIMES = tuple(
    Environment(f"python{major}.{minor}", ((major, minor),), "runtimes") for major, minor in interpreters.RUNTIMES
)
LOCALSTACK = Environment("localstack", ((3, 13),))
FUNCTIONS = Environment("functions", ((3, 13),))
USUAL = Environment("usual", ((3, 13),))
TOOLS = Environment("tools", ())
ALL = {
    environment.name: environment
    for environment in (
        DEV,
        MINISTACK,
        CHECKOV,
        AUDIT,
        EVALUATE,
        SPARK,
        WAREHOUSE,
        FUZZ,
        AWSCLI,
        *RUNTIMES,
        LOCALSTACK,
        FUNCTIONS,
        USUAL,
    )
}


def uv_program() -> Path:
    """Return the pinned uv that `make setup` installed."""
    return TOOLS.folder / "bin" / "uv"


def ensure(environment: Environment) -> Environment:
    """Build the environment unless an unchanged one is there; return it ready to use."""
    if is_current(environment):
        return environment
    with _only_one_builder():
        if not is_current(environment):
            ensure_uv()
            _build(environment, _interpreter(environment))
    return environment


def ensure_uv() -> None:
    """Install the pinned uv with pip, into an environment of its own."""
    if is_current(TOOLS):
        return
    started = time.monotonic()
    _remove(TOOLS.folder)
    pip = _pip_for_tools()
    _run(
        [*pip, "install", "-qq", "--require-hashes", "--only-binary", ":all:", "-r", str(TOOLS.requirements)],
        os.environ,
        "uv could not be installed with pip: is a package registry reachable?",
    )
    base = Path(getattr(sys, "_base_executable", "") or sys.executable)
    _write_stamp(TOOLS, interpreters.Interpreter(base, sys.version_info[:2]))
    _say(TOOLS, "uv", started)


def uv_environment() -> dict[str, str]:
    """Return the environment in which to run uv: pip's registry, Pythons kept below build/."""
    environment = registry.uv_environment(registry.pip_settings())
    environment.setdefault("UV_PYTHON_INSTALL_DIR", str(paths.BUILD / "python"))
    return environment


def is_current(environment: Environment) -> bool:
    """Say whether a finished build matches the requirements, its interpreter and its place."""
    try:
        stamp = json.loads((environment.folder / STAMP).read_text())
        interpreter = Path(stamp["interpreter"])
        return bool(stamp == _stamp(environment, interpreter))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _stamp(environment: Environment, interpreter: Path) -> dict[str, object]:
    # Size and time stand for the interpreter's identity: asking it for its version would cost a start.
    status = interpreter.stat()
    return {
        "requirements": hashlib.sha256(environment.requirements.read_bytes()).hexdigest(),
        "interpreter": str(interpreter),
        "interpreter_file": [status.st_size, int(status.st_mtime)],
        "folder": str(environment.folder),  # scripts in a virtual environment hold absolute paths
    }


def _write_stamp(environment: Environment, interpreter: interpreters.Interpreter) -> None:
    text = json.dumps(_stamp(environment, interpreter.path), indent=2)
    unfinished = environment.folder / f"{STAMP}.tmp"
    unfinished.write_text(text + "\n")
    unfinished.replace(environment.folder / STAMP)


def _build(environment: Environment, interpreter: interpreters.Interpreter) -> None:
    started = time.monotonic()
    _remove(environment.folder)
    uv, variables = str(uv_program()), uv_environment()
    failed = f"the {environment.name} environment could not be built"
    _run([uv, "venv", "--quiet", "--no-project", "--python", str(interpreter.path), str(environment.folder)],
         variables, failed)  # fmt: skip
    # Compiled once: the emulator starts an interpreter for each function, and each would compile it all.
    _run([uv, "pip", "install", "--quiet", "--python", str(environment.python), "--require-hashes",
          "--compile-bytecode", "-r", str(environment.requirements)],
         variables, f"{failed}: is a package registry reachable?")  # fmt: skip
    _write_stamp(environment, interpreter)
    _say(environment, f"Python {interpreter.name}", started)


def _interpreter(environment: Environment) -> interpreters.Interpreter:
    found = interpreters.find(environment.versions)
    if found is not None:
        return found
    wanted = ", ".join(f"{major}.{minor}" for major, minor in dict.fromkeys(environment.versions))
    uv, variables = str(uv_program()), uv_environment()
    for major, minor in dict.fromkeys(environment.versions):
        name = f"{major}.{minor}"
        if subprocess.run([uv, "python", "install", "--quiet", name], env=variables, check=False).returncode:
            break  # no way to download one version: the others would fail the same slow way
        answer = subprocess.run(
            [uv, "python", "find", "--no-project", name],
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
        downloaded = interpreters.identify(Path(answer.stdout.strip()))
        if downloaded is not None:
            return downloaded
    raise NoInterpreterError(
        f"the {environment.name} environment needs one of Python {wanted}: none is on PATH or in pyenv,"
        " and uv could not download one: install one and run this again."
    )


def _pip_for_tools() -> list[str]:
    """Return the pip that installs uv: of a new environment, or this Python's where venv is missing."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(TOOLS.folder)], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        return [str(TOOLS.python), "-m", "pip", "--disable-pip-version-check"]
    _remove(TOOLS.folder)  # Debian splits venv off; pip may still be there
    has_pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if has_pip.returncode:
        raise CommandError(f"{sys.executable} has neither venv nor pip: install them (Debian, Ubuntu: python3-venv).")
    TOOLS.folder.mkdir(parents=True)
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--target", str(TOOLS.folder)]


def _run(command: list[str], environment: Mapping[str, str], sentence: str) -> None:
    done = subprocess.run(command, env=dict(environment), check=False, stdout=sys.stderr)
    if done.returncode:
        raise CommandError(f"{sentence} (the tool's own message is above)")


@contextlib.contextmanager
def _only_one_builder() -> Iterator[None]:
    """Let two commands that start together build once; the lock ends with the process."""
    paths.VENVS.mkdir(parents=True, exist_ok=True)
    with (paths.VENVS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove(folder: Path) -> None:
    # The stamp goes first: an interrupted removal must not leave half an environment that looks whole.
    with contextlib.suppress(FileNotFoundError):
        (folder / STAMP).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _say(environment: Environment, what: str, started: float) -> None:
    seconds = time.monotonic() - started
    print(f"setup: {paths.shown(environment.folder)} ready ({what}, {seconds:.1f} s)", file=sys.stderr)
