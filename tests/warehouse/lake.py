"""The tables of the lake that the warehouse reads: columns and types as the Glue catalogue has them."""

from __future__ import annotations

RAW_TRANSACTIONS = {
    "transaction_id": "string",
    "customer_id": "string",
    "merchant_id": "string",
    "merchant_category": "string",
    "transaction_type": "string",
    "channel": "string",
    "amount": "decimal(18,3)",
    "currency": "string",
    "latitude": "double",
    "longitude": "double",
    "occurred_at": "string",
    "received_at": "string",
    "processed_timestamp": "string",
    "status": "string",
    "is_fraud": "boolean",
    "risk_score": "double",
    "reasons": "array<string>",
    "policy": "string",
    "policy_version": "string",
    "document_version": "string",
    "label": "string",
    "revision": "int",
    "label_revision": "int",
    "event_id": "string",
    "year": "string",
    "month": "string",
    "day": "string",
    "hour": "string",
}

DAILY_AGGREGATES = {
    "customer_id": "string",
    "merchant_category": "string",
    "currency": "string",
    "transaction_count": "bigint",
    "total_amount": "decimal(28,3)",
    "average_amount": "decimal(28,6)",
    "minimum_amount": "decimal(18,3)",
    "maximum_amount": "decimal(18,3)",
    "fraud_count": "bigint",
    "spending_change": "double",
    "unusual_category": "boolean",
    "first_seen": "string",
    "last_seen": "string",
    "day": "string",
}

TABLE_COUNTS = {
    "status": "string",
    "currency": "string",
    "transactions": "bigint",
    "amount": "decimal(28,3)",
    "day": "string",
}

TABLES = {
    "raw_transactions": RAW_TRANSACTIONS,
    "daily_aggregates": DAILY_AGGREGATES,
    "table_counts": TABLE_COUNTS,
}

_SQL_TYPES = {"string": "VARCHAR(65535)", "double": "DOUBLE PRECISION", "array<string>": "VARCHAR(65535)"}
"""As Spectrum shows them; a list can only be read element by element, which no statement does."""


def sql_type(glue_type: str) -> str:
    """Return the type of SQL for a type of the catalogue."""
    return _SQL_TYPES.get(glue_type, glue_type.upper())
