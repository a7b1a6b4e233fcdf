"""Every type of resource that the model knows: with a meter, or free for a reason."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from scripts.cost.charge import Charge
from scripts.cost.context import Context, Resource
from scripts.cost.meters import analytics, compute, data, messaging, surroundings
from scripts.errors import CommandError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Meter = Callable[[Resource, Context], Iterable[Charge]]

FREE_FILE = Path(__file__).with_name("free.toml")

METERS: Mapping[str, Meter] = {
    "aws_api_gateway_method_settings": messaging.method_settings,
    "aws_api_gateway_rest_api": messaging.api,
    "aws_api_gateway_stage": messaging.stage,
    "aws_athena_workgroup": analytics.workgroup,
    "aws_backup_vault": data.vault,
    "aws_cloudtrail": surroundings.trail,
    "aws_cloudwatch_composite_alarm": surroundings.composite_alarm,
    "aws_cloudwatch_dashboard": surroundings.dashboard,
    "aws_cloudwatch_event_archive": messaging.archive,
    "aws_cloudwatch_event_bus": messaging.bus,
    "aws_cloudwatch_metric_alarm": surroundings.alarm,
    "aws_cognito_user_pool": surroundings.user_pool,
    "aws_config_config_rule": surroundings.config_rule,
    "aws_config_configuration_recorder": surroundings.recorder,
    "aws_dax_cluster": data.cache,
    "aws_dynamodb_table": data.table,
    "aws_eip": surroundings.address,
    "aws_flow_log": surroundings.flow_log,
    "aws_glue_job": analytics.job,
    "aws_kinesis_stream": messaging.stream,
    "aws_kms_key": surroundings.key,
    "aws_lambda_event_source_mapping": compute.mapping,
    "aws_lambda_function": compute.function,
    "aws_lambda_provisioned_concurrency_config": compute.warm,
    "aws_nat_gateway": surroundings.nat,
    "aws_redshift_cluster": analytics.cluster,
    "aws_redshiftserverless_namespace": analytics.warehouse_storage,
    "aws_redshiftserverless_workgroup": analytics.serverless_warehouse,
    "aws_s3_bucket": data.bucket,
    "aws_s3_bucket_analytics_configuration": data.analysis,
    "aws_s3_bucket_replication_configuration": data.replication,
    "aws_scheduler_schedule": compute.schedule,
    "aws_sfn_state_machine": compute.workflow,
    "aws_sns_topic": messaging.topic,
    "aws_sqs_queue": messaging.queue,
    "aws_vpc_endpoint": surroundings.endpoint,
    "aws_wafv2_web_acl": surroundings.web_acl,
}


@cache
def free() -> Mapping[str, str]:
    """Return the types that cost nothing by themselves, each with the reason."""
    types: dict[str, str] = tomllib.loads(FREE_FILE.read_text(encoding="utf-8"))["types"]
    return types


def charges(context: Context) -> list[Charge]:
    """Return what everything planned is charged in the month.

    Raises
    ------
    CommandError
        If something is of a type that the model does not know.
    """
    unknown = sorted(
        resource["address"]
        for resource in context.resources
        if resource["resource_type"] not in METERS and resource["resource_type"] not in free()
    )
    if unknown:
        raise CommandError(
            f"the cost model does not know what {', '.join(unknown)} costs: give its type a meter in scripts/cost,"
            " or a reason in free.toml."
        )
    return [
        charge
        for resource in context.resources
        if resource["resource_type"] in METERS
        for charge in METERS[resource["resource_type"]](resource, context)
    ]
