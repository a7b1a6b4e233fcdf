"""The merchants, as configured and with the risk that was learnt of them, read through a short-lived cache."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol

from pipeline.aws.observability import count, logger
from pipeline.aws.reads import batch_get_tables, wanted
from pipeline.domain.errors import MerchantUnreadableError
from pipeline.domain.merchant import Merchant
from pipeline.domain.merchant_risk import EMPTY, MerchantRisk
from pipeline.domain.transaction import Transaction

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LONGEST_CACHE_SECONDS = 60
"""A merchant that was switched off takes nothing more after this time."""


RiskOf = Callable[[str, Optional[Mapping[str, Any]]], MerchantRisk]
"""Returns the risk of a merchant, given its id and its row of the risk table; None: it has none."""


class Payment(Protocol):
    """Whatever names the merchant that is paid."""

    @property
    def merchant_id(self) -> str:
        """The merchant's id."""
        ...


class MerchantDirectory:
    """Finds merchants; an answer is kept for `cache_seconds`, an unknown merchant is never kept.

    Parameters
    ----------
    client
        A DynamoDB client.
    table
        Name of the merchants table.
    cache_seconds
        How long an answer is good for, 0 to 60.
    risk_table
        Name of the table of merchants' risk; None: their risk is not asked for. It is read in the same
        call, and need not be the newest: it is seconds old anyway.
    monotonic
        The clock of the cache, in seconds.
    sleep
        Waits the given seconds before a read is tried again.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        cache_seconds: int,
        risk_table: Optional[str] = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._risk_table = risk_table
        self._risk_of: RiskOf = _nothing_known
        if risk_table is not None:
            from pipeline.aws.merchant_risk import risk_of  # for those who ask for risk alone: a start takes time

            self._risk_of = risk_of
        self._cache_seconds = min(cache_seconds, LONGEST_CACHE_SECONDS)
        self._monotonic = monotonic
        self._sleep = sleep
        self._cache: dict[str, tuple[float, Merchant]] = {}

    def find(self, payment: Payment) -> Optional[Merchant]:
        """Return the merchant that is paid, or None if it is not configured.

        Raises
        ------
        MerchantUnreadableError
            If its row holds no merchant.
        """
        return self.find_all([payment.merchant_id]).get(payment.merchant_id)

    def find_all(self, merchant_ids: Iterable[str]) -> dict[str, Merchant]:
        """Return the configured ones among `merchant_ids`, with one call for those not cached.

        Raises
        ------
        MerchantUnreadableError
            If the row of one holds no merchant.
        """
        now = self._monotonic()
        found: dict[str, Merchant] = {}
        missing: list[str] = []
        for merchant_id in sorted(set(merchant_ids)):
            expires, merchant = self._cache.get(merchant_id, (now, None))
            if merchant is not None and expires > now:
                found[merchant_id] = merchant
            else:
                missing.append(merchant_id)
        for merchant in self._read(missing):
            self._cache[merchant.merchant_id] = (now + self._cache_seconds, merchant)
            found[merchant.merchant_id] = merchant
        return found

    def finder(self, payments: Iterable[Payment]) -> Callable[[Payment], Optional[Merchant]]:
        """Return what finds the merchants of all these payments, which are read at once.

        Raises
        ------
        MerchantUnreadableError
            If the row of one holds no merchant.
        """
        found = self.find_all(payment.merchant_id for payment in payments)
        return lambda payment: found.get(payment.merchant_id)

    def _read(self, merchant_ids: list[str]) -> list[Merchant]:
        if not merchant_ids:
            return []
        wishes = [wanted(self._table, "merchant_id", merchant_ids)]
        if self._risk_table is not None:
            wishes.append(wanted(self._risk_table, "merchant_id", merchant_ids, consistent=False))
        rows, *risks = batch_get_tables(self._client, wishes, self._sleep)
        known = risks[0] if risks else {}
        return [_merchant(row, self._risk_of(key, known.get(key))) for key, row in rows.items()]


class UnlistedMerchants:
    """Stands for the directory where no merchants are configured: every one is taken as the request names it."""

    def find(self, payment: Transaction) -> Merchant:
        """Return the merchant that is paid, active and without a limit; what has no name goes by its id."""
        return Merchant(payment.merchant_id, payment.merchant_name or payment.merchant_id)

    def finder(self, _payments: Iterable[Transaction]) -> Callable[[Transaction], Merchant]:
        """Return what finds each of these payments' merchants: the payments say it all."""
        return self.find


def _nothing_known(_merchant_id: str, _row: Optional[Mapping[str, Any]]) -> MerchantRisk:
    return EMPTY


def _merchant(row: Mapping[str, Any], risk: MerchantRisk) -> Merchant:
    return Merchant(
        merchant_id=row["merchant_id"],
        name=str(row.get("name", "")),
        active=_is_true(row.get("active", True)),
        max_transaction_amount=_limit(row),
        risk=risk,
    )


def _limit(row: Mapping[str, Any]) -> Optional[Decimal]:
    """Read the limit, None if there is none; a typo must pass neither for a limit nor for none."""
    given = row.get("max_transaction_amount")
    limit = _decimal(given)
    if given is None or (limit is not None and limit.is_finite() and limit >= 0):
        return limit
    error = MerchantUnreadableError(row["merchant_id"], "max_transaction_amount", "must be a number of 0 or more")
    count("MerchantUnreadable")
    logger.error(
        "the merchant is unreadable", merchant_id=error.merchant_id, attribute=error.attribute, reason=error.reason
    )
    raise error


def _decimal(value: Any) -> Optional[Decimal]:
    """Read a number, also as the text that operators write with the CLI; None if it is none."""
    try:
        return Decimal(value) if isinstance(value, (Decimal, str)) else None
    except InvalidOperation:
        return None


def _is_true(value: Any) -> bool:
    """Read a switch, also as the text that operators write with the CLI; what is neither is off."""
    return value is True or (isinstance(value, str) and value.lower() == "true")
