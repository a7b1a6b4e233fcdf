"""How writes to DynamoDB are refused, and which refusals are worth another try."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from botocore.exceptions import ClientError

from pipeline.aws.backoff import full_jitter
from pipeline.aws.dynamo import error_code
from pipeline.domain.errors import ItemTooLargeError, VersionConflictError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Answer = TypeVar("Answer")

Writes = list[dict[str, Any]]
"""Items of a TransactWriteItems call."""

MOST_WRITES = 100
"""Items that one such call takes at most. With rows below 10 KB it cannot reach the other limit, 4 MB."""

CONFLICT_ATTEMPTS = 5


def cancellation_reasons(error: ClientError) -> list[Mapping[str, Any]]:
    """Return why a transaction was cancelled, a reason for each of its items; [] if `error` is another one."""
    if error_code(error) != "TransactionCanceledException":
        return []
    return error.response.get("CancellationReasons", [])  # type: ignore[return-value]


def cancellation_codes(error: ClientError) -> set[str]:
    """Return the codes of these reasons; items that were not the reason have none."""
    return {str(reason.get("Code")) for reason in cancellation_reasons(error)} - {"None"}


def is_conflict(error: ClientError) -> bool:
    """Tell whether a transaction was cancelled by other data or another writer, rather than by a limit of AWS."""
    codes = cancellation_codes(error)
    return bool(codes) and codes <= {"ConditionalCheckFailed", "TransactionConflict"}


def transact(
    client: DynamoDBClient, writes: Writes, conflict: str, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Make all writes or none; where they only meet another transaction in flight, they are tried again.

    Raises
    ------
    VersionConflictError
        With the text `conflict`, if the data is not as the writes' conditions expect.
    ItemTooLargeError
        If a row has no room for its write.
    """
    try:
        retry_conflicts(lambda: client.transact_write_items(TransactItems=writes), sleep)  # type: ignore[arg-type]
    except ClientError as error:
        if is_conflict(error):
            raise VersionConflictError(conflict) from error
        if _is_too_large(error):
            raise ItemTooLargeError("a row has reached the size that DynamoDB allows") from error
        raise


def _is_too_large(error: ClientError) -> bool:
    return any(
        reason.get("Code") == "ValidationError" and "size" in str(reason.get("Message"))
        for reason in cancellation_reasons(error)
    )


def retry_conflicts(call: Callable[[], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
    """Make a write; one that meets a transaction in flight on its rows is tried again.

    DynamoDB refuses a single write with TransactionConflictException then, and a transaction with the
    reason TransactionConflict; the SDK retries neither.
    """
    for attempt in range(1, CONFLICT_ATTEMPTS):
        try:
            return call()
        except ClientError as error:
            if not _met_a_transaction(error):
                raise
            sleep(full_jitter(attempt, base_seconds=0.02, cap_seconds=0.2))
    return call()


def _met_a_transaction(error: ClientError) -> bool:
    return error_code(error) == "TransactionConflictException" or "TransactionConflict" in cancellation_codes(error)


def condition_held(call: Callable[[], object]) -> bool:
    """Make a conditional write; tell whether its condition held."""
    try:
        retry_conflicts(call)
    except ClientError as error:
        if error_code(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True
