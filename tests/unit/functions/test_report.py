"""`report`: both sides of the books are read and compared, and what differs is told, kept and locked."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from pipeline.aws.observability import metrics
from pipeline.domain.days import InvalidDayError
from pipeline.domain.errors import SettingError
from scripts.ministack import MiniStack
from tests.unit.functions.customer_rows import decided, labelled, received
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.report_world import COUNTS, DAY, REPORT, TRAIL_PREFIX, World, data_event

NEXT_DAY = "2026-11-21"
EVENING = "2026-11-20T23:59:59.999999Z"
MORNING = "2026-11-21T00:00:00.000000Z"


@dataclass
class Context:
    """What Lambda tells of the time that is left."""

    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture
def world(aws: Any) -> World:
    return World(aws)


class Function:
    """The function, its answer, and the sheet that it wrote."""

    def __init__(self, module: Any, world: World) -> None:
        self.module = module
        self._world = world

    def __call__(self, date: str = DAY, context: Any = None) -> dict[str, Any]:
        answer: dict[str, Any] = self.module.handler({"date": date}, context or Context())
        return answer

    def sheet(self, section: str) -> list[dict[str, str]]:
        """Return a section of the sheet, its cells that hold something."""
        text = self._world.report()["csv"].decode()
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row["section"] == section]
        return [{name: cell for name, cell in row.items() if cell and name != "section"} for row in rows]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, world: World) -> Iterator[Any]:
    def load(**settings: str) -> Function:
        module = load_handler("report", monkeypatch, emulator, **world.settings, **settings)
        metrics.clear_metrics()
        return Function(module, world)

    yield load
    metrics.clear_metrics()


@pytest.fixture
def function(loaded: Any) -> Function:
    made: Function = loaded()
    return made


def settle(world: World) -> None:
    """Let a day pass on which everything went well."""
    world.keep(
        decided("t1", amount=Decimal("12.50")),
        decided("t2", amount=Decimal("7.5"), status="FRAUD_SUSPECTED", is_fraud=True),
        decided("t3", amount=Decimal("1000"), currency="JPY"),
        decided("t4", occurred_at=EVENING),
    )
    world.count(0, transactions=3, fraud=1, amount_USD=Decimal("20"), amount_JPY=Decimal("1000"))
    world.count(7, transactions=1, fraud=0, amount_USD=Decimal("12.5"))


class TestBooks:
    def test_books_that_agree_are_told_to(self, function: Function, world: World) -> None:
        settle(world)

        answer = function()

        assert (answer["compared"], answer["differences"], answer["by_kind"]) == (True, 0, {})
        assert answer["figures"] == {
            "api_accepted": "not configured",
            "received": "4",
            "received_waiting": "0",
            "table": "4",
            "table_decided": "4",
            "counted": "4",
            "lake": "4",
            "lake_lines": "4",
            "lake_objects": "2",
            "lake_quarantined": "0",
            "accesses": "not configured",
        }
        assert "The books agree." in world.report()["html"].decode()

    def test_counts_and_sums_are_told_by_status_and_currency_on_both_sides(
        self, function: Function, world: World
    ) -> None:
        settle(world)
        function()

        assert function.sheet("transactions") == [
            {"status": "APPROVED", "currency": "JPY", "table": "1", "lake": "1"},
            {"status": "APPROVED", "currency": "USD", "table": "2", "lake": "2"},
            {"status": "FRAUD_SUSPECTED", "currency": "USD", "table": "1", "lake": "1"},
        ]
        assert [(row["table"], row["lake"]) for row in function.sheet("amount")] == [
            ("1000", "1000"), ("25.0", "25.0"), ("7.5", "7.5"),
        ]  # fmt: skip

    def test_each_difference_is_listed_by_its_transaction(self, function: Function, world: World) -> None:
        lost, strange, late = decided("lost"), decided("strange"), decided("late")
        world.put(lost, {**late, "status": "DECLINED", "revision": 3}, decided("other"), labelled(decided("label")))
        world.put(received("waits"))
        world.to_lake(strange, late, decided("other", amount=Decimal("12.51")), decided("label"))
        world.count(transactions=4, amount_USD=Decimal("50"))

        answer = function()

        assert answer["by_kind"] == {
            "AMOUNT_DIFFERS": 1, "NOT_DECIDED": 1, "NOT_IN_LAKE": 1, "NOT_IN_TABLE": 1, "REVISION_DIFFERS": 1,
            "STATUS_DIFFERS": 1,
        }  # fmt: skip
        usual = "2 0 APPROVED 12.5 USD"
        assert function.sheet("difference") == [
            {"kind": "NOT_IN_LAKE", "name": "lost", "table": usual},
            {"kind": "NOT_IN_TABLE", "name": "strange", "lake": usual},
            {"kind": "STATUS_DIFFERS", "name": "late", "table": "3 0 DECLINED 12.5 USD", "lake": usual},
            {"kind": "AMOUNT_DIFFERS", "name": "other", "table": usual, "lake": "2 0 APPROVED 12.51 USD"},
            {"kind": "REVISION_DIFFERS", "name": "label", "table": "2 1 APPROVED 12.5 USD", "lake": usual},
            {"kind": "NOT_DECIDED", "name": "waits", "table": "1 0 RECEIVED 12.5 USD"},
        ]

    def test_of_several_lines_the_last_state_counts_in_whatever_order_they_lie(
        self, function: Function, world: World
    ) -> None:
        first = decided("t1")
        last = labelled({**first, "status": "DECLINED", "revision": 3})
        for row in (last, first, {**first, "status": "DECLINED", "revision": 3}, last):
            world.to_lake(row)
        world.put(last)
        world.count(transactions=1, amount_USD=Decimal("12.5"))

        answer = function()

        assert answer["differences"] == 0
        assert (answer["figures"]["lake"], answer["figures"]["lake_lines"]) == ("1", "3")

    def test_the_day_is_that_of_the_event_and_receipts_are_told_beside_it(
        self, function: Function, world: World
    ) -> None:
        world.keep(
            decided("before", occurred_at="2026-11-19T23:59:59.999999Z"),
            decided("within", occurred_at=EVENING, received_at=MORNING),
            decided("after", occurred_at=MORNING, received_at=MORNING),
        )
        world.put(received("old and waiting", occurred_at="2026-11-19T00:00:00.000000Z"))
        world.count(transactions=1, amount_USD=Decimal("12.5"))

        answer = function()

        assert (answer["figures"]["table"], answer["figures"]["lake"], answer["figures"]["received"]) == ("1", "1", "2")
        assert answer["figures"]["received_waiting"] == "1"
        assert answer["by_kind"] == {"NOT_DECIDED": 1}
        assert function.sheet("received") == [
            {"status": "APPROVED", "value": "1"},
            {"status": "RECEIVED", "value": "1"},
        ]

    def test_a_message_without_an_event_time_counts_by_its_receipt(self, function: Function, world: World) -> None:
        row = {
            "customer_id": "unknown", "timestamp": "message#m1", "transaction_id": "message#m1", "status": "REJECTED",
            "revision": 1, "received_at": EVENING,
        }  # fmt: skip
        world.keep(row)

        answer = function()

        assert answer["differences"] == 0
        assert function.sheet("transactions") == [{"status": "REJECTED", "table": "1", "lake": "1"}]

    def test_counters_that_the_rows_do_not_amount_to_differ(self, function: Function, world: World) -> None:
        settle(world)
        world.count(7, transactions=2, amount_EUR=Decimal("1"), amount_USD=Decimal("12.5"))

        assert function()["by_kind"] == {"COUNTER_DIFFERS": 2}
        assert function.sheet("difference") == [
            {"kind": "COUNTER_DIFFERS", "name": "amount:EUR", "table": "0", "lake": "1"},
            {"kind": "COUNTER_DIFFERS", "name": "transactions", "table": "4", "lake": "5"},
        ]

    @pytest.mark.parametrize(
        ("body", "where", "reason"),
        [
            (b"no gzip", "", "BadGzipFile"),
            (b"", "", ""),
            (None, ":1", "JSONDecodeError"),
        ],
        ids=["no gzip", "empty", "no JSON"],
    )
    def test_what_the_lake_holds_and_nobody_can_read_is_told(
        self, function: Function, world: World, body: bytes | None, where: str, reason: str
    ) -> None:
        settle(world)
        key = "raw/transactions/year=2026/month=11/day=20/hour=01/broken.jsonl.gz"
        world.s3.put_object(Bucket=world.lake, Key=key, Body=gzip.compress(b"{\n") if body is None else body)

        function()

        listed = function.sheet("difference")
        expected = [{"kind": "UNREADABLE", "name": f"lake: {key}{where}", "lake": reason}] if reason else []
        assert listed == expected

    @pytest.mark.parametrize(
        "line",
        ["[]", "{}", '{"transaction_id": 1}', '{"transaction_id": "x", "amount": "1", "currency": "USD"}',
         '{"transaction_id": "x", "amount": 1, "currency": "U D"}', "[" * 100_000],
        ids=["list", "empty", "id", "amount", "currency", "deep"],
    )  # fmt: skip
    def test_a_line_that_is_none_of_ours_is_told(self, function: Function, world: World, line: str) -> None:
        key = "raw/transactions/year=2026/month=11/day=20/hour=01/broken.jsonl.gz"
        world.s3.put_object(Bucket=world.lake, Key=key, Body=gzip.compress(f"{line}\n".encode()))

        assert function()["by_kind"] == {"UNREADABLE": 1}

    def test_a_row_that_is_none_of_ours_is_told(self, function: Function, world: World) -> None:
        settle(world)
        world.put({**decided("odd"), "revision": "two"})

        assert function()["by_kind"] == {"UNREADABLE": 1}
        assert function.sheet("difference") == [{"kind": "UNREADABLE", "name": "table: odd", "table": "KeyError"}]

    def test_what_was_put_aside_on_the_day_is_counted(self, function: Function, world: World) -> None:
        for day in ("20", "21"):
            key = f"quarantine/stream/year=2026/month=11/day={day}/x.json"
            world.s3.put_object(Bucket=world.lake, Key=key, Body=b"{}")

        assert function()["figures"]["lake_quarantined"] == "1"

    def test_the_tables_counts_are_written_for_queries_over_the_lake(self, function: Function, world: World) -> None:
        settle(world)
        world.put(received("waits"))

        function()

        assert world.table_counts() == [
            {"day": DAY, "status": "APPROVED", "currency": "JPY", "transactions": 1, "amount": 1000},
            {"day": DAY, "status": "APPROVED", "currency": "USD", "transactions": 2, "amount": 25.0},
            {"day": DAY, "status": "FRAUD_SUSPECTED", "currency": "USD", "transactions": 1, "amount": 7.5},
            {"day": DAY, "status": "RECEIVED", "currency": "USD", "transactions": 1, "amount": 12.5},
        ]

    def test_a_day_without_anything_is_a_report_too(self, function: Function, world: World) -> None:
        assert function()["differences"] == 0
        assert world.table_counts() == []


class TestKeeping:
    def test_both_files_are_locked_for_the_time_that_is_set(self, loaded: Any, world: World) -> None:
        answer = loaded(REPORT_LOCK_MODE="COMPLIANCE")()

        assert (answer["bucket"], answer["csv"], answer["html"]) == (world.reports, f"{REPORT}.csv", f"{REPORT}.html")
        made_at = datetime.fromisoformat(answer["made_at"].replace("Z", "+00:00"))
        for key in (answer["csv"], answer["html"]):
            head = world.s3.head_object(Bucket=world.reports, Key=key)
            assert head["ObjectLockMode"] == "COMPLIANCE"
            assert abs(head["ObjectLockRetainUntilDate"] - made_at - timedelta(days=30)) < timedelta(seconds=1)
            assert head["Metadata"] == {"made-at": answer["made_at"]}

    def test_the_same_data_give_the_same_bytes_as_a_further_version(self, function: Function, world: World) -> None:
        settle(world)
        world.put(*(decided(f"lost-{number}") for number in range(20)))
        function()
        before = world.report()

        function()

        assert world.report() == before
        versions = world.s3.list_object_versions(Bucket=world.reports)["Versions"]
        assert sorted(one["Key"].rsplit(".", 1)[1] for one in versions) == ["csv", "csv", "html", "html"]

    @pytest.mark.parametrize(
        ("wrong", "name"),
        [
            ({"REPORT_RETENTION_DAYS": "0"}, "REPORT_RETENTION_DAYS"),
            ({"REPORT_LOCK_MODE": "NONE"}, "REPORT_LOCK_MODE"),
            ({"TRAIL_BUCKET": "trail"}, "TRAIL_PREFIX"),
            ({"API_STAGE": "v1"}, "API_NAME"),
        ],
    )
    def test_a_wrong_setting_fails_the_start_by_its_name(
        self, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, world: World, wrong: dict[str, str], name: str
    ) -> None:
        with pytest.raises(SettingError, match=name):
            load_handler("report", monkeypatch, emulator, **{**world.settings, **wrong})


class TestHandler:
    def test_a_schedule_asks_for_yesterday(self, function: Function, world: World) -> None:
        function.module.utc_now = lambda: datetime(2026, 11, 21, 3, tzinfo=timezone.utc)

        assert function.module.handler({"detail-type": "Scheduled Event"}, Context())["date"] == DAY

    def test_a_wrong_date_is_named(self, function: Function) -> None:
        with pytest.raises(InvalidDayError, match="not 'the 20th'"):
            function("the 20th")

    def test_differences_are_a_metric_and_no_error(
        self,
        function: Function,
        world: World,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        world.put(decided("lost"))
        world.count(transactions=1, amount_USD=Decimal("12.5"))

        function()

        (numbers,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert (numbers["Report/Differences"], numbers["Report/NotCompared"]) == ([1.0], [0.0])
        assert [(one.levelname, one.getMessage()) for one in caplog.records] == [("WARNING", "the report was made")]

    def test_books_that_could_not_be_read_in_time_are_not_told_to_agree(
        self, function: Function, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settle(world)

        answer = function(context=Context(milliseconds=1_000))

        assert (answer["compared"], answer["differences"]) == (False, None)
        assert "too large" in answer["reason"]
        assert answer["figures"]["counted"] == "4"
        (numbers,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
        assert numbers["Report/NotCompared"] == [1.0]
        assert "Report/Differences" not in numbers
        assert "were not compared" in world.report()["html"].decode()
        assert COUNTS not in {one["Key"] for one in world.s3.list_objects_v2(Bucket=world.lake)["Contents"]}

    def test_a_table_too_large_for_the_time_is_told_with_what_the_lake_holds(
        self, function: Function, world: World
    ) -> None:
        settle(world)
        left = iter([900_000] * 2)  # for the lake's two objects
        context = Context()
        context.get_remaining_time_in_millis = lambda: next(left, 0)  # type: ignore[method-assign]

        answer = function(context=context)

        assert answer["reason"].startswith("the table is too large")
        assert (answer["figures"]["lake"], "table" in answer["figures"]) == ("4", False)


class TestTrail:
    @pytest.fixture
    def function(self, loaded: Any, world: World) -> Function:
        made: Function = loaded(TRAIL_BUCKET=world.trail, TRAIL_PREFIX=TRAIL_PREFIX)
        return made

    def test_access_is_told_by_principal_event_and_resource(self, function: Function, world: World) -> None:
        read = {
            "eventSource": "s3.amazonaws.com",
            "eventName": "GetObject",
            "resources": [{"ARN": "arn:aws:s3:::lake/raw/x"}, {"ARN": "arn:aws:s3:::lake"}],
        }
        world.log("20261120T0905Z", [data_event(), data_event(errorCode="AccessDenied"), data_event(**read)])
        world.log("20261120T0910Z", [data_event()], region="us-east-1")
        service = {"userIdentity": {"type": "AWSService", "invokedBy": "dax.amazonaws.com"}, "resources": None}
        world.log("20261120T0915Z", [data_event(**service)])

        assert function()["figures"]["accesses"] == "5"
        ann, table = (
            "arn:aws:sts::111122223333:assumed-role/analyst/ann",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/t",
        )
        assert function.sheet("access") == [
            {"name": ann, "kind": "dynamodb:Query", "resource": table, "value": "3", "errors": "1"},
            {"name": ann, "kind": "s3:GetObject", "resource": "arn:aws:s3:::lake", "value": "1", "errors": "0"},
            {"name": "dax.amazonaws.com", "kind": "dynamodb:Query", "resource": "unknown", "value": "1", "errors": "0"},
        ]  # fmt: skip

    def test_events_of_the_day_that_were_delivered_after_it_are_told_and_no_others(
        self, function: Function, world: World
    ) -> None:
        world.log("20261120T2355Z", [data_event(), data_event(eventTime="2026-11-19T23:59:59Z")])
        world.log("20261121T0005Z", [data_event(), data_event(eventTime=MORNING)], day="2026/11/21")
        world.log("20261121T0200Z", [data_event()], day="2026/11/21")
        world.log("20261120T1200Z", [data_event(eventCategory="Management")])

        assert function()["figures"]["accesses"] == "2"

    def test_a_file_that_cannot_be_read_is_counted_and_the_others_are_told(
        self, function: Function, world: World
    ) -> None:
        key = f"{TRAIL_PREFIX}eu-west-1/2026/11/20/111122223333_CloudTrail_eu-west-1_20261120T0100Z_x.json.gz"
        world.s3.put_object(Bucket=world.trail, Key=key, Body=b"no gzip")
        world.log("20261120T0905Z", [data_event()])

        assert function()["figures"]["accesses"] == "1"
        assert {row["name"]: row["value"] for row in function.sheet("trail")} == {
            "files": "2", "unreadable_files": "1", "whole": "yes",
        }  # fmt: skip
        assert "1 files could not be read to their end" in world.report()["html"].decode()

    def test_a_trail_too_long_for_the_time_is_told_to_be_incomplete(self, function: Function, world: World) -> None:
        world.log("20261120T0905Z", [data_event()])

        function(context=Context(milliseconds=1_000))

        assert {"name": "whole", "value": "no"} in function.sheet("trail")

    def test_without_a_trail_the_report_says_so(self, loaded: Any, world: World) -> None:
        loaded()()

        assert "No trail configured." in world.report()["html"].decode()


class TestApi:
    @pytest.fixture
    def function(self, loaded: Any) -> Function:
        made: Function = loaded(API_NAME="securebank", API_STAGE="v1")
        return made

    def publish(self, aws: Any, metric: str, value: int, at: datetime, api: str = "securebank") -> None:
        pairs = {"ApiName": api, "Stage": "v1", "Resource": "/transactions", "Method": "POST"}
        dimensions = [{"Name": name, "Value": found} for name, found in pairs.items()]
        data = {"MetricName": metric, "Dimensions": dimensions, "Timestamp": at, "Value": value}
        aws("cloudwatch").put_metric_data(Namespace="AWS/ApiGateway", MetricData=[data])

    def test_the_gateways_calls_are_told_beside_the_rows(self, function: Function, aws: Any) -> None:
        noon = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
        for metric, value in (("Count", 10), ("4XXError", 2), ("5XXError", 1)):
            self.publish(aws, metric, value, noon)

        figures = function()["figures"]

        assert (figures["api_accepted"], figures["api_refused"], figures["api_failed"]) == ("7", "2", "1")

    @pytest.mark.parametrize("other", [{"API_NAME": "another"}, {"API_RESOURCE": "/payments"}], ids=str)
    def test_what_the_gateway_did_not_publish_is_no_zero(self, loaded: Any, aws: Any, other: dict[str, str]) -> None:
        self.publish(aws, "Count", 10, datetime(2026, 11, 20, 12, tzinfo=timezone.utc))
        settings = {"API_NAME": "securebank", "API_STAGE": "v1", **other}

        assert loaded(**settings)()["figures"]["api_accepted"] == "no data"
