"""What every local AWS has in common: an endpoint, a log, a folder of its own, a beginning and an end."""

from __future__ import annotations

import abc
import fcntl
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar

from scripts import aws_environment, paths
from scripts.errors import CommandError
from scripts.processes import Owner

Self = TypeVar("Self", bound="Emulator")


class Emulator(abc.ABC):
    """One local AWS; a context manager that leaves nothing behind.

    Parameters
    ----------
    name
        Names the log (`build/local/<name>.log`) and the folder for what is deployed to it
        (`build/local/<name>/`), so that several can run at once.
    region
        The AWS region of those who use it.
    """

    kind: str
    """What it is, in a word that tests and reports tell emulators apart by."""
    how: str
    """What it is, in words for whoever reads a report."""
    api_path = "/restapis/{api}/{stage}/_user_request_"
    """Where it serves a stage of a REST API, which has a host of its own on AWS."""
    authority: Path | None = None
    """The certificate of the authority that its clients must trust, where it is served by TLS."""

    def __init__(self, name: str, region: str = aws_environment.REGION) -> None:
        self.name = name
        self.region = region
        self.log = paths.LOCAL / f"{name}.log"
        self.folder = paths.LOCAL / name
        self._claim: IO[str] | None = None

    @property
    @abc.abstractmethod
    def endpoint(self) -> str:
        """Return its URL."""

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment for programs that use it."""
        return aws_environment.local(self.endpoint, self.region)

    @abc.abstractmethod
    def start(self: Self) -> Self:
        """Start it and wait until it answers."""

    @abc.abstractmethod
    def stop(self) -> None:
        """End it and wait until it is gone."""

    def claim(self) -> None:
        """Make `folder` this emulator's alone, for as long as it runs, even after this process."""
        if self._claim is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        claim = (self.folder / ".lock").open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            claim.close()
            raise CommandError(
                f"{paths.shown(self.folder)} is in use by another run: wait until it ends, or stop it."
            ) from None
        self._claim = claim

    def __enter__(self: Self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it whatever happened."""
        self.stop()


def await_answer(owner: Owner, answers: Callable[[], bool], what: str, log: Path, seconds: float) -> None:
    """Wait until a server that was just started answers.

    Parameters
    ----------
    owner
        Whom the server belongs to.
    answers
        Asks it.
    what, log
        What people call it, and where it writes.
    seconds
        How long it may take.

    Raises
    ------
    CommandError
        If it ended, did not answer in time, or something else answered in its place.
    """
    deadline = time.monotonic() + seconds
    while not answers():
        if not owner.running():
            raise CommandError(f"{what} ended while starting; see {paths.shown(log)}.")
        if time.monotonic() > deadline:
            raise CommandError(f"{what} did not answer in {seconds:.0f} s; see {paths.shown(log)}.")
        time.sleep(0.05)
    if not owner.running():  # then something else answered on that port
        raise CommandError(f"{what} could not keep its port; see {paths.shown(log)}.")
