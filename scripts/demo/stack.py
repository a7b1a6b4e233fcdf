"""The one place that knows how the local stack is started and what the root's outputs are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable

import boto3
from botocore.config import Config

from scripts import aws_environment, environments
from scripts import stack as harness
from scripts.demo.model import DemoError
from scripts.demo.observe import Observer, Resources
from scripts.demo.system import System
from scripts.ministack import MiniStack
from scripts.terraform import Message

Say = Callable[[str], None]

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=60)


@dataclass(frozen=True)
class Stack:
    """A deployed system, ready to be used.

    Parameters
    ----------
    api_endpoint
        The API's address, without the path of an operation.
    api_key
        The value of its key.
    resources
        Where to look at what happens.
    apply_seconds
        How long `terraform apply` took.
    restored
        Whether that was in an earlier run, and its result was brought back.
    emulator
        Name and version of the local AWS.
    session
        Makes clients for it.
    endpoint
        Where those clients connect to.
    """

    api_endpoint: str
    api_key: str = field(repr=False)
    resources: Resources
    apply_seconds: float
    restored: bool
    emulator: str
    session: boto3.session.Session = field(repr=False)
    endpoint: str

    def client(self, service: str) -> Any:
        """Return a client of `service`."""
        return self.session.client(service, endpoint_url=self.endpoint, config=_CONFIG)  # type: ignore[call-overload]

    def observer(self, system: System) -> Observer:
        """Return what looks at the tables, queues and buckets of this stack."""
        return Observer(self.client("dynamodb"), self.client("sqs"), self.client("s3"), self.resources, system)


@contextmanager
def start_local_stack(say: Say) -> Iterator[Stack]:
    """Start a local AWS of the run's own, deploy the root to it, and stop it afterwards.

    Parameters
    ----------
    say
        Shows what is being done, in a few words.
    """
    say("starting the local AWS")
    with MiniStack("demo") as server:
        say("packaging the functions, terraform init")
        deployed = harness.deploy(server, _watch(say))
        say("brought an earlier deployment back" if deployed.restored else "deployed")
        yield connect(deployed)


def connect(deployed: harness.Stack) -> Stack:
    """Return the deployed root as the demonstration uses it."""
    session = boto3.session.Session(
        aws_access_key_id=aws_environment.ACCESS_KEY,
        aws_secret_access_key=aws_environment.SECRET_KEY,
        region_name=aws_environment.REGION,
    )
    outputs = deployed.outputs
    gateway = session.client("apigateway", endpoint_url=deployed.endpoint, config=_CONFIG)
    key = gateway.get_api_key(apiKey=_output(outputs, "api_key_id"), includeValue=True)
    return Stack(
        api_endpoint=harness.api_url(deployed),
        api_key=key["value"],
        resources=Resources(
            transactions_table=_output(outputs, "transactions_table_name"),
            accounts_table=_output(outputs, "accounts_table_name"),
            merchants_table=_output(outputs, "merchants_table_name"),
            cases_table=_output(outputs, "cases_table_name"),
            priority_queue_url=_output(outputs, "priority_queue_url"),
            archive_bucket=_output(outputs, "archive_bucket_name"),
        ),
        apply_seconds=deployed.apply_seconds,
        restored=deployed.restored,
        emulator=emulator_name(),
        session=session,
        endpoint=deployed.endpoint,
    )


def emulator_name() -> str:
    """Return the emulator's name with the version that is pinned for it."""
    pinned = environments.MINISTACK.requirements.read_text(encoding="utf-8")
    found = re.search(r"^ministack(?:\[[^\]]*\])?==([^\s\\;]+)", pinned, re.MULTILINE)
    return f"MiniStack {found.group(1)}" if found else "MiniStack"


def _output(outputs: dict[str, Any], name: str) -> str:
    value = outputs.get(name)
    if not isinstance(value, str) or not value:
        raise DemoError(f"the root has no output {name!r}, which the demonstration needs (outputs.tf).")
    return value


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
