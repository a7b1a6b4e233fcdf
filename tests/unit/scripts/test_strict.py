"""The embedded emulator with IAM enforced: who is let in, who is not, and what is on record of both."""

from __future__ import annotations

import io
import json
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from scripts import ministack, paths
from scripts.errors import CommandError
from scripts.strict import certificates, emulator
from scripts.strict.emulator import StrictMiniStack
from scripts.strict.server.record import Record

ACCOUNT = "000000000000"
TRUSTS_THE_ACCOUNT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StrictMiniStack]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "LOCAL", tmp_path_factory.mktemp("local"))
        patch.setattr(emulator, "CALLS", tmp_path_factory.mktemp("calls"))
        with StrictMiniStack("test") as started:
            yield started


def client(server: StrictMiniStack, service: str, **keys: Any) -> Any:
    """Return a client of the administrator, or of the one whose keys are given."""
    sdk: Any = boto3
    environment = server.environment
    own = {"aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
           "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"]}  # fmt: skip
    return sdk.client(
        service,
        endpoint_url=server.endpoint,
        region_name=server.region,
        verify=str(server.authority),
        **{**own, **keys},
    )


def make_role(server: StrictMiniStack, name: str, principal: dict[str, str], *grants: tuple[str, str]) -> str:
    """Make a role that somebody may assume, with a policy of actions and resources; return its ARN."""
    iam = client(server, "iam")
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    allowed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in grants]
    if allowed:
        iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=policy(*allowed))
    return arn


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def acting_as(server: StrictMiniStack, role_arn: str, service: str) -> Any:
    """Return a client of the role."""
    given = client(server, "sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return client(
        server,
        service,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def make_queue(server: StrictMiniStack, name: str, **attributes: str) -> tuple[str, str]:
    """Make a queue; return its URL and its ARN."""
    url = client(server, "sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:{server.region}:{ACCOUNT}:{name}"


def make_function(server: StrictMiniStack, name: str, role_arn: str, **settings: Any) -> None:
    """Make a function that does nothing."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("nothing.py", "def handler(event, context):\n    return None\n")
    client(server, "lambda").create_function(
        FunctionName=name,
        Role=role_arn,
        Runtime="python3.13",
        Handler="nothing.handler",
        Code={"ZipFile": packed.getvalue()},
        **settings,
    )


def decisions(server: StrictMiniStack) -> list[tuple[str, str, str, bool]]:
    lines = server.calls.read_text(encoding="utf-8").splitlines()
    return [tuple(json.loads(line)[key] for key in ("principal", "action", "resource", "allowed")) for line in lines]


def wait_for(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not look():
        if time.monotonic() > deadline:
            pytest.fail(f"waited in vain for {what}")
        time.sleep(0.05)


def test_a_decision_is_written_once_and_at_once(tmp_path: Path) -> None:
    record = Record(tmp_path / "calls" / "name.jsonl")

    for _ in range(2):
        record.note("role", "sqs:SendMessage", "queue", allowed=True)
    record.note("role", "sqs:SendMessage", "queue", allowed=False)

    lines = (tmp_path / "calls" / "name.jsonl").read_text(encoding="utf-8").splitlines()
    call = {"principal": "role", "action": "sqs:SendMessage", "resource": "queue", "suite": "e2e-strict"}
    assert [json.loads(line) for line in lines] == [{**call, "allowed": True}, {**call, "allowed": False}]


def test_the_key_of_the_certificate_is_for_its_user_alone(tmp_path: Path) -> None:
    made = [certificates.make(tmp_path, "127.0.0.1").key.read_bytes() for _ in range(2)]

    assert made[0] != made[1]
    assert stat.S_IMODE((tmp_path / "server.key").stat().st_mode) == 0o600


def test_only_who_trusts_its_authority_talks_to_it(server: StrictMiniStack) -> None:
    assert ministack.answers(server.endpoint, authority=server.authority)
    assert not ministack.answers(server.endpoint)
    assert not ministack.answers(server.endpoint.replace("https", "http"))


def test_it_serves_the_port_it_was_given_and_no_other(server: StrictMiniStack) -> None:
    log = server.log.read_text(encoding="utf-8")

    assert f"127.0.0.1:{server.port}" in log
    assert ":443" not in log


def test_two_run_at_once_each_with_an_authority_of_its_own(server: StrictMiniStack) -> None:
    with StrictMiniStack("second") as second:
        assert ministack.answers(second.endpoint, authority=second.authority)
        assert not ministack.answers(second.endpoint, authority=server.authority)
        assert ministack.answers(server.endpoint, authority=server.authority)


def test_another_run_of_its_name_leaves_it_alone(server: StrictMiniStack) -> None:
    with pytest.raises(CommandError, match="in use by another run"):
        StrictMiniStack("test").start()

    assert ministack.answers(server.endpoint, authority=server.authority)


def test_its_users_are_an_administrator_and_not_root(server: StrictMiniStack) -> None:
    assert client(server, "sts").get_caller_identity()["Arn"].endswith(":user/administrator")


def test_a_role_does_what_its_policy_allows_and_nothing_else(server: StrictMiniStack) -> None:
    (own, own_arn), (other, other_arn) = make_queue(server, "own"), make_queue(server, "other")
    role = make_role(server, "sender", TRUSTS_THE_ACCOUNT, ("sqs:SendMessage", own_arn))
    sqs = acting_as(server, role, "sqs")

    sqs.send_message(QueueUrl=own, MessageBody="1")
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.send_message(QueueUrl=other, MessageBody="1")

    assert ("sender", "sqs:SendMessage", own_arn, True) in decisions(server)
    assert f"sender may not sqs:SendMessage {other_arn}" in server.refused()


def test_a_look_at_alarms_by_name_asks_for_each_of_them(server: StrictMiniStack) -> None:
    own, other = (f"arn:aws:cloudwatch:{server.region}:{ACCOUNT}:alarm:{name}" for name in ("own", "other"))
    role = make_role(server, "looker", TRUSTS_THE_ACCOUNT, ("cloudwatch:DescribeAlarms", own))
    cloudwatch = acting_as(server, role, "cloudwatch")

    cloudwatch.describe_alarms(AlarmNames=["own"])
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.describe_alarms(AlarmNames=["own", "other"])
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.describe_alarms()

    assert ("looker", "cloudwatch:DescribeAlarms", own, True) in decisions(server)
    assert f"looker may not cloudwatch:DescribeAlarms {other}" in server.refused()


def test_an_encrypted_queue_asks_for_its_key_too(server: StrictMiniStack) -> None:
    key = client(server, "kms").create_key()["KeyMetadata"]["Arn"]
    url, arn = make_queue(server, "encrypted", KmsMasterKeyId=key)
    role = make_role(server, "keyless", TRUSTS_THE_ACCOUNT, ("sqs:SendMessage", arn), ("kms:Decrypt", key))

    with pytest.raises(ClientError, match="AccessDenied"):
        acting_as(server, role, "sqs").send_message(QueueUrl=url, MessageBody="1")

    assert ("keyless", "kms:Decrypt", key, True) in decisions(server)
    assert ("keyless", "kms:GenerateDataKey", key, False) in decisions(server)


@pytest.mark.parametrize("let_in", [True, False])
def test_a_rule_delivers_to_a_queue_that_lets_it_in(server: StrictMiniStack, *, let_in: bool) -> None:
    name = f"{'open' if let_in else 'closed'}-to-rules"
    url, arn = make_queue(server, name)
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
               "Resource": arn}  # fmt: skip
    if let_in:
        client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(allowed)})
    events = client(server, "events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    events.put_events(Entries=[{"Source": name, "DetailType": "test", "Detail": "{}"}])

    wait_for(lambda: ("events.amazonaws.com", "sqs:SendMessage", arn, let_in) in decisions(server), "the delivery")
    assert bool(client(server, "sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")) == let_in


def test_a_bus_uses_its_key_only_if_the_key_lets_it(server: StrictMiniStack) -> None:
    key = client(server, "kms").create_key()["KeyMetadata"]["Arn"]
    events = client(server, "events")
    events.create_event_bus(Name="encrypted", KmsKeyIdentifier=key)

    events.put_events(Entries=[{"EventBusName": "encrypted", "Source": "a", "DetailType": "test", "Detail": "{}"}])

    assert f"events.amazonaws.com may not kms:GenerateDataKey {key}" in server.refused()


def test_an_alarm_reaches_a_topic_that_lets_it_in(server: StrictMiniStack) -> None:
    topic = client(server, "sns").create_topic(Name="alarms")["TopicArn"]
    nobody = {"Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"}, "Action": "sns:Publish",
              "Resource": topic}  # fmt: skip
    client(server, "sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(nobody))
    cloudwatch = client(server, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="alarm", AlarmActions=[topic], MetricName="Errors", Namespace="Test", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip

    cloudwatch.set_alarm_state(AlarmName="alarm", StateValue="ALARM", StateReason="test")

    assert f"cloudwatch.amazonaws.com may not sns:Publish {topic}" in server.refused()


def test_a_topic_delivers_to_an_encrypted_queue_only_if_the_key_lets_it(server: StrictMiniStack) -> None:
    key = client(server, "kms").create_key()["KeyMetadata"]["Arn"]
    url, arn = make_queue(server, "inbox", KmsMasterKeyId=key)
    let_in = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
              "Resource": arn}  # fmt: skip
    client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(let_in)})
    topic = client(server, "sns").create_topic(Name="news")["TopicArn"]
    client(server, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    client(server, "sns").publish(TopicArn=topic, Message="1")

    wait_for(lambda: f"sns.amazonaws.com may not kms:Decrypt {key}" in server.refused(), "the delivery")
    assert ("sns.amazonaws.com", "sqs:SendMessage", arn, True) in decisions(server)


def test_a_gateway_calls_a_function_that_lets_it_in(server: StrictMiniStack) -> None:
    make_function(server, "unasked", make_role(server, "unasked", {"Service": "lambda.amazonaws.com"}))
    function = f"arn:aws:lambda:{server.region}:{ACCOUNT}:function:unasked"
    gateway = client(server, "apigateway")
    api = gateway.create_rest_api(name="api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    place: dict[str, Any] = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    uri = f"arn:aws:apigateway:{server.region}:lambda:path/2015-03-31/functions/{function}/invocations"
    gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    gateway.create_deployment(restApiId=api, stageName="prod")

    address = server.endpoint + server.api_path.format(api=api, stage="prod") + "/"
    answer = requests.get(address, verify=str(server.authority), timeout=10)

    assert answer.status_code == 500
    assert f"apigateway.amazonaws.com may not lambda:InvokeFunction {function}" in server.refused()


@pytest.mark.parametrize("granted", [True, False])
def test_a_mapping_reads_by_the_functions_role(server: StrictMiniStack, *, granted: bool) -> None:
    name = f"{'reading' if granted else 'blind'}-function"
    url, arn = make_queue(server, name)
    reads = [(f"sqs:{do}", arn) for do in ("ReceiveMessage", "GetQueueAttributes", "DeleteMessage")]
    role = make_role(server, name, {"Service": "lambda.amazonaws.com"}, *(reads if granted else reads[1:]))
    make_function(server, name, role)
    client(server, "lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)

    client(server, "sqs").send_message(QueueUrl=url, MessageBody="1")

    seen = (name, "sqs:DeleteMessage" if granted else "sqs:ReceiveMessage", arn, granted)
    wait_for(lambda: seen in decisions(server), "the mapping")


def test_a_function_does_not_start_without_the_key_of_its_environment(server: StrictMiniStack) -> None:
    key = client(server, "kms").create_key()["KeyMetadata"]["Arn"]
    role = make_role(server, "no-environment", {"Service": "lambda.amazonaws.com"})
    make_function(server, "no-environment", role, KMSKeyArn=key, Environment={"Variables": {"A": "1"}})

    client(server, "lambda").invoke(FunctionName="no-environment")

    assert f"no-environment may not kms:Decrypt {key}" in server.refused()


def test_a_function_needs_a_role_that_trusts_lambda(server: StrictMiniStack) -> None:
    role = make_role(server, "of-events", {"Service": "events.amazonaws.com"})

    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        client(server, "lambda").create_function(
            FunctionName="made", Role=role, Runtime="python3.13", Handler="made.handler", Code={"ZipFile": b""}
        )


def test_a_workflow_acts_by_its_role(server: StrictMiniStack) -> None:
    url, arn = make_queue(server, "asked")
    role = make_role(server, "of-workflow", {"Service": "states.amazonaws.com"})
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
            "Parameters": {"QueueUrl": url, "MessageBody": "1"}}  # fmt: skip
    states = client(server, "stepfunctions")
    machine = states.create_state_machine(
        name="asks", roleArn=role, definition=json.dumps({"StartAt": "Ask", "States": {"Ask": task}})
    )["stateMachineArn"]

    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    wait_for(lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING", "the end")
    assert states.describe_execution(executionArn=execution)["status"] == "FAILED"
    assert f"of-workflow may not sqs:SendMessage {arn}" in server.refused()
