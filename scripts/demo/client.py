"""Sends transactions to the API: in order within an account, at a rate, and again until there is an answer.

An account's next transaction is sent only after its previous one was answered, so the order of acceptance is
known. Accounts are a chain each; any idle worker takes the next account that has something to send.
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable, Optional, Protocol
from urllib.parse import urlsplit

import requests

from scripts.demo.model import DemoError, Transaction

BUFFERED_PER_WORKER = 32
"""Transactions read ahead for each worker: enough to find idle accounts, little enough for any input."""
GIVE_UP_AFTER = 25
"""Transactions in a row that no attempt got an answer for: then the API is down, not slow."""
STOP_SECONDS = 5.0
"""How long stopping waits for calls that nobody answers."""
_ACCEPTED = frozenset({200, 202})
_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_LONGEST_CATCH_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Retry:
    """How often and how fast to try again: full jitter below an exponentially growing bound.

    Parameters
    ----------
    attempts
        All attempts, the first one included.
    base_seconds, longest_seconds
        Bound of the first pause, and of any pause.

    """

    attempts: int = 8
    base_seconds: float = 0.2
    longest_seconds: float = 8.0

    def pause(self, attempt: int, rng: random.Random) -> float:
        """Return how long to wait after the failed `attempt` (1 is the first)."""
        bound = min(self.longest_seconds, self.base_seconds * float(2 ** (attempt - 1)))
        return rng.uniform(0.0, bound)


class Sent:
    """One sending of one transaction, and how the API answered.

    Attributes
    ----------
    transaction
        What was sent.
    fingerprint
        SHA-256 of the body: tells a repeat of a transaction from another one under the same id.
    order
        Place among all sendings; within an account the order of acceptance.
    sent_at
        Time of the first attempt, seconds since 1970.
    status
        The HTTP status, None if no attempt was answered for good.
    seconds
        How long the last attempt took.
    attempts
        How many there were.

    """

    __slots__ = ("attempts", "fingerprint", "order", "seconds", "sent_at", "status", "transaction")

    def __init__(
        self,
        transaction: Transaction,
        body: bytes,
        order: int,
        sent_at: float,
        status: Optional[int],
        seconds: float,
        attempts: int,
    ) -> None:
        self.transaction = transaction
        self.fingerprint = hashlib.sha256(body).hexdigest()
        self.order = order
        self.sent_at = sent_at
        self.status = status
        self.seconds = seconds
        self.attempts = attempts


class Poster(Protocol):
    """One connection to the API."""

    def __call__(self, body: bytes) -> Optional[int]:
        """Post `body`; return the HTTP status, or None if there was no answer."""
        ...


def http_poster(url: str, api_key: str, timeout_seconds: float = 30.0, token: str = "") -> Poster:
    """Return a poster with a connection of its own, kept open.

    Parameters
    ----------
    url
        Where transactions are posted.
    api_key
        Sent as x-api-key; empty: the API demands none.
    timeout_seconds
        Until an attempt counts as unanswered.
    token
        Sent as a bearer's; empty: the API demands none.

    """
    session = requests.Session()
    session.headers.update({"content-type": "application/json"})
    if api_key:
        session.headers["x-api-key"] = api_key
    if token:
        session.headers["authorization"] = f"Bearer {token}"
    # A proxy of the user's environment must not be asked for an address on this machine.
    session.trust_env = urlsplit(url).hostname not in ("127.0.0.1", "localhost")

    def post(body: bytes) -> Optional[int]:
        try:
            return session.post(url, data=body, timeout=(5.0, timeout_seconds)).status_code
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            return None

    return post


class Pace:
    """A schedule of sending times, shared by all workers.

    Parameters
    ----------
    rate
        Transactions a second; None: no schedule.
    clock
        Seconds, never going back.

    """

    def __init__(self, rate: Optional[float], clock: Callable[[], float] = time.monotonic) -> None:
        self._gap = 1.0 / rate if rate else 0.0
        self._clock = clock
        self._next: Optional[float] = None
        self._lock = threading.Lock()

    def wait_seconds(self) -> float:
        """Take the next place in the schedule; return how long to wait for it."""
        if not self._gap:
            return 0.0
        with self._lock:
            now = self._clock()
            # Time lost is caught up, but only a little of it: a stall must not be followed by a flood.
            due = now if self._next is None else max(self._next, now - _LONGEST_CATCH_UP_SECONDS)
            self._next = due + self._gap
            return max(0.0, due - now)


class Sender:
    """Sends transactions from several workers and remembers every answer.

    Parameters
    ----------
    poster
        Makes one connection; called once for each worker.
    body
        Writes a transaction as the API wants it.
    workers
        How many transactions can be under way at once.
    rate
        Transactions a second; None: as fast as possible.
    retry
        How to try again.

    """

    def __init__(
        self,
        poster: Callable[[], Poster],
        body: Callable[[Transaction], bytes],
        workers: int,
        rate: Optional[float] = None,
        retry: Retry = Retry(),
    ) -> None:
        self.sent: list[Sent] = []
        self.accepted: set[str] = set()
        self.done = threading.Event()
        self._poster = poster
        self._body = body
        self._worker_count = workers
        self._retry = retry
        self._pace = Pace(rate)
        self._stopping = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self._failure: Optional[BaseException] = None
        self._lock = threading.Lock()
        self._chains: dict[str, deque[Transaction]] = {}
        self._ready: queue.SimpleQueue[Optional[str]] = queue.SimpleQueue()
        self._room = threading.BoundedSemaphore(workers * BUFFERED_PER_WORKER)
        self._next_order = 0
        self._unanswered_in_a_row = 0
        self._threads: list[threading.Thread] = []

    def start(self, transactions: Iterable[Transaction]) -> None:
        """Begin to send `transactions`; `done` is set when all have been answered or given up."""
        workers = [threading.Thread(target=self._guarded, args=(self._work,)) for _ in range(self._worker_count)]
        reader = threading.Thread(target=self._guarded, args=(lambda: self._read(transactions, workers),))
        self._threads = [*workers, reader]  # the reader comes last: it waits for workers that must have started
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def pause(self, pausing: bool) -> None:
        """Let no further transaction begin, or let them begin again."""
        if pausing:
            self._flowing.clear()
        else:
            self._flowing.set()

    def stop(self) -> None:
        """End as soon as the attempts under way have been answered, or leave them to end with the process."""
        self._stopping.set()
        for _ in range(self._worker_count):
            self._ready.put(None)
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def result(self) -> list[Sent]:
        """Return everything sent, in the order of sending, or raise what went wrong."""
        if self._failure is not None:
            raise self._failure
        return sorted(self.sent, key=lambda sent: sent.order)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Carry any error of a thread to the one who asks for the result, who raises it there."""
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            self._failure = self._failure or error
            self._stopping.set()
            for _ in range(self._worker_count):
                self._ready.put(None)
            self.done.set()

    def _read(self, transactions: Iterable[Transaction], workers: list[threading.Thread]) -> None:
        for transaction in transactions:
            while not self._room.acquire(timeout=0.5):
                if self._stopping.is_set():
                    break
            if self._stopping.is_set():
                break
            with self._lock:
                chain = self._chains.get(transaction.account_id)
                if chain is None:
                    self._chains[transaction.account_id] = deque([transaction])
                    self._ready.put(transaction.account_id)
                else:
                    chain.append(transaction)
        self._wait_until_sent()
        for _ in workers:
            self._ready.put(None)
        for worker in workers:
            worker.join()
        self.done.set()

    def _wait_until_sent(self) -> None:
        # All room is free again when nothing is buffered and nothing is under way.
        for _ in range(self._worker_count * BUFFERED_PER_WORKER):
            while not self._room.acquire(timeout=0.5):
                if self._stopping.is_set():
                    return

    def _work(self) -> None:
        post = self._poster()
        rng = random.Random()  # noqa: S311 - jitter
        while not self._stopping.is_set():
            account_id = self._ready.get()
            if account_id is None:
                return
            with self._lock:
                transaction = self._chains[account_id][0]
            while not self._flowing.wait(0.5) and not self._stopping.is_set():
                continue
            if self._stopping.wait(self._pace.wait_seconds()):
                return
            self._remember(self._send(post, transaction, rng))
            with self._lock:
                chain = self._chains[account_id]
                chain.popleft()
                if chain:
                    self._ready.put(account_id)
                else:
                    del self._chains[account_id]
            with contextlib.suppress(ValueError):  # the reader may have stopped counting
                self._room.release()

    def _send(self, post: Poster, transaction: Transaction, rng: random.Random) -> Sent:
        with self._lock:
            order = self._next_order
            self._next_order += 1
        body = self._body(transaction)
        sent_at = time.time()
        status: Optional[int] = None
        for attempt in range(1, self._retry.attempts + 1):
            began = time.perf_counter()
            status = post(body)
            seconds = time.perf_counter() - began
            if status is not None and status not in _TRANSIENT:
                break
            last = attempt == self._retry.attempts
            if last or self._stopping.wait(self._retry.pause(attempt, rng)):
                break
        return Sent(transaction, body, order, sent_at, status, seconds, attempt)

    def _remember(self, sent: Sent) -> None:
        if sent.status in (401, 403):
            raise DemoError(
                f"the API refused the key (HTTP {sent.status}): none was found, or it does not belong to this stage."
            )
        with self._lock:
            self.sent.append(sent)
            if sent.status in _ACCEPTED:
                self.accepted.add(sent.transaction.transaction_id)
            answered = sent.status is not None and sent.status not in _TRANSIENT
            self._unanswered_in_a_row = 0 if answered else self._unanswered_in_a_row + 1
            if self._unanswered_in_a_row < GIVE_UP_AFTER:
                return
        last = f"HTTP {sent.status}" if sent.status else "no answer at all"
        raise DemoError(
            f"the API does not answer: {GIVE_UP_AFTER} transactions in a row failed after {sent.attempts} attempts"
            f" each, the last with {last}. Look at the logs of the local stack."
        )
