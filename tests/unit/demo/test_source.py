from __future__ import annotations

from collections import defaultdict

import pytest

from scripts.demo.source import GeneratedSource
from scripts.demo.systems import SECUREBANK


def test_every_fourth_transaction_is_of_a_pattern_and_all_are_there() -> None:
    made = list(GeneratedSource(400, 1, SECUREBANK.patterns).transactions())

    accepted = {one.transaction_id for one in made if one.expected == "accepted"}
    assert len(accepted) == 400
    assert sum(id_.startswith("pattern-") for id_ in accepted) == 100
    assert [one.transaction_id.split("-")[0] for one in made[:8]].count("pattern") == 2


def test_the_patterns_have_customers_of_their_own_and_each_ones_times_go_forward() -> None:
    times: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, set[str]] = defaultdict(set)
    for one in GeneratedSource(400, 1, SECUREBANK.patterns).transactions():
        kinds[one.account_id].add(one.transaction_id.split("-")[0])
        if one.expected == "accepted":
            times[one.account_id].append(one.occurred_at)

    assert all(len(found) == 1 for found in kinds.values())
    assert all(before <= after for found in times.values() for before, after in zip(found, found[1:]))


def test_without_patterns_it_is_the_generator_alone() -> None:
    assert not any(one.transaction_id.startswith("pattern") for one in GeneratedSource(40, 1).transactions())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_run_too_small_for_a_quarter_still_has_its_transactions(count: int) -> None:
    source = GeneratedSource(count, 1, SECUREBANK.patterns)

    assert len({one.transaction_id for one in source.transactions() if one.expected == "accepted"}) == count
    assert "pattern" not in source.name
