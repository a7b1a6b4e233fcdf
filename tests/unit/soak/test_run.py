"""How long a run waits for what is still hidden."""

from __future__ import annotations

from typing import Any

from scripts.soak.run import patience_seconds


class Queues:
    """Answers as SQS does."""

    def __init__(self, hidden: dict[str, str]) -> None:
        self._hidden = hidden

    def list_queues(self) -> dict[str, Any]:
        """Return the queues; the key is not there where there are none."""
        return {"QueueUrls": list(self._hidden)} if self._hidden else {}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        """Return for how long a queue hides what was received."""
        assert AttributeNames == ["VisibilityTimeout"]
        return {"Attributes": {"VisibilityTimeout": self._hidden[QueueUrl]}}


def test_a_run_waits_longer_than_any_queue_hides_a_message() -> None:
    assert patience_seconds(Queues({"https://sqs/a": "180", "https://sqs/archive": "361"})) == 401.0
    assert patience_seconds(Queues({})) == 40.0
