"""Where a system keeps what failed, and the way back into it, by the outputs of its root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeline.aws.layout import ACCOUNTS, BY_ID, CUSTOMERS, AccountLayout, Layout, by_customer
from scripts import systems
from scripts.errors import CommandError


@dataclass(frozen=True)
class Accounts:
    """The accounts of a system that keeps their order.

    Parameters
    ----------
    table, layout
        Name of their table, and how its rows lie.
    index
        The index of transactions by account; None where the transactions table itself is keyed by it.
    """

    table: str
    layout: AccountLayout
    index: Optional[str]


@dataclass(frozen=True)
class Place:
    """What the tool has to know of a deployed system.

    Parameters
    ----------
    system
        Its name.
    transactions_table, layout
        Name of the transactions table, and how its rows lie.
    accounts
        Its accounts; None: every transaction stands alone.
    queue_url, stream_name
        What leads to the decision: a queue or a stream.
    dead_letters_url
        The queue of what was given up, and is not recorded so far.
    """

    system: str
    transactions_table: str
    layout: Layout
    dead_letters_url: Optional[str]
    accounts: Optional[Accounts] = None
    queue_url: Optional[str] = None
    stream_name: Optional[str] = None


def of(system: str, outputs: Mapping[str, Any]) -> Place:
    """Return the place of a system.

    Parameters
    ----------
    system
        Its name.
    outputs
        The outputs of its root, by name.

    Raises
    ------
    CommandError
        If there is nothing to release in such a system, or an output is missing.
    """
    if system == systems.STREAM_ALERTS.name:
        raise CommandError(
            "stream_alerts has nothing to release: a transaction is decided when it is accepted, and what its"
            " functions give up is a key in a dead-letter queue. See examples/stream_alerts/README.md."
        )
    makers = {
        systems.FLAGSHIP.name: _flagship,
        systems.MERCHANT_API.name: _merchant_api,
        systems.SECUREBANK.name: _securebank,
    }
    if system not in makers:
        raise CommandError(f"SYSTEM must be {', '.join(makers)}, not {system}.")
    try:
        return makers[system](outputs)
    except KeyError as error:
        raise CommandError(
            f"the outputs have no {error.args[0]}: are they those of {system} (SYSTEM), as terraform output -json"
            " prints them?"
        ) from error


def _flagship(outputs: Mapping[str, Any]) -> Place:
    return Place(
        systems.FLAGSHIP.name,
        outputs["transactions_table_name"],
        BY_ID,
        outputs["transaction_dead_letter_queue_url"],
        Accounts(outputs["accounts_table_name"], ACCOUNTS, "account-index"),
        queue_url=outputs["transaction_queue_url"],
    )


def _merchant_api(outputs: Mapping[str, Any]) -> Place:
    return Place(
        systems.MERCHANT_API.name, outputs["transaction_table_name"], BY_ID, None, queue_url=outputs["queue_url"]
    )


def _securebank(outputs: Mapping[str, Any]) -> Place:
    return Place(
        systems.SECUREBANK.name,
        outputs["transactions_table_name"],
        by_customer(outputs["transaction_ids_table_name"]),
        outputs["given_up_queue_url"],
        Accounts(outputs["customers_table_name"], CUSTOMERS, None),
        stream_name=outputs["transaction_stream_name"],
    )
