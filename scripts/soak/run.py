"""One soak: deploy, load with faults, wait until all is at rest, count the books."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from scripts import paths, systems
from scripts.demo import report as demo_report
from scripts.demo.client import Retry, Sender, Sent, http_poster
from scripts.demo.diagnose import save_complaints
from scripts.demo.flow import Stillness
from scripts.demo.model import DemoError, Transaction
from scripts.demo.observe import Observer
from scripts.demo.progress import Progress, Rate
from scripts.demo.runner import Options, Run
from scripts.demo.source import GeneratedSource
from scripts.demo.stack import Stack, start_local_stack
from scripts.demo.state import Snapshot
from scripts.demo.system import System
from scripts.soak import report
from scripts.soak.chaos import Chaos
from scripts.soak.emulator import FaultyMiniStack
from scripts.soak.judgement import judge
from scripts.soak.operator import Release, release
from scripts.soak.schedule import Fault

STAGES = ("set up", "seed", "send", "settle", "release", "check", "stop", "report")
_PATIENT = Retry(attempts=60, longest_seconds=3.0)
"""How a client tries again: with the same id, until the longest fault is long over."""
_LOOK_EVERY_SECONDS = 0.5
_STILL_SECONDS, _LONGEST_DRAIN_SECONDS = 8.0, 60.0
_MORE_PATIENCE_SECONDS = 40.0
"""Beyond the longest time for which a queue hides a message whose function was killed."""
_WARM = 20
"""Answers after which the load has begun."""


class Soak(Run):
    """One run; see `Run`.

    Parameters
    ----------
    system
        What is under load.
    source
        The transactions.
    options
        What the user asked for; with a rate.
    faults
        What strikes, and when.
    seconds
        For how long there is load, at least.
    console
        Where to show it.
    check
        Called at every step; may raise to end the run.
    """

    def __init__(
        self,
        system: System,
        source: GeneratedSource,
        options: Options,
        faults: Sequence[Fault],
        seconds: float,
        console: Console,
        check: Callable[[], None],
    ) -> None:
        super().__init__(system, source, options, console, check=check)
        self._faults = faults
        self._seconds = seconds
        self._deployable = systems.named(system.name)
        self._server = FaultyMiniStack("soak", region=self._deployable.region)
        self._chaos: Chaos | None = None
        self._release = Release()

    def soak(self) -> int:
        """Do everything; return the exit status: 0 only if all that has to hold does."""
        started_at, began = datetime.now(timezone.utc), time.monotonic()
        demo_report.forget(self._options.out)
        with Progress(self._console, self._clock, self._check_interrupted, STAGES, program="soak") as progress:
            start = partial(start_local_stack, self._deployable, emulator=self._server)
            with progress.stage("set up"):
                context = start(progress.detail)
                stack = context.__enter__()
            try:
                result, sent, snapshot = self._on(stack, started_at, progress)
            finally:
                context.__exit__(None, None, None)
            result.started_at, result.duration_seconds = started_at, time.monotonic() - began
            result.stage_seconds = progress.seconds
        assert self._chaos is not None
        content = report.document(result, sent, snapshot, self._chaos, self._server.control.struck(), self._release)
        files = report.write(content, self._options.out)
        report.show(content, files, self._console)
        return 0 if result.books.balanced else 1

    def _on(
        self, stack: Stack, started_at: datetime, progress: Progress
    ) -> tuple[demo_report.Result, list[Sent], Snapshot]:
        self._options = replace(self._options, stall_seconds=patience_seconds(stack.client("sqs")))
        observer = stack.observer(self._system)
        with progress.stage("seed"):
            self._seed(observer, progress)
        with progress.stage("send"):
            sent = self._send(stack, observer, progress)
        with progress.stage("settle"):
            snapshot, stall = self._settle(sent, observer, progress)
        given_up = list(snapshot.rows.values())
        with progress.stage("release"):
            self._release = release(stack, snapshot, self._options.out)
            if self._release.accounts:
                snapshot, stall = super()._settle(sent, observer, progress)
        with progress.stage("check"):
            result = self._check(sent, snapshot, stack, stall, progress)
            assert self._chaos is not None
            struck = self._server.control.struck()
            kinds = {fault.kind for fault in self._faults}
            judge(result.books, given_up, self._release, kinds, struck, self._chaos.episodes)
            if not result.books.balanced:
                file = self._options.out / demo_report.COMPLAINTS_NAME
                file.parent.mkdir(parents=True, exist_ok=True)
                result.complaints = save_complaints(stack.client("logs"), started_at, file)
        return result, sent, snapshot

    def _send(self, stack: Stack, observer: Observer, progress: Progress) -> list[Sent]:
        """Keep the load up, and let the faults strike meanwhile."""
        url = stack.api_endpoint.rstrip("/") + self._system.submit_path
        poster = partial(http_poster, url, stack.api_key)
        sender = Sender(poster, self._body(), self._options.workers, self._options.rate, _PATIENT)
        rate, still = Rate(self._clock), Stillness(self._clock)
        sender.start(self._load())
        try:
            self._warm_up(sender, progress)
            chaos = self._chaos = Chaos(
                self._faults, self._server, stack.client("kms"), stack.output("kms_key_arn"),
                tolerated=round(self._options.rate or 0) + 1,
                restart=partial(self._restart, sender, observer, progress),
            )  # fmt: skip
            while not (sender.done.wait(_LOOK_EVERY_SECONDS) and chaos.over):
                if sender.done.is_set():
                    time.sleep(_LOOK_EVERY_SECONDS)
                chaos.strike()
                waiting = _looked(observer)
                if still.seconds((len(sender.sent), waiting)) > self._options.stall_seconds:
                    raise DemoError(
                        f"nothing was answered for {self._options.stall_seconds:.0f} s, {len(sender.sent):,} were sent"
                        f" before: look at {paths.shown(self._server.log)}."
                    )
                if waiting is None:
                    continue
                chaos.see(len(sender.sent), waiting)
                progress.update(self._sending(observer, sender, waiting, rate.of(len(sender.sent))), chaos.active)
        finally:
            sender.stop()
            if self._chaos is not None:
                self._chaos.end()
        return sender.result()

    def _restart(self, sender: Sender, observer: Observer, progress: Progress) -> None:
        """Restart the emulator from its saved state, once nothing moves that it would not save.

        It saves rows, messages and objects, but neither workflows on their way nor the records of a stream
        that nobody has read yet, which AWS would never lose.
        """
        sender.pause(True)
        try:
            still, deadline = Stillness(self._clock), time.monotonic() + _LONGEST_DRAIN_SECONDS
            while still.seconds(observer.pulse()) < _STILL_SECONDS and time.monotonic() < deadline:
                progress.detail("nothing new, until nothing moves that a restart would not save")
                time.sleep(_LOOK_EVERY_SECONDS)
            self._server.restart_from_saved_state()
        finally:
            sender.pause(False)

    def _load(self) -> Iterator[Transaction]:
        """Yield transactions until the time is over and every fault has struck."""
        began = self._clock()
        for transaction in self._source.transactions():
            if self._clock() - began > self._seconds and self._chaos is not None and self._chaos.over:
                return
            yield self._system.expecting(transaction)

    def _warm_up(self, sender: Sender, progress: Progress) -> None:
        """Wait for the first answers: the functions' first starts are no faults."""
        deadline = time.monotonic() + self._options.stall_seconds
        while len(sender.sent) < _WARM and not sender.done.is_set():
            if time.monotonic() > deadline:
                raise DemoError("the API answered nothing: look at the logs of the local stack.")
            progress.detail("the functions start")
            time.sleep(_LOOK_EVERY_SECONDS)

    def _settle(self, sent: list[Sent], observer: Observer, progress: Progress) -> tuple[Snapshot, str]:
        """Wait until everything is at rest, and note when the backlog of the last faults was gone."""
        assert self._chaos is not None
        chaos, deadline = self._chaos, time.monotonic() + self._options.stall_seconds
        while any(episode.recovered is None for episode in chaos.episodes) and time.monotonic() < deadline:
            waiting = observer.waiting()
            chaos.see(len(sent), waiting)
            progress.detail(f"{waiting:,} undecided")
            time.sleep(_LOOK_EVERY_SECONDS)
        return super()._settle(sent, observer, progress)


def patience_seconds(sqs: Any) -> float:
    """Return how long nothing may move before a run is over, given the queues that there are."""
    named = ["VisibilityTimeout"]
    urls = sqs.list_queues().get("QueueUrls", [])
    found = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=named)["Attributes"] for url in urls]
    return max((float(each["VisibilityTimeout"]) for each in found), default=0.0) + _MORE_PATIENCE_SECONDS


def _looked(observer: Observer) -> int | None:
    """Return how many are undecided; None while the local AWS cannot say."""
    try:
        return observer.waiting()
    except (BotoCoreError, ClientError):
        return None
