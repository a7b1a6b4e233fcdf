"""The evidence of a decision comes back as it was, is small, and is refused when it is not whole."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aws.dynamo import to_item
from pipeline.domain.evidence import pack, unpack, whole_decision
from pipeline.domain.evidence_dictionary import DICTIONARY_1
from pipeline.domain.queued import accept
from pipeline.domain.records import change_attributes, decision_attributes, history_entry, received_row
from pipeline.domain.settlement import plan_settlement
from pipeline.scoring.engine import DecisionEngine
from scripts.cost.measure.sizes import item_bytes
from scripts.cost.units import write_units
from tests.factories import NOW, RECEIVED_AT, account, finder, merchant, queued, transaction
from tests.unit.scoring import artifacts, documents

VALUES = st.one_of(st.text(max_size=40), st.booleans(), st.integers(-1, 16_777_215))
SHADOWS: list[dict[str, Any]] = [{"policy": "weights", "kind": "weights", "score": 3, "reasons": [], "version": "1"}]


@given(st.dictionaries(st.text(max_size=30), VALUES, max_size=50))
def test_features_come_back_with_their_types(features: dict[str, Any]) -> None:
    back = unpack(pack(features, SHADOWS))

    assert back == {"features": features, "shadows": SHADOWS}
    assert {name: type(value) for name, value in back["features"].items()} == {
        name: type(value) for name, value in features.items()
    }


def packed(text: bytes, dictionary: bytes = DICTIONARY_1) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=dictionary)
    return b"\x01" + stream.compress(text) + stream.flush()


WHOLE = pack({"amount": "12.5", "currency": "USD"}, SHADOWS)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\x02" + WHOLE[1:],
        WHOLE[:1],
        WHOLE[:-1],
        WHOLE + b"x",
        b"\x01garbage",
        packed(b"{}"),
        packed(b"[7]"),
        packed(b'{"names":["a"],"values":[],"shadows":[]}'),
        packed(b'{"names":["a","a"],"values":[1,2],"shadows":[]}'),
        packed(b"0" * 70_000),
    ],
    ids=range(11),
)
def test_what_is_not_whole_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="evidence"):
        unpack(damaged)


def test_the_dictionary_is_part_of_the_format_and_stays_as_it_is() -> None:
    digest = hashlib.sha256(DICTIONARY_1).hexdigest()

    assert digest == "36d05f4ffbc2e9bc28b7e58eb3a06eb41811a65d911c338be7a52802284c8e87"


@pytest.mark.parametrize("champion", ["points", "model"])
def test_a_decided_row_is_one_write_unit_apart_from_what_its_reasons_say(champion: str) -> None:
    model = artifacts.model()
    sha256 = model.description.sha256
    engine = DecisionEngine(documents.document(sha256, champion=champion, challenger=None), {sha256: model})
    names: dict[str, Any] = {"transaction_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "account_id": "account-1234"}
    change = plan_settlement(account(), [queued(**names)], finder(merchant()), engine).changes[0]
    row = {**received_row(accept(transaction(**names), NOW, "r" * 36)), **change_attributes(change, RECEIVED_AT)}
    row["history"] = [*row["history"], history_entry(change.status, RECEIVED_AT, "process", change.reason)]

    assert change.decision is not None
    assert len(change.decision.shadows) == 3 - (champion == "model")
    assert whole_decision(row) == decision_attributes(change.decision)
    explained = sum(len(reason.code) + len(reason.text) for reason in change.decision.reasons)
    assert write_units(item_bytes(to_item(row)) - explained) == 1
