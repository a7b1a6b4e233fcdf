"""Functions, what feeds them, and workflows."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.cost import units
from scripts.cost.charge import Charge, Month
from scripts.cost.context import Context, Resource, name_of
from scripts.cost.workload import Function

POLLERS = 5
LONG_POLLS_A_MINUTE = 3
"""Lambda asks an idle queue with five pollers, each for 20 seconds at a time."""
STREAM_POLL_SECONDS = 0.25
"""Lambda asks each shard of a stream four times a second."""
TRANSACTIONS_A_SHARD = 200.0
"""Transactions a second for each shard of a table's stream: a partition takes 1,000 write units a second."""
LAMBDAS_LINES = {"WARN": 0, "INFO": 730, "DEBUG": 1354}
"""Bytes that Lambda writes of a call that succeeds, by the level: its start and its report; also the end of its run."""

MAPPING = "aws_lambda_event_source_mapping"
RULE = "aws_cloudwatch_event_rule"


def batch_of(mapping: Resource, records: float, context: Context) -> float:
    """Return how many records a call of a mapping's function brings.

    Parameters
    ----------
    mapping
        The planned event source mapping.
    records
        Records of its source a transaction.
    """
    rate = context.month.rate * records
    window = mapping.get("maximum_batching_window_in_seconds") or 0
    if not mapping.get("starting_position"):
        return units.batch(rate, window, mapping["batch_size"])
    shards = max(1.0, context.month.rate / TRANSACTIONS_A_SHARD)
    return units.batch(rate / shards, window + STREAM_POLL_SECONDS, mapping["batch_size"])


def mapped_calls(resource: Resource, does: Function, context: Context) -> tuple[float, float]:
    """Return the calls of a function by queues and streams in a month, and the records that they bring."""
    mappings = context.beside(resource, MAPPING)
    if not mappings or not does.records:
        return 0.0, 0.0
    records = does.records * context.month.transactions
    return records / batch_of(mappings[0], does.records, context), records


def scheduled_calls(resource: Resource, context: Context) -> float:
    """Return the calls of a function by the clock in a month."""
    schedules = [rule["schedule_expression"] for rule in context.beside(resource, RULE)]
    return sum(units.runs_a_month(schedule) for schedule in schedules if schedule)


def function(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge calls, their time, their logs and their traces."""
    address = resource["address"]
    does: Function = context.workload.of("functions", name_of(address))
    mapped, records = mapped_calls(resource, does, context)
    clocked = scheduled_calls(resource, context)
    calls = does.calls * context.month.transactions + mapped + clocked
    milliseconds = calls * does.milliseconds + max(0.0, records - mapped) * does.milliseconds_more
    brought = records + does.calls * context.month.transactions
    of_a_call = does.log_bytes + LAMBDAS_LINES[resource["logging_config"][0]["system_log_level"]]
    log = (calls * of_a_call + brought * does.log_bytes_more) / units.GB
    yield Charge(address, "lambda_requests", calls)
    yield Charge(address, "lambda_gb_seconds", milliseconds / 1000 * resource["memory_size"] / 1024)
    if does.cost_questions:
        yield Charge(address, "cost_questions", calls * does.cost_questions)
    yield Charge(address, "log_ingestion", log, "logs")
    yield Charge(address, "log_storage", log * units.LOG_COMPRESSION, "logs")
    if does.traced and resource["tracing_config"] and resource["tracing_config"][0]["mode"] == "Active":
        yield Charge(address, "traces", units.traced(calls), "tracing")


def mapping(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge the requests by which Lambda reads a queue, idle ones included; reading streams is free."""
    if resource.get("starting_position"):
        return
    does: Function = context.workload.of("functions", name_of(resource["address"]))
    calls, _ = mapped_calls({"address": resource["address"]}, does, context)
    fifo = context.has("aws_sqs_queue") and any(queue.get("fifo_queue") for queue in context.resources)
    # Which queue it reads is known after the apply only. Large batches are for standard queues.
    price = "sqs_fifo" if fifo and resource["batch_size"] <= 10 else "sqs_standard"
    yield Charge(resource["address"], price, 2 * calls + POLLERS * LONG_POLLS_A_MINUTE * Month.MINUTES)


def warm(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge provisioned concurrency by its memory and the hours of the month."""
    (function_,) = context.beside(resource, "aws_lambda_function")
    gigabytes = resource["provisioned_concurrent_executions"] * function_["memory_size"] / 1024
    yield Charge(resource["address"], "lambda_provisioned", gigabytes * Month.SECONDS, "provisioned concurrency")


def workflow(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge transitions, the workflow's log and its traces."""
    address = resource["address"]
    does = context.workload.of("workflows", name_of(address))
    executions = does.executions * context.month.transactions
    log = executions * does.log_bytes / units.GB
    yield Charge(address, "state_transitions", executions * does.transitions)
    yield Charge(address, "log_ingestion", log, "logs")
    yield Charge(address, "log_storage", log * units.LOG_COMPRESSION, "logs")
    if any(tracing["enabled"] for tracing in resource.get("tracing_configuration") or ()):
        yield Charge(address, "traces", units.traced(executions), "tracing")


def schedule(resource: Resource, context: Context) -> Iterator[Charge]:  # noqa: ARG001
    """Charge the calls of EventBridge Scheduler."""
    runs = units.runs_a_month(resource["schedule_expression"])
    yield Charge(resource["address"], "scheduler_calls", runs)
