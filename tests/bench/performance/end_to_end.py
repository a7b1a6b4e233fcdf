"""End to end on the embedded emulator: the flagship, and the usual handler deployed beside it.

Both are up at the same time and take turns at each rate, so that what else the machine does meets both alike; the one
that is not measured is idle. Times are the emulator's: they compare the two, and say nothing about AWS.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

from scripts import systems
from scripts.demo import generator, tables
from scripts.demo.measures import PERCENTILES, percentiles_ms
from scripts.demo.stack import Stack, start_local_stack
from tests.bench.performance import baseline, steady
from tests.bench.performance.sections import Section
from tests.bench.performance.steady import Run

RATES = (5.0, 10.0, 20.0, 50.0)
"""Transactions a second."""
HIGHER = (75.0, 100.0)
"""Tried only by who keeps all that are lower."""
SECONDS = 20.0
ROUNDS = 3
_WARM_UP_RATE, _WARM_UP_SECONDS = 20.0, 10.0
"""The functions' environments, each a process, are there when it counts."""
FLAGSHIP, USUAL = "the flagship", "the usual handler"


@dataclass(frozen=True)
class Turn:
    """One run of one system in a round, with the load of the processors (a minute's mean) at its end."""

    system: str
    run: Run
    load: float


def section() -> Section:
    """Measure both at all rates, in several rounds, and put the medians side by side."""
    load = os.getloadavg()[0]
    with ExitStack() as stacks:
        deployed = {
            FLAGSHIP: _with_merchants(stacks.enter_context(start_local_stack(systems.FLAGSHIP, lambda _: None))),
            USUAL: stacks.enter_context(baseline.start()),
        }
        for stack in deployed.values():
            steady.send(stack, _WARM_UP_RATE, _WARM_UP_SECONDS, seed=1)
        turns = [turn for number in range(1, ROUNDS + 1) for turn in _round(deployed, number)]
    return as_section(turns, load)


def _with_merchants(stack: Stack) -> Stack:
    tables.write_merchants(stack.client("dynamodb"), stack.output("merchants_table_name"), list(generator.merchants()))
    return stack


def _round(deployed: Mapping[str, Stack], number: int) -> list[Turn]:
    turns: list[Turn] = []
    for rate in (*RATES, *HIGHER):
        for system, stack in deployed.items():
            keeps_all = all(turn.run.is_kept for turn in turns if turn.system == system)
            if rate in RATES or keeps_all:
                run = steady.send(stack, rate, SECONDS, seed=1000 * number + round(rate))
                turns.append(Turn(system, run, os.getloadavg()[0]))
                print(f"round {number}: {system}, {rate:.0f} a second, {_told(run)}", file=sys.stderr, flush=True)
    return turns


def _told(run: Run) -> str:
    decision = percentiles_ms(run.decisions)["p50"]
    counts = f"{run.backlog} waiting at the end, {run.refused} refused"
    return f"decided after {decision} ms, {counts}, {run.cpu_milliseconds_each:.0f} ms of CPU each"


def highest_kept(turns: Sequence[Turn], system: str) -> float:
    """Return the highest rate that a system kept in most rounds, and all lower ones with it; 0 if none."""
    highest = 0.0
    for rate in sorted({turn.run.rate for turn in turns if turn.system == system}):
        tried = _of(turns, system, rate)
        if 2 * sum(run.is_kept for run in tried) <= ROUNDS:
            break
        highest = rate
    return highest


def _of(turns: Sequence[Turn], system: str, rate: float) -> list[Run]:
    return [turn.run for turn in turns if turn.system == system and turn.run.rate == rate]


def as_section(turns: Sequence[Turn], load: float) -> Section:
    """Return what the rounds brought as a table; every number in it is the median of the rounds.

    Parameters
    ----------
    turns
        All runs.
    load
        Load of the processors before the systems were started: that of others.
    """
    systems_and_rates = sorted({(turn.run.rate, turn.system) for turn in turns})
    figures = [_figures(system, rate, _of(turns, system, rate)) for rate, system in systems_and_rates]
    rows = [
        [
            one["system"], f"{one['rate']:.0f}", _three(one["answer_ms"]), _three(one["decision_ms"]),
            f"{one['cpu_ms']:.0f}", f"{one['backlog']:.0f}", f"{one['kept']} of {one['rounds']}",
        ]
        for one in figures
    ]  # fmt: skip
    kept = {system: highest_kept(turns, system) for system in (FLAGSHIP, USUAL)}
    loads = [turn.load for turn in turns]
    note = (
        f"Highest rate kept: {FLAGSHIP} {kept[FLAGSHIP]:.0f} a second, {USUAL} {kept[USUAL]:.0f}. Medians of {ROUNDS}"
        f" rounds of {SECONDS:.0f} s at each rate. Load of {os.cpu_count()} processors: {load:.1f} before, of others;"
        f" {median(loads):.1f} during, from {min(loads):.1f} to {max(loads):.1f}."
    )
    columns = (
        "",
        "a second",
        "answer p50 / p95 / p99, ms",
        "decision p50 / p95 / p99, ms",
        "CPU of all, ms a transaction",
        "waiting at the end",
        "kept",
    )
    return Section("end_to_end", columns, rows, {"rates": figures, "highest_kept": kept, "load": [load, *loads]}, note)


def _figures(system: str, rate: float, runs: Sequence[Run]) -> dict[str, Any]:
    return {
        "system": system,
        "rate": rate,
        "answer_ms": _medians([percentiles_ms(run.answers) for run in runs]),
        "decision_ms": _medians([percentiles_ms(run.decisions) for run in runs]),
        "backlog": median(run.backlog for run in runs),
        "refused": median(run.refused for run in runs),
        "kept": sum(run.is_kept for run in runs),
        "rounds": len(runs),
        "cpu_ms": median(run.cpu_milliseconds_each for run in runs),
    }


def _medians(found: Sequence[Mapping[str, float | None]]) -> dict[str, float]:
    return {f"p{rank}": median(one[f"p{rank}"] or 0.0 for one in found) for rank in PERCENTILES}


def _three(milliseconds: Mapping[str, float]) -> str:
    return " / ".join(f"{value:,.0f}" for value in milliseconds.values())
