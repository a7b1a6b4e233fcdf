"""Values go to DynamoDB and come back as the SDK's own serializer has them go and come."""

from __future__ import annotations

from decimal import Decimal, DecimalException
from typing import Any

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aws.dynamo import from_item, to_bytes, to_item

NUMBERS = st.one_of(
    st.integers(-(10**37), 10**37),
    st.decimals(-1000, 1000, places=6),
    st.sampled_from([Decimal("1E+125"), Decimal("-0")]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(), NUMBERS, st.binary()),
    lambda parts: st.one_of(st.lists(parts), st.lists(parts).map(tuple), st.dictionaries(st.text(), parts)),
    max_leaves=8,
)
ROWS = st.dictionaries(st.text(min_size=1), VALUES, max_size=5)


@given(ROWS)
def test_a_row_is_written_as_the_sdk_writes_it(row: dict[str, Any]) -> None:
    written = {name: TypeSerializer().serialize(value) for name, value in row.items() if value is not None}

    assert to_item(row) == written


@given(ROWS)
def test_a_row_is_read_as_the_sdk_reads_it(row: dict[str, Any]) -> None:
    item = to_item(row)

    assert from_item(item) == _with_bytes({name: TypeDeserializer().deserialize(part) for name, part in item.items()})


def _with_bytes(value: Any) -> Any:
    """Return what the SDK read with bytes in place of its own class for them."""
    if isinstance(value, Binary):
        held: Any = value  # its stub knows nothing of its value
        return held.value
    if isinstance(value, dict):
        return {name: _with_bytes(part) for name, part in value.items()}
    return [_with_bytes(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("value", [1.5, {1}, object(), Decimal("Infinity"), Decimal("NaN")], ids=repr)
def test_what_rows_do_not_have_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="rows have no"):
        to_item({"a": [value]})


@pytest.mark.parametrize("number", [10**38 + 1, Decimal("1E+127"), Decimal("1E-166")], ids=repr)
def test_a_number_that_would_be_rounded_is_refused(number: Any) -> None:
    with pytest.raises(DecimalException):
        to_item({"a": number})


def test_the_sets_of_operators_are_read() -> None:
    item = {"texts": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2.5"]}, "binaries": {"BS": [b"x"]}}

    assert from_item(item) == {"texts": {"a", "b"}, "numbers": {Decimal(1), Decimal("2.5")}, "binaries": {b"x"}}


@pytest.mark.parametrize("attribute", [{}, {"X": "1"}, {"B": "encoded, as in streams"}], ids=repr)
def test_what_is_no_attribute_is_refused(attribute: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"no attribute|must be binary"):
        from_item({"a": attribute})


def test_only_bytes_are_binary() -> None:
    assert to_bytes(b"x") == b"x"
    with pytest.raises(TypeError, match="must be binary"):
        to_bytes("x")
