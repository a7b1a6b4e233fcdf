"""A stream's mapping halves a batch that fails as a whole; LocalStack takes the setting and leaves it undone.

As AWS documents it: each half is a batch of its own, in the stream's order, and halving uses up no retry. What a
function answers of single records, and how retries end once a record is alone, is LocalStack's own work.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from localstack.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localstack.services.lambda_.event_source_mapping.event_processor import BatchFailureError, EventProcessor
from localstack.services.lambda_.event_source_mapping.pollers.stream_poller import StreamPoller

Record = dict[str, Any]

_get_esm_worker = EsmWorkerFactory.get_esm_worker
_forward = StreamPoller.forward_events_to_target


def add() -> None:
    """Let mappings bisect; once is enough."""
    EsmWorkerFactory.get_esm_worker = get_esm_worker
    StreamPoller.forward_events_to_target = forward_events_to_target


class HalveError(BaseException):
    """A batch that failed as a whole and can be halved; LocalStack's loop would take any Exception for an attempt."""

    def __init__(self, events: Sequence[Record]) -> None:
        super().__init__(f"{len(events)} records failed together")
        self.events = events


class HalvingProcessor(EventProcessor):
    """Hands batches to a function, and tells when one has to be halved.

    Parameters
    ----------
    inner
        LocalStack's own, which does the handing over.
    """

    def __init__(self, inner: EventProcessor) -> None:
        self._inner = inner

    def process_events_batch(self, input_events: Sequence[Record]) -> None:
        """Hand over a batch; a single record that fails is left to LocalStack."""
        try:
            self._inner.process_events_batch(input_events)
        except BatchFailureError as error:
            if len(input_events) > 1:
                raise HalveError(input_events) from error
            raise

    def generate_event_failure_context(self, abort_condition: str, **kwargs: Any) -> Any:
        """Return what an on-failure destination learns of the last attempt."""
        return self._inner.generate_event_failure_context(abort_condition, **kwargs)


def get_esm_worker(factory: Any) -> Any:
    """Return the worker of a mapping; one that is to bisect hands its batches to a `HalvingProcessor`."""
    worker = _get_esm_worker(factory)
    if worker.esm_config.get("BisectBatchOnFunctionError"):
        worker.poller.processor = HalvingProcessor(worker.poller.processor)
    return worker


def forward_events_to_target(poller: Any, shard_id: str, records: Sequence[Record]) -> None:
    """Hand over a batch, and in its place its halves, the first one first, for as long as they fail as a whole."""
    waiting = [records]
    while waiting:
        batch = waiting.pop()
        try:
            _forward(poller, shard_id, copy.deepcopy(batch))  # LocalStack changes the records of a table's stream
        except HalveError as failed:
            # Fewer than the batch where filters dropped some, or an earlier answer let some pass.
            numbers = {poller.get_sequence_number(event) for event in failed.events}
            left = [record for record in batch if sequence_number(record) in numbers]
            middle = len(left) // 2
            waiting += [left[middle:], left[:middle]]


def sequence_number(record: Record) -> str:
    """Return the stream's name for a record as it was read from a table's stream or from Kinesis."""
    return str(record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["SequenceNumber"])
