"""A system that Terraform deployed to a local AWS, and short ways to use it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
import requests
from pytest_terraform import tf as plugin

from pipeline.aws.dynamo import from_item
from scripts import aws_environment, package, paths, stack, terraform_tree
from scripts import terraform as terraform_cli
from scripts.emulator import Emulator
from scripts.iam_report import deployments
from scripts.localstack.choice import choose
from scripts.ministack import MiniStack
from scripts.strict.emulator import StrictMiniStack
from scripts.systems import Deployable
from tests.e2e import logs
from tests.e2e.behaviours import READ_BACK_GAPS, is_provided

Found = TypeVar("Found")
System = TypeVar("System", bound="Deployed")

WAIT_SECONDS = 60.0
EMULATORS = ("embedded", "strict", "localstack")
"""What the option `--emulator` takes."""


@dataclass
class Deployed:
    """A deployed system as a client and an operator see it."""

    server: Emulator
    outputs: dict[str, Any]
    terraform: Any
    environment: Mapping[str, str] = field(repr=False)
    api: str = ""
    key: str = field(default="", repr=False)
    session: requests.Session = field(default_factory=requests.Session)
    _subscriptions: dict[str, str] = field(default_factory=dict, repr=False)

    def provides(self, behaviour: str) -> bool:
        """Say whether the emulator has what a part of a test needs, see behaviours.py."""
        return is_provided(self.server.kind, behaviour)

    @property
    def api_id(self) -> str:
        """Return the id of its REST API."""
        return str(self.outputs["api_endpoint"]).removeprefix("https://").split(".")[0]

    def client(self, service: str) -> Any:
        """Return an AWS client."""
        sdk: Any = boto3
        return sdk.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            verify=self.server.authority and str(self.server.authority),
        )

    def call(self, method: str, path: str, *, key: str | None = None, **arguments: Any) -> requests.Response:
        """Call the API with its key, or with another one ("" sends none)."""
        headers = {"x-api-key": self.key if key is None else key} if key != "" else {}
        headers.update(arguments.pop("headers", {}))
        trusted = str(self.server.authority) if self.server.authority else True
        return self.session.request(method, self.api + path, headers=headers, timeout=30, verify=trusted, **arguments)

    def item(self, table: str, **key: Any) -> dict[str, Any]:
        """Return an item by the attributes of its key, in wire format's short form; empty where there is none."""
        answer = self.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
        return from_item(answer.get("Item", {}))

    def log_texts(self, function: str) -> list[str]:
        """Return the lines of a function's log."""
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        return [text for page in pages for event in page["events"] for text in event["message"].splitlines()]

    def messages(
        self, queue_url: str, until: Callable[[dict[str, Any]], bool], seconds: float = WAIT_SECONDS
    ) -> dict[str, Any]:
        """Receive from a queue until a message satisfies `until`; delete and return that one."""
        sqs = self.client("sqs")

        def look() -> dict[str, Any] | None:
            answer = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,
                VisibilityTimeout=1,
                AttributeNames=["All"],
            )
            for message in answer.get("Messages", []):
                if until(message):
                    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                    return dict(message)
            return None

        found: dict[str, Any] = wait_for(look, f"a message in {queue_url.rsplit('/', 1)[-1]}", seconds)
        return found

    def queue_url(self, arn: str) -> str:
        """Return the URL of a queue."""
        return str(self.client("sqs").get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"])

    def call_later(self, function: str, event: dict[str, Any]) -> None:
        """Call a function asynchronously."""
        self.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())

    def inbox(self, topic_arn: str, name: str) -> str:
        """Subscribe a new queue to a topic; return its URL. It stays until `close_inbox` or the emulator ends."""
        sqs = self.client("sqs")
        url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        let_in = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [let_in]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        subscription = self.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
        self._subscriptions[url] = subscription["SubscriptionArn"]
        return url

    def close_inbox(self, url: str) -> None:
        """End an inbox and its subscription, which could outlive its topic: Terraform knows nothing of it."""
        self.client("sns").unsubscribe(SubscriptionArn=self._subscriptions.pop(url))
        self.client("sqs").delete_queue(QueueUrl=url)

    @contextmanager
    def paused(self, function: str) -> Iterator[None]:
        """Stop a function from reading its queue or stream for a while."""
        functions = self.client("lambda")
        mappings = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            for mapping in mappings:
                functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def changes_of_a_second_plan(self) -> set[str]:
        """Return what a plan would change although nothing has, beyond what the emulator does not give back."""
        gaps = READ_BACK_GAPS[self.server.kind]
        shown = self._run_terraform("show", "-json", self._plan())
        return {
            f"{change['address']}: {attribute}"
            for change in json.loads(shown)["resource_changes"]
            if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
            for attribute in _changed_attributes(change["change"])
            if attribute not in gaps.get(change["type"], set())
        }

    def apply_again(self, *modules: str, **variables: str) -> None:
        """Apply some modules once more, with other values of some variables: they stay for the tests that follow."""
        state = f"-state={self.terraform.state_path}"
        targets = [f"-target={module}" for module in modules]
        values = [f"-var={name}={value}" for name, value in variables.items()]
        self._run_terraform("apply", state, self._plan(*targets, *values))
        told = json.loads(self._run_terraform("output", state, "-json"))
        self.outputs = {name: output["value"] for name, output in told.items()}

    def _plan(self, *arguments: str) -> str:
        """Return where a plan against the state of the deployment lies."""
        runner = self.terraform
        plan = os.path.join(runner.work_dir, "another.tfplan")  # noqa: PTH118
        self._run_terraform("plan", f"-state={runner.state_path}", f"-out={plan}", *arguments)
        return plan

    def _run_terraform(self, command: str, *arguments: str) -> str:
        done = subprocess.run(
            ["terraform", command, "-no-color", *arguments],
            cwd=self.terraform.module_dir,
            env={**self.environment, "TF_DATA_DIR": str(self.terraform.work_dir)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _changed_attributes(change: dict[str, Any]) -> set[str]:
    """Return the attributes that differ, or the action where none does or the whole resource is made or removed."""
    if change["actions"] != ["update"]:
        return {"/".join(change["actions"])}
    before, after, unknown = change["before"], change["after"], change.get("after_unknown", {})
    names = {
        name
        for name in {*before, *after}
        if _unset(before.get(name)) != _unset(after.get(name)) or unknown.get(name) is True
    }
    return names or {"update"}


def _unset(value: Any) -> Any:
    """Return a value with null for each empty text: the plan of a resource that changes tells both of what is unset."""
    if isinstance(value, list):
        return [_unset(part) for part in value]
    if isinstance(value, dict):
        return {name: _unset(part) for name, part in value.items()}
    return None if value == "" else value


def wait_for(look: Callable[[], Found | bool | dict[str, Any] | None], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """Return the first true answer of `look`; fail when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.1)  # the pace of looking, not a wait for luck
    return found


def emulator_of(config: pytest.Config, name: str = "e2e", region: str = aws_environment.REGION) -> Emulator:
    """Return the emulator that the run is for, not started yet."""
    option = config.getoption("emulator", "embedded")
    if option == "localstack":
        return choose(name, region)
    return StrictMiniStack(name, region=region) if option == "strict" else MiniStack(name, region=region)


@contextmanager
def local_aws(system: Deployable, config: pytest.Config) -> Iterator[Emulator]:
    """Run the chosen local AWS for one deployed system, with what Terraform needs beside it."""
    with emulator_of(config, f"e2e-{system.name}", system.region) as server:
        server.claim()
        with _alone():
            package.package_all()
            terraform_tree.refresh()
        yield server
        read_logs(server)
        if isinstance(server, StrictMiniStack):
            assert not server.refused(), "IAM refused what the system does; its roles and policies must allow it"


def read_logs(server: Emulator) -> None:
    """Read every line that was logged so far; fail where one holds what it must not, or tells of a denial.

    This happens when the tests of a system have ended; one that removes the logs has to do it before.
    """
    with acting_in(server.environment):
        reading = logs.read(server)
    logs.READINGS.append(reading)
    assert reading.faults == {}, f"logs hold what they must not: {sorted(reading.faults)}"
    assert not (isinstance(server, StrictMiniStack) and reading.denials), "a function was denied something"


@contextmanager
def _alone() -> Iterator[None]:
    """Keep out other runs of this clone while the packages and the tree are written: all runs share them."""
    with (paths.BUILD / ".preparing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def environment_of(server: Emulator, system: Deployable, **settings: str) -> dict[str, str]:
    """Return the environment in which Terraform deploys `system` to `server`, with further `settings`."""
    arguments = f"-var-file={system.variables_file} -parallelism=40"
    return {
        **terraform_cli.environment(server.environment),
        "TF_CLI_ARGS_plan": arguments,
        "TF_CLI_ARGS_apply": "-parallelism=40",
        "TF_CLI_ARGS_destroy": arguments,
        **settings,
    }


@contextmanager
def acting_in(environment: Mapping[str, str]) -> Iterator[None]:
    """Make `environment` this process's own for a while: pytest-terraform takes it from there."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def apply(
    kind: type[System],
    system: Deployable,
    server: Emulator,
    environment: Mapping[str, str],
    request: pytest.FixtureRequest,
) -> System:
    """Apply a system through pytest-terraform (see roots.py) and return it as a `kind`.

    Parameters
    ----------
    kind
        The class of what is returned.
    system
        What to apply.
    server, environment
        The emulator, and the environment in which Terraform deploys to it.
    request
        Gives the fixture.
    """
    outputs, terraform = applied(system.folder, environment, request)
    if server.kind == "embedded-strict":  # `make iam-report` compares its calls with what is granted
        with acting_in(environment):
            deployments.keep(system, server.name, terraform.show(), _applied_plan(terraform))
    stack_of = stack.Stack(server.endpoint, outputs, 0.0, system=system.name)
    deployed = kind(server, outputs, terraform, environment, stack.api_url(stack_of, server.api_path))
    with acting_in(environment):  # whose authorities a client of the operator's tools trusts
        key = stack.api_key(stack_of)
    deployed.key = key.value if key else ""
    return deployed


def applied(folder: Path, environment: Mapping[str, str], request: pytest.FixtureRequest) -> tuple[dict[str, Any], Any]:
    """Apply a root through pytest-terraform (see roots.py); return its outputs, and Terraform for further commands.

    Parameters
    ----------
    folder
        The root, relative to the repository's.
    environment
        The environment in which Terraform deploys it.
    request
        Gives the fixture.
    """
    root = terraform_tree.TREE / folder
    plugin.LazyModuleDir.value = str(root.parent)
    with acting_in(environment):
        made = request.getfixturevalue(f"applied_{root.name}")
    return {name: output["value"] for name, output in made.outputs.items()}, made.terraform


def _applied_plan(runner: Any) -> dict[str, Any]:
    """Return the plan that pytest-terraform has applied, in the environment of the apply."""
    command = ["terraform", "show", "-no-color", "-json", os.path.join(runner.work_dir, "tfplan")]  # noqa: PTH118
    variables = {**os.environ, "TF_DATA_DIR": str(runner.work_dir)}
    done = subprocess.run(command, cwd=runner.module_dir, env=variables, check=True, capture_output=True, text=True)
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan
