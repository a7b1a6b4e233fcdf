"""What a run left, as figures a transaction."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import fmean
from typing import Any

from scripts.cost.measure.collect import Left
from scripts.cost.measure.sizes import OVERHEAD, index_units, item_bytes, projected
from scripts.cost.units import write_units

_EVENT = 26  # bytes that CloudWatch adds to each line
_PLATFORM = re.compile(r"(START|END|REPORT|INIT_START|XRAY) ")


def digest(left: Left, calls: Iterable[dict[str, Any]], transactions: int) -> dict[str, Any]:
    """Return the figures.

    Parameters
    ----------
    left
        What lies in the local AWS after the run.
    calls
        The functions' calls, as the emulator wrote them down.
    transactions
        How many were submitted, repeats not counted.
    """
    return {
        "transactions": transactions,
        "functions": {group: _function(lines, transactions) for group, lines in left.logs.items() if lines},
        "metrics": len(_metrics(line for lines in left.logs.values() for line in lines)),
        "tables": {name: _table(left, name, transactions) for name in left.tables},
        "calls": {name: count / transactions for name, count in sorted(_calls(calls).items())},
        "buckets": {
            name: {"objects": len(sizes), "bytes": sum(sizes) / transactions} for name, sizes in left.objects.items()
        },
        "executions": len(left.executions) / transactions,
        "transitions": fmean(_transitions(events) for events in left.executions) if left.executions else 0.0,
    }


def _function(lines: list[str], transactions: int) -> dict[str, Any]:
    own = [line for line in lines if not _PLATFORM.match(line)]
    calls = sum(1 for line in lines if line.startswith("REPORT"))
    metrics = [line for line in own if '"_aws"' in line]
    return {
        "calls": calls / transactions,
        "metric_bytes_a_call": _bytes(metrics) / max(1, calls),
        "log_bytes": (_bytes(own) - _bytes(metrics)) / transactions,
    }


def _bytes(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + _EVENT for line in lines)


def _metrics(lines: Iterable[str]) -> set[Any]:
    found = set()
    for line in lines:
        if '"_aws"' not in line:
            continue
        content = json.loads(line)
        for group in content["_aws"]["CloudWatchMetrics"]:
            for names in group["Dimensions"]:
                dimensions = tuple((name, content.get(name)) for name in names)
                found |= {(group["Namespace"], metric["Name"], dimensions) for metric in group["Metrics"]}
    return found


def _table(left: Left, name: str, transactions: int) -> dict[str, Any]:
    table = left.tables[name]
    key = [part["AttributeName"] for part in table["KeySchema"]]
    indexes = [*table.get("GlobalSecondaryIndexes", ()), *table.get("LocalSecondaryIndexes", ())]
    kept = [*left.items[name], *(projected(item, index, key) for index in indexes for item in left.items[name])]
    changes = defaultdict(list)
    for change in left.changes[name]:
        old, new = change["dynamodb"].get("OldImage"), change["dynamodb"].get("NewImage")
        units = write_units(max(item_bytes(old or {}), item_bytes(new or {})))
        changes[_kind(old, new)].append((units, sum(index_units(old, new, index, key) for index in indexes)))
    return {
        "stored_bytes": sum(item_bytes(item) + OVERHEAD for item in kept if item) / transactions,
        "changes": {
            kind: {
                "a_transaction": len(found) / transactions,
                "units": fmean(units for units, _ in found),
                "index_units": fmean(units for _, units in found),
            }
            for kind, found in sorted(changes.items())
        },
    }


def _kind(old: dict[str, Any] | None, new: dict[str, Any] | None) -> str:
    """Name a change by the statuses before and after it, where the item has one."""

    def status(image: dict[str, Any] | None) -> str:
        return "-" if image is None else str(image.get("status", {}).get("S", "item"))

    return f"{status(old)} > {status(new)}"


def _calls(calls: Iterable[dict[str, Any]]) -> Counter[str]:
    """Count calls by operation and target; of batches and transactions also what is in them."""
    counted: Counter[str] = Counter()
    for call in calls:
        operation = call["target"].rpartition(".")[2] or f"{call['method']} /{call['path'].split('/')[1]}"
        body = json.loads(call["body"]) if call["target"] and call.get("body") else {}
        target = body.get("TableName") or str(body.get("QueueUrl", "")).rpartition("/")[2]
        counted[f"{operation} {target}".rstrip()] += 1
        for table, asked in body.get("RequestItems", {}).items():
            counted[f"{operation} keys of {table}"] += len(asked.get("Keys", ()))
        for entry in body.get("TransactItems", ()):
            ((kind, write),) = entry.items()
            counted[f"{operation} {kind} {write['TableName']}"] += 1
        entries = body.get("Entries", ())
        if entries:
            counted[f"{operation} entries"] += len(entries)
    return counted


def _transitions(events: list[str]) -> int:
    return sum(1 for event in events if event.endswith("StateEntered"))
