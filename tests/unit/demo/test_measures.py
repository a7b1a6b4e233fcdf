from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from scripts.demo.measures import measure, percentiles_ms
from tests.unit.demo.builders import row, sent, snapshot, transaction


def test_end_to_end_runs_from_the_call_to_the_committed_decision() -> None:
    one, two = transaction("t1"), transaction("t2", account_id="a2")
    answers = [sent(one, 0, sent_at=100.0, seconds=0.02), sent(two, 1, sent_at=101.0, seconds=0.04)]
    state = snapshot([row(one, decided_at=100.5), row(two, decided_at=104.0)])

    measures = measure(answers, state)

    assert measures.end_to_end_seconds == (0.5, 3.0)
    assert measures.api_seconds == (0.02, 0.04)
    assert measures.throughput_tps == 2 / 4.0


def test_what_an_earlier_run_decided_is_not_measured() -> None:
    one = transaction()

    measures = measure([sent(one, status=200, sent_at=100.0)], snapshot([row(one, decided_at=50.0)]))

    assert measures.end_to_end_seconds == ()
    assert measures.throughput_tps == 0.0


def test_a_row_of_another_body_is_not_measured() -> None:
    one = transaction()

    assert measure([sent(one)], snapshot([row(transaction(amount=Decimal("7")))])).scores == ()


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=200))
def test_each_percentile_is_a_value_that_occurred_and_covers_its_share(seconds: list[float]) -> None:
    ranks = percentiles_ms(seconds)

    for rank in (50, 95, 99):
        limit = ranks[f"p{rank}"]
        assert limit is not None
        assert limit in [round(1000 * value, 1) for value in seconds]
        assert sum(round(1000 * value, 1) <= limit for value in seconds) >= rank / 100 * len(seconds)


def test_no_values_have_no_percentiles() -> None:
    assert percentiles_ms([]) == {"p50": None, "p95": None, "p99": None}
