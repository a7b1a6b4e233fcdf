"""Deploy a system to a local AWS, and keep the record of a stack left running."""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts import inventory, local_client, package, paths, processes, snapshot, systems, terraform_tree
from scripts.emulator import Emulator
from scripts.errors import CommandError
from scripts.ministack import MiniStack, answers
from scripts.systems import Deployable
from scripts.terraform import Message, Terraform

WORKSPACE = "local"

_RECORD = paths.LOCAL / "stack.json"
_API = re.compile(r"https?://([a-z0-9]+)\.execute-api\.[^/]+/([^/]+)")


@dataclass(frozen=True)
class Stack:
    """A deployed root: where it is and what it gave out.

    Parameters
    ----------
    endpoint
        URL of the local AWS.
    outputs
        The root's outputs.
    apply_seconds
        How long `terraform apply` took when this was deployed, maybe in an earlier run.
    restored
        True when an earlier deployment of the very same things was brought back instead.
    system
        Name of what is deployed.
    """

    endpoint: str
    outputs: dict[str, Any]
    apply_seconds: float
    restored: bool = False
    system: str = systems.FLAGSHIP.name

    def client(self, service: str) -> Any:
        """Return a client of a service, in the system's region."""
        return local_client.clients(self.endpoint, systems.named(self.system).region)(service)


@dataclass(frozen=True)
class Running:
    """A stack that was left running, as `build/local/stack.json` remembers it."""

    stack: Stack
    guarded: processes.Guarded = field(repr=False)


def deploy(
    server: MiniStack,
    system: Deployable,
    watch: Callable[[Message], None] = lambda _: None,
    *,
    fresh: bool = False,
) -> Stack:
    """Package the functions and bring a system up on an emulator that holds nothing yet.

    The emulator is restarted on its port on the way: with the kept deployment when one was
    made from the same ingredients, else empty, and once more after the apply to keep it.

    Parameters
    ----------
    server
        The running emulator, for the system's region.
    system
        What to deploy.
    watch
        Called with each message of `terraform apply`, for progress.
    fresh
        True to apply even when a kept deployment could be brought back.
    """
    variables = system.variables_file
    package.package_all()
    server.claim()
    name = snapshot.key(system, server.settings)
    if not fresh:
        try:
            restored = _restore(server, system, name)
        except (snapshot.SnapshotError, CommandError, BotoCoreError, ClientError) as error:
            print(f"stack: the kept deployment is not used: {error}", file=sys.stderr)
            snapshot.drop(system, name)
            restored = None
        if restored is not None:
            return restored
    return _apply(server, system, name, variables, watch)


def terraform(server: Emulator, system: Deployable) -> Terraform:
    """Return Terraform for a system on this emulator, with everything it keeps in the emulator's folder."""
    folder = terraform_tree.refresh() / system.folder
    return Terraform(folder, server.folder / ".terraform" / system.name, server.environment)


def state_folder(server: Emulator, system: Deployable) -> Path:
    """Return where Terraform's states of a system lie, one folder for each workspace."""
    return server.folder / "terraform" / system.name


def state_file(server: Emulator, system: Deployable) -> Path:
    """Return where the state of the local workspace lies."""
    return state_folder(server, system) / WORKSPACE / "terraform.tfstate"


def api_url(stack: Stack, path: str = Emulator.api_path) -> str:
    """Return the API's URL as it can be called locally, without the path of an operation.

    The output names AWS's own host (`https://<id>.execute-api.<region>...`), which the
    emulator serves under a path instead.

    Parameters
    ----------
    stack
        What the API belongs to.
    path
        The emulator's `api_path`.
    """
    found = _API.match(stack.outputs["api_endpoint"])
    if found is None:
        return str(stack.outputs["api_endpoint"])
    return stack.endpoint + path.format(api=found.group(1), stage=found.group(2))


@dataclass(frozen=True)
class ApiKey:
    """The key that the API of a stack demands."""

    id: str
    value: str = field(repr=False)


def api_key(stack: Stack) -> ApiKey | None:
    """Return the key that a usage plan lets into the stack's API, or None when the API demands none."""
    gateway, api = stack.client("apigateway"), _API.match(stack.outputs["api_endpoint"])
    for plan in gateway.get_usage_plans()["items"]:
        if api is not None and api.group(1) in (stage["apiId"] for stage in plan.get("apiStages", [])):
            for key in gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]:
                return ApiKey(key["id"], gateway.get_api_key(apiKey=key["id"], includeValue=True)["value"])
    return None


def running() -> Running | None:
    """Return the stack left running, or None; a record whose process is gone is removed."""
    try:
        record = json.loads(_RECORD.read_text())
        found = Running(Stack(**record["stack"]), processes.Guarded(**record["guarded"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if found.guarded.alive() and answers(found.stack.endpoint, timeout=5):
        return found
    found.guarded.stop()
    _RECORD.unlink(missing_ok=True)
    return None


def leave_running(server: MiniStack, stack: Stack) -> None:
    """Let the emulator go on after this process and remember it."""
    record = {"stack": asdict(stack), "guarded": asdict(server.guarded)}
    unfinished = _RECORD.with_suffix(".tmp")
    unfinished.write_text(json.dumps(record, indent=2) + "\n")
    unfinished.replace(_RECORD)
    server.detach()


def stop() -> bool:
    """Stop the stack left running; return whether there was one."""
    found = running()
    if found is None:
        return False
    found.guarded.stop()
    _RECORD.unlink(missing_ok=True)
    return True


def _restore(server: MiniStack, system: Deployable, name: str) -> Stack | None:
    state = server.folder / "emulator"
    about = snapshot.restore(system, name, server.port, state, state_file(server, system))
    if about is None:
        return None
    server.restart(state)
    changed = inventory.difference(about.inventory, inventory.take(server.endpoint, system.region))
    if changed is not None:
        raise snapshot.SnapshotError(f"it did not come back whole ({changed})")
    return Stack(server.endpoint, about.outputs, about.apply_seconds, restored=True, system=system.name)


def _apply(
    server: MiniStack, system: Deployable, name: str, variables: Path, watch: Callable[[Message], None]
) -> Stack:
    state = server.folder / "emulator"
    shutil.rmtree(state, ignore_errors=True)
    server.restart(state)
    state_file(server, system).unlink(missing_ok=True)  # a fresh emulator knows none of what it lists
    runner = terraform(server, system)
    runner.init(*terraform_tree.state_arguments(state_folder(server, system)))
    runner.workspace(WORKSPACE)
    started = time.monotonic()
    runner.apply(f"-var-file={variables}", watch=watch)
    took = round(time.monotonic() - started, 1)
    stack = Stack(server.endpoint, runner.output(), took, system=system.name)

    there = inventory.take(server.endpoint, system.region)
    server.restart(state)  # the emulator saves its state when it stops
    lost = inventory.difference(there, inventory.take(server.endpoint, system.region))
    if lost is None:
        about = snapshot.About(server.port, stack.outputs, stack.apply_seconds, there)
        snapshot.save(system, name, about, state, state_file(server, system))
    else:
        print(f"stack: not kept, the emulator forgot something when restarted ({lost})", file=sys.stderr)
        runner.apply(f"-var-file={variables}", watch=watch)
    return stack
