"""Keeps what the functions complained about, because their logs go with the local stack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_COMPLAINT = re.compile(r"ERROR|CRITICAL|WARNING|Traceback|Exception|timed out|errorMessage")
_LINES_KEPT = 2000


def save_complaints(logs: CloudWatchLogsClient, since: datetime, file: Path) -> Path | None:
    """Write what the functions logged as a warning or worse.

    Parameters
    ----------
    logs
        A client of the local stack.
    since
        Older lines are left out.
    file
        Where to write.

    Returns
    -------
    Path | None
        The file, or None if there was nothing to write.
    """
    lines = []
    for group in _groups(logs):
        for line in _complaints(logs, group, since):
            lines.append(line)
            if len(lines) >= _LINES_KEPT:
                break
    if not lines:
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")
    return file


def _groups(logs: CloudWatchLogsClient) -> Iterator[str]:
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            yield group["logGroupName"]


def _complaints(logs: CloudWatchLogsClient, group: str, since: datetime) -> Iterator[str]:
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(since.timestamp() * 1000)
    )
    for page in pages:
        for event in page["events"]:
            message = event["message"].strip()
            if _COMPLAINT.search(message):
                at = datetime.fromtimestamp(event["timestamp"] / 1000, tz=timezone.utc)
                yield f"{at.isoformat(timespec='milliseconds')} {group} {message}"
