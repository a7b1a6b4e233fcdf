"""The one session of all clients, with its shorter way to the SDK's descriptions of services."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import UnknownServiceError

from pipeline.aws.clients import client, session


def test_the_session_knows_the_services_that_the_sdk_knows() -> None:
    assert set(boto3.session.Session().get_available_services()) <= set(session().get_available_services())


def test_a_service_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownServiceError, match="dynamo-db"):
        client("dynamo-db")


def test_clients_share_what_the_sdk_has_read() -> None:
    first, second = client("sqs"), client("sqs")

    assert first is not second
    assert first.meta.service_model.metadata is second.meta.service_model.metadata


def test_a_client_waits_and_retries_as_it_was_asked_to() -> None:
    config = client("sns", read_timeout_seconds=0.5, attempts=1).meta.config

    assert (config.connect_timeout, config.read_timeout) == (1, 0.5)
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
