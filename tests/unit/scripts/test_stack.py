"""A stack is deployed afresh, or brought back when that is surely the same."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts import inventory, package, paths, snapshot, stack, terraform_tree
from scripts.ministack import MiniStack
from scripts.processes import Guarded
from scripts.stack import Stack
from scripts.systems import FLAGSHIP, MERCHANT_API, Deployable


class Emulator(MiniStack):
    """Starts nothing; remembers with which state it was started."""

    def __init__(self) -> None:
        super().__init__("test", port=4000)
        self.started_with: list[Path | None] = []

    def restart(self, state: Path | None) -> None:
        self.started_with.append(state)


class Terraform:
    """Applies nothing; counts."""

    applied = 0

    def __init__(self, system: Deployable) -> None:
        self._system = system

    def init(self, *_: str) -> None: ...

    def workspace(self, _: str) -> None: ...

    def apply(self, *_: str, watch: Callable[[Any], None]) -> None:
        Terraform.applied += 1
        state = paths.LOCAL / "test" / "terraform" / self._system.name / "local" / "terraform.tfstate"
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text("{}")
        (paths.LOCAL / "test" / "emulator").mkdir(parents=True, exist_ok=True)

    def output(self) -> dict[str, Any]:
        return {"queue_url": f"http://127.0.0.1:4000/0/{self._system.name}"}


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> inventory.Inventory:
    """Return what the emulator will say that it holds; nothing real is started."""
    there = {"sqs:list_queues": ["queue"]}
    monkeypatch.setattr(paths, "LOCAL", tmp_path)
    monkeypatch.setattr(snapshot, "FOLDER", tmp_path / "snapshots")
    monkeypatch.setattr(snapshot, "key", lambda *_: "key")
    monkeypatch.setattr(stack, "_RECORD", tmp_path / "stack.json")
    monkeypatch.setattr(Deployable, "variables_file", Path(__file__))
    monkeypatch.setattr(stack, "terraform", lambda _, system: Terraform(system))
    monkeypatch.setattr(package, "package_all", list)
    monkeypatch.setattr(inventory, "take", lambda *_: {kind: list(names) for kind, names in there.items()})
    Terraform.applied = 0
    return there


def test_the_second_time_nothing_is_applied(found: inventory.Inventory) -> None:
    first, second = stack.deploy(Emulator(), FLAGSHIP), stack.deploy(Emulator(), FLAGSHIP)

    assert (first.restored, second.restored, Terraform.applied) == (False, True, 1)
    assert second.outputs == first.outputs
    assert second.apply_seconds == first.apply_seconds


def test_a_deployment_that_does_not_come_back_whole_is_applied_afresh(
    found: inventory.Inventory, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.deploy(Emulator(), FLAGSHIP)
    lost = found.pop("sqs:list_queues")
    found["lambda:list_functions"] = []

    again = stack.deploy(Emulator(), FLAGSHIP)

    assert (again.restored, Terraform.applied) == (False, 2)
    assert f"sqs:list_queues: {lost[0]}" in capsys.readouterr().err


def test_fresh_means_applied(found: inventory.Inventory) -> None:
    stack.deploy(Emulator(), FLAGSHIP)

    assert not stack.deploy(Emulator(), FLAGSHIP, fresh=True).restored
    assert Terraform.applied == 2


def test_each_system_is_deployed_as_itself_and_remembered_beside_the_others(found: inventory.Inventory) -> None:
    flagship, merchant_api = (stack.deploy(Emulator(), system) for system in (FLAGSHIP, MERCHANT_API))
    again = stack.deploy(Emulator(), FLAGSHIP)

    assert (flagship.system, merchant_api.system) == ("flagship", "merchant_api")
    assert merchant_api.outputs["queue_url"].endswith("/merchant_api")
    assert (again.restored, again.system, again.outputs) == (True, "flagship", flagship.outputs)


def test_terraform_works_in_the_systems_own_root_and_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(terraform_tree, "refresh", lambda: tmp_path)
    server = MiniStack("test", port=1, region=MERCHANT_API.region)

    runner = stack.terraform(server, MERCHANT_API)

    assert runner.folder == tmp_path / "examples" / "merchant_api"
    assert runner.data != stack.terraform(server, FLAGSHIP).data
    assert server.environment["AWS_REGION"] == server.environment["AWS_DEFAULT_REGION"] == "us-east-2"


def test_a_record_of_a_process_that_is_gone_is_removed_and_nobody_else_is_stopped(
    found: inventory.Inventory, tmp_path: Path
) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        record = {
            "stack": {"endpoint": "http://127.0.0.1:1", "outputs": {}, "apply_seconds": 1.0, "restored": False},
            "guarded": {"pid": other.pid, "token": "0123456789abcdef"},
        }
        (tmp_path / "stack.json").write_text(json.dumps(record))

        assert stack.running() is None
        assert not stack.stop()
        assert not (tmp_path / "stack.json").exists()
        os.kill(other.pid, 0)
        other.kill()


def test_a_stack_left_running_is_found_again_without_its_secret_token_being_shown(
    found: inventory.Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Emulator()
    guarded = Guarded(1, "token-of-the-guard")
    monkeypatch.setattr(Emulator, "guarded", guarded)
    monkeypatch.setattr(Emulator, "detach", lambda _: guarded)
    monkeypatch.setattr(Guarded, "alive", lambda _: True)
    monkeypatch.setattr(stack, "answers", lambda *_, **__: True)
    left = Stack("http://127.0.0.1:4000", {"a": "b"}, 2.0, system="merchant_api")

    stack.leave_running(server, left)
    there = stack.running()

    assert there is not None
    assert there.stack == left
    assert "token-of-the-guard" not in repr(there)


@pytest.mark.parametrize(
    ("output", "url"),
    [
        (
            "https://ab12cd34.execute-api.us-east-1.amazonaws.com/live",
            "http://127.0.0.1:4000/restapis/ab12cd34/live/_user_request_",
        ),
        ("http://127.0.0.1:4000/somewhere", "http://127.0.0.1:4000/somewhere"),
    ],
)
def test_the_apis_address_is_one_that_can_be_called_locally(output: str, url: str) -> None:
    assert stack.api_url(Stack("http://127.0.0.1:4000", {"api_endpoint": output}, 1.0)) == url


class Gateway:
    """Has a usage plan and a key for each of the given APIs."""

    def __init__(self, *apis: str) -> None:
        self._apis = apis

    def get_usage_plans(self) -> dict[str, Any]:
        return {"items": [{"id": "plan"}, *({"id": api, "apiStages": [{"apiId": api}]} for api in self._apis)]}

    def get_usage_plan_keys(self, *, usagePlanId: str) -> dict[str, Any]:  # noqa: N803
        return {"items": [{"id": f"key-of-{usagePlanId}"}]}

    def get_api_key(self, *, apiKey: str, includeValue: bool) -> dict[str, Any]:  # noqa: N803
        return {"id": apiKey, "value": f"value of {apiKey}" if includeValue else ""}


DEPLOYED = Stack("http://127.0.0.1:4000", {"api_endpoint": "https://ab12.execute-api.us-east-1.amazonaws.com/v1"}, 1.0)


def test_the_key_of_the_api_is_the_one_of_its_usage_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "client", lambda *_: Gateway("another", "ab12"))

    key = stack.api_key(DEPLOYED)

    assert key == stack.ApiKey("key-of-ab12", "value of key-of-ab12")
    assert "value of" not in repr(key)


def test_an_api_without_a_key_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stack, "client", lambda *_: Gateway("another"))

    assert stack.api_key(DEPLOYED) is None
