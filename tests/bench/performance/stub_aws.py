"""AWS behind botocore: every request is counted, waits for a fixed time, and is answered from memory.

It stands where the network would begin, so that the SDK's own work (serialising, signing, parsing, retrying) is part of
what is measured. It keeps what is read again, and knows of each service what the measured functions use: anything else
is an error. Conditions are not evaluated; conflicts are made to happen instead (`Stub.conflict_every`).
"""

from __future__ import annotations

import json
import re
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Optional
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse

MILLISECONDS_A_CALL = 5.0

_SET = re.compile(r"\bSET (.*?)(?= REMOVE | ADD |$)")
_PART = re.compile(r"(#?\w+) = (.*?)(?=, #?\w+ = |$)")
_APPENDED = re.compile(r"list_append\(.*, (:\w+)\)")

Item = dict[str, Any]


class Raw:
    """The body of an answer, as urllib3 gives it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self._content

    def read(self, *_: Any, **__: Any) -> bytes:
        """Return the whole body."""
        return self._content


class Stub:
    """Answers for AWS.

    Parameters
    ----------
    keep
        Names of the tables whose items are kept; those of others are counted and forgotten.
    parameters
        Texts of SSM parameters, by name.
    milliseconds
        How long each call waits.
    conflict_every
        Each how manieth transaction of DynamoDB fails at the condition of its last member; 0: none does.
    throttle_every
        Each how manieth call is throttled once, so that the SDK makes it again; 0: none is.
    """

    def __init__(
        self,
        keep: frozenset[str] = frozenset(),
        parameters: Optional[dict[str, str]] = None,
        milliseconds: float = MILLISECONDS_A_CALL,
        conflict_every: int = 0,
        throttle_every: int = 0,
    ) -> None:
        self.calls: Counter[str] = Counter()
        self.tables: dict[str, dict[str, Item]] = defaultdict(dict)
        self._keep = keep
        self._parameters = parameters or {}
        self._seconds = milliseconds / 1000
        self._conflict_every, self._throttle_every = conflict_every, throttle_every
        self._transactions = 0
        self.cpu_seconds = 0.0

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        """Answer a request instead of sending it: a handler of botocore's event `before-send`."""
        time.sleep(self._seconds)
        started = time.process_time()
        answer = self._answered(request)
        self.cpu_seconds += time.process_time() - started
        return answer

    def _answered(self, request: Any) -> AWSResponse:
        service, operation = _asked(request)
        self.calls[f"{service}:{operation}"] += 1
        if self._throttle_every and sum(self.calls.values()) % self._throttle_every == 0:
            return _answer(request, {"__type": "ThrottlingException", "message": "slow down"}, 400)
        answer: Callable[[Item], Item] = getattr(self, f"_{service}_{operation}")
        body = json.loads(request.body) if service not in ("s3", "monitoring") else {}
        try:
            return _answer(request, answer(body))
        except ConflictError as conflict:
            return _answer(request, conflict.answer, 400)

    def put(self, table: str, item: Item) -> None:
        """Keep an item in wire format."""
        self.tables[table][_key_of(item)] = item

    def found(self, table: str, key: Item) -> Optional[Item]:
        """Return the item that a table keeps under a key, or None."""
        return self.tables[table].get(_key_of(key))

    def _dynamodb_BatchGetItem(self, body: Item) -> Item:  # noqa: N802 - the service's name for it
        found = {
            table: [item for key in wanted["Keys"] if (item := self.found(table, key)) is not None]
            for table, wanted in body["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _dynamodb_GetItem(self, body: Item) -> Item:  # noqa: N802
        found = self.found(body["TableName"], body["Key"])
        return {"Item": found} if found else {}

    def _dynamodb_Query(self, body: Item) -> Item:  # noqa: N802
        kept = list(self.tables[body["TableName"]].values())[-20:]
        return {"Items": kept, "Count": len(kept), "ScannedCount": len(kept)}

    def _dynamodb_PutItem(self, body: Item) -> Item:  # noqa: N802
        self._write("Put", body)
        return {}

    def _dynamodb_UpdateItem(self, body: Item) -> Item:  # noqa: N802
        self._write("Update", body)
        return {}

    def _dynamodb_TransactWriteItems(self, body: Item) -> Item:  # noqa: N802
        self._transactions += 1
        members = body["TransactItems"]
        if self._conflict_every and self._transactions % self._conflict_every == 0:
            raise ConflictError(len(members))
        for member in members:
            ((kind, write),) = member.items()
            self._write(kind, write)
        return {}

    def _write(self, kind: str, write: Item) -> None:
        if write["TableName"] in self._keep and kind in ("Put", "Update"):
            self.put(write["TableName"], self.written(kind, write))

    def written(self, kind: str, write: Item) -> Item:
        """Return the item that a Put or an Update leaves behind."""
        if kind == "Put":
            return dict(write["Item"])
        old = self.tables[write["TableName"]].get(_key_of(write["Key"])) or write["Key"]
        return _updated(old, write)

    def _ssm_GetParameter(self, body: Item) -> Item:  # noqa: N802
        return {"Parameter": {"Name": body["Name"], "Version": 1, "Value": self._parameters[body["Name"]]}}

    def _sqs_SendMessage(self, _body: Item) -> Item:  # noqa: N802
        return {"MessageId": "m", "SequenceNumber": "1"}

    def _sqs_ChangeMessageVisibilityBatch(self, body: Item) -> Item:  # noqa: N802
        return {"Successful": [{"Id": entry["Id"]} for entry in body["Entries"]], "Failed": []}

    def _events_PutEvents(self, body: Item) -> Item:  # noqa: N802
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in body["Entries"]]}

    def _s3_PutObject(self, _body: Item) -> Item:  # noqa: N802
        return {}

    def _monitoring_PutMetricData(self, _body: Item) -> Item:  # noqa: N802
        return {}


