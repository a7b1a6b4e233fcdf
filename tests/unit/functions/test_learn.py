"""`learn` against real tables: labels counted exactly once, decisions once within the memory, nothing held up."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from learn.learner import Learner
from learn.records import read_records

from pipeline.aws.accounts import AccountTable
from pipeline.aws.drift import DriftTable
from pipeline.aws.labels import Labels
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchant_risk import MerchantRiskStore
from pipeline.domain.account import Account
from pipeline.domain.label import Label, LabelRequest, LabelSource, LabelValue
from pipeline.domain.merchant_risk import BUCKET, BUCKETS, KEYS, MerchantRisk
from pipeline.domain.settlement import plan_settlement
from pipeline.domain.times import seconds_of, to_text
from pipeline.scoring.artifact import load
from pipeline.scoring.engine import DecisionEngine
from pipeline.scoring.model import Model
from scripts.ministack import MiniStack
from tests.factories import NOW, RECEIVED_AT, engine, finder, merchant, queued
from tests.unit.functions.case_rows import decided_row
from tests.unit.functions.conftest import Faulty, Tables
from tests.unit.functions.function_module import load_handler
from tests.unit.functions.stream import Stream, event, stream_record
from tests.unit.scoring import artifacts, documents

TIMEOUT = ReadTimeoutError(endpoint_url="local")
OCCURRED = "2026-11-20T08:59:00.000000Z"
NEWEST = seconds_of(OCCURRED) // BUCKET


class CrashError(BaseException):
    """The function dies; nothing of ours may catch it."""


class World:
    """What changes the transactions table, and the stream of these changes."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.stream = Stream(tables)
        client: Any = tables.client
        self._ledger = Ledger(client, tables.transactions, AccountTable(client, tables.accounts))
        self._labels = Labels(client, tables.transactions)
        self._clock = NOW
        self.engine = engine()

    def decide(
        self, *transaction_ids: str, merchant_id: str = "shop", account_id: str | None = None, **changes: Any
    ) -> None:
        """Settle transactions, each of an account of its own unless one is named."""
        with self.stream.watching():
            for transaction_id in transaction_ids:
                owner = account_id or f"account-{transaction_id}"
                item = queued(transaction_id, owner, merchant_id=merchant_id, **changes)
                known = finder(merchant(merchant_id=merchant_id))
                before = self._ledger.load_accounts([owner])[owner]
                assert isinstance(before, Account)
                self._ledger.commit([plan_settlement(before, [item], known, self.engine)], RECEIVED_AT)

    def label(self, transaction_id: str, value: str, at: str | None = None) -> None:
        """Post a label; each is confirmed a second after the one before, unless `at` is given."""
        self._clock += timedelta(seconds=1)
        label = Label(LabelValue(value), LabelSource.CHARGEBACK, at or to_text(self._clock))
        with self.stream.watching():
            self._labels.record(LabelRequest(transaction_id, label), "api", to_text(self._clock))


@pytest.fixture
def world(tables: Tables) -> World:
    return World(tables)


def learner_with(tables: Tables, client: Any, *models: Model) -> Learner:
    return Learner(
        MerchantRiskStore(client, tables.merchant_risk, tables.transactions, sleep=lambda _: None),
        DriftTable(client, tables.drift, sleep=lambda _: None),
        {model.version: model for model in models},
        sleep=lambda _: None,
    )


@pytest.fixture
def learner(tables: Tables, dynamodb: Faulty) -> Learner:
    return learner_with(tables, dynamodb)


def learn(learner: Learner, batch: dict[str, Any]) -> str | None:
    """Hand a batch to the learner; return the sequence number to go on from."""
    first = learner.learn(read_records(batch))
    return first.sequence_number if first else None


def today(tables: Tables, merchant_id: str = "shop") -> tuple[int, int]:
    """Return how many transactions and frauds of the last hours the merchant has."""
    risk = tables.risk(merchant_id)
    return risk.transactions[0], risk.frauds[0]


def all_counts(tables: Tables, merchant_id: str = "shop") -> tuple[int, int]:
    risk = tables.risk(merchant_id)
    return sum(risk.transactions), sum(risk.frauds)


