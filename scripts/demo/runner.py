"""One run from an empty machine to a report: set up, seed, send, wait, analyse, check the books, report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Callable

from rich.console import Console

from scripts.demo import books as bookkeeping
from scripts.demo import measures, report
from scripts.demo.client import Sender, Sent, http_poster
from scripts.demo.diagnose import save_complaints
from scripts.demo.flow import BACKLOG, Backlog, Stillness
from scripts.demo.model import DemoError, Transaction
from scripts.demo.observe import Observer
from scripts.demo.progress import ANALYSE, STAGES, Counters, Progress, Rate
from scripts.demo.source import Source
from scripts.demo.stack import Stack
from scripts.demo.state import WAITING, Pulse, Snapshot
from scripts.demo.system import System

StartStack = Callable[[Callable[[str], None]], AbstractContextManager[Stack]]

_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Parameters
    ----------
    rate
        Transactions a second; None: as fast as the pipeline decides.
    workers
        Transactions under way at once.
    seed
        Of the generator.
    out
        Folder of the report.
    stall_seconds
        How long nothing may move before the run gives up waiting.
    """

    rate: float | None
    workers: int
    seed: int
    out: Path
    stall_seconds: float


class Run:
    """One run of the demonstration.

    Parameters
    ----------
    system
        What is demonstrated.
    source
        The transactions.
    options
        What the user asked for.
    console
        Where to show it.
    clock, sleep
        Seconds, never going back; how to wait.
    check
        Called at every step; may raise to end the run.
    """

    def __init__(
        self,
        system: System,
        source: Source,
        options: Options,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._system = system
        self._source = source
        self._options = options
        self._console = console
        self._clock = clock
        self._sleep = sleep
        self._check_interrupted = check

    def execute(self, start_stack: StartStack) -> int:
        """Do everything; return the exit status: 0 only if the books balance.

        Parameters
        ----------
        start_stack
            Gives the deployed system; called with what shows a line of progress.
        """
        started_at, began = datetime.now(timezone.utc), self._clock()
        report.forget(self._options.out)
        stages = [stage for stage in STAGES if stage != ANALYSE or self._system.analyses]
        with Progress(self._console, self._clock, self._check_interrupted, stages) as progress:
            result = self._with_stack(start_stack, started_at, progress)
            with progress.stage("report"):
                result.started_at = started_at
                result.duration_seconds = self._clock() - began
                result.stage_seconds = progress.seconds
                files = report.write(result, self._options.out)
        report.show(result, files, self._console)
        return 0 if result.books.balanced else 1

    def _with_stack(self, start_stack: StartStack, started_at: datetime, progress: Progress) -> report.Result:
        with ExitStack() as open_:
            with progress.stage("set up"):
                stack = open_.enter_context(start_stack(progress.detail))
            observer = stack.observer(self._system)
            with progress.stage("seed"):
                self._seed(observer, progress)
            with progress.stage("send"):
                sent = self._send(stack, observer, progress)
            with progress.stage("settle"):
                snapshot, stall = self._settle(sent, observer, progress)
            if self._system.analyses:
                with progress.stage(ANALYSE):
                    snapshot = observer.analyse(snapshot, progress.note)
            with progress.stage("check"):
                result = self._check(sent, snapshot, stack, stall, progress)
                if not result.books.balanced:
                    file = self._options.out / report.COMPLAINTS_NAME
                    result.complaints = save_complaints(stack.client("logs"), started_at, file)
            with progress.stage("stop"):
                open_.close()
            return result

    def _seed(self, observer: Observer, progress: Progress) -> None:
        count = observer.prepare(self._source.merchants())
        progress.note(f"{count:,} merchants configured")

    def _body(self) -> Callable[[Transaction], bytes]:
        names = {merchant.merchant_id: merchant.name for merchant in self._source.merchants()}
        return lambda transaction: self._system.body(transaction, names.get(transaction.merchant_id))

    def _send(self, stack: Stack, observer: Observer, progress: Progress) -> list[Sent]:
        url = stack.api_endpoint.rstrip("/") + self._system.submit_path
        poster = partial(http_poster, url, stack.api_key)
        sender = Sender(poster, self._body(), self._options.workers, self._options.rate)
        patience = self._options.stall_seconds + (1.0 / self._options.rate if self._options.rate else 0.0)
        rate, still, backlog = Rate(self._clock), Stillness(self._clock), Backlog(BACKLOG, self._clock)
        rate.of(0)
        sender.start(self._system.expecting(transaction) for transaction in self._source.transactions())
        try:
            while not sender.done.wait(_LOOK_EVERY_SECONDS):
                sent, waiting = len(sender.sent), observer.waiting()
                if still.seconds((sent, waiting)) > patience:
                    raise DemoError(f"the API left everything unanswered for {patience:.0f} s, {sent:,} were sent.")
                pausing = not self._options.rate and backlog.full(waiting)
                sender.pause(pausing)
                counters = self._sending(observer, sender, waiting, rate.of(sent))
                progress.update(counters, "pausing: the pipeline catches up" if pausing else "")
        finally:
            sender.stop()
        sent_all = sender.result()
        progress.update(self._sending(observer, sender, observer.waiting(), 0.0))
        return sent_all

    def _sending(self, observer: Observer, sender: Sender, waiting: int, rate: float) -> Counters:
        return Counters(
            sent=len(sender.sent),
            settled=_settled(len(sender.accepted), waiting),
            flagged=observer.flagged(),
            to_settle=max(self._source.total, len(sender.sent)),
            rate=rate,
        )

    def _settle(self, sent: list[Sent], observer: Observer, progress: Progress) -> tuple[Snapshot, str]:
        """Wait until everything accepted is at rest and announced; return what is there, and any stall."""
        made = bookkeeping.submissions(sent)
        accepted = sum(1 for submission in made if submission.outcome == bookkeeping.ACCEPTED)
        rate, still = Rate(self._clock), Stillness(self._clock)
        examined: Pulse | None = None
        while True:
            pulse = observer.pulse()
            settled = _settled(accepted, pulse.waiting)
            waits_for = f"{pulse.waiting:,} decisions" if pulse.waiting else "what follows them"
            counters = Counters(len(sent), settled, pulse.flagged, accepted, rate.of(settled))
            progress.update(counters, f"waiting for {waits_for}")
            # Reading everything is dear, so it is done only when the cheap counts say that it could be over.
            if not pulse.waiting and pulse != examined:
                snapshot, examined = observer.snapshot(), pulse
                if not _unfinished(made, snapshot):
                    return snapshot, ""
            if still.seconds(pulse) > self._options.stall_seconds:
                snapshot = observer.snapshot()
                unfinished = _unfinished(made, snapshot)
                return snapshot, self._stall(unfinished) if unfinished else ""
            self._sleep(_LOOK_EVERY_SECONDS)

    def _stall(self, unfinished: str) -> str:
        return f"Nothing moved for {self._options.stall_seconds:.0f} s while waiting for {unfinished}."

    def _check(
        self, sent: list[Sent], snapshot: Snapshot, stack: Stack, stall: str, progress: Progress
    ) -> report.Result:
        progress.note(f"{len(snapshot.rows):,} rows")
        return report.Result(
            system=self._system.name,
            books=bookkeeping.count(sent, snapshot),
            measures=measures.measure(sent, snapshot),
            input_name=self._source.name,
            unmappable=self._source.unmappable,
            seed=self._options.seed,
            rate=self._options.rate,
            workers=self._options.workers,
            emulator=stack.emulator,
            apply_seconds=stack.deployed.apply_seconds,
            restored=stack.deployed.restored,
            stall=stall,
        )


def _settled(accepted: int, waiting: int) -> int:
    """Return how many accepted transactions wait no more; a row can be there before its answer is."""
    return max(0, accepted - waiting)


def _unfinished(made: Sequence[bookkeeping.Submission], snapshot: Snapshot) -> str:
    """Say in words what is still under way; empty when nothing is."""
    outcomes = bookkeeping.outcomes_of(made, snapshot.rows)
    missing = {
        "rows": sum(1 for submission, _ in outcomes.accepted if submission.transaction_id not in snapshot.rows),
        "decisions": sum(1 for _, row in outcomes.accepted if row is not None and row.status == WAITING),
    }
    for findings in snapshot.findings:
        missing.update(findings.unfinished(outcomes))
    return ", ".join(f"{count:,} {what}" for what, count in missing.items() if count)
