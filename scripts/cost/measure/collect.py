"""Everything that a run left in the local AWS: logs, tables and their streams, objects, executions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Left:
    """What a run left.

    Parameters
    ----------
    logs
        The lines of each log group.
    tables
        Each table's description.
    items, changes
        Each table's items, and the records of its stream.
    objects
        The sizes of each bucket's objects.
    executions
        The names of the events of each execution of a workflow.
    """

    logs: dict[str, list[str]]
    tables: dict[str, dict[str, Any]]
    items: dict[str, list[dict[str, Any]]]
    changes: dict[str, list[dict[str, Any]]]
    objects: dict[str, list[int]]
    executions: list[list[str]]


def collect(client: Clients) -> Left:
    """Read all of it."""
    tables = {name: _described(client, name) for name in _pages(client("dynamodb"), "list_tables", "TableNames")}
    return Left(
        logs=dict(_logs(client("logs"))),
        tables=tables,
        items={name: list(_pages(client("dynamodb"), "scan", "Items", TableName=name)) for name in tables},
        changes={name: list(_changes(client("dynamodbstreams"), table)) for name, table in tables.items()},
        objects=dict(_objects(client("s3"))),
        executions=list(_executions(client("stepfunctions"))),
    )


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, ())


def _described(client: Clients, name: str) -> dict[str, Any]:
    table: dict[str, Any] = client("dynamodb").describe_table(TableName=name)["Table"]
    return table


def _logs(logs: Any) -> Iterator[tuple[str, list[str]]]:
    for group in _pages(logs, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        streams = _pages(logs, "describe_log_streams", "logStreams", logGroupName=name)
        yield name, [line for stream in streams for line in _lines(logs, name, stream["logStreamName"])]


def _lines(logs: Any, group: str, stream: str) -> Iterator[str]:
    more: dict[str, str] = {}
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **more)
        yield from (event["message"] for event in page["events"])
        if not page["events"] or more.get("nextToken") == page["nextForwardToken"]:
            return
        more = {"nextToken": page["nextForwardToken"]}


def _changes(streams: Any, table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    arn = table.get("LatestStreamArn")
    shards = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"] if arn else ()
    for shard in shards:
        place = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        iterator = place["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            yield from page["Records"]
            iterator = page.get("NextShardIterator") if page["Records"] else None


def _objects(s3: Any) -> Iterator[tuple[str, list[int]]]:
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        yield name, [found["Size"] for found in _pages(s3, "list_objects_v2", "Contents", Bucket=name)]


def _executions(states: Any) -> Iterator[list[str]]:
    for machine in _pages(states, "list_state_machines", "stateMachines"):
        for execution in _pages(states, "list_executions", "executions", stateMachineArn=machine["stateMachineArn"]):
            history = _pages(states, "get_execution_history", "events", executionArn=execution["executionArn"])
            yield [event["type"] for event in history]
