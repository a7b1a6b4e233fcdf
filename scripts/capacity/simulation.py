"""The flagship as events on a clock: requests arrive, messages wait, batches are decided."""

from __future__ import annotations

import heapq
import itertools
import math
import random

from scripts.capacity.fifo import FifoQueue
from scripts.capacity.functions import Account, Function
from scripts.capacity.latency import Draws
from scripts.capacity.load import Load, Trace
from scripts.capacity.meter import Meter
from scripts.capacity.outcome import Outcome
from scripts.capacity.settings import Settings
from scripts.capacity.tables import Tables

WARM_UP = 0.2
"""Share of the run that is not measured."""
DRAIN_SECONDS = 5.0
"""After which what is still undecided counts as never decided."""
HOPELESS_SECONDS = 6.0
"""A queue as long as what comes in this time will not be worked off within the run."""
_TICK = 0.1
_RETRY = 0.1

_ACCEPTED, _START, _DONE, _TICKED = range(4)
Batch = tuple[list[int], list[int]]


class Simulation:
    """One run.

    Times are in seconds from its beginning. Arrivals come from a list; all else is an event in a heap, ordered by time
    and then by creation, so that the same seed gives the same run.

    Parameters
    ----------
    settings
        Of what.
    load
        Under what.
    seed
        Of all that is drawn.
    gives_up
        Whether to break off once the load is hopelessly too much.
    drain_seconds
        How long the run goes on after the last arrival.
    """

    def __init__(
        self,
        settings: Settings,
        load: Load | Trace,
        seed: int = 1,
        gives_up: bool = True,
        drain_seconds: float = DRAIN_SECONDS,
    ) -> None:
        self._settings = settings
        self._load = load
        self._gives_up = gives_up
        self._end = load.seconds + drain_seconds
        self._arrivals, self._accounts = load.arrivals(seed)
        self._events: list[tuple[float, int, int, object]] = []
        self._order = itertools.count()
        self._draw(settings, random.Random(seed + 1))  # noqa: S311 - a simulation
        self._meter(settings)
        shared = Account(settings.concurrency - settings.reserved_concurrency)
        warm = None if settings.is_warm else 0
        self._ingest = Function(settings, shared, 0, None if settings.is_warm else settings.provisioned_concurrency)
        self._process = Function(
            settings, None if settings.reserved_concurrency else shared, settings.reserved_concurrency, warm
        )
        self._tables = Tables(settings)
        self._queue = FifoQueue(settings.batch_size, settings.look_ahead)
        self._batches_at_once: float = (
            settings.maximum_concurrency
            if settings.is_warm
            else min(settings.mapping_start, settings.maximum_concurrency)
        )
        self._under_way = 0
        endless = [math.inf] * len(self._arrivals)
        self._outcome = Outcome(
            seconds=load.seconds,
            measured_from=WARM_UP * load.seconds if settings.is_warm else 0.0,
            arrived_at=self._arrivals,
            accounts=self._accounts,
            accepted_at=endless,
            decided_at=list(endless),
        )

    def _draw(self, settings: Settings, rng: random.Random) -> None:
        times = settings.times
        self._gateway = Draws(times.gateway, rng)
        self._put_item = Draws(times.put_item, rng)
        self._send_message = Draws(times.send_message, rng)
        self._answer = Draws(times.answer, rng)
        self._queue_to_function = Draws(times.queue_to_function, rng)
        self._read_accounts = Draws(times.read_accounts, rng)
        self._commit = Draws(times.commit, rng)
        self._delete = Draws(times.delete_messages, rng)

    def _meter(self, settings: Settings) -> None:
        is_full = not settings.is_warm
        self._account_rate = Meter(settings.api_account_rate, settings.api_account_burst, is_full)
        self._key_rate = Meter(settings.api_rate, settings.api_burst, is_full)
        calls = settings.fifo_calls if settings.is_high_throughput else settings.fifo_partition_calls
        self._sends, self._receives, self._deletes = (Meter(calls, calls / 10, is_full) for _ in range(3))
        self._sends_of: dict[int, Meter] = {}

    def run(self) -> Outcome:
        """Run to the end; return what came of it."""
        arrivals, events = self._arrivals, self._events
        self._at(_TICK, _TICKED, None)
        following, count = 0, len(arrivals)
        end = self._end
        while not self._outcome.gave_up:
            if following < count and (not events or arrivals[following] <= events[0][0]):
                self._arrive(following, arrivals[following])
                following += 1
            elif events and events[0][0] <= end:
                now, _, kind, what = heapq.heappop(events)
                self._happen(now, kind, what)
            else:
                break
        return self._outcome

    @property
    def cold_starts(self) -> int:
        """Return how many environments were started."""
        return self._ingest.cold_starts + self._process.cold_starts

    def _at(self, when: float, kind: int, what: object) -> None:
        heapq.heappush(self._events, (when, next(self._order), kind, what))

    def _happen(self, now: float, kind: int, what: object) -> None:
        if kind == _ACCEPTED:
            assert isinstance(what, int)
            self._outcome.accepted_at[what] = now
            self._queue.add(what, self._accounts[what])
            self._dispatch(now)
        elif kind == _TICKED:
            self._tick(now)
        else:
            assert isinstance(what, tuple)
            if kind == _START:
                self._start(now, what)
            else:
                self._under_way -= 1
                self._queue.delete(*what)
                self._dispatch(now)

    def _arrive(self, transaction: int, now: float) -> None:
        limit = self._admit(transaction, now)
        if limit:
            self._outcome.refused[limit] = self._outcome.refused.get(limit, 0) + 1

    def _admit(self, transaction: int, now: float) -> str:
        """Take a request through gateway and `ingest`; return the limit that refuses it, or nothing."""
        if self._key_rate.wait(now) > 0:
            return "api_rate"
        if not self._account_rate.admits(now):
            return "api_account_rate"
        self._key_rate.take(now)
        refusal = self._ingest.refusal(now)
        if refusal:
            return refusal
        patience = self._settings.times.patience
        account = self._accounts[transaction]
        name, wait = self._tables.accept(transaction, account, now, patience)
        if wait == math.inf:
            return name
        queue_wait = self._send(account, now, patience)
        if queue_wait == math.inf:
            return "fifo_calls"
        start = self._settings.times.ingest_cold if self._ingest.needs_start(now) else 0.0
        function = start + self._settings.times.ingest_cpu + self._put_item() + wait + self._send_message() + queue_wait
        gateway, answer = self._gateway(), self._answer()
        self._ingest.run(now, function + answer)
        self._outcome.work_seconds += function + answer
        self._slow(name, wait)
        self._slow("fifo_calls", queue_wait)
        self._at(now + gateway / 2 + function, _ACCEPTED, transaction)
        if now >= self._outcome.measured_from:
            self._outcome.api_seconds.append(gateway + function + answer)
        return ""

    def _send(self, account: int, now: float, patience: float) -> float:
        """Send a message; return how long that has to wait, endlessly if it is given up."""
        meter = self._sends_of.get(account)
        if meter is None:
            calls = self._settings.fifo_partition_calls
            meter = self._sends_of[account] = Meter(calls, calls / 10)
        wait = max(self._sends.wait(now), meter.wait(now))
        if wait > patience:
            return math.inf
        self._sends.take(now)
        meter.take(now)
        return wait

    def _dispatch(self, now: float) -> None:
        while self._queue.is_ready and self._under_way < int(self._batches_at_once):
            batch = self._queue.take()
            self._under_way += 1
            wait = self._receives.take(now)
            self._hold("fifo_calls", wait * len(batch[0]))
            self._at(now + wait + self._queue_to_function(), _START, batch)

    def _start(self, now: float, batch: Batch) -> None:
        """Let `process` begin a batch, or try again a little later."""
        transactions, accounts = batch
        refusal = self._process.refusal(now)
        if refusal:
            self._hold(refusal, _RETRY * len(transactions))
            self._at(now + _RETRY, _START, batch)
            return
        times = self._settings.times
        start = times.process_cold if self._process.needs_start(now) else 0.0
        name, wait = self._tables.commit(transactions, accounts, self._accounts, now)
        work = times.process_batch_cpu + len(transactions) * times.process_cpu
        seconds = start + work + self._read_accounts() + wait + self._commit()
        self._process.run(now, seconds)
        committed = now + seconds
        for transaction in transactions:
            self._outcome.decided_at[transaction] = committed
        self._outcome.batches += 1
        self._outcome.work_seconds += seconds
        self._slow(name, wait)
        deleted = committed + self._deletes.take(now) + self._delete()
        self._at(deleted, _DONE, batch)

    def _slow(self, limit: str, seconds: float) -> None:
        """Count that a function waited for a limit."""
        if seconds > 0:
            self._outcome.slowed[limit] = self._outcome.slowed.get(limit, 0.0) + seconds

    def _tick(self, now: float) -> None:
        """Look at what waits, and for what; let the mapping grow."""
        queue, waiting = self._queue, self._queue.waiting
        if now <= self._load.seconds:
            self._outcome.peak_waiting = max(self._outcome.peak_waiting, waiting)
        if queue.is_ready:
            is_grown = self._batches_at_once >= self._settings.maximum_concurrency
            self._hold("maximum_concurrency" if is_grown else "mapping_growth", waiting * _TICK)
            if not is_grown:
                more = self._batches_at_once + self._settings.mapping_growth * _TICK
                self._batches_at_once = min(more, self._settings.maximum_concurrency)
                self._dispatch(now)
        elif queue.beyond:
            self._hold("look_ahead", waiting * _TICK)
        elif waiting:
            self._hold("account_order", waiting * _TICK)
        self._outcome.gave_up = self._gives_up and waiting > HOPELESS_SECONDS * self._load.rate
        self._at(now + _TICK, _TICKED, None)

    def _hold(self, limit: str, seconds: float) -> None:
        if seconds > 0:
            self._outcome.held[limit] = self._outcome.held.get(limit, 0.0) + seconds
