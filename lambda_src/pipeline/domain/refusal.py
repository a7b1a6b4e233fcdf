"""Refusals: why a transaction that is well-formed is not taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why a transaction is not taken: a stable code, the field to look at, a sentence."""

    code: str
    field: str
    text: str


ID_REUSED = Refusal("ID_REUSED", "transaction_id", "The id belongs to a transaction with another body.")
