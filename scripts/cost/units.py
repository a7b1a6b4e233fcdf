"""The arithmetic of AWS's billing units."""

from __future__ import annotations

import math
import re

from scripts.cost.charge import Month
from scripts.errors import CommandError

GB = 1_000_000_000.0  # AWS counts some of it in powers of two, which would cost 7 % less
LOG_COMPRESSION = 0.15
"""What is left of a log when it is stored, as AWS says of its own calculator's examples."""
FIRST_MONTH = 0.5
"""How much of its first month lies before what arrives evenly in it, on average."""
_KB = 1024
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}


def write_units(size: int) -> int:
    """Return the write request units of an item of `size` bytes: each started KB is one."""
    return max(1, math.ceil(size / _KB))


def read_units(size: int, *, consistent: bool) -> float:
    """Return the read request units of an item: each started 4 KB is one, or half of one if it may be a little old."""
    return max(1, math.ceil(size / (4 * _KB))) * (1.0 if consistent else 0.5)


def put_units(size: float) -> int:
    """Return the PUT payload units of a Kinesis record: each started 25 KB is one."""
    return max(1, math.ceil(size / (25 * _KB)))


def runs_a_month(schedule: str) -> float:
    """Return how often a schedule runs: `rate(...)`, or `cron(...)` with one time a day or a week.

    Raises
    ------
    CommandError
        If the expression is neither.
    """
    found = _RATE.fullmatch(schedule)
    if found:
        return Month.MINUTES / (int(found[1]) * _MINUTES[found[2]])
    parts = schedule.removeprefix("cron(").removesuffix(")").split()
    if schedule.startswith("cron(") and len(parts) == 6 and parts[0].isdigit() and parts[1].isdigit():
        days = Month.HOURS / 24
        return days if parts[2] in "*?" and parts[4] in "*?" else days / 7
    raise CommandError(f"the cost model cannot tell how often {schedule} runs.")


def batch(rate: float, gather_seconds: float, largest: int) -> float:
    """Return how many records a batch holds on average, at an even `rate` a second.

    One record begins it; what comes while it is gathered joins it.
    """
    return min(float(largest), 1.0 + rate * gather_seconds)


def traced(calls: float) -> float:
    """Return how many of a month's calls X-Ray records: the first of each second, and 5 % of the others."""
    first = min(calls, Month.SECONDS)
    return first + 0.05 * (calls - first)
