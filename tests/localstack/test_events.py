"""EventBridge as the adapter completes it: targets are tried again, what they refuse is kept, events are replayed."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from scripts.localstack.adapter.event_delivery import Delivery, RetryPolicy, failure_of, lets_in
from scripts.ministack import HOST, free_port
from tests.e2e.deployed import wait_for
from tests.localstack.conftest import ROLE

pytestmark = pytest.mark.timeout(30, func_only=True)  # the first use of a service loads it

RULE = "arn:aws:events:us-east-1:000000000000:rule/bus/name"


def refused(code: str, status: int) -> ClientError:
    """Return the error of a call that a service refused."""
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Call")


@pytest.mark.parametrize(
    ("error", "code", "may_pass"),
    [
        (refused("StateMachineDoesNotExist", 400), "NO_RESOURCE", False),
        (refused("ResourceNotFoundException", 404), "NO_RESOURCE", False),
        (refused("AWS.SimpleQueueService.NonExistentQueue", 400), "NO_RESOURCE", False),
        (refused("AccessDeniedException", 400), "NO_PERMISSIONS", False),
        (refused("ValidationException", 400), "INVALID_PARAMETER", False),
        (refused("ThrottlingException", 400), "THROTTLING", True),
        (refused("TooManyRequestsException", 429), "THROTTLING", True),
        (refused("ServiceUnavailable", 503), "ERROR_FROM_TARGET", True),
        (ConnectionRefusedError(), "CONNECTION_FAILURE", True),
        (HTTPClientError(error="closed"), "CONNECTION_FAILURE", True),
        (NotImplementedError(), "INTERNAL_ERROR", True),
    ],
)
def test_only_a_failure_that_may_pass_is_tried_again(error: Exception, code: str, may_pass: bool) -> None:
    failure = failure_of(error)

    assert (failure.code, failure.may_pass) == (code, may_pass)


class Attempts:
    """A target that fails as it is told to, and time that passes only while somebody waits."""

    def __init__(self, *outcomes: Exception | None, policy: RetryPolicy | None = None) -> None:
        self._outcomes = iter(outcomes)
        self.waits: list[float] = []
        self.given_up: list[dict[str, str]] = []
        policy = policy or RetryPolicy()
        Delivery(self._send, self.given_up.append, policy, later=self._wait, clock=lambda: sum(self.waits)).attempt()

    def _send(self) -> None:
        if error := next(self._outcomes):
            raise error

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self.waits.append(seconds)
        then()


BUSY = refused("ThrottlingException", 400)


def test_a_target_that_takes_an_event_in_the_end_has_it_once() -> None:
    attempts = Attempts(BUSY, BUSY, None)

    assert (len(attempts.waits), attempts.given_up) == (2, [])


def test_the_distances_grow_up_to_a_longest_one() -> None:
    waits = Attempts(*[BUSY] * 20, None).waits

    assert waits[0] <= 0.2 < waits[3]
    assert max(waits) <= 5.0


def test_after_the_last_attempt_an_event_is_given_up() -> None:
    attempts = Attempts(*[BUSY] * 4, policy=RetryPolicy(maximum_attempts=3))

    (said,) = attempts.given_up
    assert (said["ERROR_CODE"], said["EXHAUSTED_RETRY_CONDITION"]) == ("THROTTLING", "MaximumRetryAttempts")
    assert said["RETRY_ATTEMPTS"] == "3"


def test_an_event_that_is_too_old_is_given_up_before_its_last_attempt() -> None:
    attempts = Attempts(*[BUSY] * 185, policy=RetryPolicy(maximum_age_seconds=60))

    (said,) = attempts.given_up
    assert said["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert len(attempts.waits) < 60


def test_a_target_that_is_gone_is_tried_once() -> None:
    attempts = Attempts(refused("ResourceNotFoundException", 404))

    (said,) = attempts.given_up
    assert (said["ERROR_CODE"], said["RETRY_ATTEMPTS"]) == ("NO_RESOURCE", "0")
    assert "EXHAUSTED_RETRY_CONDITION" not in said


@pytest.mark.parametrize(
    ("changes", "in_"),
    [
        ({}, True),
        ({"Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:events:us-east-1:000000000000:rule/bus/*"]}}}, True),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": RULE + "-2"}}}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({"Effect": "Deny"}, False),
        ({"Principal": {"Service": "sns.amazonaws.com"}}, False),
        ({"Principal": "*"}, False),
        ({"Action": ["sqs:ReceiveMessage"]}, False),
    ],
)
def test_a_rule_may_send_where_a_policy_names_it(changes: dict[str, Any], in_: bool) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Condition": {"ArnEquals": {"aws:SourceArn": RULE}},
        **changes,
    }

    assert lets_in(json.dumps({"Statement": [statement]}), RULE) is in_
    assert not lets_in(None, RULE)


class Rule:
    """A rule with one target and a dead-letter queue."""

    def __init__(self, aws: Callable[[str], Any], target: dict[str, Any], lets: str = "*") -> None:
        self._events, self._sqs = aws("events"), aws("sqs")
        self.name = f"rule-{uuid.uuid4().hex[:8]}"
        self.arn = self._events.put_rule(Name=self.name, EventPattern=json.dumps({"source": [self.name]}))["RuleArn"]
        self._queue = self._sqs.create_queue(QueueName=self.name)["QueueUrl"]
        asked = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": asked["Attributes"]["QueueArn"],
            "Condition": {"ArnLike": {"aws:SourceArn": lets}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        dead_letters = {"Arn": asked["Attributes"]["QueueArn"]}
        self._events.put_targets(
            Rule=self.name, Targets=[{"Id": "one", "RoleArn": ROLE, "DeadLetterConfig": dead_letters, **target}]
        )

    def put(self, number: int) -> None:
        """Put an event that the rule matches."""
        entry = {"Source": self.name, "DetailType": "Test", "Detail": json.dumps({"number": number})}
        assert self._events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def dead_letter(self) -> dict[str, Any] | None:
        """Return what was given up, if anything was."""
        messages = self._sqs.receive_message(QueueUrl=self._queue, MessageAttributeNames=["All"], WaitTimeSeconds=1)
        return next(iter(messages.get("Messages", [])), None)


GONE = "arn:aws:states:us-east-1:000000000000:stateMachine:gone"


def test_what_a_target_that_is_gone_should_have_had_lies_in_the_dead_letter_queue(aws: Callable[[str], Any]) -> None:
    rule = Rule(aws, {"Arn": GONE})

    rule.put(1)

    message = wait_for(rule.dead_letter, "the dead letter", 10)
    event = json.loads(message["Body"])
    said = {name: attribute["StringValue"] for name, attribute in message["MessageAttributes"].items()}
    assert (event["source"], event["detail-type"], event["detail"]) == (rule.name, "Test", {"number": 1})
    assert (said["RULE_ARN"], said["TARGET_ARN"]) == (rule.arn, GONE)
    assert (said["ERROR_CODE"], said["RETRY_ATTEMPTS"]) == ("NO_RESOURCE", "0")
    assert "gone" in said["ERROR_MESSAGE"]


def test_a_queue_that_does_not_let_the_rule_in_keeps_nothing(aws: Callable[[str], Any]) -> None:
    shut = Rule(aws, {"Arn": GONE}, lets="arn:aws:events:us-east-1:000000000000:rule/another")
    marker = Rule(aws, {"Arn": GONE})

    shut.put(1)
    marker.put(1)

    wait_for(marker.dead_letter, "the dead letter of a rule that may send", 10)
    assert shut.dead_letter() is None


@contextmanager
def listening(port: int) -> Iterator[list[Any]]:
    """Serve an HTTP endpoint and yield the documents that are posted to it."""
    taken: list[Any] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

    with HTTPServer((HOST, port), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield taken
        finally:
            server.shutdown()
            thread.join()


def destination(aws: Callable[[str], Any], port: int) -> str:
    """Make an API destination and return its ARN."""
    events, name = aws("events"), f"endpoint-{uuid.uuid4().hex[:8]}"
    connection = events.create_connection(
        Name=name,
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "test"}},
    )
    made = events.create_api_destination(
        Name=name,
        ConnectionArn=connection["ConnectionArn"],
        InvocationEndpoint=f"http://{HOST}:{port}/",
        HttpMethod="POST",
    )
    return str(made["ApiDestinationArn"])


def test_a_target_that_answers_later_gets_the_event(aws: Callable[[str], Any]) -> None:
    port = free_port()
    rule = Rule(aws, {"Arn": destination(aws, port), "InputPath": "$.detail"})
    marker = Rule(aws, {"Arn": GONE})

    rule.put(1)
    marker.put(1)
    wait_for(marker.dead_letter, "the first attempt to be over", 10)
    with listening(port) as taken:
        wait_for(lambda: bool(taken), "the event", 15)

    assert taken == [{"number": 1}]
    assert rule.dead_letter() is None


def test_a_target_that_never_answers_is_given_up_after_the_attempts_of_its_policy(aws: Callable[[str], Any]) -> None:
    policy = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60}
    rule = Rule(aws, {"Arn": destination(aws, free_port()), "RetryPolicy": policy})

    rule.put(1)

    message = wait_for(rule.dead_letter, "the dead letter", 15)
    said = {name: attribute["StringValue"] for name, attribute in message["MessageAttributes"].items()}
    assert (said["ERROR_CODE"], said["RETRY_ATTEMPTS"]) == ("CONNECTION_FAILURE", "2")
    assert said["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"


class Inbox:
    """A rule of a bus and the queue that it fills."""

    def __init__(self, aws: Callable[[str], Any], bus: str, rule: str) -> None:
        events, self._sqs = aws("events"), aws("sqs")
        self._url = self._sqs.create_queue(QueueName=f"{bus}-{rule}")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": ["test"]})
        self.rule_arn = events.put_rule(Name=rule, EventBusName=bus, EventPattern=pattern)["RuleArn"]
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    def events(self) -> list[Any]:
        """Take out what has arrived."""
        messages = self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=1).get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]


def test_an_archived_event_is_replayed_to_the_rule_that_is_named_and_no_other(aws: Callable[[str], Any]) -> None:
    events, began = aws("events"), datetime.now(timezone.utc)
    bus = events.create_event_bus(Name=f"bus-{uuid.uuid4().hex[:8]}")["EventBusArn"]
    name = bus.rsplit("/", 1)[1]
    archive = events.create_archive(ArchiveName=name, EventSourceArn=bus)["ArchiveArn"]
    queues = [Inbox(aws, name, rule) for rule in ("one", "other")]
    events.put_events(
        Entries=[{"EventBusName": name, "Source": "test", "DetailType": "Test", "Detail": '{"number": 1}'}]
    )
    for queue in queues:
        wait_for(queue.events, "the event", 10)

    events.start_replay(
        ReplayName=name,
        EventSourceArn=archive,
        EventStartTime=began - timedelta(seconds=1),
        EventEndTime=datetime.now(timezone.utc),
        Destination={"Arn": bus, "FilterArns": [queues[0].rule_arn]},
    )

    (again,) = wait_for(queues[0].events, "the event again", 10)
    assert (again["detail"], again["replay-name"]) == ({"number": 1}, name)
    assert queues[1].events() == []
