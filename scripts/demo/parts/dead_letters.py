"""Dead-letter queues: what was tried in vain ends there, so after a run they have to be empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.demo.books import Books, Check, Outcomes
from scripts.demo.parts import queues
from scripts.demo.state import Access, Findings, Part


class DeadLetterQueues(Part):
    """The dead-letter queues that a root names in its outputs.

    Parameters
    ----------
    access
        The way to them.
    outputs
        The outputs with their URLs.

    """

    def __init__(self, access: Access, outputs: Sequence[str]) -> None:
        self._sqs = access.client("sqs")
        self._queues = [access.output(output) for output in outputs]

    def read(self) -> DeadLetters:
        """Read the number of messages of each."""
        return DeadLetters({url.rsplit("/", 1)[-1]: queues.messages(self._sqs, url) for url in self._queues})


@dataclass(frozen=True)
class DeadLetters(Findings):
    """The number of messages by the name of the queue."""

    messages: Mapping[str, int]

    def enter(self, books: Books, outcomes: Outcomes) -> None:  # noqa: ARG002
        """Count the messages."""
        for name, count in self.messages.items():
            if count:
                books.note("dead_letters", f"{count:,} in {name}")
        total = sum(self.messages.values())
        books.parts["dead_letters"] = total
        books.checks.append(
            Check(
                "The dead-letter queues are empty",
                total == 0,
                f"{total:,} messages in {len(self.messages):,} dead-letter queues",
            )
        )
