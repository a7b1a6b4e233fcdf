"""Tries, in the name of each function's role, everything that the role's policy does not name.

A probe is a function made beside the system's own, with the role of one of them. What it tries comes from Terraform's
state: each table, stream, queue, topic, bus, parameter, bucket, function, workflow and Glue job of the system, and a
foreign one of most.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from botocore import xform_name

from scripts.strict.server import PROBE
from tests.e2e.deployed import Deployed

_CODE = """
import functools, boto3, botocore.exceptions
client = functools.lru_cache(maxsize=None)(boto3.client)

def attempt(service, method, arguments):
    if "CiphertextBlob" in arguments:
        arguments["CiphertextBlob"] = bytes.fromhex(arguments["CiphertextBlob"])
    try:
        getattr(client(service), method)(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "done"

def handler(event, context):
    return [attempt(one["service"], one["method"], one["arguments"]) for one in event]
"""
DONE = "done"
REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"})

_OBJECT = "events/probe"  # where the archive writes, too
_UNIFORM = {"ScalingType": "UNIFORM_SCALING"}
_CLIENTS = {"states": "stepfunctions"}
_METHODS = {"lambda:InvokeFunction": "invoke"}


@dataclass(frozen=True)
class Attempt:
    """One call, by the names that policies have for it, with its arguments."""

    action: str
    resource: str
    arguments: dict[str, Any]

    def wire(self) -> dict[str, Any]:
        """Return what the probe gets."""
        service, _, name = self.action.partition(":")
        method = _METHODS.get(self.action, xform_name(name))
        return {"service": _CLIENTS.get(service, service), "method": method, "arguments": self.arguments}


@dataclass(frozen=True)
class Function:
    """A function of the system, and the role it acts by."""

    name: str
    role_arn: str


def resources(deployed: Deployed, kind: str) -> list[dict[str, Any]]:
    """Return the attributes of all resources of a kind, from Terraform's state."""
    state = json.loads(Path(deployed.terraform.state_path).read_text(encoding="utf-8"))
    instances = (one for found in state["resources"] if found["type"] == kind for one in found["instances"])
    return [instance["attributes"] for instance in instances]


def functions(deployed: Deployed) -> list[Function]:
    """Return every function of the system."""
    found = resources(deployed, "aws_lambda_function")
    return [Function(each["function_name"], each["role"]) for each in found]


def not_refused(deployed: Deployed) -> dict[str, list[str]]:
    """Return, by function, what its role was not refused although its policy does not name it; best empty."""
    with _foreign(deployed) as foreign:
        of_the_system = _of_the_system(deployed)
        iam, sdk = deployed.client("iam"), deployed.client("lambda")
        (key,) = resources(deployed, "aws_kms_key")
        own = _decrypt(deployed.client("kms"), key["arn"])  # which every function may, for its environment variables

        def look(function: Function) -> list[str]:
            named = _named_by(iam, function.role_arn)
            attempts = [*(attempt for attempt in of_the_system if not named(attempt)), *foreign]
            with probe(sdk, function.role_arn) as attempt_all:
                *answers, granted = attempt_all([*attempts, own])
            assert granted == DONE, f"{function.name} may not decrypt ({granted}), so its refusals prove nothing"
            return [
                f"{attempt.action} {attempt.resource}: {answer}"
                for attempt, answer in zip(attempts, answers)
                if answer not in REFUSED
            ]

        every = functions(deployed)
        with ThreadPoolExecutor(4) as pool:
            return {function.name: found for function, found in zip(every, pool.map(look, every)) if found}


@contextmanager
def probe(sdk: Any, role_arn: str) -> Iterator[Callable[[Sequence[Attempt]], list[str]]]:
    """Make a function with a role, for a while; it tries what it is given and returns what it was answered."""
    name, packed = f"{PROBE}{uuid.uuid4().hex[:12]}", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("probe.py", _CODE)
    sdk.create_function(
        FunctionName=name,
        Role=role_arn,
        Runtime="python3.13",
        Handler="probe.handler",
        Timeout=120,
        Code={"ZipFile": packed.getvalue()},
    )

    def attempt_all(attempts: Sequence[Attempt]) -> list[str]:
        event = json.dumps([attempt.wire() for attempt in attempts])
        answer = sdk.invoke(FunctionName=name, Payload=event.encode())
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return list(content)

    try:
        yield attempt_all
    finally:
        sdk.delete_function(FunctionName=name)


def _named_by(iam: Any, role_arn: str) -> Callable[[Attempt], bool]:
    """Return what says whether a policy of a role names an action on a resource, whatever the conditions."""
    role = role_arn.rsplit("/", 1)[-1]
    policies = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    allowed = [
        (_listed(statement["Action"]), _listed(statement["Resource"]))
        for policy in policies
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
    ]

    def named(attempt: Attempt) -> bool:
        return any(
            any(fnmatchcase(attempt.action, action) for action in actions)
            and any(fnmatchcase(attempt.resource, resource) for resource in those)
            for actions, those in allowed
        )

    return named


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _decrypt(kms: Any, key_arn: str) -> Attempt:
    """Return the attempt to decrypt what was encrypted under a key."""
    ciphertext = kms.encrypt(KeyId=key_arn, Plaintext=b"probe")["CiphertextBlob"]
    return Attempt("kms:Decrypt", key_arn, {"CiphertextBlob": ciphertext.hex()})


def _of_the_system(deployed: Deployed) -> list[Attempt]:
    attempts = []
    for table in resources(deployed, "aws_dynamodb_table"):
        types = {attribute["name"]: attribute["type"] for attribute in table["attribute"]}
        names = [name for name in (table["hash_key"], table["range_key"]) if name]
        attempts += _on_table(table["arn"], {name: {types[name]: "0"} for name in names})
    for kind, tries in _TRIES.items():
        attempts += [attempt for resource in resources(deployed, kind) for attempt in tries(resource)]
    return attempts


@contextmanager
def _foreign(deployed: Deployed) -> Iterator[list[Attempt]]:
    """Make what no function of the system has heard of, for a while, and return attempts at it."""
    name = f"foreign-{uuid.uuid4().hex[:12]}"
    dynamodb, sqs, kms = deployed.client("dynamodb"), deployed.client("sqs"), deployed.client("kms")
    ssm, s3 = deployed.client("ssm"), deployed.client("s3")
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    ssm.put_parameter(Name=name, Value="probe", Type="String")
    s3.create_bucket(Bucket=name, **_place(deployed.environment["AWS_REGION"]))
    key = kms.create_key()["KeyMetadata"]
    parameter = queue.replace(":sqs:", ":ssm:").replace(f":{name}", f":parameter/{name}")
    try:
        yield [
            *_on_table(table["TableArn"], {"id": {"S": "0"}}),
            *_on_queue(queue, url),
            *_on_parameter(parameter, name),
            *_on_bucket(name),
            _decrypt(kms, key["Arn"]),
            Attempt("kms:GenerateDataKey", key["Arn"], {"KeyId": key["Arn"], "KeySpec": "AES_256"}),
        ]
    finally:
        dynamodb.delete_table(TableName=name)
        sqs.delete_queue(QueueUrl=url)
        ssm.delete_parameter(Name=name)
        s3.delete_object(Bucket=name, Key=_OBJECT)  # there if it was not refused
        s3.delete_bucket(Bucket=name)
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)


