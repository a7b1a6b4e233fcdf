"""`stream_process`: order per customer, each effect once, and the counters, the claims and the customer with it."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from pipeline.aws.accounts import AccountTable
from pipeline.aws.dynamo import to_item
from pipeline.aws.layout import CUSTOMERS
from pipeline.aws.ledger import Ledger
from pipeline.aws.observability import metrics
from pipeline.aws.stream_reader import LONGEST_BODY, StreamReader
from pipeline.aws.writes import MOST_WRITES
from pipeline.domain.errors import BatchStuckError, VersionConflictError
from pipeline.domain.request_schemas import request_schema
from pipeline.domain.transaction import Location
from scripts import paths
from scripts.ministack import MiniStack
from tests.factories import RECEIVED_AT
from tests.unit.functions.bank_world import WEIGHTS, Broken, World
from tests.unit.functions.customer_tables import CustomerTables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.shard import accepted, batch_of, direct, event_of, remaining, submission

TIMEOUT = ReadTimeoutError(endpoint_url="local")
KEY = "2026-11-20T08:59:00.000000Z#t1"
BUCKET = "2026-11-20#3"


@pytest.fixture
def world(aws: Any) -> World:
    return World(CustomerTables(aws("dynamodb")).create())


def number(record: dict[str, Any]) -> str:
    return str(record["kinesis"]["sequenceNumber"])


class TestRows:
    def test_what_ingest_stored_is_decided_where_it_lies(self, world: World) -> None:
        world.store("t1", category="groceries", location=Location(Decimal("52.52"), Decimal("13.405")))

        assert world.process() is None

        row = world.tables.rows()["t1"]
        assert (row["customer_id"], row["timestamp"], row["occurred_at"]) == ("cust", KEY, KEY.partition("#")[0])
        assert (row["status"], row["revision"], row["sequence"]) == ("APPROVED", 2, 1)
        assert (row["is_fraud"], row["risk_score"], row["processed_timestamp"]) == (False, 0, RECEIVED_AT)
        assert row["merchant_category"] == "groceries"
        assert not {"account_id", "category", "received_shard", "sweep_after"} & row.keys()
        assert [(line["status"], line["actor"]) for line in row["history"]] == [
            ("RECEIVED", "ingest"),
            ("APPROVED", "stream_process"),
        ]

    def test_what_the_gateway_put_there_becomes_the_same_and_claims_its_id(self, world: World) -> None:
        sent: dict[str, Any] = {
            "transaction_type": "purchase",
            "merchant_category": "groceries",
            "merchant_name": "Corner Shop",
        }
        world.shard.submit("t1", **sent)

        assert world.process() is None

        row = world.tables.rows()["t1"]
        assert (row["customer_id"], row["timestamp"], row["status"]) == ("cust", KEY, "APPROVED")
        assert (row["received_at"], row["correlation_id"]) == (RECEIVED_AT, "request-9")
        assert {name: row[name] for name in sent} == sent
        assert (row["revision"], len(row["history"])) == (1, 1)
        assert world.tables.claims() == {
            "t1": {
                "transaction_id": "t1",
                "customer_id": "cust",
                "timestamp": KEY,
                "fingerprint": row["fingerprint"],
            }
        }

    def test_two_transactions_of_one_instant_are_two_rows(self, world: World) -> None:
        world.shard.submit("t1")
        world.shard.submit("t2")

        world.process()

        assert {row["timestamp"] for row in world.tables.rows().values()} == {KEY, KEY.replace("t1", "t2")}

    def test_a_suspected_fraud_says_so_at_a_glance(self, world: World) -> None:
        near, far = {"latitude": 52.52, "longitude": 13.405}, {"latitude": 40.71, "longitude": -74.0}
        for place in range(6):
            world.shard.submit(f"t{place}", location=near)
        world.shard.submit("fraud", location=far, amount=1000, merchant_category="jewellery")

        world.process()

        row = world.tables.rows()["fraud"]
        assert (row["status"], row["is_fraud"], row["risk_score"]) == ("FRAUD_SUSPECTED", True, Decimal("0.9"))
        assert world.tables.customer()["risk_level"] == "HIGH"
        assert world.tables.counters() == {
            BUCKET: {
                "transactions": 7,
                "flagged": 1,
                "fraud": 1,
                "amount:USD": Decimal(1075),
                "fraud_amount:USD": Decimal(1000),
                "risk:0": 6,
                "risk:9": 1,
                "reason:VELOCITY": 1,
                "reason:AMOUNT_ABOVE_AVERAGE": 1,
                "reason:DISTANT": 1,
                "fraud_category:jewellery": 1,
            }
        }

    def test_a_customer_says_what_was_decided_so_far(self, world: World) -> None:
        world.shard.submit("t1", amount=10.01, location={"latitude": -33.5, "longitude": 151.25})
        world.shard.submit("t2", amount=0.3, timestamp="2026-11-20T08:30:00Z")

        world.process()

        row = world.tables.customer()
        assert (row["transaction_count"], row["total_amount"], row["average_amount"]) == (
            2,
            Decimal("10.31"),
            Decimal("5.155"),
        )
        assert row["last_transaction_timestamp"] == "2026-11-20T08:59:00.000000Z"  # the late one does not move it
        assert row["last_location"] == {"latitude": Decimal("-33.5"), "longitude": Decimal("151.25")}
        assert (row["risk_level"], row["created_at"], row["updated_at"]) == ("LOW", RECEIVED_AT, RECEIVED_AT)
        assert (row["commits"], row["version"]) == (2, 1)

    def test_a_settled_row_is_far_from_what_would_make_a_transaction_of_100_too_large(self, world: World) -> None:
        world.shard.submit("t" * 64, "c" * 64, merchant_name="\u2603" * 100, merchant_category="x" * 64)
        world.process()

        (row,) = world.tables.rows().values()
        assert len(json.dumps(to_item(row), default=str, ensure_ascii=False).encode()) < 10 * 1024


class TestBatches:
    def test_a_batch_of_many_customers_takes_one_read_and_as_few_transactions_as_hold_it(self, world: World) -> None:
        for place in range(60):
            world.store(f"t{place}", f"cust-{place}")

        assert world.process() is None

        assert world.dynamodb.calls == ["batch_get_item", "transact_write_items", "transact_write_items"]
        assert set(world.tables.statuses().values()) == {"APPROVED"}

    def test_a_hundred_of_one_customer_are_read_once_and_committed_in_steps_in_order(self, world: World) -> None:
        for place in range(100):
            world.store(f"t{place:03}")

        assert world.process() is None

        assert world.dynamodb.calls == ["batch_get_item", *["transact_write_items"] * 4]
        assert world.sequences() == {f"t{place:03}": place + 1 for place in range(100)}
        assert world.tables.customer()["transaction_count"] == 100

    def test_no_transaction_has_more_items_than_it_may(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes: list[int] = []
        real = world.tables.client.transact_write_items

        def noted(**arguments: Any) -> Any:
            sizes.append(len(arguments["TransactItems"]))
            return real(**arguments)

        monkeypatch.setattr(world.tables.client, "transact_write_items", noted)
        for place in range(90):
            day = f"2026-{place % 9 + 1:02}-{place % 27 + 1:02}T12:00:00Z"
            world.shard.submit(f"t{place}", f"cust-{place % 40}", timestamp=day)

        assert world.process() is None
        assert max(sizes) <= MOST_WRITES
        assert len(world.sequences()) == 90

    def test_each_customers_order_is_kept_among_others(self, world: World) -> None:
        for place in range(12):
            world.shard.submit(f"t{place:02}", f"cust-{place % 3}")

        world.process()

        for customer in range(3):
            own = [f"t{place:02}" for place in range(12) if place % 3 == customer]
            assert [world.sequences()[key] for key in own] == [1, 2, 3, 4]

    def test_records_that_come_again_change_nothing(self, world: World) -> None:
        world.store("t1")
        world.shard.submit("t2")
        world.shard.submit("t3", "other")
        world.process()
        before = world.everything()

        assert world.process() is None
        assert world.process(*world.shard.records[1:]) is None
        assert world.everything() == before

    def test_a_copy_of_a_record_in_its_batch_counts_once(self, world: World) -> None:
        world.store("t1")
        world.shard.accept("t1")

        world.process()

        assert world.tables.customer()["commits"] == 1
        assert world.tables.counters()[BUCKET]["transactions"] == 1

    def test_counters_of_several_days_go_to_their_days(self, world: World) -> None:
        world.shard.submit("t1", timestamp="2026-11-19T23:59:59.999999Z")
        world.shard.submit("t2", timestamp="2026-11-20T01:00:00+01:00")

        world.process()

        assert {bucket: row["transactions"] for bucket, row in world.tables.counters().items()} == {
            "2026-11-19#3": 1,
            "2026-11-20#3": 1,
        }

    def test_a_day_without_room_for_another_category_counts_it_among_the_others(self, world: World) -> None:
        reasons = [{"Code": "None"}, {"Code": "ValidationError", "Message": "Item size to update has exceeded"}]
        full: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
        for place in range(6):
            world.shard.submit(f"t{place}", location={"latitude": 0, "longitude": 0})
        world.shard.submit("fraud", location={"latitude": 9, "longitude": 9}, amount=900, merchant_category="made_up")
        world.dynamodb.fail("transact_write_items", ClientError(full, "TransactWriteItems"))

        assert world.process() is None

        counters = world.tables.counters()[BUCKET]
        assert (counters["fraud"], counters["fraud_category:other"]) == (1, 1)
        assert "fraud_category:made_up" not in counters


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ("not json", "body"),
            ("[]", "body"),
            (b"\xff\xfe{", "body"),
            (b'{"submission": {"merchant_name": "\xff"}}', "body"),
            ("{}", "transaction"),
            ("{" + " " * LONGEST_BODY + "}", "body"),
            (direct(submission(amount=-1)), "amount"),
            (direct(submission(timestamp="yesterday")), "timestamp"),
            (direct(submission(timestamp="2026-11-20T09:06:00Z")), "timestamp"),
            (direct({"customer_id": "cust"}), "transaction_id"),
            (direct(submission(**{"Jane Doe": "4111"})), "?"),
            (direct(submission()).replace('"request-9"', "7"), "request_id"),
            (direct(submission()).replace('"received_at_ms": ', '"received_at_ms": "now", "at": '), "received_at_ms"),
            (direct(submission()).replace('"received_at_ms": ', '"received_at_ms": -'), "received_at_ms"),
            (accepted().to_body().replace("12.5", "13"), "fingerprint"),
        ],
    )
    def test_what_is_no_transaction_is_recorded_and_does_not_block(
        self, world: World, body: str | bytes, field: str
    ) -> None:
        bad = world.shard.put(body)
        world.shard.submit("t2")

        assert world.process() is None
        assert world.process() is None

        rows = world.tables.rows()
        row = rows[f"message#{bad['eventID']}"]
        assert (row["status"], row["rejection"]["code"], row["rejection"]["field"]) == (
            "REJECTED",
            "INVALID_MESSAGE",
            field,
        )
        assert row["customer_id"] == row["timestamp"] == f"message#{bad['eventID']}"
        assert row["history"][0]["actor"] == "stream_process"
        assert rows["t2"]["status"] == "APPROVED"
        assert "4111" not in str(row)

    def test_a_partition_key_that_is_not_the_customer_is_refused(self, world: World) -> None:
        bad = world.shard.put(direct(submission("t1", "cust")), key="somebody-else")

        assert world.process() is None
        assert world.tables.rows()[f"message#{bad['eventID']}"]["rejection"]["field"] == "account_id"

    @pytest.mark.parametrize(
        "changes",
        [{"amount": 99}, {"timestamp": "2026-11-20T08:58:00Z"}, {"customer_id": "other"}],
        ids=lambda changes: next(iter(changes)),
    )
    @pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
    def test_an_id_is_one_transaction_over_all_customers_and_times(
        self, world: World, changes: dict[str, Any], together: bool
    ) -> None:
        first = world.shard.submit("t1")
        request = {**submission("t1"), **changes}
        second = world.shard.put(direct(request), key=request["customer_id"])
        world.shard.submit("t2", request["customer_id"])

        for records in [world.shard.records] if together else [[first], [second, *world.shard.records[2:]]]:
            assert world.process(*records) is None

        rows = world.tables.rows()
        assert (rows["t1"]["customer_id"], rows["t1"]["timestamp"], rows["t1"]["amount"]) == ("cust", KEY, 12.5)
        refused = rows[f"message#{second['eventID']}"]
        assert (refused["rejection"]["code"], refused["claimed_transaction_id"]) == ("ID_REUSED", "t1")
        assert (rows["t2"]["status"], world.tables.counters()[BUCKET]["transactions"]) == ("APPROVED", 2)

    @pytest.mark.parametrize("first", ["stored", "direct"])
    def test_of_two_bodies_in_one_batch_the_stored_one_stands(self, world: World, first: str) -> None:
        if first == "direct":
            world.shard.submit("t1", amount=99)
        world.store("t1")
        if first == "stored":
            world.shard.submit("t1", amount=99)

        assert world.process() is None

        rows = world.tables.rows()
        assert (rows["t1"]["status"], rows["t1"]["amount"]) == ("APPROVED", Decimal("12.5"))
        assert [row["rejection"]["code"] for row in rows.values() if "rejection" in row] == ["ID_REUSED"]

    def test_what_was_deleted_is_not_decided_again(self, world: World) -> None:
        world.store("t1")
        key = to_item({"customer_id": "cust", "timestamp": KEY})
        world.tables.client.delete_item(TableName=world.tables.transactions, Key=key)

        assert world.process() is None
        assert (world.tables.rows(), world.tables.customer()) == ({}, {})

    def test_an_acceptance_of_which_no_table_knows_is_settled_and_claimed(self, world: World) -> None:
        world.shard.accept("t1")

        assert world.process() is None
        assert (world.tables.statuses(), set(world.tables.claims())) == ({"t1": "APPROVED"}, {"t1"})


class TestTrouble:
    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("nth", [1, 2])
    def test_a_commit_whose_answer_is_lost_takes_effect_once(self, world: World, when: str, nth: int) -> None:
        for place in range(60):
            world.shard.submit(f"t{place:02}", f"cust-{place % 50}")
        world.dynamodb.fail("transact_write_items", TIMEOUT, when=when, nth=nth)

        assert world.process() is None

        assert len(world.sequences()) == 60
        assert world.tables.counters()[BUCKET]["transactions"] == 60
        assert sum(row["commits"] for row in world.tables.all(world.tables.customers)) == 60

    def test_while_aws_fails_at_one_customer_the_others_go_on_and_its_own_records_wait(self, world: World) -> None:
        records = [world.shard.submit(f"t{place}", "ab"[place % 2]) for place in range(4)]
        world.dynamodb.fail("transact_write_items", TIMEOUT, times=2)  # together, and the first of the two alone

        assert world.process() == number(records[0])
        assert world.sequences() == {"t1": 1, "t3": 2}

        assert world.process() is None
        assert world.sequences() == {"t0": 1, "t1": 1, "t2": 2, "t3": 2}

    def test_a_customer_that_waits_is_not_overtaken_by_its_own_later_portion(self, world: World) -> None:
        for place in range(70):
            world.shard.submit(f"t{place:02}")
        world.dynamodb.fail("transact_write_items", TIMEOUT, times=2)

        assert world.process() == number(world.shard.records[0])
        assert world.sequences() == {}

        assert world.process() is None
        assert world.sequences() == {f"t{place:02}": place + 1 for place in range(70)}

    def test_while_the_tables_are_out_everything_comes_again(self, world: World) -> None:
        world.shard.put("no transaction", "x")
        world.shard.submit("t1")
        for operation in ("batch_get_item", "transact_write_items", "put_item"):
            world.dynamodb.fail(operation, TIMEOUT, times=20)

        first = world.process()

        assert first == number(world.shard.records[0])
        assert world.everything() == [[], [], [], []]
        with pytest.raises(BatchStuckError):  # so that Lambda halves the batch
            remaining(world.shard.records, first)

    def test_what_cannot_be_begun_in_time_comes_again(self, world: World) -> None:
        world.poison("a")
        world.poison("b")
        records = [world.shard.submit("t1", "a"), world.shard.submit("t2", "b")]
        clock = iter([30.0, 30.0, 5.0])

        assert world.process(seconds_left=lambda: next(clock)) == number(records[1])
        assert world.tables.statuses() == {"t1": "FAILED"}

    def test_two_consumers_at_once_commit_each_transaction_once(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.shard.submit("t1")
        world.shard.submit("t2")
        world.shard.submit("t3", "other")
        real = Ledger.load_accounts
        others: list[Any] = [lambda: world.process(world.shard.records[0]), world.process]

        def overtaken(ledger: Ledger, ids: Any) -> Any:
            loaded = real(ledger, ids)
            if others:
                others.pop(0)()  # reads later, commits first
            return loaded

        monkeypatch.setattr(Ledger, "load_accounts", overtaken)

        assert world.process() is None
        assert world.sequences() == {"t1": 1, "t2": 2, "t3": 1}
        assert world.tables.customer()["commits"] == 2
        assert world.tables.counters()[BUCKET]["transactions"] == 3

    def test_a_commit_that_meets_the_counters_of_another_shard_is_tried_again_as_it_is(self, world: World) -> None:
        met: Any = {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
        }
        world.shard.submit("t1")
        world.dynamodb.fail("transact_write_items", ClientError(met, "TransactWriteItems"), times=2)

        assert world.process() is None
        assert world.dynamodb.calls == ["batch_get_item", *["transact_write_items"] * 3]


class TestQuarantine:
    def test_a_customer_whose_state_is_unreadable_costs_the_others_nothing(self, world: World) -> None:
        world.poison("sick")
        body = world.shard.submit("s1", "sick")
        world.shard.submit("t1", "well")
        world.shard.submit("s2", "sick")

        assert world.process() is None

        rows = world.tables.rows()
        assert world.tables.statuses() == {"s1": "FAILED", "t1": "APPROVED", "s2": "HELD"}
        assert rows["s1"]["failure"]["message_id"] == body["eventID"]
        assert json.loads(rows["s1"]["failure"]["original_message"])["submission"] == submission("s1", "sick")
        assert (rows["s1"]["history"][-1]["actor"], rows["s1"]["history"][-1]["reason"]) == (
            "stream_process",
            "NOT_PROCESSABLE",
        )
        assert (rows["s2"]["held_behind"], rows["s2"]["history"][-1]["actor"]) == ("s1", "stream_process")
        customer = world.tables.customer("sick")
        assert (customer["blocked_by"], customer["quarantined_at"]) == ("s1", RECEIVED_AT)
        assert "AccountStateError" in customer["blocked_reason"]
        assert [alert["transaction_id"] for alert in world.topic.alerts] == ["s1"]
        assert set(world.tables.claims()) == {"s1", "s2", "t1"}

    @pytest.mark.parametrize("customer", [{"version": "abc", "held": "def"}, {"version": 2, "profile": b"x"}])
    def test_whatever_of_it_is_unreadable(self, world: World, customer: dict[str, Any]) -> None:
        world.tables.put(world.tables.customers, {"customer_id": "sick", **customer})
        world.shard.submit("s1", "sick")

        assert world.process() is None
        assert world.tables.statuses() == {"s1": "FAILED"}

    def test_a_bug_fails_the_transaction_that_it_is_in_and_holds_those_behind(self, world: World) -> None:
        world.decider = Broken("s2")
        for key in ("s1", "s2", "s3", "s4"):
            world.store(key, "sick")
        world.store("t1", "well")

        assert world.process() is None

        assert world.tables.statuses() == {
            "s1": "APPROVED",
            "s2": "FAILED",
            "s3": "HELD",
            "s4": "HELD",
            "t1": "APPROVED",
        }
        assert [int(world.tables.rows()[key]["hold_sequence"]) for key in ("s3", "s4")] == [1, 2]
        assert [alert["transaction_id"] for alert in world.topic.alerts] == ["s2"]
        assert world.tables.counters()[BUCKET]["transactions"] == 2

    def test_what_follows_in_later_batches_waits_too(self, world: World) -> None:
        world.decider = Broken("s1")
        world.store("s1")
        world.process()
        world.decider = WEIGHTS
        later = [world.shard.submit("s2"), world.shard.submit("t1", "other")]

        assert world.process(*later) is None
        assert world.tables.statuses() == {"s1": "FAILED", "s2": "HELD", "t1": "APPROVED"}

    def test_an_alert_that_did_not_get_out_is_sent_when_the_record_comes_again(self, world: World) -> None:
        world.decider = Broken("s1")
        record = world.shard.submit("s1")
        world.topic.error = TIMEOUT

        assert world.process() == number(record)
        world.topic.error = None
        assert world.process() is None

        assert [alert["transaction_id"] for alert in world.topic.alerts] == ["s1"]
        assert world.tables.rows()["s1"]["revision"] == 1

    def test_a_failed_transaction_that_is_sent_again_alerts_nobody_again(self, world: World) -> None:
        world.decider = Broken("s1")
        world.shard.submit("s1")
        world.process()

        assert world.process(world.shard.submit("s1")) is None
        assert len(world.topic.alerts) == 1

    def test_a_quarantine_that_cannot_be_written_leaves_the_record_to_come_again(self, world: World) -> None:
        world.decider = Broken("s1")
        records = [world.shard.submit("s1"), world.shard.submit("s2")]
        world.dynamodb.fail("transact_write_items", TIMEOUT, times=20)

        assert world.process() == number(records[0])
        assert world.tables.rows() == {}


class CrashError(BaseException):
    """The function dies; nothing of ours may catch it."""


class TestFence:
    def test_a_lone_batch_that_waited_is_fenced_before_it_is_tried(self, world: World) -> None:
        class Deadly:
            def decide(self, acceptance: Any, account: Any, merchant: Any) -> Any:
                raise CrashError

        old = world.shard.submit("t1", age_seconds=11)
        world.decider = Deadly()
        with pytest.raises(CrashError):
            world.process(old)
        world.decider = WEIGHTS

        assert world.tables.customer()["blocked_by"] == "t1"
        assert world.process(world.shard.submit("t2")) is None  # as if t1 was given up
        assert world.tables.rows()["t2"]["held_behind"] == "t1"

    def test_the_fence_of_what_turns_out_to_be_anothers_is_lifted(self, world: World) -> None:
        old = world.shard.submit("t1", "late", age_seconds=11)
        real = world.dynamodb.transact_write_items
        ours: list[str] = []

        def claimed_after_the_fence(**call: Any) -> Any:
            answer = real(**call)
            if not ours:
                ours.append(world.tables.customer("late")["blocked_by"])
                world.process(world.shard.submit("t1", "early"))
            return answer

        world.dynamodb.transact_write_items = claimed_after_the_fence
        world.process(old)
        world.process(world.shard.submit("t2", "late"))

        assert ours == ["t1"]
        assert "blocked_by" not in world.tables.customer("late")
        assert world.tables.statuses()["t2"] == "APPROVED"

    def test_a_copy_of_what_was_given_up_unrecorded_is_recorded(self, world: World) -> None:
        world.store("t1")
        world.store("t2")
        fence = {"customer_id": "cust", "version": 1, "blocked_by": "t1"}
        world.tables.put(world.tables.customers, fence)
        _, follower = world.shard.records
        world.process(follower)

        world.process(world.shard.accept("t1"))

        assert world.tables.statuses() == {"t1": "FAILED", "t2": "HELD"}
        assert [alert["transaction_id"] for alert in world.topic.alerts] == ["t1"]

    def test_another_body_under_the_id_of_what_was_given_up_is_not_dropped(self, world: World) -> None:
        world.store("t0")
        world.shard.submit("t1", amount=99)
        world.tables.put(world.tables.customers, {"customer_id": "cust", "version": 1, "blocked_by": "t1"})

        world.process()

        assert world.tables.statuses() == {"t0": "HELD", "t1": "FAILED"}
        assert [alert["transaction_id"] for alert in world.topic.alerts] == ["t1"]

    def test_an_id_that_is_anothers_fences_nobody_any_more(self, world: World) -> None:
        world.process(world.shard.submit("t1", "early"))
        item = StreamReader(request_schema("securebank")).read(batch_of([world.shard.submit("t1", "late")]).messages[0])

        with pytest.raises(VersionConflictError):
            Ledger(
                world.dynamodb,
                world.tables.transactions,
                AccountTable(world.dynamodb, world.tables.customers, layout=CUSTOMERS),
                layout=world.layout,
            ).fence(item)

        assert world.tables.customer("late") == {}

    def test_if_it_succeeds_its_own_fence_is_lifted(self, world: World) -> None:
        for key in ("t1", "t2"):
            world.shard.submit(key, age_seconds=11)

        assert world.process() is None
        assert world.sequences() == {"t1": 1, "t2": 2}
        assert "blocked_by" not in world.tables.customer()

    @pytest.mark.parametrize(("age", "customers"), [(1, ["a", "a"]), (3600, ["a", "b"])])
    def test_a_batch_that_is_young_or_of_several_customers_costs_no_fence(
        self, world: World, age: float, customers: list[str]
    ) -> None:
        for place, customer in enumerate(customers):
            world.shard.submit(f"t{place}", customer, age_seconds=age)

        world.process()

        assert world.dynamodb.calls == ["batch_get_item", "transact_write_items"]


class TestHandler:
    @pytest.fixture
    def handler(self, world: World, aws: Any, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack) -> Any:
        parameter = f"policy-{world.tables.suffix}"
        text = (paths.ROOT / "policy_documents" / "weights.json").read_text(encoding="utf-8")
        aws("ssm").put_parameter(Name=parameter, Type="SecureString", Value=text)
        module = load_handler(
            "stream_process",
            monkeypatch,
            emulator,
            TRANSACTIONS_TABLE=world.tables.transactions,
            TRANSACTION_IDS_TABLE=world.tables.ids,
            CUSTOMERS_TABLE=world.tables.customers,
            FRAUD_INSIGHTS_TABLE=world.tables.insights,
            PROCESSING_FAILURES_TOPIC_ARN=aws("sns").create_topic(Name=f"failures-{world.tables.suffix}")["TopicArn"],
            REQUEST_SCHEMA="securebank",
            POLICY_PARAMETER=parameter,
            POLICY_REFRESH_SECONDS="60",
        )
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
        return lambda records: module.handler(event_of(records), context)

    def test_it_decides_by_the_shipped_weights_and_counts_by_the_banks_names(
        self, handler: Any, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted: dict[str, float] = {}

        def add(name: str, unit: Any, value: float) -> None:
            counted[name] = counted.get(name, 0) + value

        monkeypatch.setattr(metrics, "add_metric", add)
        world.store("t1")
        world.shard.submit("t2", "other")

        assert handler(world.shard.records) == {"batchItemFailures": []}

        assert world.tables.rows()["t1"]["decision"]["document_version"] == "weights-1"
        assert world.tables.rows()["t1"]["queue_sequence"] == number(world.shard.records[0])
        names = ("Processed", "FraudDetected", "Transactions/ProcessedCount", "Fraud/DetectedCount")
        assert [counted[name] for name in names] == [2, 0, 2, 0]

    def test_a_bad_record_and_a_quarantine_use_nothing_that_is_not_wired(self, handler: Any, world: World) -> None:
        world.poison("sick")
        world.shard.put("no transaction")
        world.shard.submit("s1", "sick", age_seconds=60)

        assert handler(world.shard.records[:1]) == {"batchItemFailures": []}
        assert handler(world.shard.records[1:]) == {"batchItemFailures": []}
        assert world.tables.statuses()["s1"] == "FAILED"

    def test_the_stream_is_told_from_where_to_go_on(self, handler: Any, world: World, monkeypatch: Any) -> None:
        for place, customer in enumerate(("a", "b", "a")):
            world.shard.submit(f"t{place}", customer)
        real = Ledger.commit

        def stuck(ledger: Ledger, plans: Any, *rest: Any) -> None:
            if any(plan.before.account_id == "b" for plan in plans):
                raise TIMEOUT
            real(ledger, plans, *rest)

        monkeypatch.setattr(Ledger, "commit", stuck)
        records = world.shard.records

        assert handler(records) == {"batchItemFailures": [{"itemIdentifier": number(records[1])}]}
        assert world.tables.statuses() == {"t0": "APPROVED", "t2": "APPROVED"}
