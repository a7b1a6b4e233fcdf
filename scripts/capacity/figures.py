"""The figures of the model, each with its source: figures.toml."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.capacity.latency import Fixed, Percentiles
from scripts.capacity.settings import Rows, Settings, Times
from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("figures.toml")


@dataclass(frozen=True)
class Figure:
    """A number with what it counts and where it comes from.

    Parameters
    ----------
    value, unit
        The number, and what it counts.
    source
        An address, or a place in this repository; empty for an assumption.
    assumed
        What is assumed, and why; empty where the source says it.
    """

    value: float
    unit: str
    source: str
    assumed: str


@dataclass(frozen=True)
class Figures:
    """All of them, by name.

    Parameters
    ----------
    date, region
        When they were read, and for which region.
    limits, functions, rows
        Quotas; work of the functions; sizes of rows.
    latencies
        Distributions of times, and for each where it comes from.
    regions
        Calls a second of a FIFO queue, by regions.
    """

    date: str
    region: str
    limits: Mapping[str, Figure]
    functions: Mapping[str, Figure]
    rows: Mapping[str, Figure]
    latencies: Mapping[str, tuple[Percentiles, str]]
    regions: Mapping[str, int]


def load(file: Path = FILE) -> Figures:
    """Read the figures.

    Raises
    ------
    CommandError
        If one has neither a source nor an assumption.
    """
    text = tomllib.loads(file.read_text(encoding="utf-8"))
    pages: Mapping[str, str] = text["pages"]
    limits = dict(text["limits"])
    regions = limits.pop("fifo_calls_by_region")
    return Figures(
        date=str(text["date"]),
        region=text["region"],
        limits={name: _figure(name, entry, pages) for name, entry in limits.items()},
        functions={name: _figure(name, entry, pages) for name, entry in text["functions"].items()},
        rows={name: _figure(name, entry, pages) for name, entry in text["rows"].items()},
        latencies={name: _latency(name, entry, pages) for name, entry in text["latencies"].items()},
        regions=regions,
    )


def _figure(name: str, entry: Mapping[str, Any], pages: Mapping[str, str]) -> Figure:
    figure = Figure(float(entry["value"]), entry["unit"], _source(entry, pages), entry.get("assumed", ""))
    _check(name, figure.source, figure.assumed)
    return figure


def _latency(name: str, entry: Mapping[str, Any], pages: Mapping[str, str]) -> tuple[Percentiles, str]:
    source, assumed = _source(entry, pages), entry.get("assumed", "")
    _check(name, source, assumed)
    seconds = tuple(ms / 1000 for ms in entry["ms"])
    said = f"assumed: {assumed}" if assumed else f"{entry['note']} ({source})"
    return Percentiles(tuple(float(one) for one in entry["percent"]), seconds), said


def _source(entry: Mapping[str, Any], pages: Mapping[str, str]) -> str:
    return pages[entry["page"]] if "page" in entry else str(entry.get("source", ""))


def _check(name: str, source: str, assumed: str) -> None:
    if not source and not assumed:
        raise CommandError(f"{name} of figures.toml says neither where it comes from nor that it is assumed.")


def flagship(figures: Figures) -> Settings:
    """Return the flagship as variables.tf has it, on tables that have grown to the default quota."""
    limit = {name: figure.value for name, figure in figures.limits.items()}
    return Settings(
        api_rate=500,
        api_burst=1_000,
        maximum_concurrency=100,
        reserved_concurrency=0,
        provisioned_concurrency=0,
        is_high_throughput=True,
        batch_size=int(limit["mapping_batch"]),
        received_shards=int(figures.rows["received_shards"].value),
        api_account_rate=limit["api_account_rate"],
        api_account_burst=limit["api_account_burst"],
        concurrency=int(limit["lambda_concurrency"]),
        requests_per_environment=limit["lambda_requests_per_environment"],
        new_environments=limit["lambda_new_environments"],
        new_seconds=limit["lambda_new_seconds"],
        mapping_start=int(limit["mapping_start"]),
        mapping_growth=limit["mapping_growth"] / 60,
        fifo_calls=limit["fifo_calls"],
        fifo_partition_calls=limit["fifo_partition_calls"],
        look_ahead=int(limit["fifo_look_ahead"]),
        table_units=limit["table_first_units"],
        partition_units=limit["table_partition_units"],
        rows=_rows(figures),
        times=_times(figures),
    )


def _rows(figures: Figures) -> Rows:
    value = {name: figure.value for name, figure in figures.rows.items()}
    return Rows(
        accepted=value["accepted"],
        decided=value["decided"],
        account=value["account"],
        account_index_accepted=value["account_index_accepted"],
        account_index_decided=value["account_index_decided"],
        received_index=value["received_index"],
    )


def _times(figures: Figures) -> Times:
    work = {name: figure.value for name, figure in figures.functions.items()}
    # A function has a part of a processor below 1,769 MB, and its work takes longer by that.
    share = min(1.0, work["memory_mb"] / figures.limits["lambda_mb_of_a_vcpu"].value)
    latency = {name: distribution for name, (distribution, _) in figures.latencies.items()}
    return Times(
        gateway=latency["gateway"],
        put_item=latency["put_item"],
        send_message=latency["send_message"],
        answer=Fixed(0.0),
        queue_to_function=latency["queue_to_function"],
        read_accounts=latency["read_accounts"],
        commit=latency["commit"],
        delete_messages=latency["delete_messages"],
        ingest_cpu=work["ingest_cpu_ms"] / 1000 / share,
        process_cpu=work["process_cpu_ms"] / 1000 / share,
        process_batch_cpu=work["process_batch_cpu_ms"] / 1000 / share,
        ingest_cold=work["ingest_cold_ms"] / 1000,
        process_cold=work["process_cold_ms"] / 1000,
        patience=work["patience_ms"] / 1000,
    )
