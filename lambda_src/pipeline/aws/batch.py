"""A batch, sorted out before anything is decided: per account, without repeats, bad messages apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Callable, Optional

from pipeline.aws.queue import Message
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.queue_body import read_body, submitted_id
from pipeline.domain.refusal import ID_REUSED, Refusal
from pipeline.domain.settlement import Queued


@dataclass(frozen=True)
class BadMessage:
    """A message that is refused and recorded; it must not block the others.

    `claimed_id` is the transaction id that it names, as far as that can be read.
    """

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

    def message_of(self, item: Queued) -> Message:
        """Return the message that brought one of `queued`."""
        return next(message for message in self.messages if message.message_id == item.message_id)

    def part(self, start: int, end: int) -> AccountBatch:
        """Return the transactions from one place to before another, with what was delivered between them."""
        places = {message.message_id: place for place, message in enumerate(self.messages)}
        ends = [*(places[item.message_id] for item in self.queued), len(self.messages)]
        queued = self.queued[start:end]
        return AccountBatch(self.account_id, self.messages[ends[start] : ends[start + len(queued)]], queued)

    @property
    def is_retry(self) -> bool:
        """Whether any of them was delivered before."""
        return any(message.receive_count > 1 for message in self.messages)


@dataclass(frozen=True)
class Batch:
    """What a Lambda event holds for the processor."""

    accounts: list[AccountBatch]
    bad: list[BadMessage]


def read_message(message: Message) -> Queued:
    """Read a message that holds what was accepted.

    Raises
    ------
    InvalidTransactionError
        If it does not.
    """
    return Queued(read_body(message.body), message.message_id, message.sequence_number, message.receive_count)


def sort_out(messages: Sequence[Message], read: Callable[[Message], Queued] = read_message) -> Batch:
    """Read the messages and group them by account; unreadable ones and reused ids are set apart."""
    read_ones: list[tuple[Message, Queued]] = []
    bad: list[BadMessage] = []
    for message in messages:
        try:
            queued = read(message)
            if message.group not in ("", queued.account_id):
                raise InvalidTransactionError("account_id", "is not the message group")
        except InvalidTransactionError as error:
            bad.append(unreadable(message, error))
            continue
        read_ones.append((message, queued))
    standing = _standing([queued for _, queued in read_ones])
    accounts: dict[str, AccountBatch] = {}
    for message, queued in read_ones:
        stands = standing[queued.transaction_id]
        if stands.acceptance.transaction != queued.acceptance.transaction:
            bad.append(reused(message, queued.transaction_id))
            continue
        account = accounts.setdefault(queued.account_id, AccountBatch(queued.account_id))
        account.messages.append(message)
        if stands is queued:
            account.queued.append(queued)
    return Batch(list(accounts.values()), bad)


def _standing(queued: Sequence[Queued]) -> dict[str, Queued]:
    """Return the transaction that each id stands for: the first, unless a row of another body is stored."""
    standing: dict[str, Queued] = {}
    for item in queued:
        first = standing.setdefault(item.transaction_id, item)
        is_other = first.acceptance.transaction != item.acceptance.transaction
        if is_other and item.is_stored and not first.is_stored:
            standing[item.transaction_id] = item
    return standing


def unreadable(message: Message, error: InvalidTransactionError) -> BadMessage:
    """Return the refusal of a message that holds no transaction."""
    return BadMessage(message, Refusal("INVALID_MESSAGE", error.logged_field, error.reason), submitted_id(message.body))


def reused(message: Message, transaction_id: str) -> BadMessage:
    """Return the refusal of a message whose id belongs to a transaction with another body."""
    return BadMessage(message, ID_REUSED, transaction_id)
