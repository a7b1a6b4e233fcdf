"""One run from an empty machine to a report: set up, seed, send, wait, check the books, report."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Callable

from rich.console import Console

from scripts.demo import books as bookkeeping
from scripts.demo import measures, report
from scripts.demo.client import Sender, Sent, http_poster
from scripts.demo.diagnose import save_complaints
from scripts.demo.flow import BACKLOG, Backlog, Stillness
from scripts.demo.model import DemoError
from scripts.demo.observe import Observer, Pulse, Row, Snapshot
from scripts.demo.progress import Counters, Progress, Rate
from scripts.demo.source import Source
from scripts.demo.stack import Stack
from scripts.demo.system import System

StartStack = Callable[[Callable[[str], None]], AbstractContextManager[Stack]]

STALL_SECONDS = 200.0
"""Longer than the queue hides a message whose function died (180 s), so that its second try still counts."""
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
    stall_seconds: float = STALL_SECONDS


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
        self._commits_before = 0
        self._cases_before = 0

    def execute(self, start_stack: StartStack) -> int:
        """Do everything; return the exit status: 0 only if the books balance.

        Parameters
        ----------
        start_stack
            Gives the deployed system; called with what shows a line of progress.
        """
        started_at, began = datetime.now(timezone.utc), self._clock()
        report.forget(self._options.out)
        with Progress(self._console, self._clock, self._check_interrupted) as progress:
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
            with progress.stage("check"):
                result = self._check(sent, snapshot, stack, stall, progress)
                if not result.books.balanced:
                    file = self._options.out / report.COMPLAINTS_NAME
                    result.complaints = save_complaints(stack.client("logs"), started_at, file)
            with progress.stage("stop"):
                open_.close()
            return result

    def _seed(self, observer: Observer, progress: Progress) -> None:
        count = observer.seed_merchants(self._source.merchants())
        progress.note(f"{count:,} merchants configured")
        self._commits_before = sum(observer.commits().values())
        self._cases_before = observer.case_count()

    def _send(self, stack: Stack, observer: Observer, progress: Progress) -> list[Sent]:
        url = stack.api_endpoint.rstrip("/") + self._system.submit_path
        sender = Sender(lambda: http_poster(url, stack.api_key), self._options.workers, self._options.rate)
        patience = self._options.stall_seconds + (1.0 / self._options.rate if self._options.rate else 0.0)
        rate, still = Rate(self._clock), Stillness(self._clock)
        backlog = Backlog(BACKLOG, observer.waiting, self._clock)
        rate.of(0)
        sender.start(self._source.transactions())
        try:
            while not sender.done.wait(_LOOK_EVERY_SECONDS):
                sent = len(sender.sent)
                counters = self._sending(observer, sent, rate.of(sent))
                if still.seconds((sent, counters.settled)) > patience:
                    raise DemoError(f"the API left everything unanswered for {patience:.0f} s, {sent:,} were sent.")
                pausing = not self._options.rate and backlog.full(len(sender.accepted), counters.settled)
                sender.pause(pausing)
                progress.update(counters, "pausing: the pipeline catches up" if pausing else "")
        finally:
            sender.stop()
        sent_all = sender.result()
        progress.update(self._sending(observer, len(sent_all), 0.0))
        return sent_all

    def _sending(self, observer: Observer, sent: int, rate: float) -> Counters:
        return Counters(
            sent=sent,
            settled=sum(observer.commits().values()) - self._commits_before,
            flagged=observer.case_count() - self._cases_before,
            to_settle=max(self._source.total, sent),
            rate=rate,
        )

    def _settle(self, sent: list[Sent], observer: Observer, progress: Progress) -> tuple[Snapshot, str]:
        """Wait until everything accepted is at rest and announced; return what is there, and any stall."""
        accepted = {
            submission.first.transaction.transaction_id
            for submission in bookkeeping.submissions(sent, self._system)
            if submission.outcome == bookkeeping.ACCEPTED
        }
        rate, still = Rate(self._clock), Stillness(self._clock)
        examined: Pulse | None = None
        while True:
            pulse = observer.pulse()
            waits_for = f"{pulse.waiting:,} decisions" if pulse.waiting else "events and cases"
            counters = self._settling(pulse, len(sent), len(accepted), rate.of(pulse.commits))
            progress.update(counters, f"waiting for {waits_for}")
            # Reading everything is dear, so it is done only when the cheap counts say that it could be over.
            if not pulse.waiting and pulse != examined:
                snapshot, examined = observer.snapshot(), pulse
                if not self._unfinished(accepted, snapshot):
                    return snapshot, ""
            if still.seconds(pulse) > self._options.stall_seconds:
                snapshot = observer.snapshot()
                unfinished = self._unfinished(accepted, snapshot)
                return snapshot, self._stall(unfinished) if unfinished else ""
            self._sleep(_LOOK_EVERY_SECONDS)

    def _settling(self, pulse: Pulse, sent: int, accepted: int, rate: float) -> Counters:
        return Counters(
            sent=sent,
            settled=pulse.commits - self._commits_before,
            flagged=pulse.cases - self._cases_before,
            to_settle=accepted,
            rate=rate,
        )

    def _stall(self, unfinished: str) -> str:
        return f"Nothing moved for {self._options.stall_seconds:.0f} s while waiting for {unfinished}."

    def _unfinished(self, accepted: set[str], snapshot: Snapshot) -> str:
        """Say in words what is still under way; empty when nothing is."""
        rows = [snapshot.rows[id_] for id_ in accepted if id_ in snapshot.rows]
        decided = [row for row in rows if row.outcome is not None]
        routed = [row for row in snapshot.rows.values() if self._system.high_value_route in row.routes]
        missing = {
            "rows": len(accepted) - len(rows),
            "decisions": sum(1 for row in rows if row.status == self._system.waiting),
            "announcements": sum(1 for row in decided if row.transaction_id not in snapshot.archive.decided),
            "cases": sum(1 for row in decided if self._lacks_case(row, snapshot)),
            "priority messages": max(0, len(routed) - snapshot.priority_messages),
        }
        return ", ".join(f"{count:,} {what}" for what, count in missing.items() if count)

    def _lacks_case(self, row: Row, snapshot: Snapshot) -> bool:
        return row.outcome in self._system.flagged and row.transaction_id not in snapshot.cases

    def _check(
        self, sent: list[Sent], snapshot: Snapshot, stack: Stack, stall: str, progress: Progress
    ) -> report.Result:
        progress.note(f"{len(snapshot.rows):,} rows, {len(snapshot.archive.deliveries):,} events")
        return report.Result(
            system=self._system.name,
            books=bookkeeping.count(sent, snapshot, self._system),
            measures=measures.measure(sent, snapshot, self._system),
            input_name=self._source.name,
            unmappable=self._source.unmappable,
            seed=self._options.seed,
            rate=self._options.rate,
            workers=self._options.workers,
            emulator=stack.emulator,
            apply_seconds=stack.apply_seconds,
            restored=stack.restored,
            stall=stall,
        )