class TestDecisions:
    def test_decided_transactions_are_counted_at_their_merchant_on_the_day_they_happened(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide("a", "b")
        world.decide("c", occurred_at="2026-11-18T08:00:00.000000Z")
        world.decide("d", merchant_id="bakery")

        assert learn(learner, world.stream.event()) is None

        risk = tables.risk()
        assert risk.newest == NEWEST
        assert (risk.transactions[0], risk.transactions[2 * 86_400 // BUCKET], sum(risk.transactions)) == (2, 1, 3)
        assert today(tables, "bakery") == (1, 0)

    def test_a_batch_of_one_merchant_is_one_write(self, learner: Learner, world: World, dynamodb: Faulty) -> None:
        world.decide(*(f"t{i}" for i in range(20)))

        learn(learner, world.stream.event())

        assert dynamodb.calls == ["batch_get_item", "update_item", "update_item"]  # the second is of drift

    def test_a_batch_that_comes_again_counts_nothing_twice(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide(*(f"t{i}" for i in range(KEYS)))

        learn(learner, world.stream.event())
        before = tables.find(tables.merchant_risk, merchant_id="shop")
        learn(learner, world.stream.event())
        learn(learner, world.stream.event(10, 20))

        assert tables.find(tables.merchant_risk, merchant_id="shop") == before
        assert today(tables) == (KEYS, 0)

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_crash_around_the_write_counts_once(
        self, learner: Learner, world: World, tables: Tables, dynamodb: Faulty, when: str
    ) -> None:
        world.decide("a", "b")
        dynamodb.fail("update_item", CrashError(), when=when)
        with pytest.raises(CrashError):
            learn(learner, world.stream.event())

        learn(learner, world.stream.event())

        assert today(tables) == (2, 0)

    def test_what_the_account_itself_explains_says_nothing_of_the_merchant(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide("one", "two", "three", account_id="acc", amount="10")
        world.decide("huge", account_id="acc", amount="1000")
        world.label("huge", "fraud")

        learn(learner, world.stream.event())

        assert today(tables) == (3, 0)
        assert "label_counted" not in tables.rows()["huge"]

    def test_other_changes_of_a_row_are_not_counted(self, learner: Learner, dynamodb: Faulty) -> None:
        decided = decided_row()
        changed = {**decided, "status": "DECLINED", "revision": 3}

        learn(learner, event(stream_record(1, changed, decided), stream_record(2, None, decided)))

        assert dynamodb.calls == []


class TestLabels:
    def test_a_fraud_is_counted_and_marked(self, learner: Learner, world: World, tables: Tables) -> None:
        world.decide("a", "b")
        world.label("a", "fraud")

        learn(learner, world.stream.event())

        assert today(tables) == (2, 1)
        assert tables.rows()["a"]["label_counted"] == 1

    def test_a_flip_is_counted_once_each_way(self, learner: Learner, world: World, tables: Tables) -> None:
        world.decide("a")
        learn(learner, world.stream.event())
        counts = []
        for value in ("fraud", "genuine", "fraud", "unknown", "genuine"):
            world.label("a", value)
            learn(learner, world.stream.event(-1))
            learn(learner, world.stream.event(-1))
            counts.append(today(tables))

        assert counts == [(1, 1), (1, 0), (1, 1), (1, 0), (1, 0)]

    def test_flips_within_one_batch_count_as_the_last_one_says(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide("a", "b")
        for value in ("fraud", "genuine", "fraud"):
            world.label("a", value)
        for value in ("fraud", "genuine"):
            world.label("b", value)

        learn(learner, world.stream.event())

        assert today(tables) == (2, 1)
        assert "label_counted" not in tables.rows()["b"]

    def test_an_old_delivery_after_a_newer_one_takes_nothing_back(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide("a")
        world.label("a", "fraud")
        world.label("a", "genuine")
        learn(learner, world.stream.event())

        learn(learner, world.stream.event(1, 2))  # "fraud" once more, and "genuine" not after it

        assert today(tables) == (1, 0)

    def test_labels_that_arrive_in_another_order_than_confirmed_end_the_same(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide("a")
        world.label("a", "fraud", at="2026-11-20T08:00:00.000000Z")
        world.label("a", "genuine", at="2026-11-19T08:00:00.000000Z")  # an older truth, which comes late

        learn(learner, world.stream.event())

        assert today(tables) == (1, 1)

    def test_a_label_of_weeks_later_counts_on_the_day_of_the_transaction(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide("old", occurred_at="2026-11-01T08:00:00.000000Z")
        world.decide("new")
        learn(learner, world.stream.event())
        world.label("old", "fraud")

        learn(learner, world.stream.event(-1))

        assert (tables.risk().frauds[0], tables.risk().frauds[19 * 86_400 // BUCKET]) == (0, 1)

    def test_a_label_older_than_the_memory_is_marked_and_withdrawn_without_effect(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        ancient = datetime(2026, 11, 20, tzinfo=timezone.utc) - timedelta(seconds=(BUCKETS + 5) * BUCKET)
        world.decide("ancient", occurred_at=to_text(ancient))
        world.decide("new")
        learn(learner, world.stream.event())

        for value in ("fraud", "genuine"):
            world.label("ancient", value)
            learn(learner, world.stream.event(-1))

        assert all_counts(tables) == (1, 0)
        assert tables.rows()["ancient"]["label_counted"] == 0

    @pytest.mark.parametrize("when", ["before", "after"])
    @pytest.mark.parametrize("error", [CrashError(), TIMEOUT], ids=["crash", "timeout"])
    @pytest.mark.parametrize("operation", ["batch_get_item", "transact_write_items", "update_item"])
    def test_trouble_around_any_call_counts_a_label_once(
        self,
        learner: Learner,
        world: World,
        tables: Tables,
        dynamodb: Faulty,
        operation: str,
        error: BaseException,
        when: str,
    ) -> None:
        world.decide("a", "b")
        world.label("a", "fraud")
        for nth in (1, 2):
            dynamodb.fail(operation, error, when=when, nth=nth)
            with suppress(CrashError, ReadTimeoutError):
                learn(learner, world.stream.event())
            dynamodb._faults.clear()
            learn(learner, world.stream.event())

        assert today(tables) == (2, 1)
        assert tables.rows()["a"]["label_counted"] == 1

    def test_a_label_that_was_never_counted_comes_back_when_it_is_confirmed_once_more(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        world.decide("a")
        world.label("a", "fraud")  # and the stream has given its record up
        world.label("a", "fraud")

        learn(learner, world.stream.event(-1))

        assert today(tables) == (0, 1)

    def test_the_mark_is_no_news_to_the_learner(self, learner: Learner, world: World, dynamodb: Faulty) -> None:
        world.decide("a")
        world.label("a", "fraud")
        with world.stream.watching():
            learn(learner, world.stream.event())
        dynamodb.calls.clear()

        learn(learner, world.stream.event(-1))

        assert dynamodb.calls == []

    def test_a_transaction_of_an_earlier_version_can_be_labelled(
        self, learner: Learner, world: World, tables: Tables
    ) -> None:
        tables.put(tables.transactions, decided_row("old"))
        world.label("old", "fraud")

        learn(learner, world.stream.event())

        assert today(tables) == (0, 1)


class TestTogether:
    def test_two_consumers_at_one_merchant_lose_nothing(self, world: World, tables: Tables) -> None:
        world.decide("a", "b", "c", "d")
        world.label("a", "fraud")
        world.label("c", "fraud")
        records = world.stream.records
        rival = learner_with(tables, tables.client)
        mine, others = event(records[0], records[1], records[4]), event(records[2], records[3], records[5])
        client = Intruded(tables.client, lambda: learn(rival, others))

        assert learn(learner_with(tables, client), mine) is None

        assert today(tables) == (4, 2)

    def test_a_merchant_that_never_stands_still_comes_again_and_costs_the_others_nothing(
        self, world: World, tables: Tables
    ) -> None:
        world.decide("b1", merchant_id="bakery")
        world.decide("a")
        world.decide("b2", merchant_id="bakery")
        client = Faulty(tables.client)
        learner = learner_with(tables, client)
        conflict = ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "UpdateItem")
        client.fail("update_item", conflict, times=6)  # the bakery comes first

        assert learn(learner, world.stream.event()) == world.stream.records[0]["dynamodb"]["SequenceNumber"]
        assert today(tables) == (1, 0)

        assert learn(learner, world.stream.event()) is None
        assert (today(tables), today(tables, "bakery")) == ((1, 0), (2, 0))

    def test_what_comes_again_is_counted_as_drift_once(self, world: World, tables: Tables) -> None:
        world.decide("a")
        world.decide("b1", merchant_id="bakery")
        world.decide("c")
        client = Faulty(tables.client)
        learner = learner_with(tables, client)
        client.fail("update_item", TIMEOUT, nth=2)

        again = learn(learner, world.stream.event())
        assert again == world.stream.records[1]["dynamodb"]["SequenceNumber"]
        learn(learner, world.stream.event(1))

        assert tables.find(tables.drift, window="2026-11-20T09")["decided"] == 3

    def test_while_the_tables_are_out_the_whole_batch_comes_again(self, world: World, tables: Tables) -> None:
        world.decide("a")
        client = Faulty(tables.client)
        client.fail("batch_get_item", TIMEOUT)

        with pytest.raises(ReadTimeoutError):
            learn(learner_with(tables, client), world.stream.event())


class TestBadRecords:
    @pytest.mark.parametrize(
        "poison",
        [
            {"dynamodb": {"SequenceNumber": "1", "NewImage": {"transaction_id": {"X": "?"}}}},
            {"dynamodb": {"SequenceNumber": "1", "NewImage": {"decision": {"M": {}}}}},
            {"dynamodb": {"NewImage": {"decision": {"M": {}}, "transaction_id": {"S": "x"}}}},
            {},
            stream_record(1, {**decided_row("x"), "occurred_at": "yesterday"}),
            stream_record(1, {**decided_row("x"), "decision": {"score": 1}}),
            stream_record(1, {**decided_row("x"), "decided_at": 5}),
            stream_record(1, {**decided_row("x"), "label": {"valeu": "fraud"}, "label_revision": 1}),
        ],
        ids=range(8),
    )
    def test_a_record_that_cannot_be_read_holds_nothing_up(
        self, learner: Learner, world: World, tables: Tables, poison: dict[str, Any]
    ) -> None:
        world.decide("a", "b")

        assert learn(learner, event(world.stream.records[0], poison, world.stream.records[1])) is None

        assert today(tables)[0] >= 2

    def test_a_label_without_its_row_is_passed_over(self, learner: Learner, tables: Tables) -> None:
        row = {**decided_row("gone"), "label": {"value": "fraud"}, "label_revision": 1}

        assert learn(learner, event(stream_record(1, row, decided_row("gone")))) is None
        assert tables.find(tables.merchant_risk, merchant_id="shop") == {}

    @pytest.mark.parametrize("stored", [b"garbage", MerchantRisk().pack()[:-1], "text", None])
    def test_a_risk_that_is_unreadable_is_left_alone_and_the_others_go_on(
        self, learner: Learner, world: World, tables: Tables, stored: Any
    ) -> None:
        tables.put(tables.merchant_risk, {"merchant_id": "bakery", "version": 3, "risk": stored})
        before = tables.find(tables.merchant_risk, merchant_id="bakery")
        world.decide("b", merchant_id="bakery")
        world.decide("a")

        assert learn(learner, world.stream.event()) is None

        assert today(tables) == (1, 0)
        assert tables.find(tables.merchant_risk, merchant_id="bakery") == before


class TestDrift:
    def test_decisions_are_counted_by_the_hour_by_policy_and_by_the_bins_of_the_model(
        self, world: World, tables: Tables
    ) -> None:
        content = artifacts.content(
            reference={
                "score": {"edges": [1, 1_000_000], "shares": [0.1, 0.8, 0.1]},
                "amount_cents": {"edges": [1000, 2000], "shares": [0.5, 0.25, 0.25]},
                "day_of_week": {"edges": [3], "shares": [0.5, 0.5]},
            }
        )
        model = load(json.dumps(content))
        sha256 = model.description.sha256
        world.engine = DecisionEngine(documents.document(sha256), {sha256: model})
        world.decide("a", "b")
        world.decide("big", amount="6000")

        learn(learner_with(tables, tables.client, model), world.stream.event())

        window = tables.find(tables.drift, window="2026-11-20T09")
        version = model.version
        assert {name: int(value) for name, value in window.items() if name.startswith(("decided", "scored"))} == {
            "decided": 3,
            "scored:points": 3,
            "scored:weights": 3,
            "scored:model": 3,
            "scored:combined": 3,
        }
        assert (window["flagged"], window["flagged:points"]) == (1, 1)
        assert window[f"score:{version}:1"] == 3
        assert (window[f"feature:{version}:amount_cents:1"], window[f"feature:{version}:amount_cents:2"]) == (2, 1)
        assert not any("day_of_week" in name for name in window)
        assert window["expires_at"] > NOW.timestamp()

    def test_a_table_of_drift_that_is_out_holds_nothing_up(self, world: World, tables: Tables) -> None:
        world.decide("a")
        client = Faulty(tables.client)
        client.fail("update_item", TIMEOUT, nth=2)

        assert learn(learner_with(tables, client), world.stream.event()) is None

        assert today(tables) == (1, 0)
        assert tables.find(tables.drift, window="2026-11-20T09") == {}


def test_the_handler_reports_the_first_record_to_come_again(
    world: World, tables: Tables, emulator: MiniStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.decide("a")
    module = load_handler(
        "learn",
        monkeypatch,
        emulator,
        TRANSACTIONS_TABLE=tables.transactions,
        MERCHANT_RISK_TABLE=tables.merchant_risk,
        DRIFT_TABLE=tables.drift,
    )

    assert module.handler(world.stream.event(), None) == {"batchItemFailures": []}
    assert today(tables) == (1, 0)

    client = Faulty(tables.client)
    client.fail("update_item", TIMEOUT)
    monkeypatch.setattr(module, "LEARNER", learner_with(tables, client))
    world.decide("b")
    number = world.stream.records[-1]["dynamodb"]["SequenceNumber"]

    assert module.handler(world.stream.event(-1), None) == {"batchItemFailures": [{"itemIdentifier": number}]}


class Intruded:
    """A client before whose first write somebody else learns."""

    def __init__(self, client: Any, intrude: Any) -> None:
        self._client = client
        self._intrude = intrude

    def __getattr__(self, operation: str) -> Any:
        if operation in ("update_item", "transact_write_items") and self._intrude:
            intrude, self._intrude = self._intrude, None
            intrude()
        return getattr(self._client, operation)
