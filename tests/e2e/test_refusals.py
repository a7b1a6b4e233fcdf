"""What nobody may do: functions beyond their grants, others in their roles' place, callers without a true signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.e2e import refusals
from tests.e2e.conftest import Flagship

pytestmark = pytest.mark.needs("iam")

_OTHER_ACCOUNT = "111122223333"


def client(flagship: Flagship, service: str, key: str, secret: str, **more: Any) -> Any:
    """Return a client of somebody else's."""
    sdk: Any = boto3
    return sdk.client(
        service,
        endpoint_url=flagship.server.endpoint,
        region_name=flagship.environment["AWS_REGION"],
        verify=str(flagship.server.authority),
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        **more,
    )


def test_no_function_may_do_what_its_policy_does_not_name(flagship: Flagship) -> None:
    assert len(refusals.functions(flagship)) == len(flagship.outputs["function_names"])
    assert refusals.not_refused(flagship) == {}


@pytest.fixture(scope="module")
def of_another_account(flagship: Flagship) -> Callable[[str], Any]:
    """Return what makes clients of another account's administrator, by the name of the service."""
    iam = client(flagship, "iam", _OTHER_ACCOUNT, "test")
    iam.create_user(UserName="stranger")
    iam.attach_user_policy(UserName="stranger", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="stranger")["AccessKey"]
    return lambda service: client(flagship, service, key["AccessKeyId"], key["SecretAccessKey"])


def test_no_person_takes_the_place_of_a_service(flagship: Flagship, of_another_account: Callable[[str], Any]) -> None:
    """Not even an administrator, who may assume roles, and not one of another account."""
    for role in refusals.resources(flagship, "aws_iam_role"):
        for person in (flagship.client("sts"), of_another_account("sts")):
            with pytest.raises(ClientError, match="AccessDenied"):
                person.assume_role(RoleArn=role["arn"], RoleSessionName="person")


def test_another_account_neither_sends_nor_receives(
    flagship: Flagship, of_another_account: Callable[[str], Any]
) -> None:
    sqs, sns = of_another_account("sqs"), of_another_account("sns")

    for queue in refusals.resources(flagship, "aws_sqs_queue"):
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.send_message(QueueUrl=queue["url"], MessageBody="stranger", MessageGroupId="stranger")
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.receive_message(QueueUrl=queue["url"])
    for topic in refusals.resources(flagship, "aws_sns_topic"):
        with pytest.raises(ClientError, match="AuthorizationError"):
            sns.publish(TopicArn=topic["arn"], Message="stranger")


def test_no_function_takes_the_role_of_another_service(flagship: Flagship) -> None:
    of_functions = {function.role_arn for function in refusals.functions(flagship)}
    others = {role["arn"] for role in refusals.resources(flagship, "aws_iam_role")} - of_functions
    assert others

    for role_arn in others:
        with (
            pytest.raises(ClientError, match="cannot be assumed by Lambda"),
            refusals.probe(flagship.client("lambda"), role_arn),
        ):
            pytest.fail("it was made")


def test_a_call_with_a_wrong_signature_is_refused(flagship: Flagship) -> None:
    forged = client(flagship, "sqs", flagship.environment["AWS_ACCESS_KEY_ID"], "guessed")

    with pytest.raises(ClientError) as refused:
        forged.list_queues()

    assert refused.value.response["Error"]["Code"] in {"InvalidSignatureException", "SignatureDoesNotMatch"}


def test_a_call_without_a_signature_is_refused(flagship: Flagship) -> None:
    unsigned = client(flagship, "dynamodb", "none", "none", config=Config(signature_version=UNSIGNED))

    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        unsigned.list_tables()


def test_nothing_is_served_without_tls(flagship: Flagship) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(flagship.server.endpoint.replace("https:", "http:"), timeout=10)