class ConflictError(Exception):
    """A transaction whose last member's condition does not hold."""

    def __init__(self, members: int) -> None:
        super().__init__("conflict")
        codes = ["None"] * (members - 1) + ["ConditionalCheckFailed"]
        self.answer = {
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": f"Transaction cancelled, please refer cancellation reasons for specific reasons {codes}",
            "CancellationReasons": [{"Code": code} for code in codes],
        }


def _asked(request: Any) -> tuple[str, str]:
    host = urlsplit(request.url).hostname or ""
    service = "s3" if ".s3." in host else host.split(".")[0]
    target = request.headers.get("X-Amz-Target")
    if target:
        return service, (target.decode() if isinstance(target, bytes) else target).rsplit(".", 1)[1]
    return service, {"s3": "PutObject", "monitoring": "PutMetricData"}[service]  # neither says it in a header


def _answer(request: Any, content: Item, status: int = 200) -> AWSResponse:
    headers: Any
    if ".s3." in request.url:
        headers = {"content-length": "0"}
        return AWSResponse(request.url, status, headers, Raw(b""))
    body = json.dumps(content).encode()
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-crc32": str(zlib.crc32(body))}
    return AWSResponse(request.url, status, headers, Raw(body))


def _key_of(item: Item) -> str:
    """Return the value of an item's partition key: the first of the names that the measured tables use."""
    name = next(name for name in ("account_id", "merchant_id", "transaction_id") if name in item)
    return str(item[name]["S"])


def _updated(old: Item, write: Item) -> Item:
    """Return an item after its SET clause; values that are computed keep what the functions' arithmetic needs."""
    names, values = write.get("ExpressionAttributeNames", {}), write["ExpressionAttributeValues"]
    new = dict(old)
    clause = _SET.search(write["UpdateExpression"])
    for name, value in _PART.findall(clause.group(1)) if clause else ():
        attribute, appended = names.get(name, name), _APPENDED.fullmatch(value)
        if value in values:
            new[attribute] = values[value]
        elif value.endswith("+ :one"):
            new[attribute] = {"N": str(int(new.get(attribute, {"N": "0"})["N"]) + 1)}
        elif appended:
            new[attribute] = {"L": [*new.get(attribute, {"L": []})["L"], *values[appended.group(1)]["L"]]}
    return new
