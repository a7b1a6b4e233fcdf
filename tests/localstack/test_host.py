"""LocalStack in host mode listens on the loopback interface only and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import paths
from scripts.localstack import VERSION, health, kinesis
from scripts.localstack.host import HostLocalStack
from tests.localstack.conftest import Function

OWNER = """
import signal, sys, time
from scripts.localstack.host import HostLocalStack
from tests.localstack.conftest import Function, client
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
with HostLocalStack(sys.argv[1]) as server:
    function = Function(client(server.environment, "lambda"), "f", "def handler(*_): return 1")
    function()
    print("ready", flush=True)
    time.sleep(600)
"""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_it_is_the_version_that_needs_no_licence(server: HostLocalStack) -> None:
    found = health.ask(server.endpoint)

    assert found is not None
    assert found.version == VERSION


@linux_only
def test_it_and_what_it_starts_listen_on_the_loopback_interface_only(
    server: HostLocalStack, function: Callable[..., Function], aws: Callable[[str], Any]
) -> None:
    if not kinesis.ensure():
        pytest.skip("Kinesis needs Node.js")
    function("def handler(*_): return 1")()
    aws("kinesis").list_streams()  # starts a program of its own

    processes = list(processes_of(server.folder))
    listening = {address for process in processes for address in addresses(process)}

    assert any(b"kinesis-local" in Path(f"/proc/{process}/cmdline").read_bytes() for process in processes)
    assert len(listening) >= 3  # the gateway, Kinesis, a function's Runtime API
    assert {address for address, _ in listening} == {"127.0.0.1"}


@linux_only
def test_all_it_writes_lies_in_its_folder(server: HostLocalStack) -> None:
    for process in processes_of(server.folder):
        written = [
            name for name, flags in opened(process) if name.startswith("/") and flags & (os.O_WRONLY | os.O_RDWR)
        ]
        assert all(name.startswith((f"{paths.BUILD}/", "/dev/")) for name in written), written


@linux_only
@pytest.mark.timeout(90)
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_nothing_is_left_when_its_owner_ends(way: signal.Signals) -> None:
    name = f"localstack-{way.name.lower()}"
    folder = paths.LOCAL / name
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, name],
        cwd=paths.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        assert len(list(processes_of(folder))) >= 3  # guard, server, function

        owner.send_signal(way)

    deadline = time.monotonic() + 20
    while (left := list(processes_of(folder))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [(process, Path(f"/proc/{process}/cmdline").read_bytes()) for process in left]
    assert [entry.name for entry in folder.iterdir()] == [".lock"]


def processes_of(folder: Path) -> Iterator[int]:
    """Yield the processes that were started for a LocalStack: its folder is in their arguments or variables."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            known = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
        if f"{folder}/".encode() in known:
            yield int(entry.name)


def opened(process: int) -> Iterator[tuple[str, int]]:
    """Yield what a process has open: a path or another kind's name, and the flags."""
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            told = Path(f"/proc/{process}/fdinfo/{link.name}").read_text()
            yield str(link.readlink()), int(told.split("flags:")[1].split()[0], 8)
        except FileNotFoundError:  # closed meanwhile
            continue


def addresses(process: int) -> Iterator[tuple[str, int]]:
    """Yield where a process listens."""
    sockets = {name[len("socket:[") : -1] for name, _ in opened(process) if name.startswith("socket:[")}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:  # state LISTEN
                address, port = fields[1].split(":")
                parts = [str(int(address[i : i + 2], 16)) for i in (6, 4, 2, 0)]
                yield (".".join(parts) if table == "tcp" else f"[{address}]"), int(port, 16)
