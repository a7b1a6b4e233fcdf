"""What a process of the search does; the processes begin anew, so the settings of Powertools are made here."""

from __future__ import annotations

import os
from collections.abc import Callable

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "fault-search")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "TransactionPipeline")

from tests.property.simulation import flows, search
from tests.property.simulation.virtual import virtual


def single_faults() -> search.Found:
    """Run every flow with every single fault."""
    found = search.Found()
    with virtual(search.packages()):
        for each in flows.every_single_fault():
            found.add(each)
    return found


def block(seeds: tuple[int, int]) -> search.Found:
    """Run the schedules of the seeds from the first to before the second."""
    with virtual(search.packages()):
        return search.run_seeds(range(*seeds))


def shown(seed: int, trace: Callable[[str], None]) -> search.Found:
    """Run one schedule, and tell what happens in it."""
    with virtual(search.packages()):
        return search.run_seed(seed, trace)
