"""`process` against real tables: order, exactly-once effects, isolation of accounts, quarantine."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from process.processor import Processor

from pipeline.aws.dynamo import to_bytes, to_item
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.queue import Message
from pipeline.domain.evidence import whole_decision
from pipeline.domain.merchant_risk import MerchantRisk
from pipeline.domain.profile import EMPTY, AccountProfile
from pipeline.domain.records import decision_attributes, stored_features
from pipeline.domain.status import Status
from pipeline.domain.transaction import Location
from pipeline.scoring.engine import DecisionEngine
from tests.factories import NOW, FixedPolicies, acceptance, engine, message, queued
from tests.unit.functions.conftest import Faulty, RecordingQueue, Tables
from tests.unit.scoring import artifacts, documents

TIMEOUT = ReadTimeoutError(endpoint_url="local")
THROTTLED = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "TransactWriteItems")


@pytest.fixture
def processor(ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any) -> Processor:
    return processor_with(ledger, tables, dynamodb, queue)


def processor_with(ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any, decider: Any = None) -> Processor:
    """Return the real processor, deciding by the published points unless `decider` is given."""
    policies: Any = FixedPolicies(decider)
    return Processor(
        ledger,
        MerchantDirectory(dynamodb, tables.merchants, cache_seconds=60, risk_table=tables.merchant_risk),
        queue,
        policies,
        now=lambda: NOW,
        sleep=lambda _: None,
    )


def redelivered(*messages: Message, receive_count: int = 2) -> list[Message]:
    """Return the messages as the queue delivers them again."""
    return [replace(item, receive_count=receive_count) for item in messages]


def sequences(tables: Tables) -> dict[str, int]:
    """Return the committed order: transaction id to its place in its account."""
    return {key: int(row["sequence"]) for key, row in tables.rows().items() if "sequence" in row}


def poison(tables: Tables, account_id: str = "acc") -> None:
    """Store an account state that cannot be read."""
    tables.put(tables.accounts, {"account_id": account_id, "version": 3, "last_occurred_at": "garbage"})


def profile_of(tables: Tables, account_id: str = "acc") -> AccountProfile:
    """Return what is stored of an account's habits."""
    return AccountProfile.unpack(to_bytes(tables.account(account_id)["profile"]))


def test_a_batch_of_ten_accounts_settles_in_two_calls(processor: Processor, dynamodb: Faulty) -> None:
    processor.process([message("warm")])  # fills the merchant cache
    dynamodb.calls.clear()

    again = processor.process([message(f"t{i}", f"acc-{i}") for i in range(10)])

    assert again == []
    assert dynamodb.calls == ["batch_get_item", "transact_write_items"]


def test_an_account_commits_in_queue_order(processor: Processor, tables: Tables) -> None:
    processor.process([message("a"), message("b")])
    processor.process([message("c")])

    assert sequences(tables) == {"a": 1, "b": 2, "c": 3}


def test_a_decided_row_tells_all_about_its_decision(processor: Processor, tables: Tables) -> None:
    processor.process([message("t1", amount="15000")])

    row = tables.rows()["t1"]
    assert row["status"] == "REVIEW_REQUIRED"
    assert row["decision"]["routes"] == ["high_value"]
    assert [reason["code"] for reason in row["decision"]["reasons"]] == ["HIGH_AMOUNT", "ROUND_AMOUNT"]
    assert (row["decision"]["policy"], row["decision"]["policy_version"]) == ("points", "1")
    assert row["history"][-1] == {
        "status": "REVIEW_REQUIRED",
        "at": "2026-11-20T09:00:00.000000Z",
        "actor": "process",
        "reason": "SCORED",
    }


def test_the_row_that_ingest_wrote_is_settled_and_leaves_the_index_of_the_waiting(
    processor: Processor, tables: Tables, transactions: Any
) -> None:
    from datetime import timedelta

    transactions.insert(acceptance("t1"), timedelta(minutes=15))

    processor.process([message("t1")])

    row = tables.rows()["t1"]
    assert (row["status"], row["revision"]) == ("APPROVED", 2)
    assert [line["status"] for line in row["history"]] == ["RECEIVED", "APPROVED"]
    assert "received_shard" not in row


def test_reading_the_same_messages_again_changes_nothing(processor: Processor, tables: Tables) -> None:
    batch = [message("a"), message("b"), message("x", "other")]
    processor.process(batch)
    before = tables.rows(), tables.account()

    assert processor.process(redelivered(*batch)) == []
    assert processor.process([*batch, *redelivered(*batch)]) == []
    assert (tables.rows(), tables.account()) == before


