"""What MiniStack's services do for somebody, and do not ask IAM about: they ask `Decisions` here, and heed the answer.

Each function replaces one of MiniStack's by name; what is refused is logged, and becomes what it becomes on AWS.
"""

from __future__ import annotations

import contextvars
import functools
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core import iam_evaluator, lambda_runtime, responses
from ministack.services import apigateway_v1, cloudwatch, cloudwatch_logs, eventbridge, lambda_svc, sqs, stepfunctions

from scripts.strict.server import PROBE
from scripts.strict.server.decisions import Decisions

_LAMBDA = "lambda.amazonaws.com"
_EVENTS = "events.amazonaws.com"
_ALARMS = "cloudwatch.amazonaws.com"
_LOGGING = ("CreateLogStream", "PutLogEvents")
_RECHECK_SECONDS = 1.0  # a mapping looks at its source far more often than anybody changes its role

_log = logging.getLogger("ministack")


class _RefusedError(Exception):
    """A function cannot be started by its role."""


def hold_to_iam(decisions: Decisions) -> None:
    """Make every service of the emulator that the systems use ask before it acts."""
    for hold in (_queues, _buses, _rules, _alarms, _gateways, _workflows, _mappings, _destinations, _functions):
        hold(decisions)


def _replace(module: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Put a function in the place of another one, which it gets as its first argument."""

    def put(made: Callable[..., Any]) -> None:
        setattr(module, name, functools.partial(made, getattr(module, name)))

    return put


def _queues(decisions: Decisions) -> None:
    @_replace(sqs, "queue_policy_allows")
    def allows(_: Any, queue_arn: str, service: str, source_arn: str, source_account: str) -> bool:  # noqa: ARG001
        return decisions.service_may(service, "sqs:SendMessage", queue_arn, source_arn)


def _buses(decisions: Decisions) -> None:
    @_replace(eventbridge, "_dispatch_event")
    def dispatch(send: Any, event: dict[str, Any], view: Any = None) -> None:
        bus = eventbridge._event_buses.get(event["EventBusName"]) or {}
        key, arn = bus.get("KmsKeyIdentifier"), str(bus.get("Arn"))
        if not key or _may_use_key(decisions, _EVENTS, key, arn, "aws:events:event-bus:arn"):
            send(event, view)
        else:
            _log.warning("EventBridge: %s may not use its key", arn)


def _may_use_key(decisions: Decisions, service: str, key_arn: str, source_arn: str, name: str) -> bool:
    """Say whether a service may encrypt and decrypt what belongs to a resource that `name` tells the key of."""
    context = {f"kms:EncryptionContext:{name}": source_arn}
    may = (
        decisions.service_may(service, f"kms:{do}", key_arn, source_arn, context)
        for do in ("GenerateDataKey", "Decrypt")
    )
    return all(may)


def _alarms(decisions: Decisions) -> None:
    @_replace(cloudwatch, "_dispatch_alarm_actions")
    def act(send: Any, alarm: dict[str, Any], *change: str) -> None:
        def let_in(topics: list[str]) -> list[str]:
            source = alarm["AlarmArn"]
            return [arn for arn in topics if decisions.service_may(_ALARMS, "sns:Publish", arn, source)]

        kinds = ("AlarmActions", "OKActions", "InsufficientDataActions")
        send({**alarm, **{kind: let_in(alarm.get(kind) or []) for kind in kinds}}, *change)


def _rules(decisions: Decisions) -> None:
    in_its_own_name = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
    as_a_role = {"events": "events:PutEvents", "states": "states:StartExecution"}

    @_replace(eventbridge, "_invoke_target")
    def invoke(send: Any, target: dict[str, Any], event: Any, rule: dict[str, Any], view: Any = None) -> None:
        arn, role, source = target["Arn"], target.get("RoleArn", ""), rule["Arn"]
        service = arn.split(":")[2]
        if service in as_a_role:
            may = decisions.may_assume(_EVENTS, role, source) and decisions.role_may(role, as_a_role[service], arn)
        else:
            may = decisions.service_may(_EVENTS, in_its_own_name[service], arn, source)
        if may:
            send(target, event, rule, view)
        else:
            _log.warning("EventBridge: %s may not deliver to %s", source, arn)


def _gateways(decisions: Decisions) -> None:
    @_replace(apigateway_v1, "_call_lambda_raw")
    async def call(send: Any, function_ref: str, event: Any, **scope: Any) -> Any:
        request = event["requestContext"]
        place = function_ref.split(":")[3:5]
        called = f"{request['apiId']}/{request['stage']}/{request['httpMethod']}{request['resourcePath']}"
        method = f"arn:aws:execute-api:{':'.join(place)}:{called}"
        if decisions.service_may("apigateway.amazonaws.com", "lambda:InvokeFunction", function_ref, method):
            return await send(function_ref, event, **scope)
        return None, f"Invalid permissions on Lambda function {function_ref}"


def _workflows(decisions: Decisions) -> None:
    machine: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("strict_state_machine")

    @_replace(stepfunctions, "_run_execution")
    def run(run_it: Any, execution_arn: str) -> Any:
        execution = stepfunctions._executions.get(execution_arn) or {}
        machine.set(stepfunctions._state_machines.get(execution.get("stateMachineArn")) or {})
        iam_evaluator.pin_request_origin("127.0.0.1", True)  # by TLS, also where no request began it, as in a replay
        return run_it(execution_arn)

    def demand(action: str, resource_arn: str) -> None:
        role, source = machine.get()["roleArn"], machine.get()["stateMachineArn"]
        if not decisions.may_assume("states.amazonaws.com", role, source) or not decisions.role_may(
            role, action, resource_arn
        ):
            refused = f"{role} is not authorized to perform: {action} on resource: {resource_arn}"
            raise stepfunctions._ExecutionError("States.TaskFailed", refused)

    @_replace(stepfunctions, "_call_lambda")
    def call(send: Any, function_ref: str, event: Any) -> Any:
        demand("lambda:InvokeFunction", function_ref)
        return send(function_ref, event)

    def integration(kind: str, action: str, resource_of: Callable[[dict[str, Any]], str]) -> None:
        table, key = stepfunctions._SERVICE_DISPATCH, f"arn:aws:states:::{kind}"
        send = table[key]

        def dispatch(resource: str, parameters: dict[str, Any]) -> Any:
            demand(action, resource_of(parameters))
            return send(resource, parameters)

        table[key] = dispatch

    def queue(parameters: dict[str, Any]) -> str:
        account, name = parameters["QueueUrl"].split("/")[-2:]
        return f"arn:aws:sqs:{responses.get_region()}:{account}:{name}"

    def bus(parameters: dict[str, Any]) -> str:
        name = parameters["Entries"][0].get("EventBusName", "default")
        own = f"arn:aws:events:{responses.get_region()}:{responses.get_account_id()}:event-bus/{name}"
        return str(name) if name.startswith("arn:") else own

    integration("sqs:sendMessage", "sqs:SendMessage", queue)
    integration("sns:publish", "sns:Publish", lambda parameters: str(parameters["TopicArn"]))
    integration("events:putEvents", "events:PutEvents", bus)


def _mappings(decisions: Decisions) -> None:
    reads = {
        "sqs": ("sqs:ReceiveMessage", "sqs:GetQueueAttributes"),
        "dynamodb": ("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"),
        "kinesis": (
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:ListShards",
            "kinesis:GetShardIterator",
            "kinesis:GetRecords",
        ),
    }
    asked: dict[str, tuple[float, bool]] = {}

    def may_read(mapping: dict[str, Any]) -> bool:
        function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
        if function is None:
            return False
        role, source = function["config"]["Role"], mapping["EventSourceArn"]
        may = [decisions.role_may(role, action, source) for action in reads[source.split(":")[2]]]
        if source.split(":")[2] == "dynamodb":
            may.append(decisions.role_may(role, "dynamodb:ListStreams", "*"))
        return all(may)

    @_replace(lambda_svc, "_iter_all_esms")
    def mappings(every: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for account, region, mapping in every():
            checked, may = asked.get(mapping["UUID"], (0.0, False))
            if time.monotonic() - checked > _RECHECK_SECONDS:
                tokens = responses._request_account_id.set(account), responses._request_region.set(region)
                may = not mapping.get("Enabled", True) or may_read(mapping)
                responses._request_account_id.reset(tokens[0])
                responses._request_region.reset(tokens[1])
                asked[mapping["UUID"]] = time.monotonic(), may
            if may:
                yield account, region, mapping

    @_replace(lambda_svc, "_run_sqs_batch")
    def run(run_it: Any, mapping: dict[str, Any], function: dict[str, Any], *batch: Any) -> Any:
        if decisions.role_may(function["config"]["Role"], "sqs:DeleteMessage", mapping["EventSourceArn"]):
            return run_it(mapping, function, *batch)
        return _log.warning("ESM: %s may not delete from its queue", mapping["FunctionName"])


def _destinations(decisions: Decisions) -> None:
    sends = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}

    def may_send(function: dict[str, Any], destination: str) -> bool:
        may = decisions.role_may(function["config"]["Role"], sends[destination.split(":")[2]], destination)
        if not may:
            _log.warning("Lambda: %s may not send to %s", function["config"]["FunctionName"], destination)
        return may

    @_replace(lambda_svc, "_send_ddb_stream_failure_record")
    def give_up(send: Any, mapping: dict[str, Any], function: dict[str, Any], *rest: Any) -> None:
        destination = ((mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if destination and may_send(function, destination):
            send(mapping, function, *rest)

    @_replace(lambda_svc, "_route_async_failure")
    def route(send: Any, target_arn: str, function_name: str, *rest: Any) -> None:
        if may_send(lambda_svc._functions[function_name], target_arn):
            send(target_arn, function_name, *rest)


def _functions(decisions: Decisions) -> None:
    @_replace(lambda_svc, "_create_function")
    def create(make: Any, data: dict[str, Any]) -> Any:
        if decisions.may_assume(_LAMBDA, data["Role"]):
            return make(data)
        message = "The role defined for the function cannot be assumed by Lambda."
        return responses.error_response_json("InvalidParameterValueException", message, 400)

    @_replace(lambda_runtime, "execution_credentials")
    def credentials(make: Any, config: dict[str, Any]) -> Any:
        key = config.get("KMSKeyArn")
        context = {"kms:EncryptionContext:aws:lambda:FunctionArn": config["FunctionArn"]}
        if key and not decisions.role_may(config["Role"], "kms:Decrypt", key, context):
            raise _RefusedError(f"{config['FunctionName']}: its role may not decrypt its environment variables")
        return make(config)

    @_replace(lambda_svc, "_emit_lambda_logs")
    def write(emit: Any, function: dict[str, Any], *rest: Any, **more: Any) -> None:
        config = function.get("config") or function
        place, name = config["FunctionArn"].split(":")[3:5], f"/aws/lambda/{config['FunctionName']}"
        group = f"arn:aws:logs:{':'.join(place)}:log-group:{name}"
        stream = f"{group}:log-stream:$LATEST"
        key = (cloudwatch_logs._log_groups.get(name) or {}).get("kmsKeyId")
        if config["FunctionName"].startswith(PROBE):
            return
        if not all(decisions.role_may(config["Role"], f"logs:{do}", stream) for do in _LOGGING):
            return
        if not key or _may_use_key(decisions, f"logs.{place[0]}.amazonaws.com", key, group, "aws:logs:arn"):
            emit(function, *rest, **more)
