"""Reading the records of the transactions' stream: what `ingest` and `sweep` put there, and what the gateway did."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pipeline.aws.queue import Message
from pipeline.domain import strict_json
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.queue_body import read_document
from pipeline.domain.queued import Acceptance, accept
from pipeline.domain.settlement import Queued
from pipeline.domain.times import from_unix
from pipeline.domain.transaction import RequestForm, parse_request

LONGEST_BODY = 100_000
"""Characters beyond which a record is no transaction: what fails is kept whole, in a row that holds 400 KB."""


class StreamReader:
    """Reads records.

    Parameters
    ----------
    form
        The request that the gateway takes.
    """

    def __init__(self, form: RequestForm) -> None:
        self._form = form

    def read(self, message: Message) -> Queued:
        """Read a record.

        It holds an acceptance, and then a row of it is stored; or {"submission", "request_id", "received_at_ms"}, a
        request as the gateway took it, and then nothing is stored yet, nor has anybody checked it.

        Raises
        ------
        InvalidTransactionError
            If it holds neither; it names the field.
        """
        if len(message.body) > LONGEST_BODY:
            raise InvalidTransactionError("body", f"must have at most {LONGEST_BODY} characters")
        document = strict_json.loads(message.body)
        is_stored = not (isinstance(document, dict) and "submission" in document)
        acceptance = read_document(document) if is_stored else self._submitted(document)
        return Queued(acceptance, message.message_id, message.sequence_number, message.receive_count, is_stored)

    def _submitted(self, document: Mapping[str, Any]) -> Acceptance:
        milliseconds, request_id = document.get("received_at_ms"), document.get("request_id")
        if not isinstance(milliseconds, Decimal):
            raise InvalidTransactionError("received_at_ms", "must be a number")
        if not isinstance(request_id, str) or not request_id.isprintable():
            raise InvalidTransactionError("request_id", "must be a line of text")
        try:
            received_at = from_unix(milliseconds.scaleb(-3))
        except ValueError as error:
            raise InvalidTransactionError("received_at_ms", str(error)) from error
        return accept(parse_request(document["submission"], received_at, self._form), received_at, request_id)