def _place(region: str) -> dict[str, Any]:
    return {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _on_table(arn: str, key: dict[str, Any]) -> list[Attempt]:
    name = arn.rsplit("/", 1)[-1]
    return [
        Attempt("dynamodb:GetItem", arn, {"TableName": name, "Key": key}),
        Attempt("dynamodb:Scan", arn, {"TableName": name, "Limit": 1}),
        Attempt("dynamodb:PutItem", arn, {"TableName": name, "Item": key}),
        Attempt("dynamodb:UpdateItem", arn, {"TableName": name, "Key": key}),
        Attempt("dynamodb:DeleteItem", arn, {"TableName": name, "Key": key}),
    ]


def _on_stream(arn: str, name: str) -> list[Attempt]:
    shard = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    return [
        Attempt("kinesis:PutRecord", arn, {"StreamName": name, "PartitionKey": "probe", "Data": "probe"}),
        Attempt("kinesis:GetShardIterator", arn, {"StreamName": name, **shard}),
        Attempt("kinesis:UpdateShardCount", arn, {"StreamName": name, "TargetShardCount": 1, **_UNIFORM}),
    ]


def _on_queue(arn: str, url: str) -> list[Attempt]:
    group = {"MessageGroupId": "probe", "MessageDeduplicationId": "probe"} if arn.endswith(".fifo") else {}
    return [
        Attempt("sqs:SendMessage", arn, {"QueueUrl": url, "MessageBody": "probe", **group}),
        Attempt("sqs:ReceiveMessage", arn, {"QueueUrl": url, "VisibilityTimeout": 0}),
    ]


def _on_parameter(arn: str, name: str) -> list[Attempt]:
    return [
        Attempt("ssm:GetParameter", arn, {"Name": name, "WithDecryption": True}),
        Attempt("ssm:PutParameter", arn, {"Name": name, "Value": "probe", "Type": "String"}),
    ]


def _on_bucket(name: str) -> list[Attempt]:
    arn = f"arn:aws:s3:::{name}/{_OBJECT}"
    return [
        Attempt("s3:PutObject", arn, {"Bucket": name, "Key": _OBJECT, "Body": "probe"}),
        Attempt("s3:GetObject", arn, {"Bucket": name, "Key": _OBJECT}),
    ]


def _on_topic(topic: dict[str, Any]) -> list[Attempt]:
    return [Attempt("sns:Publish", topic["arn"], {"TopicArn": topic["arn"], "Message": "probe"})]


def _on_bus(bus: dict[str, Any]) -> list[Attempt]:
    entry = {"EventBusName": bus["name"], "Source": "probe", "DetailType": "probe", "Detail": "{}"}
    return [Attempt("events:PutEvents", bus["arn"], {"Entries": [entry]})]


def _on_function(function: dict[str, Any]) -> list[Attempt]:
    arguments = {"FunctionName": function["function_name"], "InvocationType": "DryRun"}
    return [Attempt("lambda:InvokeFunction", function["arn"], arguments)]


def _on_role(role: dict[str, Any]) -> list[Attempt]:
    return [Attempt("sts:AssumeRole", role["arn"], {"RoleArn": role["arn"], "RoleSessionName": "probe"})]


_TRIES: dict[str, Callable[[dict[str, Any]], list[Attempt]]] = {
    "aws_kinesis_stream": lambda stream: _on_stream(stream["arn"], stream["name"]),
    "aws_sqs_queue": lambda queue: _on_queue(queue["arn"], queue["url"]),
    "aws_sns_topic": _on_topic,
    "aws_cloudwatch_event_bus": _on_bus,
    "aws_ssm_parameter": lambda parameter: _on_parameter(parameter["arn"], parameter["name"]),
    "aws_s3_bucket": lambda bucket: _on_bucket(bucket["bucket"]),
    "aws_lambda_function": _on_function,
    "aws_sfn_state_machine": lambda machine: [
        Attempt("states:StartExecution", machine["arn"], {"stateMachineArn": machine["arn"]})
    ],
    "aws_glue_job": lambda job: [Attempt("glue:StartJobRun", job["arn"], {"JobName": job["name"]})],
    "aws_iam_role": _on_role,
}
"""What is tried on a resource of Terraform's state, by its type."""
