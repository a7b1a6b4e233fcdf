"""Run Terraform: the provider from where it can be had, everything it writes below build/."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from scripts import guard, paths, terraform_child, terraform_provider
from scripts.errors import CommandError

# A message of Terraform's JSON stream, as documented under "Machine-Readable UI".
Message = Mapping[str, Any]

_OF_THE_USER = ("TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR", "TF_LOG", "TF_INPUT", "TF_STATE")
NO_CHANGES, CHANGES = 0, 2
_LAUNCHER = paths.TERRAFORM / "bin"


class TerraformError(CommandError):
    """A Terraform command that failed, with its messages."""


def environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `base` prepared for any Terraform run of ours, also by other programs.

    Settings of the user's that would change what is run (variables, arguments, workspace)
    are dropped; the provider's source is added.
    """
    kept = {name: value for name, value in base.items() if not name.startswith(_OF_THE_USER)}
    source = terraform_provider.choose()
    return {
        **terraform_provider.environment(source, kept),
        "PATH": f"{_launcher().parent}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
    }


class Terraform:
    """Terraform in one configuration folder.

    Parameters
    ----------
    folder
        The root module to work in.
    data
        Where providers and the chosen workspace are remembered (TF_DATA_DIR).
    base
        Environment to start from, such as `MiniStack.environment`.
    variables
        Values of input variables, as text or anything JSON can express.
    """

    def __init__(
        self,
        folder: Path,
        data: Path,
        base: Mapping[str, str] = os.environ,
        variables: Mapping[str, object] | None = None,
    ) -> None:
        self.folder = folder
        self.data = data
        self._base = dict(base)
        self._variables = {
            f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in (variables or {}).items()
        }

    def init(self, *arguments: str) -> None:
        """Install providers and modules; fall back to a mirror when the registry fails half-way."""
        try:
            self._run("init", "-no-color", *arguments)
        except TerraformError:
            if terraform_provider.choose().kind != "registry":
                raise
            terraform_provider.choose(registry_failed=True)
            self._run("init", "-no-color", *arguments)

    def workspace(self, name: str) -> None:
        """Select a workspace; make it when it is new."""
        self._run("workspace", "select", "-no-color", "-or-create", name)

    def validate(self) -> None:
        """Check the configuration for consistency."""
        self._run("validate", "-no-color")

    def plan(self, *arguments: str) -> bool:
        """Return True when a plan would change something."""
        code, _ = self._call("plan", "-no-color", "-detailed-exitcode", *arguments, expected=(NO_CHANGES, CHANGES))
        return code == CHANGES

    def apply(self, *arguments: str, parallelism: int = 40, watch: Callable[[Message], None] = lambda _: None) -> None:
        """Apply without asking.

        Parameters
        ----------
        arguments
            Further arguments, such as `-var-file=...`.
        parallelism
            How many resources at once; high, because the provider mostly waits.
        watch
            Called with each message of the run as it comes: `planned_change`, `apply_complete`, ...
        """
        command = ("apply", "-json", "-auto-approve", f"-parallelism={parallelism}", *arguments)
        errors = []
        with self._started(*command, stderr=subprocess.STDOUT) as process:
            for message in _messages(process.stdout):
                watch(message)
                if message.get("@level") == "error":
                    errors.append(_diagnostic(message))
        if process.returncode:
            raise TerraformError("terraform apply failed:\n" + "\n".join(errors))

    def output(self) -> dict[str, Any]:
        """Return the values of all outputs."""
        _, text = self._call("output", "-no-color", "-json")
        return {name: entry["value"] for name, entry in json.loads(text).items()}

    def test(self, *arguments: str) -> str:
        """Run the folder's tests and return what Terraform printed."""
        return self._run("test", "-no-color", *arguments)

    def environment(self) -> dict[str, str]:
        """Return the environment the commands run in."""
        return {**environment(self._base), **self._variables, "TF_DATA_DIR": str(self.data)}

    def _run(self, *arguments: str) -> str:
        return self._call(*arguments)[1]

    def _call(self, *arguments: str, expected: Sequence[int] = (0,)) -> tuple[int, str]:
        with self._started(*arguments, stderr=subprocess.PIPE) as process:
            printed, complaints = process.communicate()
        if process.returncode not in expected:
            place = paths.shown(self.folder)
            raise TerraformError(f"terraform {arguments[0]} failed in {place}:\n{printed}{complaints}")
        return process.returncode, printed

    def _started(self, *arguments: str, stderr: int) -> _Running:
        return _Running([_program(), *arguments], self.folder, self.environment(), stderr)


def _program() -> str:
    """Return the real Terraform, also where PATH begins with our launcher."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    program = shutil.which("terraform", path=os.pathsep.join(name for name in folders if Path(name) != _LAUNCHER))
    if program is None:
        raise CommandError("Terraform 1.10 or newer is needed and is not on PATH.")
    return program


def _launcher() -> Path:
    """Write and return the `terraform` for programs that are not ours (see terraform_child)."""
    launcher = _LAUNCHER / "terraform"
    words = (sys.executable, "-I", terraform_child.__file__, _program())
    script = f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'
    if not launcher.is_file() or launcher.read_text() != script:
        _LAUNCHER.mkdir(parents=True, exist_ok=True)
        unfinished = launcher.with_name(f"terraform.{os.getpid()}")
        unfinished.write_text(script)
        unfinished.chmod(0o755)
        unfinished.replace(launcher)
    return launcher


class _Running:
    """A Terraform process that never outlives the code that started it.

    It gets a group of its own: Terraform answers Ctrl-C by waiting for resources that an
    emulator, stopped by the same Ctrl-C, will never finish.
    """

    def __init__(self, command: list[str], folder: Path, variables: Mapping[str, str], stderr: int) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
            preexec_fn=guard.die_with_parent,  # noqa: PLW1509 - one system call, no lock taken
        )

    def __enter__(self) -> subprocess.Popen[str]:
        return self._process

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.__exit__(None, None, None)


def _messages(stream: IO[str] | None) -> Iterator[Message]:
    for line in stream or ():
        try:
            message = json.loads(line)
        except ValueError:  # a crash or a warning of the launcher is plain text
            print(line, end="", file=sys.stderr)
            continue
        if isinstance(message, dict):
            yield message


def _diagnostic(message: Message) -> str:
    diagnostic = message.get("diagnostic") or {}
    address = diagnostic.get("address") or ""
    text = diagnostic.get("summary") or message.get("@message", "")
    detail = (diagnostic.get("detail") or "").strip()
    return "  " + ": ".join(part for part in (address, text, detail) if part)
