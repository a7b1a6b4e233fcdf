"""The errors that AWS answers with, by service: protocol, code and status as in the services' API references."""

from __future__ import annotations

import json
from typing import NamedTuple

from scripts.soak import schedule

Answer = tuple[int, dict[str, str], bytes]


class Error(NamedTuple):
    """One error: HTTP status, namespace of the code (empty: the query protocol), code, sentence."""

    status: int
    namespace: str
    code: str
    message: str


_DYNAMODB, _SQS = "com.amazonaws.dynamodb.v20120810", "com.amazonaws.sqs"
ERRORS: dict[tuple[str, str], Error] = {
    (schedule.THROTTLE, "dynamodb"): Error(
        400, _DYNAMODB, "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded.",
    ),
    (schedule.UNDONE, "dynamodb"): Error(500, _DYNAMODB, "InternalServerError", "The request could not be done."),
    (schedule.UNDONE, "sqs"): Error(503, _SQS, "ServiceUnavailable", "The service is unavailable."),
    (schedule.BUS, "events"): Error(500, "com.amazonaws.events", "InternalException", "An internal error."),
    (schedule.TOPIC, "sns"): Error(500, "", "InternalError", "An internal error."),
    (schedule.QUEUE, "sqs"): Error(503, _SQS, "ServiceUnavailable", "The service is unavailable."),
    (schedule.KEY, "dynamodb"): Error(
        400, "com.amazon.coral.service", "AccessDeniedException", "KMS key access denied error: the key is disabled.",
    ),
    (schedule.KEY, "sqs"): Error(400, _SQS, "KmsDisabled", "The key is disabled."),
    (schedule.KEY, "sns"): Error(400, "", "KMSDisabled", "The key is disabled."),
}  # fmt: skip


def answer(error: Error) -> Answer:
    """Return the HTTP answer of an error."""
    if error.namespace:
        document = {"__type": f"{error.namespace}#{error.code}", "message": error.message}
        return error.status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(document).encode()
    fault = "Receiver" if error.status >= 500 else "Sender"
    text = (
        f"<ErrorResponse><Error><Type>{fault}</Type><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
        "<RequestId>soak</RequestId></ErrorResponse>"
    )
    return error.status, {"Content-Type": "text/xml"}, text.encode()
