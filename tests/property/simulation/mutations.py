"""Bugs that are planted into the functions' code: the search is worth something only if it finds each of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any, Callable
from unittest.mock import patch

from botocore.exceptions import ClientError, ReadTimeoutError
from ingest.acceptor import Accepted, Acceptor
from process.processor import Processor

from pipeline.aws import rows
from pipeline.aws.accounts import AccountTable
from pipeline.aws.bus import EventBus
from pipeline.aws.cases import CaseStore
from pipeline.aws.dynamo import to_item
from pipeline.aws.failures import Failures
from pipeline.aws.ledger import Ledger
from pipeline.domain import announcement
from pipeline.domain.account import Account
from pipeline.domain.queued import accept
from pipeline.domain.status import Status
from pipeline.domain.transaction import Transaction

Mutation = Callable[[], AbstractContextManager[Any]]


def without_condition(write: dict[str, Any]) -> dict[str, Any]:
    """Return an update without its condition, and without what only that refers to."""
    left = {name: value for name, value in write.items() if name != "ConditionExpression"}
    for part in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        used = {name: value for name, value in write.get(part, {}).items() if _uses(write["UpdateExpression"], name)}
        left[part] = used
    return {name: value for name, value in left.items() if value != {}}


def _uses(expression: str, name: str) -> bool:
    return any(word.strip(",()") == name for word in expression.replace("(", " ").replace(")", " ").split())


@contextmanager
def _both(*patches: AbstractContextManager[Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for one in patches:
            stack.enter_context(one)
        yield


def _settles_whatever_is_there() -> AbstractContextManager[Any]:
    """Drop the condition that a row still waits: what comes twice is settled twice."""
    real = rows.settle_row

    def mutated(*given: Any, **more: Any) -> dict[str, Any]:
        return without_condition(real(*given, **more))

    return patch.object(rows, "settle_row", mutated)


def _commits_on_any_version() -> AbstractContextManager[Any]:
    """Drop the condition on the account's version: two consumers overwrite each other."""
    real = AccountTable.commit_writes

    def mutated(*given: Any) -> Any:
        return [{"Update": without_condition(write["Update"])} for write in real(*given)]

    return patch.object(AccountTable, "commit_writes", mutated)


def _deletes_before_it_commits() -> AbstractContextManager[Any]:
    """Acknowledge messages whatever becomes of their commit."""
    real = Processor.process

    def mutated(*given: Any) -> Any:
        real(*given)
        return []

    return patch.object(Processor, "process", mutated)


def _fences_too_late() -> AbstractContextManager[Any]:
    """Write the fence after a further attempt has failed, and not before it: a crash leaves none."""
    real = Ledger.fence

    def mutated(ledger: Ledger, item: Any) -> None:
        if sys._getframe(1).f_code.co_name == "_hold_followers":
            real(ledger, item)

    return patch.object(Ledger, "fence", mutated)


def _quarantines_nobody() -> AbstractContextManager[Any]:
    """Record failures without blocking their accounts, and set no fences either."""
    return _both(
        patch.object(AccountTable, "quarantine_writes", lambda *_: []),
        patch.object(AccountTable, "fence_writes", lambda *_: []),
    )


def _announces_what_the_bus_refused() -> AbstractContextManager[Any]:
    """Take events that the bus refused for sent."""
    real = EventBus.announce

    def mutated(*given: Any) -> set[int]:
        real(*given)
        return set()

    return patch.object(EventBus, "announce", mutated)


def _names_events_by_chance() -> AbstractContextManager[Any]:
    """Give an event another id each time."""
    real = announcement._detail
    count = iter(range(10**9))

    def mutated(*given: Any) -> dict[str, Any]:
        return {**real(*given), "event_id": f"event-{next(count)}"}

    return patch.object(announcement, "_detail", mutated)


def _alerts_only_once() -> AbstractContextManager[Any]:
    """Alert a failure when it is recorded, and not again: who dies in between leaves nobody told."""
    real = Failures._settle

    def mutated(failures: Failures, item: Any, message: Any) -> Any:
        known = failures._ledger.known([item]).get(item.transaction_id) or {}
        status = real(failures, item, message)
        return None if known.get("status") == "FAILED" else status

    return patch.object(Failures, "_settle", mutated)


def _lifts_the_block_of_others() -> AbstractContextManager[Any]:
    """Decide a copy of what was given up, and leave behind who was held for it: the bug that was here."""
    return patch.object(Account, "gave_up", lambda *_: False)


def _opens_cases_again() -> AbstractContextManager[Any]:
    """Open a case for every execution that comes along."""

    def mutated(store: CaseStore, row: Mapping[str, Any], _started_at: str) -> bool:
        store._client.put_item(TableName=store._cases, Item=to_item(row))
        return True

    return patch.object(CaseStore, "open", mutated)


def _queues_and_forgets_to_store() -> AbstractContextManager[Any]:
    """Queue first and store second, and do not hear of it where the second fails."""

    def mutated(acceptor: Acceptor, transaction: Transaction, correlation_id: str) -> Accepted:
        acceptance = accept(transaction, acceptor.now(), correlation_id)
        acceptor._queue.send(acceptance)
        with suppress(ClientError, ReadTimeoutError):
            acceptor._transactions.insert(acceptance, acceptor._sweep_after)
        return Accepted(transaction.transaction_id, Status.RECEIVED, is_new=True)

    return patch.object(Acceptor, "accept", mutated)


MUTATIONS: Mapping[str, Mutation] = {
    mutation.__name__.lstrip("_").replace("_", " "): mutation
    for mutation in (
        _settles_whatever_is_there,
        _commits_on_any_version,
        _deletes_before_it_commits,
        _fences_too_late,
        _quarantines_nobody,
        _announces_what_the_bus_refused,
        _names_events_by_chance,
        _alerts_only_once,
        _lifts_the_block_of_others,
        _opens_cases_again,
        _queues_and_forgets_to_store,
    )
}
