"""What a transaction makes a system do: measured figures, each with where it comes from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("workload.toml")

Part = TypeVar("Part")


@dataclass(frozen=True)
class Function:
    """What a function does.

    Parameters
    ----------
    calls
        Direct calls a transaction: by the API, a rule of the bus or the workflow.
    records
        Records of its queue or stream a transaction, which come in batches.
    milliseconds
        Billed for a call that brings one record.
    milliseconds_more
        Billed for each further record of a batch.
    log_bytes
        Written by the code for a call; what Lambda itself writes follows from the plan.
    log_bytes_more
        Written for each record.
    cost_questions
        Questions to Cost Explorer, for a call.
    traced
        Whether its calls begin traces of their own; those by the API and by queues belong to a trace that is there.
    """

    calls: float = 0.0
    records: float = 0.0
    milliseconds: float = 0.0
    milliseconds_more: float = 0.0
    log_bytes: float = 0.0
    log_bytes_more: float = 0.0
    cost_questions: float = 0.0
    traced: bool = False


@dataclass(frozen=True)
class Table:
    """What is read from and written to a table and its indexes, a transaction.

    Parameters
    ----------
    writes
        Write request units of the table, once for each write: sizes in KB, rounded up.
    transactional_writes
        The same of writes within DynamoDB transactions, which are charged twice.
    index_writes
        Write request units of the indexes.
    reads
        Read request units.
    idle_reads
        Read request units of a month in which nothing happens: what looks at the table by the clock.
    stored_bytes
        Bytes that stay, the indexes' included.
    """

    writes: float = 0.0
    transactional_writes: float = 0.0
    index_writes: float = 0.0
    reads: float = 0.0
    idle_reads: float = 0.0
    stored_bytes: float = 0.0


@dataclass(frozen=True)
class Queue:
    """Messages sent to a queue, a transaction; none is above the 64 KB of one request."""

    messages: float = 0.0
    read_elsewhere: float = 0.0
    """Requests a message by readers that are no function of this system."""


@dataclass(frozen=True)
class Topic:
    """Messages published to a topic, a transaction."""

    publishes: float = 0.0
    emails: float = 0.0


@dataclass(frozen=True)
class Bucket:
    """Objects written to a bucket.

    Parameters
    ----------
    bytes
        A transaction, as they lie there.
    writer
        The function that writes an object a call; empty where an object is written a transaction.
    objects
        Objects a transaction, or a call of the writer.
    """

    bytes: float = 0.0
    writer: str = ""
    objects: float = 0.0


@dataclass(frozen=True)
class Bus:
    """Events put on a bus: a transaction, their size, and in a month in which nothing happens."""

    events: float = 0.0
    bytes: float = 0.0
    idle_events: float = 0.0


@dataclass(frozen=True)
class Workflow:
    """Executions of a workflow a transaction; each one's transitions and lines in the log."""

    executions: float = 0.0
    transitions: float = 0.0
    log_bytes: float = 0.0


@dataclass(frozen=True)
class Stream:
    """Records written to a Kinesis stream a transaction, and their size."""

    records: float = 0.0
    bytes: float = 0.0


@dataclass(frozen=True)
class Api:
    """Requests to the API a transaction, what comes back, and a line of the access log."""

    requests: float = 0.0
    response_bytes: float = 0.0
    log_bytes: float = 0.0


@dataclass(frozen=True)
class Job:
    """A Spark job: runs a month, hours of a run with nothing to do, and for each million transactions of the month."""

    runs: float = 0.0
    hours: float = 0.0
    hours_per_million: float = 0.0


@dataclass(frozen=True)
class Workload:
    """What one system does for a transaction, by the names of its modules."""

    name: str
    functions: Mapping[str, Function] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    queues: Mapping[str, Queue] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    buses: Mapping[str, Bus] = field(default_factory=dict)
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)
    apis: Mapping[str, Api] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    metrics: float = 0.0
    """Custom metrics that the functions write, each combination of dimensions once."""
    network_bytes: float = 0.0
    """A transaction, through interface endpoints."""
    flow_log_bytes: float = 0.0
    """A transaction, in the log of the network."""
    data_events: float = 0.0
    """Calls for tables and buckets that a trail records, a transaction."""
    idle_data_events: float = 0.0
    """The same in a month in which nothing happens."""

    def of(self, kind: str, name: str) -> Any:
        """Return the figures of one module.

        Raises
        ------
        CommandError
            If there are none: what nobody measured must not pass for free.
        """
        found = getattr(self, kind)
        if name not in found:
            raise CommandError(f"the workload of {self.name} has no {kind}.{name}: measure it, or say that it is idle.")
        return found[name]


_PARTS: dict[str, type] = {
    "functions": Function,
    "tables": Table,
    "queues": Queue,
    "topics": Topic,
    "buckets": Bucket,
    "buses": Bus,
    "workflows": Workflow,
    "streams": Stream,
    "apis": Api,
    "jobs": Job,
}


def load(file: Path = FILE) -> dict[str, Workload]:
    """Read the workloads of all systems."""
    content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: _workload(name, entry) for name, entry in content["systems"].items()}


def _workload(name: str, entry: Mapping[str, Any]) -> Workload:
    parts: dict[str, Any] = {
        kind: {key: _part(part, figures, f"{name}.{kind}.{key}") for key, figures in entry.get(kind, {}).items()}
        for kind, part in _PARTS.items()
    }
    known = {item.name for item in fields(Workload)} - {"name", *_PARTS}
    _refuse_unknown(set(entry) - known - set(_PARTS) - {"source"}, name)
    return Workload(name=name, **parts, **{key: value for key, value in entry.items() if key in known})


def _part(kind: type[Part], figures: Mapping[str, Any], where: str) -> Part:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    _refuse_unknown(set(figures) - known - {"source"}, where)
    return kind(**{key: value for key, value in figures.items() if key in known})


def _refuse_unknown(names: set[str], where: str) -> None:
    if names:
        raise CommandError(f"the workload's {where} has unknown figures: {', '.join(sorted(names))}.")
