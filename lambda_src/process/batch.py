"""A batch, sorted out before anything is decided: per account, without repeats, bad messages apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Optional

from pipeline.aws.queue import Message
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.queue_body import read_body
from pipeline.domain.refusal import ID_REUSED, Refusal
from pipeline.domain.settlement import Queued


@dataclass(frozen=True)
class BadMessage:
    """A message that is refused and recorded; it must not block the others."""

    message: Message
    refusal: Refusal
    claimed_id: Optional[str] = None


@dataclass
class AccountBatch:
    """The messages of one account in queue order; a transaction without an account is one of its own.

    `messages` are all deliveries; `queued` holds each transaction once.
    """

    account_id: str
    messages: list[Message] = field(default_factory=list)
    queued: list[Queued] = field(default_factory=list)

    @property
    def ids(self) -> dict[str, Optional[str]]:
        """What logs name: the account, None where there is none, and the first transaction."""
        first = self.queued[0].acceptance.transaction
        return {"account_id": first.account_id, "transaction_id": first.transaction_id}

    @property
    def is_retry(self) -> bool:
        """Whether any of them was delivered before."""
        return any(message.receive_count > 1 for message in self.messages)


@dataclass(frozen=True)
class Batch:
    """What a Lambda event holds for the processor."""

    accounts: list[AccountBatch]
    bad: list[BadMessage]


def sort_out(messages: Sequence[Message]) -> Batch:
    """Read the bodies and group them by account; unreadable ones and reused ids are set apart."""
    accounts: dict[str, AccountBatch] = {}
    bad: list[BadMessage] = []
    for message in messages:
        try:
            acceptance = read_body(message.body)
            if message.group not in ("", acceptance.account_key):
                raise InvalidTransactionError("account_id", "is not the message group")
        except InvalidTransactionError as error:
            bad.append(BadMessage(message, Refusal("INVALID_MESSAGE", error.logged_field, error.reason)))
            continue
        queued = Queued(acceptance, message.message_id, message.sequence_number, message.receive_count)
        account = accounts.setdefault(queued.account_id, AccountBatch(queued.account_id))
        first = next((item for item in account.queued if item.transaction_id == queued.transaction_id), None)
        if first and first.acceptance.transaction != acceptance.transaction:
            bad.append(reused(message, queued.transaction_id))
            continue
        account.messages.append(message)
        if first is None:
            account.queued.append(queued)
    return Batch(list(accounts.values()), bad)


def reused(message: Message, transaction_id: str) -> BadMessage:
    """Return the refusal of a message whose id belongs to a transaction with another body."""
    return BadMessage(message, ID_REUSED, transaction_id)
