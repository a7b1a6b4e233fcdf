"""A LocalStack that we start ourselves, guarded like every server of ours."""

from __future__ import annotations

import abc
import atexit
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from scripts import aws_environment
from scripts.emulator import Emulator, await_answer
from scripts.localstack import API_PATH, health
from scripts.ministack import HOST, free_port
from scripts.processes import Owner

_SERVICES = (
    "apigateway", "cloudwatch", "dynamodb", "dynamodbstreams", "events", "iam", "kms", "lambda", "logs", "s3", "sns",
    "sqs", "ssm", "stepfunctions", "sts",
)  # fmt: skip
PRELOADED = {"EAGER_SERVICE_LOADING": "1", "SERVICES": ",".join(_SERVICES), "STRICT_SERVICE_LOADING": "0"}
"""Settings that load what the pipeline uses before the first call; other services are loaded when they are called.

Loaded at their first calls, many at once, they can end in a deadlock (see adapter/preload.py).
"""

Self = TypeVar("Self", bound="ServedLocalStack")


class ServedLocalStack(Emulator):
    """A LocalStack process on a free port of the loopback interface, with nothing deployed to it.

    Parameters
    ----------
    name, region
        See `Emulator`.
    """

    api_path = API_PATH
    start_seconds = 60.0
    """How long it may take until it answers."""
    grace_seconds = 20.0
    """How long it may take to end its own children when it is told to stop."""

    def __init__(self, name: str = "localstack", region: str = aws_environment.REGION) -> None:
        super().__init__(name, region)
        self.port = 0
        self._owner: Owner | None = None

    @property
    def endpoint(self) -> str:
        """Return its URL."""
        return f"http://{HOST}:{self.port}"

    def start(self: Self) -> Self:
        """Start it, with an empty folder, and wait until it answers."""
        self.prepare()
        self.claim()
        self.log.write_bytes(b"")
        scratch = self.folder / "run"
        shutil.rmtree(scratch, ignore_errors=True)  # of a run that was killed
        scratch.mkdir()
        atexit.register(self.stop)
        try:
            self._launch(scratch)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it and wait until it is gone."""
        if self._owner is not None:
            self._owner.stop(patience=self.grace_seconds + 10)
            self._owner = None
        atexit.unregister(self.stop)

    @abc.abstractmethod
    def prepare(self) -> None:
        """Get what it takes to start, or say in one sentence what is missing."""

    @abc.abstractmethod
    def _command(self) -> list[str]:
        """Return the program and its arguments, for `port`."""

    @abc.abstractmethod
    def _server_environment(self, scratch: Path) -> Mapping[str, str]:
        """Return the program's whole environment; `scratch` is an empty folder that ends with it."""

    def _launch(self, scratch: Path) -> None:
        assert self._claim is not None
        self.port = free_port()
        self._owner = Owner(
            self._command(),
            self._server_environment(scratch),
            self.log,
            scratch,
            grace=self.grace_seconds,
            keep_open=[self._claim.fileno()],
        )
        await_answer(
            self._owner, lambda: health.ask(self.endpoint) is not None, "LocalStack", self.log, self.start_seconds
        )
