"""Note which IAM actions the code of a function asks for while its tests run; `make iam-report` reads it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from scripts import aws_environment, paths
from scripts.iam_report.calls import FOLDER, UNIT

_LIBRARY = "pipeline"
_TESTS = paths.ROOT / "tests"
_ACCOUNT = "000000000000"
_ENDING = re.compile(r"-[0-9a-f]{8,32}\b")  # by which tests keep their tables and queues apart

# Operations that IAM knows by another name: what is done to each member is what must be allowed.
_MEMBERS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Get": "dynamodb:GetItem",
}
_BATCH = "Batch"  # at the end of SQS's and SNS's operations: IAM knows the single ones only


class Recorder:
    """What the tests of a module have asked of AWS through the functions' code; tests' own calls do not count."""

    def __init__(self) -> None:
        self._calls: set[tuple[str, str, str]] = set()

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Note a call, before it is made; an event handler of botocore."""
        package = calling_package(sys._getframe().f_back)
        if package is not None:
            service = model.service_model.service_name
            for action, resource in asked(service, model.name, params):
                self._calls.add((f"function:{package}", action, _ENDING.sub("", resource)))

    def write(self, name: str, folder: Path = FOLDER) -> None:
        """Write what was noted since the last time into the recording of a module of tests."""
        entries = [
            {"principal": principal, "action": action, "resource": resource, "allowed": True, "suite": UNIT}
            for principal, action, resource in sorted(self._calls)
        ]
        self._calls.clear()
        if entries:
            folder.mkdir(parents=True, exist_ok=True)
            lines = "".join(json.dumps(entry) + "\n" for entry in entries)
            (folder / f"{UNIT}-{name}.jsonl").write_text(lines, encoding="utf-8")


def calling_package(frame: FrameType | None) -> str | None:
    """Return the package of the function whose code led to here, or None where a test itself did.

    A test may act while the function's call is under way, as another consumer would. The clients of conftest.py, which
    fail on purpose, only pass calls on.
    """
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if _TESTS in file.parents and file.name != "conftest.py":
            return None
        if paths.LAMBDA_SRC in file.parents and (package := file.relative_to(paths.LAMBDA_SRC).parts[0]) != _LIBRARY:
            return package
        frame = frame.f_back
    return None


def asked(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the IAM actions that a call needs, each with the ARN that it needs it for."""
    action = f"{service}:{operation}"
    if service == "dynamodb":
        yield from _of_tables(action, params)
    elif service == "s3":
        yield from _of_buckets(action, params)
    elif operation == "DescribeAlarms":
        yield from ((action, _arn(service, f"alarm:{alarm}")) for alarm in params["AlarmNames"])
    else:
        yield action.removesuffix(_BATCH), _resource(service, params)


def _of_tables(action: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "TransactItems" in params:
        members = [member for item in params["TransactItems"] for member in item.items()]
        yield from ((_MEMBERS[kind], _arn("dynamodb", f"table/{member['TableName']}")) for kind, member in members)
    elif "RequestItems" in params:
        yield from ((action, _arn("dynamodb", f"table/{table}")) for table in params["RequestItems"])
    else:
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield action, _arn("dynamodb", f"table/{params['TableName']}{index}")


def _of_buckets(action: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if action == "s3:ListObjectsV2":
        yield "s3:ListBucket", bucket
        return
    yield action, f"{bucket}/object"  # which one matters to nobody
    if "ObjectLockMode" in params:
        yield "s3:PutObjectRetention", f"{bucket}/object"


def _resource(service: str, params: dict[str, Any]) -> str:
    if service == "sqs":
        return _arn(service, params["QueueUrl"].rsplit("/", 1)[-1])
    if service == "sns":
        return str(params["TopicArn"])
    if service == "kinesis":
        return str(params["StreamARN"]) if "StreamARN" in params else _arn(service, f"stream/{params['StreamName']}")
    if service == "ssm":
        return _arn(service, f"parameter/{params['Name']}")
    if service in ("ce", "cloudwatch"):
        return "*"
    if service == "events":
        return _arn(service, f"event-bus/{params['Entries'][0]['EventBusName']}")
    raise NotImplementedError(f"no function has used {service} so far: say here what it acts on")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{aws_environment.REGION}:{_ACCOUNT}:{resource}"
