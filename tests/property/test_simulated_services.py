"""The services of the fault search answer as the embedded emulator does: the model is not wishful.

The same script runs on the second emulator in `tests/localstack/test_simulated_services.py`.
"""

from __future__ import annotations

from typing import Any

from tests.property.simulation import agreement, stream_agreement


def test_tables_and_their_stream_answer_alike(aws: Any) -> None:
    modelled, changes = agreement.modelled_tables()
    expected = list(agreement.table_script(modelled))
    agreement.make_tables(aws("dynamodb"))

    assert list(agreement.table_script(aws("dynamodb"))) == expected
    records = agreement.stream_records(aws("dynamodb"), aws("dynamodbstreams"))
    assert records == agreement.modelled_records(changes)


def test_queues_answer_alike(aws: Any) -> None:
    expected = list(agreement.queue_script(*agreement.modelled_queues()))

    assert list(agreement.queue_script(*agreement.make_queues(aws("sqs")))) == expected


def test_streams_answer_alike(aws: Any) -> None:
    modelled = stream_agreement.modelled_stream()
    expected = list(stream_agreement.stream_script(modelled, modelled.arn))
    arn = stream_agreement.make_stream(aws("kinesis"))

    assert list(stream_agreement.stream_script(aws("kinesis"), arn)) == expected


def test_buckets_answer_alike(aws: Any) -> None:
    expected = list(stream_agreement.bucket_script(*stream_agreement.modelled_bucket()))

    assert list(stream_agreement.bucket_script(*stream_agreement.make_bucket(aws("s3")))) == expected
