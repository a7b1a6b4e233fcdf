"""What bounds the job: time, and how much is fetched ahead of what is being read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, TypeVar

from pipeline.domain.errors import PipelineError

Given = TypeVar("Given")
Result = TypeVar("Result")

AHEAD = 8


class OutOfTimeError(PipelineError):
    """The function's time does not suffice; what was read so far proves nothing of the rest."""


def fetched_ahead(fetch: Callable[[Given], Result], wanted: Iterable[Given]) -> Iterator[tuple[Given, Result]]:
    """Yield what `fetch` returns for each of `wanted`, in their order, while the next few are on their way."""
    with ThreadPoolExecutor(AHEAD) as pool:
        underway: deque[tuple[Given, Future[Result]]] = deque()
        for one in wanted:
            underway.append((one, pool.submit(fetch, one)))
            if len(underway) >= AHEAD:
                given, future = underway.popleft()
                yield given, future.result()
        for given, future in underway:
            yield given, future.result()
