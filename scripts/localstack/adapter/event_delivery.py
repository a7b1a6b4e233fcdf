"""What EventBridge does with an event that a target refuses: it tries again, and then keeps it in a dead-letter queue.

LocalStack gives an event up at its first failure and keeps it nowhere. This is a model of what AWS documents. A failure
that may pass is tried again, at growing distances, until the attempts or the time of the target's retry policy are used
up; for one that does not pass by itself (the target is gone, or lets nobody in) there is no second attempt. Then the
event goes to the target's dead-letter queue, if the queue's policy lets the rule send.

Left out: the distances are a test's, not AWS's, and of a policy only Allow statements with conditions on the sender are
understood.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

_LOG = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 5.0
_SENDER = "events.amazonaws.com"


@dataclass(frozen=True)
class Failure:
    """Why a target did not take an event.

    Parameters
    ----------
    code
        What the dead letter says of it; one of EventBridge's error codes.
    may_pass
        Whether another attempt can succeed before somebody has mended something.
    """

    code: str
    may_pass: bool


def failure_of(error: Exception) -> Failure:
    """Return what EventBridge makes of a target's error."""
    if isinstance(error, ClientError):
        return _refusal(error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
    unreached = isinstance(error, (OSError, HTTPClientError))
    return Failure("CONNECTION_FAILURE" if unreached else "INTERNAL_ERROR", may_pass=True)


def _refusal(code: str, status: int) -> Failure:
    if status == 429 or "Throttl" in code:
        return Failure("THROTTLING", may_pass=True)
    if status >= 500:
        return Failure("ERROR_FROM_TARGET", may_pass=True)
    if any(word in code for word in ("DoesNotExist", "NonExistent", "NotFound")):
        return Failure("NO_RESOURCE", may_pass=False)
    if status == 403 or "AccessDenied" in code:
        return Failure("NO_PERMISSIONS", may_pass=False)
    return Failure("INVALID_PARAMETER", may_pass=False)


@dataclass(frozen=True)
class RetryPolicy:
    """How long a target is tried again; the defaults are EventBridge's."""

    maximum_attempts: int = 185
    maximum_age_seconds: int = 86_400

    @classmethod
    def of(cls, target: Mapping[str, Any]) -> RetryPolicy:
        """Return the policy of a target."""
        policy = target.get("RetryPolicy") or {}
        return cls(
            policy.get("MaximumRetryAttempts", cls.maximum_attempts),
            policy.get("MaximumEventAgeInSeconds", cls.maximum_age_seconds),
        )


def wait_in_a_thread(seconds: float, then: Callable[[], None]) -> None:
    """Go on later, and hold nobody up until then."""
    timer = threading.Timer(seconds, then)
    timer.daemon = True
    timer.start()


class Delivery:
    """One event on its way to one target.

    Parameters
    ----------
    send
        Hands the event to the target; raises where that refuses.
    give_up
        Takes what is to be said of an event that was not delivered.
    policy
        How long to try.
    later, clock
        How to wait, and the seconds that have passed since any instant.
    """

    def __init__(
        self,
        send: Callable[[], None],
        give_up: Callable[[dict[str, str]], None],
        policy: RetryPolicy,
        later: Callable[[float, Callable[[], None]], None] = wait_in_a_thread,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send = send
        self._give_up = give_up
        self._policy = policy
        self._later = later
        self._clock = clock
        self._began = clock()
        self._retries = 0

    def attempt(self) -> None:
        """Deliver the event, or see to it that this is tried again or given up."""
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - whatever it is, the target has not got the event
            self._failed(failure_of(error), str(error))

    def _failed(self, failure: Failure, message: str) -> None:
        exhausted = self._exhausted() if failure.may_pass else None
        if failure.may_pass and exhausted is None:
            longest = min(_FIRST_WAIT_SECONDS * 2**self._retries, _LONGEST_WAIT_SECONDS)
            self._retries += 1
            self._later(random.uniform(longest / 2, longest), self.attempt)  # noqa: S311 - no secret
            return
        said = {"ERROR_CODE": failure.code, "ERROR_MESSAGE": message, "RETRY_ATTEMPTS": str(self._retries)}
        self._give_up({**said, "EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else said)

    def _exhausted(self) -> str | None:
        if self._retries >= self._policy.maximum_attempts:
            return "MaximumRetryAttempts"
        if self._clock() - self._began >= self._policy.maximum_age_seconds:
            return "MaximumEventAgeInSeconds"
        return None


def lets_in(policy: str | None, rule_arn: str) -> bool:
    """Tell whether a queue's policy lets a rule send to it."""
    statements = json.loads(policy)["Statement"] if policy else []
    return any(_allows(statement, rule_arn) for statement in statements)


def _allows(statement: Mapping[str, Any], rule_arn: str) -> bool:
    principal = statement.get("Principal")
    services = _listed(principal.get("Service", [])) if isinstance(principal, Mapping) else []
    return (
        statement["Effect"] == "Allow"
        and _SENDER in services
        and "sqs:sendmessage" in (action.lower() for action in _listed(statement.get("Action", [])))
        and all(
            key.lower() == "aws:sourcearn" and any(fnmatchcase(rule_arn, pattern) for pattern in _listed(patterns))
            for conditions in statement.get("Condition", {}).values()
            for key, patterns in conditions.items()
        )
    )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def put_right() -> None:
    """Have LocalStack's EventBridge deliver in this way."""
    from localstack.services.events.target import TargetSender

    hand_over = TargetSender.process_event

    def process_event(sender: Any, event: dict[str, Any], trace_header: Any) -> None:
        event.pop("event-bus-name", None)  # LocalStack's own, no part of an event
        Delivery(
            lambda: hand_over(sender, event.copy(), trace_header),
            lambda said: _keep(sender, event, said),
            RetryPolicy.of(sender.target),
        ).attempt()

    TargetSender.process_event = process_event


def _keep(sender: Any, event: dict[str, Any], said: Mapping[str, str]) -> None:
    """Send an event that was given up to the target's dead-letter queue."""
    from localstack.aws.connect import connect_to
    from localstack.services.events.utils import to_json_str
    from localstack.utils.aws.arns import sqs_queue_url_for_arn

    _LOG.info("target %s of %s: %s, %s", sender.target_id, sender.rule_arn, said["ERROR_CODE"], said["ERROR_MESSAGE"])
    if not (arn := sender.target.get("DeadLetterConfig", {}).get("Arn")):
        return
    attributes = {"RULE_ARN": sender.rule_arn, "TARGET_ARN": sender.target["Arn"], **said}
    sqs = connect_to(aws_access_key_id=sender.account_id, region_name=sender.region).sqs
    try:
        url = sqs_queue_url_for_arn(arn)
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        if not lets_in(found.get("Policy"), sender.rule_arn):
            _LOG.warning("event %s is lost: the policy of %s does not let %s in", event["id"], arn, sender.rule_arn)
            return
        sqs.send_message(
            QueueUrl=url,
            MessageBody=to_json_str(event),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": text or "-"} for name, text in attributes.items()
            },
        )
    except ClientError as error:
        _LOG.warning("event %s is lost: %s", event["id"], error)
