"""The API, queues, topics, buses and streams."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.cost import units
from scripts.cost.charge import Charge, Month
from scripts.cost.context import Context, Resource, name_of
from scripts.errors import CommandError

METRICS_A_METHOD = 5
"""Count, latency, the integration's latency, 4xx and 5xx: detailed metrics are charged as custom ones."""
_CACHES = {"0.5": "api_cache_half_gb"}


def api(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge requests and the answers' way to the internet."""
    address, count = resource["address"], context.month.transactions
    does = context.workload.of("apis", name_of(address))
    yield Charge(address, "api_requests", does.requests * count)
    yield Charge(address, "internet_out", does.requests * does.response_bytes * count / units.GB)


def stage(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge the access log, traces and the cache of a stage."""
    address = resource["address"]
    does = context.workload.of("apis", name_of(address))
    requests = does.requests * context.month.transactions
    if resource.get("access_log_settings"):
        log = requests * does.log_bytes / units.GB
        yield Charge(address, "log_ingestion", log, "logs")
        yield Charge(address, "log_storage", log * units.LOG_COMPRESSION, "logs")
    if resource.get("xray_tracing_enabled"):
        rules = context.beside(resource, "aws_xray_sampling_rule")
        traces = requests * rules[0]["fixed_rate"] if rules else units.traced(requests)
        yield Charge(address, "traces", traces, "tracing")
    if resource.get("cache_cluster_enabled"):
        size = str(resource.get("cache_cluster_size") or "0.5")
        yield Charge(address, _CACHES.get(size, f"API cache of {size} GB"), Month.HOURS, "API cache")


def method_settings(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge detailed metrics of every method."""
    if any(settings["metrics_enabled"] for settings in resource["settings"]):
        methods = len(context.beside(resource, "aws_api_gateway_method"))
        yield Charge(resource["address"], "custom_metrics", METRICS_A_METHOD * methods, "metrics")


def queue(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge what is sent to a queue; a dead-letter queue gets nothing in a month without failures."""
    address = resource["address"]
    if "dead_letter" in name_of(address) or "dead_letter" in address.rpartition(".")[2]:
        return
    does = context.workload.of("queues", name_of(address))
    price = "sqs_fifo" if resource.get("fifo_queue") else "sqs_standard"
    messages = does.messages * context.month.transactions
    yield Charge(address, price, messages * (1 + does.read_elsewhere))


def topic(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge publishes and e-mails."""
    address, count = resource["address"], context.month.transactions
    does = context.workload.of("topics", _topic(address))
    yield Charge(address, "sns_publishes", does.publishes * count)
    yield Charge(address, "sns_emails", does.emails * count)


def _topic(address: str) -> str:
    return name_of(address) or address.rpartition(".")[2]


def archive(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge the events of all buses and their archive."""
    address, count = resource["address"], context.month.transactions
    does = context.workload.of("buses", name_of(address))
    kept = min(1.0, resource["retention_days"] / 30) if resource.get("retention_days") else 1.0
    gigabytes = does.events * does.bytes * count / units.GB
    yield Charge(address, "events_archived", gigabytes, "event archive")
    yield Charge(address, "events_archive_stored", gigabytes * kept * units.FIRST_MONTH, "event archive")


def bus(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge the events put on a bus."""
    does = context.workload.of("buses", name_of(resource["address"]))
    yield Charge(resource["address"], "events", does.events * context.month.transactions + does.idle_events)


def stream(resource: Resource, context: Context) -> Iterator[Charge]:
    """Charge a Kinesis stream: shards and PUTs, or hours and bytes on demand.

    A stream that is scaled by its alarms has the shards that the month's rate asks for, two at the least.
    """
    address, count = resource["address"], context.month.transactions
    does = context.workload.of("streams", name_of(address))
    puts = does.records * count
    mode = (resource.get("stream_mode_details") or [{"stream_mode": "PROVISIONED"}])[0]["stream_mode"]
    if mode == "ON_DEMAND":
        gigabytes = puts * does.bytes / units.GB
        yield Charge(address, "stream_hours", Month.HOURS)
        yield Charge(address, "stream_gb_in", gigabytes)
        yield Charge(address, "stream_gb_out", gigabytes)
        return
    shards = max(resource.get("shard_count") or 1, context.month.rate * does.records / 700)
    yield Charge(address, "shard_hours", shards * Month.HOURS)
    yield Charge(address, "shard_puts", puts * units.put_units(does.bytes))
    if resource.get("retention_period", 24) > 24:
        raise CommandError(f"{address} keeps records for more than 24 hours: the cost model has no price for that.")
