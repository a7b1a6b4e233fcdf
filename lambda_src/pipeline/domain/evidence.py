"""The evidence of a decision, as a row keeps it: the features, and what other policies would have decided.

It is most of what there is to keep of a decision, and nearly the same text in every row. So it is kept compressed,
apart from the decision: a decided row then fits one write unit of DynamoDB (1,024 bytes) in the usual case.

The format: a byte with the version, then a raw deflate stream (RFC 1951) with the version's preset dictionary. It holds
a JSON document in ASCII with sorted keys and no spaces: "names" and "values" of the features, and "shadows".
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.domain.evidence_dictionary import DICTIONARY_1

if TYPE_CHECKING:
    from pipeline.domain.decision import Feature

VERSION = b"\x01"

_APART = ("features", "shadows")
"""Parts of a decision that are its evidence."""

_RAW = -zlib.MAX_WBITS
_LONGEST = 65_536
"""Bytes of a document that are read at most; a usual one has two thousand."""


def stored_decision(decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision as the row keeps it: what `decision_attributes` returned, its evidence apart from the rest."""
    kept = {name: value for name, value in decision.items() if name not in _APART}
    return {"decision": kept, "evidence": pack(decision["features"], decision["shadows"])}


def whole_decision(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the decision of a row with its features and shadows; without them, if the row has no evidence.

    A row that was rebuilt from an archive has none. Numbers beside the evidence are as the table gives them: Decimal.

    Raises
    ------
    KeyError
        If the row has no decision.
    TypeError, ValueError
        If its evidence cannot be read.
    """
    stored = row.get("evidence")
    if stored is None:
        return dict(row["decision"])
    if isinstance(stored, int):  # bytes() would make so many zeros of it
        raise TypeError("the evidence must be binary")
    return {**row["decision"], **unpack(bytes(stored))}


def pack(features: Mapping[str, Feature], shadows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the evidence as bytes.

    Parameters
    ----------
    features
        What the policies saw.
    shadows
        The results of the policies that did not decide: JSON-ready, whole numbers only.
    """
    names = sorted(features)
    document = {"names": names, "shadows": list(shadows), "values": [features[name] for name in names]}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    stream = zlib.compressobj(9, zlib.DEFLATED, _RAW, zdict=DICTIONARY_1)
    return VERSION + stream.compress(text.encode()) + stream.flush()


def unpack(evidence: bytes) -> dict[str, Any]:
    """Return "features" and "shadows" of what `pack` made.

    Raises
    ------
    ValueError
        If it is none of ours: another version, damaged, or not whole.
    """
    if evidence[:1] != VERSION:
        raise ValueError(f"the evidence must begin with version 1, not {evidence[:1].hex() or 'nothing'}")
    stream = zlib.decompressobj(_RAW, zdict=DICTIONARY_1)
    try:
        text = stream.decompress(evidence[1:], _LONGEST)
        if not stream.eof or stream.unused_data:
            raise ValueError("it is not whole")
        return _read(json.loads(text))
    except (zlib.error, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the evidence cannot be read: {error}") from error


def _read(document: Mapping[str, Any]) -> dict[str, Any]:
    names, values = document["names"], document["values"]
    features = dict(zip(names, values))
    if not len(features) == len(names) == len(values):
        raise ValueError("each feature must have one value")
    return {"features": features, "shadows": list(document["shadows"])}
