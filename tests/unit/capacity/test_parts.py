"""The parts of the model, each by itself."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest

from scripts.capacity import figures, report
from scripts.capacity.fifo import FifoQueue
from scripts.capacity.item_size import item_bytes
from scripts.capacity.latency import Draws, Percentiles, percentile
from scripts.capacity.load import Load, busiest_share
from scripts.capacity.meter import Meter
from scripts.capacity.summary import Table
from scripts.capacity.text import rounded
from scripts.errors import CommandError


def test_a_distribution_gives_its_known_percentiles_back_and_nothing_beyond() -> None:
    hop = Percentiles((10, 50, 90, 99), (0.0219, 0.0281, 0.0612, 0.645))

    drawn = Draws(hop, random.Random(1))  # noqa: S311 - a simulation
    times = sorted(drawn() for _ in range(20_000))

    assert percentile(times, 0.5) == pytest.approx(0.0281, rel=0.02)
    assert percentile(times, 0.9) == pytest.approx(0.0612, rel=0.05)
    assert percentile(times, 0.985) < 0.645
    assert (times[0], times[-1]) == (0.0219, 0.645)


def test_a_meter_spaces_what_exceeds_its_burst() -> None:
    meter = Meter(rate=10, burst=2)

    assert [round(meter.take(0.0), 3) for _ in range(5)] == [0.0, 0.0, 0.0, 0.1, 0.2]
    assert meter.take(10.0) == 0.0


def test_a_meter_that_has_no_rest_behind_it_has_no_burst() -> None:
    meter = Meter(rate=10, burst=2, is_full=False)

    assert [round(meter.take(0.0), 3) for _ in range(3)] == [0.0, 0.1, 0.2]


def test_a_group_gives_out_nothing_while_a_batch_of_it_is_under_way() -> None:
    queue = FifoQueue(batch_size=2, look_ahead=100)
    for message, group in enumerate((1, 1, 1, 2)):
        queue.add(message, group)

    first, second = queue.take(), queue.take()
    assert (first, second) == (([0, 1], [1]), ([3], [2]))
    assert not queue.is_ready

    queue.delete(*first)
    assert queue.take() == ([2], [1])


def test_a_batch_takes_from_several_groups() -> None:
    queue = FifoQueue(batch_size=10, look_ahead=100)
    for message in range(6):
        queue.add(message, message % 3)

    assert queue.take() == ([0, 3, 1, 4, 2, 5], [0, 1, 2])


def test_what_lies_beyond_the_look_ahead_is_seen_when_there_is_room() -> None:
    queue = FifoQueue(batch_size=10, look_ahead=2)
    for message, group in enumerate((1, 1, 2)):
        queue.add(message, group)

    batch = queue.take()
    assert batch == ([0, 1], [1])
    assert not queue.is_ready
    assert queue.beyond == 1

    queue.delete(*batch)
    assert queue.take() == ([2], [2])


def test_a_load_has_its_rate_and_its_giant() -> None:
    times, accounts = Load(1_000, 20, giant=0.25).arrivals(seed=3)

    assert len(times) == pytest.approx(20_000, rel=0.03)
    assert times == sorted(times)
    assert accounts.count(0) / len(accounts) == pytest.approx(0.25, abs=0.01)


def test_the_busiest_account_has_the_share_that_zipf_gives_it() -> None:
    load = Load(1_000, 20, accounts=1_000, skew=1.0)

    accounts = load.arrivals(seed=3)[1]

    assert busiest_share(load) == pytest.approx(0.1336, abs=0.0001)
    assert accounts.count(1) / len(accounts) == pytest.approx(busiest_share(load), abs=0.01)


def test_an_item_is_as_large_as_dynamodb_counts() -> None:
    assert item_bytes({"id": "abcd", "flag": True}) == 2 + 4 + 4 + 1
    assert item_bytes({"n": Decimal("12345")}) == 1 + 4
    assert item_bytes({"m": {"ab": "c"}}) == 1 + 3 + 1 + 2 + 1


def test_every_figure_says_where_it_comes_from_or_that_it_is_assumed(tmp_path: Path) -> None:
    known = figures.load()
    assert all(
        one.source or one.assumed for part in (known.limits, known.functions, known.rows) for one in part.values()
    )

    text = figures.FILE.read_text(encoding="utf-8")
    changed = tmp_path / "figures.toml"
    changed.write_text(text.replace(', page = "sqs_backlog"', ""), encoding="utf-8")
    with pytest.raises(CommandError, match="fifo_look_ahead"):
        figures.load(changed)


def test_a_bound_is_never_promised_too_high() -> None:
    assert [rounded(rate) for rate in (494.9, 4_611, 73_178, 83.4)] == [490, 4_600, 73_000, 83]


def test_the_tables_replace_what_stands_between_their_markers(tmp_path: Path) -> None:
    page = tmp_path / "capacity.md"
    page.write_text("before\n<!-- BEGIN X -->\nold\n<!-- END X -->\nafter\n", encoding="utf-8")

    report.put(report.markdown([Table("Title", "A note.", ("a", "b"), [("1", "2")])]), "X", page)

    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert "### Title\n\nA note.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n" in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    with pytest.raises(CommandError, match="markers"):
        report.put("", "Y", page)
