"""The FIFO queue: message groups, one batch of a group at a time, and how far SQS looks ahead."""

from __future__ import annotations

from collections import deque


class FifoQueue:
    """Messages in order of arrival, given out in order within each group.

    A group whose messages are under way gives out no more until they are deleted. Groups take their turn as they become
    free; a batch takes as many of one group as it can before it goes on to the next, as SQS does.

    Parameters
    ----------
    batch_size
        Messages in a batch.
    look_ahead
        Messages from the front, those under way included, among which groups are looked for.
    """

    def __init__(self, batch_size: int, look_ahead: int) -> None:
        self._batch_size = batch_size
        self._look_ahead = look_ahead
        self._groups: dict[int, deque[int]] = {}
        self._ready: deque[int] = deque()
        self._locked: set[int] = set()
        self._seen = 0
        self._beyond: deque[tuple[int, int]] = deque()
        self.waiting = 0

    @property
    def is_ready(self) -> bool:
        """Say whether a batch can be taken."""
        return bool(self._ready)

    @property
    def beyond(self) -> int:
        """Return how many messages lie where SQS does not look."""
        return len(self._beyond)

    def add(self, message: int, group: int) -> None:
        """Put a message at the end."""
        self.waiting += 1
        if self._seen < self._look_ahead:
            self._show(message, group)
        else:
            self._beyond.append((message, group))

    def take(self) -> tuple[list[int], list[int]]:
        """Give out a batch; return its messages and their groups, which are locked."""
        messages: list[int] = []
        groups: list[int] = []
        while self._ready and len(messages) < self._batch_size:
            group = self._ready.popleft()
            waiting = self._groups[group]
            count = min(self._batch_size - len(messages), len(waiting))
            messages.extend(waiting.popleft() for _ in range(count))
            groups.append(group)
            self._locked.add(group)
        self.waiting -= len(messages)
        return messages, groups

    def delete(self, messages: list[int], groups: list[int]) -> None:
        """Forget a batch; its groups may give out more."""
        self._seen -= len(messages)
        for group in groups:
            self._locked.remove(group)
            if self._groups[group]:
                self._ready.append(group)
            else:
                del self._groups[group]
        while self._beyond and self._seen < self._look_ahead:
            self._show(*self._beyond.popleft())

    def _show(self, message: int, group: int) -> None:
        self._seen += 1
        waiting = self._groups.get(group)
        if waiting is None:
            waiting = self._groups[group] = deque()
        if not waiting and group not in self._locked:
            self._ready.append(group)
        waiting.append(message)
