"""Holds the simulation against the embedded emulator: the same arrivals, the emulator's own service times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scripts.capacity.emulator import Phase, Units
from scripts.capacity.latency import Fixed, Recorded, percentile
from scripts.capacity.load import Trace
from scripts.capacity.settings import Rows, Settings, Times
from scripts.capacity.simulation import Simulation
from scripts.capacity.summary import Table
from scripts.capacity.text import number, time

RANKS = (0.5, 0.95, 0.99)
HALFWAY = 0.5
"""Part of a function's time after which it has done what is dated. Assumed, because the emulator does not tell.

`ingest` has sent the message and has still to log and answer; `process` has read the accounts, and the commit comes.
"""
_ENDLESS = 1e9
_DRAIN_SECONDS = 3_600.0


@dataclass(frozen=True)
class Comparison:
    """One rate: percentiles in seconds, as measured and as simulated."""

    rate: float
    count: int
    batches: tuple[int, int]
    answer: tuple[tuple[float, ...], tuple[float, ...]]
    decided: tuple[tuple[float, ...], tuple[float, ...]]


def compare(phase: Phase, settings: Settings, seed: int) -> Comparison:
    """Simulate what a phase sent, and put both beside each other."""
    order = sorted(range(len(phase.sent_at)), key=lambda index: phase.sent_at[index])
    trace = Trace(tuple(phase.sent_at[index] for index in order), tuple(phase.accounts[index] for index in order))
    outcome = Simulation(_as_emulated(settings, phase), trace, seed, gives_up=False, drain_seconds=_DRAIN_SECONDS).run()
    simulated = [decided - sent for sent, decided in zip(trace.times, outcome.decided_at)]
    return Comparison(
        rate=phase.rate,
        count=len(order),
        batches=(len(phase.process), outcome.batches),
        answer=(_ranks(phase.api), _ranks(outcome.api_seconds)),
        decided=(_ranks(phase.decided), _ranks(simulated)),
    )


def comparison_table(comparisons: Sequence[Comparison]) -> Table:
    """Return the comparison as a table."""
    rows = []
    for one in comparisons:
        for what, (measured, simulated) in (("answer", one.answer), ("decided", one.decided)):
            rows.append(
                [
                    number(one.rate),
                    number(one.count),
                    what,
                    *(" / ".join(map(time, side)) for side in (measured, simulated)),
                ]
            )
        rows.append([number(one.rate), number(one.count), "batches", *(number(count) for count in one.batches)])
    return Table(
        "Measured and simulated",
        "p50 / p95 / p99 from the sending.",
        ("a second", "transactions", "", "measured", "simulated"),
        rows,
    )


def units_text(units: Units) -> str:
    """Return what the rows of the run take to write, for whoever brings figures.toml up to date."""
    return (
        f"Mean write units in this run: {units.accepted:.2f} accepted, {units.decided:.2f} decided, {units.account:.2f}"
        f" an account; in the index by account {units.account_index_accepted:.2f} and"
        f" {units.account_index_decided:.2f}."
    )


def _as_emulated(settings: Settings, phase: Phase) -> Settings:
    """Return the emulator: one batch of a FIFO queue at a time, no quotas, and the times of the phase."""
    ingest = [seconds for _, seconds in phase.ingest]
    gateway = max(0.0, percentile(sorted(phase.api), 0.5) - percentile(sorted(ingest), 0.5))
    process = [seconds for _, seconds in phase.process]
    rest = tuple((1 - HALFWAY) * seconds + pause for seconds, pause in zip(process, _pauses(phase)))
    none = Fixed(0.0)
    times = Times(
        gateway=Fixed(gateway),
        put_item=_recorded(ingest, HALFWAY),
        send_message=none,
        answer=_recorded(ingest, 1 - HALFWAY),
        queue_to_function=none,
        read_accounts=none,
        commit=_recorded(process, HALFWAY),
        delete_messages=Recorded(rest),
        ingest_cpu=0.0,
        process_cpu=0.0,
        process_batch_cpu=0.0,
        ingest_cold=0.0,
        process_cold=0.0,
        patience=math.inf,
    )
    return replace(
        settings,
        api_rate=_ENDLESS,
        api_burst=_ENDLESS,
        api_account_rate=_ENDLESS,
        api_account_burst=_ENDLESS,
        maximum_concurrency=1,
        table_units=_ENDLESS,
        partition_units=_ENDLESS,
        fifo_calls=_ENDLESS,
        fifo_partition_calls=_ENDLESS,
        requests_per_environment=_ENDLESS,
        rows=Rows(1, 1, 1, 1, 1, 1),
        times=times,
    )


def _pauses(phase: Phase) -> list[float]:
    """Return how long the emulator took after each batch until the next one, where messages were waiting for it."""
    accepted = [sent + answered for sent, answered in zip(phase.sent_at, phase.api)]
    decided = [sent + until for sent, until in zip(phase.sent_at, phase.decided)]
    ends = [began + seconds for began, seconds in phase.process]
    pauses = [max(0.0, following - end) for (following, _), end in zip(phase.process[1:], ends)]
    is_waited_for = [any(a < end < d for a, d in zip(accepted, decided)) for end in ends[:-1]]
    usual = percentile(sorted(pause for pause, waited in zip(pauses, is_waited_for) if waited), 0.5)
    usual = 0.0 if math.isnan(usual) else usual
    return [*(pause if waited else usual for pause, waited in zip(pauses, is_waited_for)), usual]


def _recorded(seconds: Sequence[float], part: float) -> Recorded:
    return Recorded(tuple(one * part for one in seconds))


def _ranks(values: Sequence[float]) -> tuple[float, ...]:
    ordered = sorted(values)
    return tuple(percentile(ordered, rank) for rank in RANKS)
