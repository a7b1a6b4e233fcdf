"""`make local-up` starts the system that is asked for, and never passes another one off as it."""

from __future__ import annotations

import pytest

from scripts import local_aws, stack
from scripts.processes import Guarded
from scripts.stack import ApiKey, Running, Stack

ENDPOINT = {"api_endpoint": "https://ab12cd34.execute-api.us-east-2.amazonaws.com/prod"}


@pytest.fixture
def merchant_api_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running(Stack("http://127.0.0.1:4000", ENDPOINT, 1.0, system="merchant_api"), Guarded(1, "token"))
    monkeypatch.setattr(stack, "running", lambda: running)
    monkeypatch.setattr(stack, "api_key", lambda _: ApiKey("k1", "the secret value"))


@pytest.mark.usefixtures("merchant_api_runs")
def test_the_status_says_which_system_runs_and_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert local_aws.main(["status"]) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "# merchant_api"
    assert "export AWS_REGION=us-east-2" in said
    assert "export API_ENDPOINT=http://127.0.0.1:4000/restapis/ab12cd34/prod/_user_request_" in said
    assert "get-api-key --api-key k1" in said[-1]
    assert "the secret value" not in "".join(said)


@pytest.mark.usefixtures("merchant_api_runs")
def test_an_api_without_a_key_needs_no_word_about_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack, "api_key", lambda _: None)

    local_aws.main(["status"])

    assert "key" not in capsys.readouterr().out


@pytest.mark.usefixtures("merchant_api_runs")
def test_the_system_that_runs_already_is_not_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert local_aws.main(["up", "--system", "merchant_api"]) == 0
    assert capsys.readouterr().out.startswith("# merchant_api")


@pytest.mark.usefixtures("merchant_api_runs")
@pytest.mark.parametrize("given", [[], ["--system", "flagship"]])
def test_another_system_has_to_be_stopped_first(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert local_aws.main(["up", *given]) == 1
    assert capsys.readouterr().err == ("local: merchant_api is running, not flagship: `make local-down` stops it.\n")


def test_an_unknown_system_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert local_aws.main(["up", "--system", "flagschiff"]) == 1
    assert "SYSTEM must be flagship, merchant_api, stream_alerts or securebank" in capsys.readouterr().err
