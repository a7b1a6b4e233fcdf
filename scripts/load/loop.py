"""An open loop: requests begin when the plan says so, however long earlier ones take.

A closed loop, which sends the next request when the last one was answered, slows down together with the API that it
measures, and so leaves out just those requests that would have had to wait ("coordinated omission"). Here each
request has a planned time, and its response time is counted from that: a wait for a free connection, or for this
program, is a wait that a client would have had.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Callable, NamedTuple, Optional

from scripts.demo.client import Poster


class Request(NamedTuple):
    """One request and what became of it; times in seconds since the loop began.

    Parameters
    ----------
    due
        When it had to be sent.
    sent
        When it was; None: never, for all workers were busy until the end.
    ended
        When its answer came, or waiting for one ended.
    status
        The HTTP status; None: no answer.
    """

    due: float
    sent: Optional[float]
    ended: float
    status: Optional[int]


class OpenLoop:
    """Posts bodies at a steady rate.

    Parameters
    ----------
    poster
        Makes one connection; called once for each worker.
    bodies
        What is posted; at least one for each planned request.
    rate
        Requests a second.
    duration_seconds
        For how long.
    workers
        How many can be under way at once.
    patience_seconds
        How long answers are waited for after the last request was due.
    """

    def __init__(
        self,
        poster: Callable[[], Poster],
        bodies: Iterator[bytes],
        rate: float,
        duration_seconds: float,
        workers: int,
        patience_seconds: float,
    ) -> None:
        self.planned = max(1, round(rate * duration_seconds))
        self.done = threading.Event()
        self._poster = poster
        self._bodies = bodies
        self._gap = 1.0 / rate
        self._workers = workers
        self._patience = patience_seconds
        # By the number of the request, so that none is lost or counted twice however the threads end.
        self._sent: dict[int, float] = {}
        self._answers: dict[int, tuple[float, Optional[int]]] = {}
        self._waiting: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._began = 0.0
        self._due = 0
        self._failure: Optional[BaseException] = None

    def start(self) -> None:
        """Begin; `done` is set when every planned request has ended, or is given up."""
        posters = [self._poster() for _ in range(self._workers)]  # which takes a while that is not the API's
        self._began = time.monotonic()
        for work in [*(partial(self._work, post) for post in posters), self._plan]:
            threading.Thread(target=self._guarded, args=(work,), daemon=True).start()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopping.set()
        self.done.set()

    def elapsed(self) -> float:
        """Return the seconds since the loop began."""
        return time.monotonic() - self._began

    def counts(self) -> tuple[int, int, int]:
        """Return how many requests were due, have ended, and are under way."""
        ended = len(self._answers)
        return self._due, ended, len(self._sent) - ended

    def ended(self) -> list[Request]:
        """Return the requests that have ended, in the order in which they did."""
        return [self._request(number, *answer) for number, answer in list(self._answers.items())]

    def result(self) -> list[Request]:
        """Return all requests that were due, those that were given up included, or raise what went wrong."""
        if self._failure is not None:
            raise self._failure
        now, answers = self.elapsed(), dict(self._answers)
        return [self._request(number, *answers.get(number, (now, None))) for number in range(self._due)]

    def _request(self, number: int, ended: float, status: Optional[int]) -> Request:
        return Request(number * self._gap, self._sent.get(number), ended, status)

    def _plan(self) -> None:
        for number in range(self.planned):
            body = next(self._bodies)
            if self._stopping.wait(max(0.0, number * self._gap - self.elapsed())):
                return
            self._due = number + 1
            self._waiting.put((number, body))
        end = self.elapsed() + self._patience
        while len(self._answers) < self.planned and self.elapsed() < end and not self._stopping.is_set():
            time.sleep(0.02)
        self.stop()

    def _work(self, post: Poster) -> None:
        while not self._stopping.is_set():
            try:
                number, body = self._waiting.get(timeout=0.5)
            except queue.Empty:
                continue
            if self._stopping.is_set():
                return
            self._sent[number] = self.elapsed()
            status = post(body)
            self._answers[number] = (self.elapsed(), status)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            self._failure = self._failure or error
            self.stop()
