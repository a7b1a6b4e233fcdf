"""Terraform is run with our settings only, and its failures are told."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from scripts import terraform, terraform_provider
from scripts.terraform import Terraform, TerraformError
from tests.unit.scripts.watching import all_gone, until


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose `terraform` is a shell script that runs `answer`."""
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n. {tmp_path}/answer\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(terraform, "_LAUNCHER", tmp_path / "launcher")
    monkeypatch.setattr(terraform_provider, "choose", lambda **_: terraform_provider.Source("own"))
    return tmp_path


def runner(folder: Path, answer: str, **arguments: object) -> Terraform:
    (folder / "answer").write_text(answer)
    return Terraform(folder, folder / "data", dict(os.environ), arguments or None)


def test_settings_of_the_users_that_would_change_what_runs_are_dropped(folder: Path) -> None:
    base = {"TF_WORKSPACE": "prod", "TF_VAR_project": "other", "TF_CLI_ARGS_apply": "-target=x", "PATH": "/bin"}

    environment = Terraform(folder, folder / "data", base, {"project": "txn", "limits": {"rate": 1}}).environment()

    assert not {"TF_WORKSPACE", "TF_CLI_ARGS_apply"} & environment.keys()
    assert environment["TF_VAR_project"] == "txn"
    assert json.loads(environment["TF_VAR_limits"]) == {"rate": 1}
    assert environment["TF_DATA_DIR"] == str(folder / "data")


def test_apply_passes_each_message_on(folder: Path) -> None:
    seen: list[terraform.Message] = []

    runner(folder, """echo '{"type":"apply_complete"}'; echo 'plain text'""").apply(watch=seen.append)

    assert seen == [{"type": "apply_complete"}]


def test_a_failed_apply_names_the_resource_and_the_reason(folder: Path) -> None:
    message = {
        "@level": "error",
        "diagnostic": {"summary": "creating queue", "detail": "no such key", "address": "aws_sqs_queue.this"},
    }

    with pytest.raises(TerraformError, match=r"aws_sqs_queue\.this: creating queue: no such key"):
        runner(folder, f"echo '{json.dumps(message)}'; exit 1").apply()


@pytest.mark.parametrize(("code", "changes"), [(0, False), (2, True)])
def test_a_plan_tells_whether_something_would_change(folder: Path, code: int, changes: bool) -> None:
    assert runner(folder, f"exit {code}").plan() is changes


def test_a_plan_that_fails_is_not_a_plan_without_changes(folder: Path) -> None:
    with pytest.raises(TerraformError, match="it went wrong"):
        runner(folder, "echo it went wrong >&2; exit 1").plan()


def test_outputs_are_values(folder: Path) -> None:
    answer = json.dumps({"name": {"value": "txn", "sensitive": False}})

    assert runner(folder, f"echo '{answer}'").output() == {"name": "txn"}


def test_an_interrupted_apply_leaves_no_terraform_behind(folder: Path) -> None:
    def interrupt(_: terraform.Message) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        runner(folder, f"""echo $$ > {folder}/pid; echo '{{"type":"version"}}'; sleep 60""").apply(watch=interrupt)

    assert time.monotonic() - started < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)


STUBBORN = """
trap '' TERM  # as Terraform does while it waits for its provider
sleep 60 & echo $! $$ > {folder}/pids
wait
"""


def test_terraform_of_another_program_ends_with_its_provider_when_that_program_kills_its_launcher(folder: Path) -> None:
    (folder / "answer").write_text(STUBBORN.format(folder=folder))
    environment = terraform.environment({"PATH": os.environ["PATH"]})
    program = str(folder / "launcher" / "terraform")
    with subprocess.Popen([program, "apply"], env=environment, cwd=folder) as launcher:
        assert until(lambda: (folder / "pids").is_file() and (folder / "pids").read_text().endswith("\n"))
        launcher.kill()

    assert until(lambda: all_gone([int(pid) for pid in (folder / "pids").read_text().split()]))


def test_what_terraform_leaves_behind_ends_with_it(folder: Path) -> None:
    (folder / "answer").write_text(f"sleep 60 & echo $! > {folder}/pid; exit 3")
    environment = terraform.environment({"PATH": os.environ["PATH"]})

    done = subprocess.run([folder / "launcher" / "terraform", "apply"], env=environment, cwd=folder, check=False)

    assert done.returncode == 3
    assert until(lambda: all_gone([int((folder / "pid").read_text())]))
