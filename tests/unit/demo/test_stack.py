from __future__ import annotations

import pytest

from scripts import stack as harness
from scripts.demo.model import DemoError
from scripts.demo.stack import Stack, connect

DEPLOYED = harness.Stack(
    "http://127.0.0.1:4000",
    {"api_endpoint": "https://ab12cd34.execute-api.us-east-2.amazonaws.com/prod", "queue_url": "q", "names": {}},
    1.0,
    system="merchant_api",
)


def connected(monkeypatch: pytest.MonkeyPatch, key: harness.ApiKey | None) -> Stack:
    monkeypatch.setattr(harness, "api_key", lambda _: key)
    return connect(DEPLOYED)


def test_the_api_is_reached_at_the_local_aws_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = connected(monkeypatch, harness.ApiKey("k1", "secret"))

    assert stack.api_endpoint == "http://127.0.0.1:4000/restapis/ab12cd34/prod/_user_request_"
    assert stack.api_key == "secret"
    assert "secret" not in repr(stack)


def test_an_api_without_a_key_is_sent_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connected(monkeypatch, None).api_key == ""


@pytest.mark.parametrize("name", ["no_such_output", "names"])
def test_an_output_that_is_missing_or_no_text_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = connected(monkeypatch, None)

    assert stack.output("queue_url") == "q"
    with pytest.raises(DemoError, match=f"merchant_api has no output '{name}'"):
        stack.output(name)


def test_clients_are_for_the_systems_region(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = connected(monkeypatch, None).client("sqs")

    assert (sqs.meta.region_name, sqs.meta.endpoint_url) == ("us-east-2", "http://127.0.0.1:4000")
