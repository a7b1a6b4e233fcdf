"""A stream's mapping that is changed or paused goes on where it was, as on AWS.

LocalStack begins it anew at its starting position, so that the whole stream comes again; and a mapping that is in the
midst of its retries goes on with them, with its old settings, beside the new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from localstack.services.lambda_.event_source_mapping.pollers.kinesis_poller import KinesisPoller
from localstack.services.lambda_.event_source_mapping.pollers.stream_poller import StreamPoller

from scripts.localstack.adapter.stream_bisection import Record, sequence_number

_PATIENCE_SECONDS = 10
"""How long a change waits for a call under way; if that takes longer, its records come twice."""

_done: dict[tuple[str, str], str] = {}
"""The last record that is done with, by mapping and shard."""


def put_right() -> None:
    """Let mappings keep their places; once is enough."""
    _remember_places()
    _begin_at_places(DynamoDBPoller, "StreamArn", "SequenceNumber")
    _begin_at_places(KinesisPoller, "StreamARN", "StartingSequenceNumber")
    _end_at_once("stop")
    _end_at_once("delete")


def _remember_places() -> None:
    forward = StreamPoller.forward_events_to_target

    def forward_events_to_target(poller: Any, shard_id: str, records: Sequence[Record]) -> None:
        forward(poller, shard_id, records)
        if not poller._is_shutdown.is_set():  # noqa: SLF001 - set, it may have ended between two attempts
            _done[poller.esm_uuid, shard_id] = sequence_number(records[-1])

    StreamPoller.forward_events_to_target = forward_events_to_target


def _begin_at_places(kind: Any, stream: str, place: str) -> None:
    """Let pollers of a kind begin after the last record that is done with; both names are those of its API."""
    initialize = kind.initialize_shards

    def initialize_shards(poller: Any) -> dict[str, str]:
        shards: dict[str, str] = initialize(poller)
        for shard_id in shards:
            if done := _done.get((poller.esm_uuid, shard_id)):
                after = {stream: poller.source_arn, place: done, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}
                shards[shard_id] = poller.source_client.get_shard_iterator(ShardId=shard_id, **after)["ShardIterator"]
        return shards

    kind.initialize_shards = initialize_shards


def _end_at_once(name: str) -> None:
    """Let a worker of a stream that is told to end make no further attempt, and wait until it has ended."""
    end = getattr(EsmWorker, name)

    def ended(worker: Any) -> None:
        end(worker)
        if isinstance(worker.poller, StreamPoller):
            worker.poller.close()
            if (thread := worker._poller_thread) is not None:  # noqa: SLF001 - nothing public tells of its end
                thread.join(_PATIENCE_SECONDS)

    setattr(EsmWorker, name, ended)
