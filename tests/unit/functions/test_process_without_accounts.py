"""`process` where there are no accounts and the queue is a standard one: each transaction stands for itself."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from process.processor import Processor

from pipeline.aws.accounts import NoAccounts
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchants import MerchantDirectory
from pipeline.aws.observability import logger
from pipeline.domain.evidence import whole_decision
from pipeline.domain.status import Status
from scripts.ministack import MiniStack
from tests.factories import NOW, FixedPolicies, engine, policy_text
from tests.unit.functions.accountless import accountless, standard
from tests.unit.functions.conftest import Faulty, RecordingQueue, Tables
from tests.unit.functions.function_module import load_handler

TIMEOUT = ReadTimeoutError(endpoint_url="local")


@pytest.fixture
def ledger(tables: Tables, dynamodb: Any) -> Ledger:
    return Ledger(dynamodb, tables.transactions, NoAccounts(), sleep=lambda _: None)


def processor_with(ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any, decider: Any = None) -> Processor:
    policies: Any = FixedPolicies(decider)
    merchants = MerchantDirectory(dynamodb, tables.merchants, cache_seconds=60)
    return Processor(ledger, merchants, queue, policies, now=lambda: NOW, sleep=lambda _: None)


@pytest.fixture
def processor(ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any) -> Processor:
    return processor_with(ledger, tables, dynamodb, queue)


def test_what_ingest_stored_is_decided_and_no_account_is_made_up(
    processor: Processor, tables: Tables, transactions: Any
) -> None:
    transactions.insert(accountless("t1", amount="15000"))

    assert processor.process([standard("t1", amount="15000")]) == []

    row = tables.rows()["t1"]
    assert (row["status"], row["revision"]) == ("REVIEW_REQUIRED", 2)
    assert [reason["code"] for reason in row["decision"]["reasons"]] == ["HIGH_AMOUNT", "ROUND_AMOUNT"]
    assert not {"account_id", "occurred_at", "sequence", "queue_sequence"} & row.keys()
    assert tables.client.scan(TableName=tables.accounts)["Items"] == []


def test_without_an_event_time_the_features_are_those_of_the_acceptance(processor: Processor, tables: Tables) -> None:
    processor.process([standard()])

    assert whole_decision(tables.rows()["t1"])["features"]["second_of_day"] == 9 * 3600


def test_a_batch_settles_in_one_write_and_reads_no_accounts(
    processor: Processor, dynamodb: Faulty, tables: Tables
) -> None:
    assert processor.process([standard(f"t{number}") for number in range(10)]) == []

    assert dynamodb.calls == ["batch_get_item", "transact_write_items"]
    assert [set(read) for read in dynamodb.reads] == [{tables.merchants}]


def test_delivered_again_nothing_changes(processor: Processor, tables: Tables) -> None:
    processor.process([standard("a"), standard("b")])
    before = tables.rows()

    assert processor.process([standard("a", receive_count=2), standard("b", copy=1), standard("c")]) == []

    after = tables.rows()
    assert {key: after[key] for key in "ab"} == before
    assert after["c"]["status"] == "APPROVED"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_whose_answer_is_lost_takes_effect_once(
    processor: Processor, tables: Tables, dynamodb: Faulty, when: str
) -> None:
    dynamodb.fail("transact_write_items", TIMEOUT, when=when)

    assert processor.process([standard("a"), standard("b")]) == []
    assert [(row["status"], row["revision"]) for row in tables.rows().values()] == [("APPROVED", 1)] * 2


@pytest.mark.parametrize("batches", [1, 2])
def test_an_id_reused_with_another_body_is_refused_and_the_first_stands(
    processor: Processor, tables: Tables, batches: int
) -> None:
    first, second = standard("a", amount="10"), standard("a", amount="99", copy=1)

    for batch in [[first, second]] if batches == 1 else [[first], [second]]:
        assert processor.process(batch) == []

    rows = tables.rows()
    assert rows["a"]["amount"] == 10
    assert rows["message#m-a-1"]["rejection"]["code"] == "ID_REUSED"


def test_in_a_fifo_queue_it_is_the_only_one_of_its_group(processor: Processor, tables: Tables) -> None:
    own, foreign = (replace(standard(key), group=group) for key, group in (("a", "a"), ("b", "a")))

    assert processor.process([own, foreign]) == []

    rows = tables.rows()
    assert rows["a"]["status"] == "APPROVED"
    assert rows["message#m-b-0"]["rejection"]["field"] == "account_id"


class Moody:
    """An engine with a bug in one transaction."""

    def decide(self, acceptance: Any, account: Any, merchant: Any) -> Any:
        if acceptance.transaction.transaction_id == "sick":
            raise ZeroDivisionError
        return engine().decide(acceptance, account, merchant)


@pytest.mark.parametrize(("receive_count", "fate"), [(1, "backed off"), (2, "backed off"), (3, "released")])
def test_one_transaction_in_trouble_costs_the_others_nothing_and_goes_to_the_dead_letter_queue_at_once(
    ledger: Ledger, tables: Tables, dynamodb: Any, queue: RecordingQueue, receive_count: int, fate: str
) -> None:
    processor = processor_with(ledger, tables, dynamodb, queue, Moody())

    again = processor.process([standard("sick", receive_count), standard("well")])

    assert [message.message_id for message in again] == ["m-sick-0"]
    assert {key: row["status"] for key, row in tables.rows().items()} == {"well": Status.APPROVED}
    assert {"backed off": queue.backed_off, "released": queue.released}[fate] == [["m-sick-0"]]


def test_the_log_names_no_account_where_there_is_none(
    ledger: Ledger, tables: Tables, dynamodb: Any, queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, Any]] = []
    for level in ("info", "warning", "exception"):
        monkeypatch.setattr(logger, level, lambda message, **more: lines.append({"message": message, **more}))
    processor = processor_with(ledger, tables, dynamodb, queue, Moody())

    processor.process([standard("sick")])
    processor.process([standard("sick", receive_count=2)], lambda: 1.0)

    ids = {"account_id": None, "transaction_id": "sick"}
    assert {line["message"]: line["extra"] for line in lines if "extra" in line} == {
        "account could not be settled": ids,
        "no time left for the account": ids,
    }


class TestHandler:
    @pytest.fixture
    def parameter(self, tables: Tables) -> str:
        return f"policy-{tables.suffix}"

    @pytest.fixture
    def handler(
        self, tables: Tables, aws: Any, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, parameter: str
    ) -> Any:
        """Return the handler as merchant_api configures it: nothing of accounts, nothing of learnt risk."""
        module = load_handler(
            "process",
            monkeypatch,
            emulator,
            TRANSACTIONS_TABLE=tables.transactions,
            MERCHANTS_TABLE=tables.merchants,
            MERCHANT_CACHE_SECONDS="60",
            TRANSACTION_QUEUE_URL=aws("sqs").create_queue(QueueName=f"transactions-{tables.suffix}")["QueueUrl"],
            RETRY_BASE_SECONDS="1",
            POLICY_PARAMETER=parameter,
            POLICY_REFRESH_SECONDS="60",
        )
        message = standard()
        record = {
            "messageId": message.message_id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
        return lambda: module.handler({"Records": [record]}, context)

    def test_it_starts_without_the_settings_of_accounts_and_of_learnt_risk(self, handler: Any, tables: Tables) -> None:
        assert handler() == {"batchItemFailures": []}
        assert tables.rows()["t1"]["status"] == "APPROVED"

    def test_a_start_while_the_newest_document_is_invalid_takes_the_one_before(
        self, handler: Any, tables: Tables, aws: Any, parameter: str
    ) -> None:
        for text in (policy_text(version="before"), "{}"):
            aws("ssm").put_parameter(Name=parameter, Type="SecureString", Value=text, Overwrite=True)

        assert handler() == {"batchItemFailures": []}
        assert tables.rows()["t1"]["decision"]["document_version"] == "before"
