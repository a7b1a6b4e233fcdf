"""The embedded local AWS starts, answers on the loopback interface only, and stops."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts import aws_environment, ministack, paths
from scripts.errors import CommandError
from scripts.ministack import MiniStack


@pytest.fixture(autouse=True)
def _logs_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "LOCAL", tmp_path)


def sqs(server: MiniStack) -> Any:
    sdk: Any = boto3
    return sdk.client(
        "sqs",
        endpoint_url=server.endpoint,
        region_name=aws_environment.REGION,
        aws_access_key_id=aws_environment.ACCESS_KEY,
        aws_secret_access_key=aws_environment.SECRET_KEY,
    )


def test_it_listens_on_the_loopback_interface_only_and_not_at_all_afterwards() -> None:
    with MiniStack("test") as server:
        assert ministack.answers(server.endpoint)
        with socket.socket() as probe:  # another address of this machine would be taken, were all of them bound
            probe.bind(("127.0.0.2", server.port))
        assert server.log.is_file()

    assert ministack.port_is_free(server.port)


def test_a_taken_port_is_refused_in_one_sentence() -> None:
    with socket.create_server((ministack.HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is taken"):
            MiniStack("test", port=port).start()


def test_a_restart_brings_its_state_back_on_the_same_port(tmp_path: Path) -> None:
    with MiniStack("test", state=tmp_path / "state") as server:
        url = sqs(server).create_queue(QueueName="kept")["QueueUrl"]
        port = server.port

        server.restart(tmp_path / "state")

        assert server.port == port
        assert sqs(server).get_queue_url(QueueName="kept")["QueueUrl"] == url


def test_two_runs_do_not_share_a_folder() -> None:
    first, second = MiniStack("test"), MiniStack("test")
    first.claim()

    with pytest.raises(CommandError, match="in use by another run"):
        second.claim()


def test_nothing_of_the_users_aws_settings_reaches_the_emulator_or_its_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "https://sqs.invalid")
    server = MiniStack("test", port=1)

    for environment in (server.environment, server._server_environment(tmp_path)):
        assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_SQS"} & environment.keys()
    assert server.environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert server.environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
