"""The services of the fault search answer as LocalStack does, too (see tests/property/test_simulated_services.py).

Where LocalStack differs from what AWS documents, the model goes by the documentation, as the first emulator does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.property.simulation import agreement, stream_agreement

FORGETS_TOKENS = ("the same with its token", "others with that token")
"""AWS remembers a transaction's token for ten minutes (API reference, TransactWriteItems); moto does not."""


def test_tables_and_their_stream_answer_alike(aws: Callable[[str], Any]) -> None:
    modelled, changes = agreement.modelled_tables()
    expected = list(agreement.table_script(modelled))
    agreement.make_tables(aws("dynamodb"))

    asked = list(agreement.table_script(aws("dynamodb")))

    assert [step for step in asked if step[0] not in FORGETS_TOKENS] == [
        step for step in expected if step[0] not in FORGETS_TOKENS
    ]
    records = agreement.stream_records(aws("dynamodb"), aws("dynamodbstreams"))
    assert [record for record in records if not _is_of_moto(*record)] == agreement.modelled_records(changes)


def _is_of_moto(old: Any, new: Any) -> bool:
    """Tell whether a record is none of AWS: of the bare key before a row is made by an update, or of no change."""
    return old == new or (old is None and set(new) == {"id"})


def test_queues_answer_alike(aws: Callable[[str], Any]) -> None:
    # LocalStack lets a group go on while a message of it is under way that is not its first. AWS does not: messages in
    # flight block their group (AWS knowledge center, "SQS FIFO messages not returned").
    expected = list(agreement.queue_script(*agreement.modelled_queues(), blocks_whole_groups=False))

    assert list(agreement.queue_script(*agreement.make_queues(aws("sqs")), blocks_whole_groups=False)) == expected


def test_streams_answer_alike(aws: Callable[[str], Any]) -> None:
    modelled = stream_agreement.modelled_stream()
    expected = list(stream_agreement.stream_script(modelled, modelled.arn))
    arn = stream_agreement.make_stream(aws("kinesis"))

    assert list(stream_agreement.stream_script(aws("kinesis"), arn)) == expected


def test_buckets_answer_alike(aws: Callable[[str], Any]) -> None:
    expected = list(stream_agreement.bucket_script(*stream_agreement.modelled_bucket()))

    assert list(stream_agreement.bucket_script(*stream_agreement.make_bucket(aws("s3")))) == expected
