"""`drift` against real tables: a day of windows, the breaker, and the metrics that an alarm watches."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from drift.watch import Look, Watch

from pipeline.aws.drift import COUNTERS_A_CALL, HOURS, DriftTable, window_of
from pipeline.aws.policies import PolicyUnavailableError
from pipeline.scoring.artifact import load
from pipeline.scoring.document import PolicyDocument
from pipeline.scoring.drift import Breaker, DriftReport, SeriesDrift
from pipeline.scoring.model import Model
from scripts.ministack import MiniStack
from tests.factories import NOW, policy_text
from tests.unit.functions.conftest import Faulty, Tables
from tests.unit.functions.function_module import load_handler
from tests.unit.scoring import artifacts, documents

BARS = {"psi_max_thousandths": 250, "alert_rate_max_basis_points": 500, "minimum_decisions": 100}


@pytest.fixture
def table(tables: Tables, dynamodb: Any) -> DriftTable:
    return DriftTable(dynamodb, tables.drift, sleep=lambda _: None)


@pytest.fixture
def model() -> Model:
    return load(json.dumps(artifacts.content(reference={"score": {"edges": [500_000], "shares": [0.9, 0.1]}})))


def document_with(model: Model, **changes: Any) -> PolicyDocument:
    return documents.document(model.description.sha256, drift=BARS, **changes)


def watch_with(table: DriftTable, model: Model, document: PolicyDocument | None = None) -> Watch:
    found = document or document_with(model)
    return Watch(table, {model.description.sha256: model}, lambda: found, now=lambda: NOW)


def hours_ago(hours: int) -> str:
    return window_of(NOW - timedelta(hours=hours))


class TestTable:
    def test_counters_of_an_hour_add_up(self, table: DriftTable, tables: Tables) -> None:
        table.add("2026-11-20T08", {"decided": 2, "score:m:3": 1, "flagged": 0})
        table.add("2026-11-20T08", {"decided": 3})

        row = tables.find(tables.drift, window="2026-11-20T08")
        assert (row["decided"], row["score:m:3"]) == (5, 1)
        assert "flagged" not in row
        ends = datetime.fromtimestamp(int(row["expires_at"]), timezone.utc)
        assert ends == datetime(2026, 12, 30, 8, tzinfo=timezone.utc)

    def test_more_counters_than_an_expression_holds_take_several_calls(
        self, table: DriftTable, tables: Tables, dynamodb: Faulty
    ) -> None:
        names = [f"feature:simulated-1-0123456789ab:merchant_transactions_21d:{i}" for i in range(2 * COUNTERS_A_CALL)]

        table.add("2026-11-20T08", dict.fromkeys(names, 1))

        assert dynamodb.calls == ["update_item"] * 2
        assert sum(table.last_day(NOW)[0].values()) == len(names)

    def test_the_last_day_is_the_present_hour_and_the_23_before(self, table: DriftTable) -> None:
        for hours in (0, 1, HOURS - 1, HOURS, HOURS + 1):
            table.add(hours_ago(hours), {"decided": 1})

        assert table.last_day(NOW)[0]["decided"] == 3

    def test_without_any_row_nothing_was_decided_and_the_breaker_is_closed(self, table: DriftTable) -> None:
        assert table.last_day(NOW) == ({}, Breaker())

    def test_the_breaker_is_read_back_as_it_was_written(self, table: DriftTable, tables: Tables) -> None:
        opened = Breaker(True, "2026-11-20T08:00:00.000000Z", ("ALERT_RATE:model",))
        table.set_breaker(opened, "2026-11-20T09:00:00.000000Z", 700, judged=True)
        assert table.last_day(NOW)[1] == opened

        table.set_breaker(Breaker(), "2026-11-20T10:00:00.000000Z", 700, judged=True)
        assert table.last_day(NOW)[1] == Breaker()
        assert "since" not in tables.find(tables.drift, window="breaker")


class TestLook:
    def test_a_day_like_the_training_data_leaves_the_breaker_closed(self, table: DriftTable, model: Model) -> None:
        table.add(hours_ago(3), {"decided": 100, f"score:{model.version}:0": 90, f"score:{model.version}:1": 10})

        look = watch_with(table, model).look()

        assert (look.report.judged, look.breaker, look.decided) == (True, Breaker(), 100)

    def test_rules_are_judged_although_the_killed_model_is_not_packaged(self, table: DriftTable, model: Model) -> None:
        table.add(hours_ago(1), {"decided": 100, "flagged": 90, "scored:points": 100, "flagged:points": 90})
        killed = document_with(model, kill_switch=True)

        look = Watch(table, {}, lambda: killed, now=lambda: NOW).look()

        assert look.breaker.open
        assert "ALERT_RATE:points" in look.breaker.reasons

    def test_a_spending_shift_opens_it_and_its_end_closes_it(
        self, table: DriftTable, tables: Tables, model: Model
    ) -> None:
        table.add(hours_ago(3), {"decided": 100, "scored:model": 100, "flagged:model": 7})
        opened = watch_with(table, model).look().breaker
        row = tables.find(tables.drift, window="breaker")
        table.add(hours_ago(1), {"decided": 900, "scored:model": 900})
        closed = watch_with(table, model).look().breaker

        assert opened == Breaker(True, "2026-11-20T09:00:00.000000Z", ("ALERT_RATE:model",))
        assert (row["open"], row["reasons"], row["decided"], row["judged"]) == (True, ["ALERT_RATE:model"], 100, True)
        assert closed == Breaker()

    def test_too_few_decisions_are_said_and_change_nothing(
        self, table: DriftTable, tables: Tables, model: Model
    ) -> None:
        opened = Breaker(True, "2026-11-19T09:00:00.000000Z", ("ALERT_RATE:model",))
        table.set_breaker(opened, "2026-11-19T09:00:00.000000Z", 700, judged=True)
        table.add(hours_ago(1), {"decided": 99, "scored:model": 99})

        look = watch_with(table, model).look()

        assert (look.report.judged, look.breaker) == (False, opened)
        row = tables.find(tables.drift, window="breaker")
        assert (row["open"], row["judged"], row["decided"]) == (True, False, 99)

    def test_a_model_that_only_is_a_part_of_a_combination_is_watched(self, table: DriftTable, model: Model) -> None:
        document = document_with(model, champion="combined", challenger=None, shadows=[])

        look = watch_with(table, model, document).look()

        assert [one.model for one in look.report.series] == [model.version]

    def test_a_document_without_models_is_watched_by_its_alert_rate(self, table: DriftTable, model: Model) -> None:
        table.add(hours_ago(1), {"decided": 100, "flagged": 50})
        document = document_with(model, champion="points", challenger=None, shadows=[])

        look = watch_with(table, model, document).look()

        assert look.report.series == ()
        assert look.breaker.reasons == ("ALERT_RATE:decided",)


class TestHandler:
    @pytest.fixture
    def parameter(self, aws: Any) -> str:
        name = f"policy-{uuid.uuid4().hex[:8]}"
        text = policy_text(drift={**BARS, "minimum_decisions": 10})
        aws("ssm").put_parameter(Name=name, Value=text, Type="SecureString")
        return name

    @pytest.fixture
    def handler(self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, tables: Tables, parameter: str) -> Any:
        module = load_handler("drift", monkeypatch, emulator, DRIFT_TABLE=tables.drift, POLICY_PARAMETER=parameter)
        return module.handler

    def test_the_breaker_and_the_rates_become_metrics(
        self, handler: Any, tables: Tables, table: DriftTable, capsys: pytest.CaptureFixture[str]
    ) -> None:
        now = window_of(datetime.now(timezone.utc))
        table.add(now, {"decided": 10, "flagged": 5, "scored:points": 10, "flagged:points": 5})

        assert handler({}, None) == {"open": True, "judged": True, "decided": 10}

        told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        (breaker,) = [line for line in told if "DriftBreakerOpen" in line]
        rates = [line for line in told if "AlertRate" in line]
        assert breaker["DriftBreakerOpen"] == [1.0]
        assert [(line.get("Policy"), line["AlertRate"]) for line in rates] == [(None, [50.0]), ("points", [50.0])]
        assert breaker["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
        assert tables.find(tables.drift, window="breaker")["open"]

    def test_of_a_series_that_several_models_have_the_worst_is_told(
        self, handler: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seen = [("a", "score", 0.1), ("b", "score", 0.4), ("a", "x", None)]
        series = tuple(SeriesDrift(model, name, 10, psi) for model, name, psi in seen)
        look = Look(DriftReport(series, (), ()), Breaker(), 10)

        module: Any = sys.modules["drift.handler"]
        module._publish(look)
        module.metrics.clear_metrics()

        told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "PopulationStability" in line]
        assert [(line["Series"], line["PopulationStability"]) for line in told] == [("score", [0.4])]

    def test_a_closed_breaker_is_told_too(self, handler: Any, capsys: pytest.CaptureFixture[str]) -> None:
        assert handler({}, None) == {"open": False, "judged": False, "decided": 0}

        told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert [line["DriftBreakerOpen"] for line in told if "DriftBreakerOpen" in line] == [[0.0]]
        assert not any("AlertRate" in line for line in told)

    def test_while_the_newest_document_is_invalid_the_one_before_gives_the_bars(
        self, handler: Any, aws: Any, parameter: str
    ) -> None:
        aws("ssm").put_parameter(Name=parameter, Value="{}", Type="SecureString", Overwrite=True)

        assert handler({}, None) == {"open": False, "judged": False, "decided": 0}

    def test_without_a_policy_document_nothing_is_judged(
        self, handler: Any, aws: Any, parameter: str, tables: Tables, table: DriftTable
    ) -> None:
        opened = Breaker(True, "2026-11-19T09:00:00.000000Z", ("ALERT_RATE:model",))
        table.set_breaker(opened, "2026-11-19T09:00:00.000000Z", 700, judged=True)
        aws("ssm").delete_parameter(Name=parameter)

        with pytest.raises(PolicyUnavailableError):
            handler({}, None)
        assert table.last_day(NOW)[1] == opened
