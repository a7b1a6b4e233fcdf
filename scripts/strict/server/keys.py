"""What a call for encrypted data asks of the key: AWS checks it too, and the emulator does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.services import dynamodb, kms, s3, sns, sqs, ssm

_READ = ("kms:Decrypt",)
_WRITE = ("kms:GenerateDataKey",)
_NEEDED = {
    "sqs:SendMessage": (*_READ, *_WRITE),
    "sqs:ReceiveMessage": _READ,
    "sns:Publish": (*_READ, *_WRITE),
    "s3:GetObject": _READ,
    "s3:PutObject": _WRITE,
    "ssm:GetParameter": _READ,
    "ssm:GetParameterHistory": _READ,
    "ssm:PutParameter": ("kms:Encrypt",),
    **dict.fromkeys((f"dynamodb:{name}Item" for name in ("BatchGet", "Get", "Put", "Update", "Delete")), _READ),
    **dict.fromkeys(("dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchWriteItem"), _READ),
}


@dataclass(frozen=True)
class Use:
    """One call to KMS that a service makes, with the keys of conditions that tell what for."""

    action: str
    key_arn: str
    context: dict[str, str]


def uses(action: str, resource_arn: str) -> list[Use]:
    """Return what it takes of a key to do `action` to a resource; nothing where AWS owns the key."""
    needed = _NEEDED.get(action)
    if needed is None:
        return []
    service = action.partition(":")[0]
    found = _KEY_OF[service](resource_arn)
    record = kms._resolve_key(found) if found else None
    if record is None:
        return []
    _, _, _, region, account, _ = record["Arn"].split(":", 5)
    context = {
        "kms:viaservice": f"{service}.{region}.amazonaws.com",
        "kms:calleraccount": account,
        f"kms:encryptioncontext:{_CONTEXT[service]}": resource_arn,
    }
    return [Use(name, record["Arn"], context) for name in needed]


def _of_queue(arn: str) -> str:
    return str(((sqs._queue_by_arn(arn) or {}).get("attributes") or {}).get("KmsMasterKeyId") or "")


def _of_topic(arn: str) -> str:
    return str(((sns._topic_by_arn_any_scope(arn) or {}).get("attributes") or {}).get("KmsMasterKeyId") or "")


def _of_table(arn: str) -> str:
    name = arn.partition(":table/")[2].partition("/")[0]
    table: dict[str, Any] = dynamodb._tables.get(name) or {}
    return str((table.get("SSEDescription") or {}).get("KMSMasterKeyArn") or "")


def _of_bucket(arn: str) -> str:
    name = arn.partition(":::")[2].partition("/")[0]
    headers = s3._bucket_default_sse_headers(name)
    return str(headers.get("x-amz-server-side-encryption-aws-kms-key-id") or "")


def _of_parameter(arn: str) -> str:
    name = arn.partition(":parameter")[2]
    parameter: dict[str, Any] = ssm._parameters.get(name) or ssm._parameters.get(name.lstrip("/")) or {}
    return str(parameter.get("KeyId") or "")


_KEY_OF: dict[str, Callable[[str], str]] = {
    "dynamodb": _of_table,
    "s3": _of_bucket,
    "sns": _of_topic,
    "sqs": _of_queue,
    "ssm": _of_parameter,
}
_CONTEXT = {
    "dynamodb": "aws:dynamodb:tableName",
    "s3": "aws:s3:arn",
    "sns": "aws:sns:topicArn",
    "sqs": "aws:sqs:arn",
    "ssm": "PARAMETER_ARN",
}
