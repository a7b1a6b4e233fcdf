"""How rows lie in the tables: under which key, by which names, and with what beside them.

All other code speaks of rows by the names of `pipeline.domain.records`. A layout turns such a row into a table's own
and back, where the table is written and read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Callable

from pipeline.aws.dynamo import to_item
from pipeline.domain.customer import customer_attributes, decided_attributes
from pipeline.domain.records import REFUSED_PREFIX
from pipeline.domain.times import to_unix

if TYPE_CHECKING:
    from pipeline.domain.queued import Acceptance
    from pipeline.domain.settlement import Change, Plan

SORT_KEY = "timestamp"
"""The attribute of the sort key, where the table has one."""


def _nothing(*_of: object) -> dict[str, Any]:
    return {}


def _id(acceptance: Acceptance) -> dict[str, Any]:
    return {"transaction_id": acceptance.transaction.transaction_id}


def _id_and_time(acceptance: Acceptance) -> dict[str, Any]:
    return {**_id(acceptance), SORT_KEY: to_unix(acceptance.event_time)}


def _customer_and_time(acceptance: Acceptance) -> dict[str, Any]:
    """Return a key that sorts by time, and keeps two transactions of one instant apart."""
    place = f"{acceptance.event_time}#{acceptance.transaction.transaction_id}"
    return {"customer_id": acceptance.account_key, SORT_KEY: place}


@dataclass(frozen=True)
class Layout:
    """How the transactions table lays out its rows.

    Parameters
    ----------
    key_names, key_of
        The attributes of the key, and their values for a transaction.
    names
        What the table calls attributes that it does not call as we do.
    shown
        Returns what a row shows of a change besides, given the time of it.
    ids_table
        The table in which each id is claimed, where the key holds more than the id: such a key alone would take
        the same id at another time, or of another customer, for another transaction. "" if there is none.
    """

    key_names: tuple[str, ...]
    key_of: Callable[[Acceptance], dict[str, Any]]
    names: Mapping[str, str] = field(default_factory=dict)
    shown: Callable[[Change, str], Mapping[str, Any]] = _nothing
    ids_table: str = ""

    def key(self, acceptance: Acceptance) -> dict[str, Any]:
        """Return the key of the transaction's row in wire format."""
        return to_item(self.key_of(acceptance))

    def key_in(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the key that an item holds, be it a row, a claim or an entry of an index."""
        return {name: item[name] for name in self.key_names}

    def beside_key(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row, or a part of one, by the table's names and without the key."""
        named = {self.names.get(name, name): value for name, value in row.items()}
        return {name: value for name, value in named.items() if name not in self.key_names}

    def row_of(self, acceptance: Acceptance, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a whole row of a transaction in wire format."""
        return {**to_item(self.beside_key(row)), **self.key(acceptance)}

    def row_of_message(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the row of a message that is nobody's transaction: its name is every part of the key."""
        return {**to_item(row), **to_item(dict.fromkeys(self.key_names, row["transaction_id"]))}

    def trace_of_message(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what leads from the id that a refused message names to its row, in wire format; it claims nothing."""
        place = dict.fromkeys(self.key_names, row["transaction_id"])
        return to_item({**place, "transaction_id": f"{REFUSED_PREFIX}{row['claimed_transaction_id']}"})

    def claim_of(self, acceptance: Acceptance) -> dict[str, Any]:
        """Return the claim of the transaction's id in wire format: whose it is, and where its row lies."""
        transaction = acceptance.transaction
        return to_item({**_id(acceptance), **self.key_of(acceptance), "fingerprint": transaction.fingerprint})

    def ours(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was read of the table by our names."""
        ours = {name: own for own, name in self.names.items()}
        return {ours.get(name, name): value for name, value in row.items()}


@dataclass(frozen=True)
class AccountLayout:
    """How the accounts table lays out its rows.

    Parameters
    ----------
    key
        The attribute that holds the account.
    shown
        Returns what a row shows besides what the pipeline needs of it.
    dated
        Whether a row says when it was made and when it last changed.
    """

    key: str = "account_id"
    shown: Callable[[Plan], Mapping[str, Any]] = _nothing
    dated: bool = False


BY_ID = Layout(("transaction_id",), _id)
"""The id is the key."""

_BY_ID_AND_TIME = Layout(("transaction_id", SORT_KEY), _id_and_time)

_BY_CUSTOMER = Layout(
    ("customer_id", SORT_KEY),
    _customer_and_time,
    names={"account_id": "customer_id", "category": "merchant_category"},
    shown=decided_attributes,
)


def by_id_and_time(ids_table: str) -> Layout:
    """Return the layout of a table keyed by the id and the event time, which is exact seconds since 1970."""
    return replace(_BY_ID_AND_TIME, ids_table=ids_table)


def by_customer(ids_table: str = "") -> Layout:
    """Return the layout of a table keyed by the customer, and by event time and id together.

    Without `ids_table` it is for those who only look after rows that are there.
    """
    return replace(_BY_CUSTOMER, ids_table=ids_table)


ACCOUNTS = AccountLayout()
"""The accounts table."""

CUSTOMERS = AccountLayout("customer_id", customer_attributes, dated=True)
"""The same by another name, and readable."""
