from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from evaluation.published import NAMES, features
from evaluation.simulator import DAY, Transactions, World, simulate


def test_each_feature_is_what_its_description_says_counted_the_slow_way() -> None:
    data = simulate(World(customers=40, terminals=30, days=50, radius=40))
    found = features(data)

    for row in np.linspace(0, len(data) - 1, 60).astype(int).tolist():
        assert dict(zip(NAMES, found[row])) == pytest.approx(the_slow_way(data, row))


def the_slow_way(data: Transactions, row: int) -> dict[str, float]:
    now = int(data.second[row])
    at = datetime.combine(data.start, datetime.min.time(), timezone.utc) + timedelta(seconds=now)
    before = np.arange(len(data)) <= row
    expected = {
        "amount": data.cents[row] / 100, "weekend": float(at.weekday() >= 5), "night": float(at.hour <= 6),
    }  # fmt: skip
    for days in (1, 7, 30):
        own = before & (data.customer == data.customer[row]) & (data.second > now - days * DAY)
        expected[f"customer_count_{days}d"] = float(own.sum())
        expected[f"customer_mean_{days}d"] = float(data.cents[own].mean()) / 100
        there = before & (data.terminal == data.terminal[row]) & (data.second > now - (7 + days) * DAY)
        there &= data.second <= now - 7 * DAY
        expected[f"terminal_count_{days}d"] = float(there.sum())
        expected[f"terminal_risk_{days}d"] = float(data.fraud[there].mean()) if there.any() else 0.0
    return expected
