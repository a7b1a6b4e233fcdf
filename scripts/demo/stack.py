"""The way from the demonstration to the harness: starts a local stack, and gives access to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable

from scripts import environments
from scripts import stack as harness
from scripts.demo.model import DemoError
from scripts.demo.observe import Observer
from scripts.demo.system import System
from scripts.ministack import MiniStack
from scripts.systems import Deployable
from scripts.terraform import Message

Say = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """A deployed system, ready to be used.

    Parameters
    ----------
    api_endpoint
        The API's address, without the path of an operation.
    api_key
        The value of its key; empty if it demands none.
    deployed
        What the harness knows of it.
    emulator
        Name and version of the local AWS.
    """

    api_endpoint: str
    api_key: str = field(repr=False)
    deployed: harness.Stack
    emulator: str

    def client(self, service: str) -> Any:
        """Return a client of `service`."""
        return self.deployed.client(service)

    def output(self, name: str) -> str:
        """Return an output of the root, a text.

        Raises
        ------
        DemoError
            If there is none.
        """
        value = self.deployed.outputs.get(name)
        if not isinstance(value, str) or not value:
            raise DemoError(f"{self.deployed.system} has no output {name!r}, which the demonstration needs.")
        return value

    def observer(self, system: System) -> Observer:
        """Return what looks at the tables, queues and buckets of this stack."""
        return Observer(self, system)


@contextmanager
def start_local_stack(system: Deployable, say: Say, emulator: MiniStack | None = None) -> Iterator[Stack]:
    """Start a local AWS of the run's own, deploy a system to it, and stop it afterwards.

    Parameters
    ----------
    system
        What to deploy.
    say
        Shows what is being done, in a few words.
    emulator
        Where to deploy it; None: a new one.
    """
    say("starting the local AWS")
    with emulator or MiniStack("demo", region=system.region) as server:
        say("packaging the functions, terraform init")
        deployed = harness.deploy(server, system, _watch(say))
        say("brought an earlier deployment back" if deployed.restored else "deployed")
        yield connect(deployed)


def connect(deployed: harness.Stack) -> Stack:
    """Return the deployed root as the demonstration uses it."""
    key = harness.api_key(deployed)
    return Stack(harness.api_url(deployed), key.value if key else "", deployed, emulator_name())


def emulator_name() -> str:
    """Return the emulator's name with the version that is pinned for it."""
    pinned = environments.MINISTACK.requirements.read_text(encoding="utf-8")
    found = re.search(r"^ministack(?:\[[^\]]*\])?==([^\s\\;]+)", pinned, re.MULTILINE)
    return f"MiniStack {found.group(1)}" if found else "MiniStack"


def _watch(say: Say) -> Callable[[Message], None]:
    """Turn the messages of `terraform apply` into "12 of 90 resources"."""
    planned: set[str] = set()
    done: set[str] = set()

    def watch(message: Message) -> None:
        kind = message.get("type")
        if kind == "planned_change":
            planned.add(message["change"]["resource"]["addr"])
        elif kind == "apply_complete":
            done.add(message["hook"]["resource"]["addr"])
            # Data sources are read on the way; they are no part of the plan.
            say(f"terraform apply: {len(done & planned)} of {len(planned)} resources")

    return watch
