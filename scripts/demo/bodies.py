"""What each system's API is sent for a transaction. An amount keeps its digits: it never becomes a float."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Optional

from scripts.demo.model import Transaction

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def flagship(transaction: Transaction, _merchant_name: Optional[str]) -> bytes:
    """Return the body of POST /v1/transactions."""
    texts = {
        "transaction_id": transaction.transaction_id,
        "account_id": transaction.account_id,
        "merchant_id": transaction.merchant_id,
        "currency": transaction.currency,
        "occurred_at": transaction.occurred_at,
        "category": transaction.category,
        "channel": transaction.channel,
    }
    return _with_place(_written(texts, {"amount": transaction.amount}), transaction).encode()


def merchant_api(transaction: Transaction, _merchant_name: Optional[str]) -> bytes:
    """Return the body of POST /transaction."""
    texts = {
        "transaction_id": transaction.transaction_id,
        "merchant_id": transaction.merchant_id,
        "currency": transaction.currency,
    }
    return _written(texts, {"amount": transaction.amount}).encode()


def stream_alerts(transaction: Transaction, merchant_name: Optional[str]) -> bytes:
    """Return the body of POST /transactions."""
    texts = {
        "transaction_id": transaction.transaction_id,
        "merchant_id": transaction.merchant_id,
        "merchant_name": merchant_name,
        "currency": transaction.currency,
        "account_id": transaction.account_id,
    }
    numbers = {"timestamp": unix_seconds(transaction.occurred_at), "amount": transaction.amount}
    return _written(texts, numbers).encode()


def securebank(transaction: Transaction, merchant_name: Optional[str]) -> bytes:
    """Return the body of POST /transactions, below the stage v1."""
    texts = {
        "transaction_id": transaction.transaction_id,
        "customer_id": transaction.account_id,
        "timestamp": transaction.occurred_at,
        "merchant_id": transaction.merchant_id,
        "currency": transaction.currency,
        "transaction_type": transaction.transaction_type,
        "merchant_category": transaction.category,
        "merchant_name": merchant_name,
        "channel": transaction.channel,
    }
    return _with_place(_written(texts, {"amount": transaction.amount}), transaction).encode()


def unix_seconds(moment: str) -> Decimal:
    """Return an RFC 3339 time as Unix seconds, exact to the microsecond, without zeros at the end."""
    since = datetime.fromisoformat(moment.replace("Z", "+00:00")) - _EPOCH
    seconds = Decimal(since // timedelta(microseconds=1)).scaleb(-6)
    whole = seconds.to_integral_value()
    return whole if seconds == whole else seconds.normalize()


def _written(texts: Mapping[str, Optional[str]], numbers: Mapping[str, Decimal]) -> str:
    """Return a JSON object; a text that is None is left out."""
    fields = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in texts.items() if value is not None]
    fields += [f"{json.dumps(name)}:{value:f}" for name, value in numbers.items()]
    return f"{{{','.join(fields)}}}"


def _with_place(written: str, transaction: Transaction) -> str:
    """Return a written object with the place of the transaction, if that is known."""
    if transaction.latitude is None or transaction.longitude is None:
        return written
    place = _written({}, {"latitude": transaction.latitude, "longitude": transaction.longitude})
    return f'{written[:-1]},"location":{place}}}'
