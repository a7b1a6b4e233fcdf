"""Services that LocalStack offers otherwise than we can use them.

DynamoDB and its streams: LocalStack would download and start DynamoDB Local (Java); moto, which it brings along,
answers instead. CloudWatch, EventBridge, Lambda and SQS: LocalStack's own, put right and completed.
"""

from __future__ import annotations

import threading
from typing import Any

from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service, aws_provider

_ONE_AT_A_TIME = threading.RLock()
"""Moto checks a condition and writes in two steps, and a stream is read from its table's own lists."""


def _moto_service(name: str) -> Service:
    def answer(context: Any, _: Any) -> Any:
        with _ONE_AT_A_TIME:
            return call_moto(context)

    model = load_service(name)
    return Service(name=name, skeleton=Skeleton(model, dict.fromkeys(model.operation_names, answer)))


@aws_provider(api="dynamodb", name="moto")
def dynamodb() -> Service:
    """Return DynamoDB."""
    from scripts.localstack.adapter import moto_tables

    moto_tables.put_right()
    return _moto_service("dynamodb")


@aws_provider(api="dynamodbstreams", name="moto")
def dynamodbstreams() -> Service:
    """Return DynamoDB's streams."""
    return _moto_service("dynamodbstreams")


@aws_provider(api="cloudwatch", name="put-right")
def cloudwatch() -> Service:
    """Return LocalStack's CloudWatch, which also looks at alarms on an expression of metrics."""
    from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider

    from scripts.localstack.adapter import alarm_expressions

    alarm_expressions.put_right()
    return Service.for_provider(CloudwatchProvider())


@aws_provider(api="wafv2", name="moto")
def wafv2() -> Service:
    """Return WAF, which keeps web ACLs and blocks nothing."""
    return _moto_service("wafv2")


@aws_provider(api="athena", name="moto")
def athena() -> Service:
    """Return Athena, which keeps workgroups and named queries and runs none; moto only forgets to delete a query."""
    from moto.athena.models import athena_backends

    def delete_named_query(context: Any, request: Any) -> dict[str, Any]:
        athena_backends[context.account_id][context.region].named_queries.pop(request["NamedQueryId"], None)
        return {}

    service = _moto_service("athena")
    service.skeleton.dispatch_table["DeleteNamedQuery"] = delete_named_query
    return service


@aws_provider(api="budgets", name="moto")
def budgets() -> Service:
    """Return Budgets, which keeps budgets and tells nobody; moto forgets their tags, and whom they would tell."""
    from moto.budgets.models import budgets_backends

    def subscribers(context: Any, request: Any) -> dict[str, Any]:
        kept = budgets_backends[context.account_id][context.partition].budgets[request["AccountId"]]
        notifications = kept[request["BudgetName"]].notifications
        return {"Subscribers": next(one.subscribers for one in notifications if one.details == request["Notification"])}

    service = _moto_service("budgets")
    service.skeleton.dispatch_table["DescribeSubscribersForNotification"] = subscribers
    service.skeleton.dispatch_table["ListTagsForResource"] = lambda *_: {"ResourceTags": []}
    return service


@aws_provider(api="glue", name="moto")
def glue() -> Service:
    """Return Glue, which keeps the catalogue and the jobs and runs none."""
    return _moto_service("glue")


@aws_provider(api="events", name="put-right")
def events() -> Service:
    """Return LocalStack's EventBridge: it tries a target again, keeps what it cannot deliver, and replays."""
    from scripts.localstack.adapter import event_delivery
    from scripts.localstack.adapter.event_replay import ReplayingProvider

    event_delivery.put_right()
    return Service.for_provider(ReplayingProvider())


@aws_provider(api="lambda", name="put-right")
def lambda_() -> Service:
    """Return LocalStack's Lambda, whose mappings of streams bisect and keep their places."""
    from localstack.services.lambda_.provider import LambdaProvider

    from scripts.localstack.adapter import stream_bisection, stream_places

    stream_bisection.add()
    stream_places.put_right()
    return Service.for_provider(LambdaProvider())


@aws_provider(api="sqs", name="put-right")
def sqs() -> Service:
    """Return LocalStack's SQS, whose dead letters of a FIFO queue can be moved back at once.

    A dead letter keeps its deduplication id there, so that the queue it came from would take it for a repetition
    for five minutes, and drop it. On AWS the message's own id replaces it on the way to the dead-letter queue.
    """
    from localstack.services.sqs.models import FifoQueue
    from localstack.services.sqs.provider import SqsProvider

    put = FifoQueue.put

    def put_dead_letter(queue: Any, message: Any, *arguments: Any, **named: Any) -> Any:
        if message["Attributes"].get("DeadLetterQueueSourceArn", queue.arn) != queue.arn:
            named["message_deduplication_id"] = message["MessageId"]
        return put(queue, message, *arguments, **named)

    FifoQueue.put = put_dead_letter
    return Service.for_provider(SqsProvider())
