"""The validators refuse everything in the corpus of hostile requests, and say which field it is."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any, Optional

import pytest

from pipeline.aws.http import body_of
from pipeline.domain import strict_json
from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.label import parse_label
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.transaction import parse_request
from tests.hostile.corpus import BODIES, REQUESTS, VALUES, Body, Request, Value

LATER = datetime(2027, 1, 1, tzinfo=timezone.utc)

every_request = pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: f"{one.system} {one.operation}")


def parse(request: Request, text: str) -> Any:
    """Return what the function of an operation takes a body for."""
    document = strict_json.loads(text)
    if request.operation == "recordLabel":
        return parse_label(document, LATER)
    return parse_request(document, LATER, request_schema(request.system))


def refused_field(request: Request, text: str) -> Optional[str]:
    """Return the field that a body is refused for; None where it is taken."""
    try:
        parse(request, text)
    except InvalidTransactionError as problem:
        return problem.field
    return None


@every_request
def test_a_body_with_every_field_is_taken(request_: Request) -> None:
    assert (
        refused_field(request_, request_.with_value("transaction_id", Value("as it is", {"around": ["", ""]}))) is None
    )


@every_request
@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.name)
def test_a_hostile_value_is_refused_by_the_name_of_its_field(request_: Request, value: Value) -> None:
    named = {field: refused_field(request_, request_.with_value(field, value)) for field, _ in request_.fields()}

    expected = {field: None if value.is_text_for(schema) else field for field, schema in request_.fields()}
    # An object in the place of another one is refused for what it lacks; nesting beyond measure, as a whole.
    nested = {field for field, name in named.items() if name and name.startswith(f"{field}.")}
    assert {**named, **{field: field for field in nested}} == expected or set(named.values()) == {"body"}


@every_request
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_a_hostile_body_is_refused_also_where_its_bytes_were_read_as_text(request_: Request, body: Body) -> None:
    event = {"body": body.content(request_.good).decode("utf-8", "replace")}

    assert refused_field(request_, body_of(event))


@every_request
@pytest.mark.parametrize("body", [body for body in BODIES if body.is_json], ids=lambda body: body.name)
def test_a_hostile_body_that_calls_itself_json_is_refused_as_a_body(request_: Request, body: Body) -> None:
    event = {"body": base64.b64encode(body.content(request_.good)).decode(), "isBase64Encoded": True}

    with pytest.raises(InvalidTransactionError) as refused:
        parse(request_, body_of(event))

    assert body.is_object or refused.value.field == "body"
