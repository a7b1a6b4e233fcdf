"""The Glue catalogue calls the fields of a line as the function that writes them does."""

from __future__ import annotations

import json

from pipeline.domain.lake import line_of
from tests.lake_catalogue import columns
from tests.unit.functions.customer_rows import decided


def test_a_line_has_the_columns_of_the_catalogue_in_their_order() -> None:
    line = line_of("1", decided(), None)

    assert line is not None
    assert list(json.loads(line.text)) == list(columns()["raw_transactions"])
