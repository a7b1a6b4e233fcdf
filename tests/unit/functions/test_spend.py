"""`spend`: a day's cost in exact dollars; what is not known yet is told as unknown, not as nothing.

No local AWS has Cost Explorer: the SDK's own stubber checks what is asked of it and how its answers are read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from spend.bill import UnexpectedCurrencyError

from pipeline.aws.clients import client
from pipeline.domain.days import InvalidDayError
from scripts.ministack import MiniStack
from tests.unit.functions.function_module import load_handler

ASKED = {
    "TimePeriod": {"Start": "2026-11-20", "End": "2026-11-21"},
    "Granularity": "DAILY",
    "Metrics": ["UnblendedCost"],
    "Filter": {
        "And": [
            {"Tags": {"Key": "Project", "Values": ["securebank"]}},
            {"Tags": {"Key": "Environment", "Values": ["test"]}},
        ]
    },
}


def answer(amount: str, *, estimated: bool = True, unit: str = "USD") -> dict[str, Any]:
    """Return what Cost Explorer says of one day."""
    return {
        "ResultsByTime": [
            {
                "TimePeriod": ASKED["TimePeriod"],
                "Total": {"UnblendedCost": {"Amount": amount, "Unit": unit}},
                "Groups": [],
                "Estimated": estimated,
            }
        ]
    }


class Function:
    """The function, with a Cost Explorer that answers what a test says."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.stub = Stubber(module.BILL._client)

    def __call__(self, event: dict[str, Any] | None = None) -> Any:
        with self.stub:
            answered = self.module.handler({"date": "2026-11-20"} if event is None else event, None)
        self.stub.assert_no_pending_responses()
        return answered


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch, emulator: MiniStack) -> Iterator[Function]:
    module = load_handler("spend", monkeypatch, emulator, COST_PROJECT="securebank", COST_ENVIRONMENT="test")
    module.metrics.clear_metrics()
    yield Function(module)
    module.metrics.clear_metrics()


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the metrics that were written."""
    found: dict[str, Any] = {}
    for line in capsys.readouterr().out.splitlines():
        if "_aws" in line:
            document = json.loads(line)
            for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                found[metric["Name"]] = document[metric["Name"]]
    return found


@pytest.mark.parametrize("estimated", [True, False])
def test_a_days_cost_becomes_a_metric(function: Function, capsys: pytest.CaptureFixture[str], estimated: bool) -> None:
    function.stub.add_response("get_cost_and_usage", answer("12.3456789012", estimated=estimated), ASKED)

    assert function() == {"date": "2026-11-20", "usd": "12.3456789012", "estimated": estimated}
    assert told(capsys) == {"Costs/DailySpend": [12.3456789012], "SpendUnknown": [0.0]}


@pytest.mark.parametrize("said", [{"ResultsByTime": []}, answer("0"), answer("0.0000000000")], ids=str)
def test_a_cost_that_is_not_known_yet_is_no_zero(
    function: Function, capsys: pytest.CaptureFixture[str], said: dict[str, Any]
) -> None:
    function.stub.add_response("get_cost_and_usage", said, ASKED)

    assert function() == {"date": "2026-11-20", "usd": None, "estimated": None}
    assert told(capsys) == {"SpendUnknown": [1.0]}


def test_so_is_a_day_without_data(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function.stub.add_client_error("get_cost_and_usage", "DataUnavailableException", expected_params=ASKED)

    assert function()["usd"] is None
    assert told(capsys) == {"SpendUnknown": [1.0]}


def test_a_day_that_cost_nothing_in_the_end_is_a_zero(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function.stub.add_response("get_cost_and_usage", answer("0", estimated=False), ASKED)

    assert function()["usd"] == "0"
    assert told(capsys)["Costs/DailySpend"] == [0.0]


def test_other_refusals_fail_the_function(function: Function) -> None:
    function.stub.add_client_error("get_cost_and_usage", "AccessDeniedException", expected_params=ASKED)

    with pytest.raises(ClientError):
        function()


def test_a_bill_in_another_currency_is_not_taken_for_dollars(function: Function) -> None:
    function.stub.add_response("get_cost_and_usage", answer("7", unit="CNY"), ASKED)

    with pytest.raises(UnexpectedCurrencyError, match="CNY"):
        function()


def test_a_schedule_asks_for_yesterday(function: Function) -> None:
    function.module.utc_now = lambda: datetime(2026, 11, 21, 6, tzinfo=timezone.utc)
    function.stub.add_response("get_cost_and_usage", answer("1"), ASKED)

    assert function({"source": "aws.events"})["date"] == "2026-11-20"


def test_a_wrong_date_is_named(function: Function) -> None:
    with pytest.raises(InvalidDayError, match="'the 20th'"):
        function({"date": "the 20th"})


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [("eu-west-1", "https://ce.us-east-1.amazonaws.com"), ("us-east-1", "https://ce.us-east-1.amazonaws.com")],
)
def test_cost_explorer_is_asked_where_it_is_wherever_the_function_runs(
    monkeypatch: pytest.MonkeyPatch, region: str, endpoint: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    assert client("ce").meta.endpoint_url == endpoint
