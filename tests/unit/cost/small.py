"""A small system for tests of the cost model: one of each thing, with round figures."""

from __future__ import annotations

from typing import Any

from scripts.cost.bill import System
from scripts.cost.context import Resource
from scripts.cost.prices import Prices
from scripts.cost.prices import load as load_prices
from scripts.cost.workload import Api, Bucket, Bus, Function, Queue, Stream, Table, Topic, Workflow, Workload

PRICES = load_prices()


def made(address: str, **attributes: Any) -> Resource:
    kind = address.rpartition("module.")[2].split(".")[-2]
    return {"address": address, "resource_type": kind, "unknown": {}, **attributes}


def function(module: str, memory_size: int = 1024, system_log_level: str = "WARN") -> Resource:
    return made(
        f"module.{module}.aws_lambda_function.this",
        memory_size=memory_size,
        tracing_config=[{"mode": "Active"}],
        logging_config=[{"system_log_level": system_log_level}],
    )


def mapping(module: str, batch_size: int = 10, window: int = 0, starting_position: str | None = None) -> Resource:
    return made(
        f'module.{module}.aws_lambda_event_source_mapping.this["source"]',
        batch_size=batch_size,
        maximum_batching_window_in_seconds=window,
        starting_position=starting_position,
    )


def table(module: str, *, recovery: bool = True) -> Resource:
    return made(f"module.{module}.aws_dynamodb_table.this", point_in_time_recovery=[{"enabled": recovery}])


WORKLOAD = Workload(
    name="small",
    functions={
        "ingest": Function(calls=1, milliseconds=20, log_bytes=400, log_bytes_more=600),
        "process": Function(records=1, milliseconds=40, milliseconds_more=3, log_bytes=400, log_bytes_more=500),
        "relay": Function(records=1, milliseconds=20, milliseconds_more=2, log_bytes=400, traced=True),
        "sweep": Function(milliseconds=30, log_bytes=400, traced=True),
    },
    tables={"transactions": Table(writes=1, transactional_writes=2, index_writes=4, reads=1, stored_bytes=3000)},
    queues={"queue": Queue(messages=1)},
    topics={"alerts": Topic(publishes=0.02, emails=0.02)},
    buckets={"archive": Bucket(bytes=1000, writer="relay", objects=1)},
    buses={"bus": Bus(events=1, bytes=1000)},
    workflows={"cases": Workflow(executions=0.01, transitions=10, log_bytes=5000)},
    streams={"stream": Stream(records=1, bytes=700)},
    apis={"api": Api(requests=1, response_bytes=150, log_bytes=500)},
    metrics=10,
    network_bytes=20_000,
    flow_log_bytes=2_000,
    data_events=8,
)

RESOURCES = [
    made("module.api.aws_api_gateway_rest_api.this"),
    made("module.api.aws_api_gateway_stage.this", access_log_settings=[{}], xray_tracing_enabled=True),
    made("module.api.aws_api_gateway_method_settings.all", settings=[{"metrics_enabled": True}]),
    made('module.api.aws_api_gateway_method.this["submit"]'),
    function("ingest"),
    function("process"),
    mapping("process"),
    function("relay", 512),
    mapping("relay", 100, starting_position="TRIM_HORIZON"),
    function("sweep", 512),
    made("module.sweep.aws_cloudwatch_event_rule.schedule", schedule_expression="rate(1 minute)"),
    table("transactions"),
    made("module.queue.aws_sqs_queue.this", fifo_queue=True),
    made("module.queue.aws_sqs_queue.dead_letter", fifo_queue=True),
    made("module.alerts.aws_sns_topic.this"),
    made("module.archive.aws_s3_bucket.this"),
    made("module.bus.aws_cloudwatch_event_bus.this"),
    made("module.bus.aws_cloudwatch_event_archive.this", retention_days=30),
    made("module.cases.aws_sfn_state_machine.this"),
    made("module.stream.aws_kinesis_stream.this", shard_count=4, stream_mode_details=[{"stream_mode": "PROVISIONED"}]),
    made("module.encryption.aws_kms_key.this"),
    made("module.monitoring.aws_cloudwatch_metric_alarm.one", metric_query=[]),
    made(
        "module.monitoring.aws_cloudwatch_metric_alarm.rate",
        metric_query=[{"metric": [{}]}, {"metric": [{}]}, {"metric": []}],
    ),
    made("module.monitoring.aws_cloudwatch_composite_alarm.critical"),
    made("module.monitoring.aws_cloudwatch_dashboard.this"),
    made("module.firewall.aws_wafv2_web_acl.this", rule=[{}, {}]),
    made('module.network.aws_vpc_endpoint.interface["sqs"]', vpc_endpoint_type="Interface", tags={"Zones": "a b"}),
    made('module.network.aws_vpc_endpoint.gateway["s3"]', vpc_endpoint_type="Gateway"),
    made("module.network.aws_flow_log.this"),
    made("module.backup.aws_backup_vault.this"),
    made("module.audit_trail.aws_cloudtrail.this"),
    made("module.ingest.aws_iam_role.this"),
]  # fmt: skip


def small(resources: list[Resource] | None = None, workload: Workload = WORKLOAD, prices: Prices = PRICES) -> System:
    return System(RESOURCES if resources is None else resources, workload, prices)