@pytest.mark.parametrize("error", [TIMEOUT, THROTTLED], ids=["timeout", "throttle"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_whose_answer_is_lost_takes_effect_once(
    processor: Processor, tables: Tables, dynamodb: Faulty, when: str, error: Exception
) -> None:
    dynamodb.fail("transact_write_items", error, when=when)

    assert processor.process([message("a"), message("b")]) == []
    assert sequences(tables) == {"a": 1, "b": 2}
    assert tables.account()["commits"] == 2


def test_one_account_in_trouble_costs_the_others_nothing(
    processor: Processor, tables: Tables, queue: RecordingQueue
) -> None:
    poison(tables, "sick")

    again = processor.process(
        [message("a", "well"), message("s1", "sick"), message("b", "well"), message("s2", "sick")]
    )

    assert [item.message_id for item in again] == ["m-s1-0", "m-s2-0"]
    assert sequences(tables) == {"a": 1, "b": 2}
    assert queue.backed_off == [["m-s1-0", "m-s2-0"]]


@pytest.mark.parametrize("receive_count", [1, 2])
def test_a_bug_in_one_account_costs_the_others_nothing(
    ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any, receive_count: int
) -> None:
    class Broken:
        def decide(self, acceptance: Any, account: Any, merchant: Any) -> Any:
            if acceptance.transaction.account_id == "sick":
                raise ZeroDivisionError
            return engine().decide(acceptance, account, merchant)

    processor = processor_with(ledger, tables, dynamodb, queue, Broken())

    again = processor.process(redelivered(message("s1", "sick"), message("a", "well"), receive_count=receive_count))

    assert [item.message_id for item in again] == ["m-s1-0"]
    assert sequences(tables) == {"a": 1}


def test_after_the_last_attempt_followers_wait_behind_the_failed_one(processor: Processor, tables: Tables) -> None:
    poison(tables)

    again = processor.process(redelivered(message("s1"), message("s2"), message("s3"), receive_count=3))

    rows = tables.rows()
    assert [item.message_id for item in again] == ["m-s1-0"]
    assert [(rows[key]["status"], rows[key]["held_behind"]) for key in ("s2", "s3")] == [("HELD", "s1")] * 2
    assert rows["s2"]["hold_sequence"] < rows["s3"]["hold_sequence"]
    assert tables.account()["blocked_by"] == "s1"
    assert "AccountStateError" in tables.account()["blocked_reason"]


def test_a_crash_in_the_last_attempt_leaves_a_fence_that_nothing_passes(
    processor: Processor, tables: Tables, ledger: Ledger
) -> None:
    ledger.fence(queued("s1", receive_count=3))  # and then the function dies

    processor.process([message("s2")])

    assert tables.rows()["s2"]["status"] == Status.HELD


def test_a_copy_of_what_was_given_up_comes_back_until_the_failure_is_recorded(
    processor: Processor, tables: Tables, ledger: Ledger
) -> None:
    ledger.fence(queued("s1", receive_count=3))  # and then the function dies
    processor.process([message("s2")])

    again = processor.process([message("s1", copy=1)])

    assert [item.message_id for item in again] == ["m-s1-1"]  # it may be the only copy that is left
    assert "s1" not in tables.rows()  # `failed` records it
    assert tables.account()["blocked_by"] == "s1"


def test_a_last_attempt_that_succeeds_lifts_its_own_fence(processor: Processor, tables: Tables) -> None:
    processor.process(redelivered(message("a"), message("b"), receive_count=3))

    assert sequences(tables) == {"a": 1, "b": 2}
    assert "blocked_by" not in tables.account()


class Deadly:
    """Ends the function instead of deciding."""

    def decide(self, acceptance: Any, account: Any, merchant: Any) -> Any:
        raise SystemExit


def test_a_neighbour_that_ends_the_function_leaves_no_account_unfenced(
    ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any
) -> None:
    batch = redelivered(message("a", "one"), message("b", "two"), message("c", "two"), receive_count=2)

    with pytest.raises(SystemExit):
        processor_with(ledger, tables, dynamodb, queue, Deadly()).process(batch)

    assert [tables.account(name)["blocked_by"] for name in ("one", "two")] == ["a", "b"]


def test_an_account_that_cannot_be_fenced_leaves_no_other_unfenced(
    ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any
) -> None:
    processor_with(ledger, tables, dynamodb, queue).process([message("a", "one")])
    batch = redelivered(message("a", "one"), message("b", "two"), message("c", "three"), receive_count=2)

    with pytest.raises(SystemExit):
        processor_with(ledger, tables, dynamodb, queue, Deadly()).process(batch)

    assert "blocked_by" not in tables.account("one")
    assert [tables.account(name)["blocked_by"] for name in ("two", "three")] == ["b", "c"]


def test_a_transaction_settled_by_another_consumer_is_never_fenced(processor: Processor, tables: Tables) -> None:
    processor.process([message("a")])

    processor.process(redelivered(message("a"), receive_count=3))

    assert "blocked_by" not in tables.account()


def test_two_consumers_at_once_commit_each_transaction_once(
    processor: Processor, tables: Tables, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = [ledger.load_accounts(["acc"])]
    processor.process([message("a")])
    real = ledger.load_accounts
    monkeypatch.setattr(ledger, "load_accounts", lambda ids: stale.pop() if stale else real(ids))

    assert processor.process([message("b")]) == []
    assert sequences(tables) == {"a": 1, "b": 2}


def test_an_id_reused_with_another_body_is_refused_and_the_first_stands(processor: Processor, tables: Tables) -> None:
    processor.process([message("a", amount="10")])

    assert processor.process([message("a", amount="99", copy=1), message("b")]) == []

    rows = tables.rows()
    assert rows["a"]["amount"] == 10
    assert rows["message#m-a-1"]["rejection"]["code"] == "ID_REUSED"
    assert rows["message#m-a-1"]["claimed_transaction_id"] == "a"
    assert sequences(tables) == {"a": 1, "b": 2}


def test_one_id_with_two_bodies_in_one_batch_keeps_the_first(processor: Processor, tables: Tables) -> None:
    processor.process([message("a", amount="10"), message("a", amount="99", copy=1)])

    assert tables.rows()["a"]["amount"] == 10
    assert tables.rows()["message#m-a-1"]["status"] == "REJECTED"


def test_a_message_that_is_no_transaction_is_recorded_and_does_not_block(processor: Processor, tables: Tables) -> None:
    bad = replace(message("bad"), body='{"card": "4111 1111 1111 1111"}')

    assert processor.process([bad, message("a")]) == []

    row = tables.rows()["message#m-bad-0"]
    assert (row["status"], row["rejection"]["code"]) == ("REJECTED", "INVALID_MESSAGE")
    assert "4111" not in str(row)
    assert sequences(tables) == {"a": 1}


def test_the_row_of_a_refused_message_keeps_no_name_that_the_message_made_up(
    processor: Processor, tables: Tables
) -> None:
    spoiled = message("t1").body.replace('"amount"', '"Jane Doe":"4111","amount"')

    processor.process([replace(message("t1"), body=spoiled)])

    assert tables.rows()["message#m-t1-0"]["rejection"]["field"] == "?"


def test_a_message_in_a_foreign_group_is_refused(processor: Processor, tables: Tables) -> None:
    processor.process([replace(message("a"), group="somebody-else")])

    assert tables.rows()["message#m-a-0"]["rejection"]["field"] == "account_id"


def test_an_unknown_merchant_rejects_and_the_account_goes_on(processor: Processor, tables: Tables) -> None:
    processor.process([message("a", merchant_id="nobody"), message("b")])

    assert tables.rows()["a"]["status"] == "REJECTED"
    assert tables.rows()["a"]["rejection"]["code"] == "UNKNOWN_MERCHANT"
    assert sequences(tables) == {"b": 1}


def test_while_the_table_is_out_every_message_comes_back(
    processor: Processor, tables: Tables, dynamodb: Faulty
) -> None:
    for operation in ("batch_get_item", "transact_write_items", "put_item"):
        dynamodb.fail(operation, TIMEOUT, times=20)

    again = processor.process([message("a"), message("b", "other"), replace(message("bad"), body="?")])

    assert {item.message_id for item in again} == {"m-a-0", "m-b-0", "m-bad-0"}
    assert tables.rows() == {}


def test_an_account_whose_every_attribute_is_unreadable_hurts_nobody_else(processor: Processor, tables: Tables) -> None:
    tables.put(tables.accounts, {"account_id": "sick", "version": "abc", "held": "def"})

    batch = redelivered(message("s1", "sick"), message("s2", "sick"), message("a", "well"), receive_count=3)
    again = processor.process(batch)

    assert {item.message_id for item in again} == {"m-s1-0", "m-s2-0"}
    assert sequences(tables) == {"a": 1}


def test_after_a_last_attempt_the_dead_letter_queue_gets_the_message_at_once(
    processor: Processor, tables: Tables, queue: RecordingQueue
) -> None:
    poison(tables)

    processor.process(redelivered(message("s1"), receive_count=2))
    processor.process(redelivered(message("s1"), receive_count=3))

    assert (queue.backed_off, queue.released) == ([["m-s1-0"]], [["m-s1-0"]])


def test_what_cannot_be_begun_in_time_comes_back_and_is_fenced_before_its_last_receive_is_used_up(
    processor: Processor, tables: Tables
) -> None:
    batch = redelivered(message("a", "one"), message("b", "two"), message("c", "two"), receive_count=3)
    clock = iter([30.0, 1.0])  # the first account, and then the time is up

    again = processor.process(batch, lambda: next(clock))

    assert [item.message_id for item in again] == ["m-b-0", "m-c-0"]
    assert sequences(tables) == {"a": 1}
    assert tables.account("two")["blocked_by"] == "b"


def test_a_merchant_that_is_unreadable_costs_the_others_nothing_and_its_messages_come_again(
    processor: Processor, tables: Tables
) -> None:
    tables.put(tables.merchants, {"merchant_id": "typo", "name": "Typo", "max_transaction_amount": "10,000"})

    again = processor.process([message("bad", "b", merchant_id="typo"), message("good", "g")])

    assert [item.message_id for item in again] == ["m-bad-0"]
    assert {key: row["status"] for key, row in tables.rows().items()} == {"good": "APPROVED"}


def test_a_merchant_seen_by_ingest_a_moment_ago_is_seen_by_process(
    dynamodb: Faulty, processor: Processor, tables: Tables
) -> None:
    processor.process([message("a")])

    reads = [(table, read["ConsistentRead"]) for request in dynamodb.reads for table, read in request.items()]
    assert all(consistent for table, consistent in reads if table != tables.merchant_risk)


def test_the_first_batch_reads_merchants_and_their_risk_in_one_call(
    processor: Processor, dynamodb: Faulty, tables: Tables
) -> None:
    processor.process([message("a"), message("b", "other")])

    assert dynamodb.calls == ["batch_get_item", "batch_get_item", "transact_write_items"]
    assert set(dynamodb.reads[0]) == {tables.merchants, tables.merchant_risk}


class TestProfiles:
    def test_the_profile_is_committed_with_the_decision_and_seen_by_the_next(
        self, processor: Processor, tables: Tables
    ) -> None:
        processor.process([message("a", amount="10"), message("b", amount="20")])
        processor.process([message("c", amount="90")])

        features = {key: whole_decision(row)["features"] for key, row in tables.rows().items()}
        assert [features[key]["counted_transactions"] for key in "abc"] == [0, 1, 2]
        assert features["c"]["total_thousandths"] == "30000"
        assert (profile_of(tables).transactions, profile_of(tables).total_thousandths) == (3, 120_000)

    def test_a_repeated_delivery_leaves_the_profile_as_it_was(self, processor: Processor, tables: Tables) -> None:
        processor.process([message("a"), message("b")])
        before = profile_of(tables)

        processor.process(redelivered(message("a"), message("b"), receive_count=2))
        processor.process([message("a", copy=1)])

        assert profile_of(tables) == before

    def test_an_account_of_an_earlier_version_begins_with_an_empty_profile(
        self, processor: Processor, tables: Tables
    ) -> None:
        tables.put(
            tables.accounts,
            {"account_id": "acc", "version": 4, "commits": 7, "last_occurred_at": "2026-11-19T08:00:00.000000Z"},
        )

        processor.process([message("a")])

        row = tables.rows()["a"]
        assert row["sequence"] == 8
        assert (whole_decision(row)["features"]["account_transactions"], profile_of(tables).transactions) == (7, 1)

    @pytest.mark.parametrize(
        "stored", [b"", b"garbage", EMPTY.pack()[:-1], b"\xff" + EMPTY.pack()[1:], "text", 7], ids=range(6)
    )
    def test_a_profile_that_is_unreadable_waits_for_an_operator(
        self, processor: Processor, tables: Tables, stored: Any
    ) -> None:
        processor.process([message("a")])
        tables.put(tables.accounts, {**tables.account(), "profile": stored})

        again = processor.process(redelivered(message("b"), message("c", "well"), receive_count=3))

        assert [item.message_id for item in again] == ["m-b-0"]
        assert sequences(tables) == {"a": 1, "c": 1}
        assert "AccountStateError" in tables.account()["blocked_reason"]

    def test_a_rejection_teaches_nothing(self, processor: Processor, tables: Tables) -> None:
        processor.process([message("a", merchant_id="nobody")])

        assert "profile" not in tables.account()

    def test_an_account_fits_a_kilobyte(self, processor: Processor, tables: Tables) -> None:
        for i in range(6):
            tables.put(tables.merchants, {"merchant_id": f"m{i}", "name": f"Merchant {i}"})
            processor.process([message(f"t{i}-{n}", merchant_id=f"m{i}", category=f"c{i}") for n in range(10)])

        item = to_item(tables.account())
        assert len(item["profile"]["B"]) <= 1024
        assert profile_of(tables).transactions == 60


class TestMerchantRisk:
    def test_the_decision_sees_what_was_learnt_of_the_merchant(self, processor: Processor, tables: Tables) -> None:
        occurred = "2026-11-05T08:00:00.000000Z"
        risk = MerchantRisk().counted(occurred, "x").counted(occurred, "y").labelled(occurred, 1)
        tables.put(tables.merchant_risk, {"merchant_id": "shop", "version": 2, "risk": risk.pack()})

        processor.process([message("a")])

        features = whole_decision(tables.rows()["a"])["features"]
        assert (features["merchant_transactions_21d"], features["merchant_frauds_21d"]) == (2, 1)

    @pytest.mark.parametrize("row", [{"version": 1, "risk": b"garbage"}, {"version": 1}, {"risk": "text"}, {}])
    def test_a_risk_that_is_unreadable_stops_no_decision(
        self, processor: Processor, tables: Tables, row: dict[str, Any]
    ) -> None:
        tables.put(tables.merchant_risk, {"merchant_id": "shop", **row})

        assert processor.process([message("a"), message("b", "other")]) == []
        assert sequences(tables) == {"a": 1, "b": 1}


class TestRecord:
    @pytest.fixture
    def decider(self) -> DecisionEngine:
        model = artifacts.model()
        sha256 = model.description.sha256
        return DecisionEngine(documents.document(sha256, champion="model", challenger=None), {sha256: model})

    def test_the_record_tells_who_decided_and_what_the_others_say(
        self, decider: DecisionEngine, ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any
    ) -> None:
        processor_with(ledger, tables, dynamodb, queue, decider).process([message("a", amount="6000")])

        decision = whole_decision(tables.rows()["a"])
        assert (decision["policy"], decision["decided_by"], decision["document_version"]) == (
            "model",
            "champion",
            "test-1",
        )
        shadows = {shadow["policy"]: shadow for shadow in decision["shadows"]}
        assert set(shadows) == {"weights", "combined"}
        assert shadows["weights"]["kind"] == "weights"
        assert decision["model_version"] == shadows["combined"]["model_version"] == artifacts.model().version

    @pytest.mark.parametrize("amount", ["0.01", "12.50", "6000", "15000", "999999999998.99"])
    def test_a_stored_decision_replays_to_the_last_bit(
        self, decider: DecisionEngine, ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any, amount: str
    ) -> None:
        located: dict[str, Any] = {"location": Location(Decimal("48.8566"), Decimal("2.3522")), "category": "travel"}
        processor = processor_with(ledger, tables, dynamodb, queue, decider)
        processor.process([message("a", amount="10.01", **located), message("b", amount=amount, **located)])

        for row in tables.rows().values():
            replayed = decider.replay(stored_features(whole_decision(row)))
            assert decision_attributes(replayed) == whole_decision(row)

    def test_a_stored_feature_that_is_no_whole_number_is_refused(self) -> None:
        with pytest.raises(ValueError, match="amount_cents"):
            stored_features({"features": {"amount_cents": Decimal("1.5")}})

    def test_a_record_of_all_policies_stays_small(
        self, decider: DecisionEngine, ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any
    ) -> None:
        processor_with(ledger, tables, dynamodb, queue, decider).process([message("a", amount="6000")])

        assert size_of(to_item(tables.rows()["a"])) < 6 * 1024


def size_of(value: Any) -> int:
    """Return about how many bytes DynamoDB counts for an item in wire format."""
    if isinstance(value, dict):
        return sum(len(str(name)) + size_of(part) for name, part in value.items())
    return sum(map(size_of, value)) if isinstance(value, list) else len(str(value))
