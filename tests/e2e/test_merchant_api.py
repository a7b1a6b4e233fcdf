"""examples/merchant_api as deployed: its documented commands, its answers, its decisions and its failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline.aws.dynamo import to_item
from pipeline.domain.queue_body import from_document
from pipeline.domain.queued import accept
from pipeline.domain.records import received_row
from scripts import systems
from tests.e2e import refusals
from tests.e2e.access import opened_by_bad_keys
from tests.e2e.alarms import reaches_its_topic
from tests.e2e.api_document import check_against_document, read_document
from tests.e2e.deployed import Deployed, apply, environment_of, local_aws, wait_for
from tests.e2e.documented import run_commands
from tests.e2e.logs import PLANTED
from tests.e2e.planting import plant
from tests.e2e.redriving import redrive
from tests.hostile.corpus import requests_of

pytestmark = pytest.mark.needs("web-acl")

DOCUMENT = read_document(systems.MERCHANT_API.api_document)

Payment = Callable[..., dict[str, Any]]


@dataclass
class MerchantApi(Deployed):
    """The deployed system as a merchant and an operator see it."""

    def submit(self, document: dict[str, Any], **arguments: Any) -> requests.Response:
        """Submit a transaction."""
        return self.call("POST", "/transaction", json=document, **arguments)

    def put_merchant(self, merchant_id: str, **attributes: Any) -> str:
        """Configure a merchant and return its id."""
        row = {"merchant_id": merchant_id, "name": "Corner Shop", "active": True, **attributes}
        self.client("dynamodb").put_item(TableName=self.outputs["merchant_table_name"], Item=to_item(row))
        return merchant_id

    def row(self, transaction_id: str) -> dict[str, Any]:
        """Return a transaction's row, or an empty one."""
        return self.item(self.outputs["transaction_table_name"], transaction_id={"S": transaction_id})

    def settled(self, transaction_id: str, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until a transaction is no longer RECEIVED and return its row."""
        row: dict[str, Any] = wait_for(
            lambda: (row := self.row(transaction_id)) and row["status"] != "RECEIVED" and row,
            f"{transaction_id} to be settled",
            seconds,
        )
        return row

    def function(self, purpose: str) -> str:
        """Return the name of a function by the name of its output."""
        return str(self.outputs[f"{purpose}_lambda_arn"]).split(":function:")[1].split(":")[0]


@pytest.fixture(scope="module")
def merchant_api(request: pytest.FixtureRequest) -> Iterator[MerchantApi]:
    """Apply the example and return it, ready to be used."""
    with local_aws(systems.MERCHANT_API, request.config) as server:
        environment = environment_of(server, systems.MERCHANT_API)
        deployed = apply(MerchantApi, systems.MERCHANT_API, server, environment, request)
        deployed.put_merchant("shop")
        yield deployed


@pytest.fixture
def payment(new_id: Callable[[str], str]) -> Payment:
    """Make a harmless payment: payment("1", amount=5)."""

    def make(name: str = "1", **changes: Any) -> dict[str, Any]:
        document = {"transaction_id": new_id(f"p{name}"), "merchant_id": "shop", "amount": 12.5, "currency": "USD"}
        return {key: value for key, value in {**document, **changes}.items() if value is not ...}

    return make


def test_the_documented_commands_work_word_for_word(merchant_api: MerchantApi) -> None:
    printed = run_commands(merchant_api, systems.MERCHANT_API, "Usage")

    assert '"message":"Transaction validated and queued"' in printed.replace('": "', '":"')
    assert '"APPROVED"' in printed


def test_a_transaction_gets_the_documented_answer_and_a_decision(merchant_api: MerchantApi, payment: Payment) -> None:
    document = payment()

    accepted = merchant_api.submit(document)

    check_against_document(accepted, "/transaction", "post", DOCUMENT)
    assert accepted.status_code == 202
    assert accepted.json() == {
        "message": "Transaction validated and queued",
        "transaction_id": document["transaction_id"],
        "status": "pending_fraud_check",
    }
    row = merchant_api.settled(document["transaction_id"])
    assert (row["status"], row["merchant_id"], row["amount"], row["currency"]) == ("APPROVED", "shop", 12.5, "USD")
    assert row["decision"]["policy"] == "points"


@pytest.mark.parametrize(
    ("merchant", "change", "status", "reasons"),
    [
        ("Corner Shop", {"amount": 5000.01}, "REVIEW_REQUIRED", {"HIGH_AMOUNT"}),
        ("Corner Shop", {"amount": 6000}, "REVIEW_REQUIRED", {"HIGH_AMOUNT", "ROUND_AMOUNT"}),
        ("Corner Shop", {"amount": 6000, "currency": "CHF"}, "FRAUD_SUSPECTED", {"UNUSUAL_CURRENCY"}),
        ("Fake Goods", {"amount": 10}, "REVIEW_REQUIRED", {"SUSPICIOUS_MERCHANT"}),
        ("Fake Goods", {"amount": 3000}, "FRAUD_SUSPECTED", {"SUSPICIOUS_MERCHANT", "ROUND_AMOUNT"}),
        ("Corner Shop", {"amount": 5000}, "APPROVED", {"ROUND_AMOUNT"}),
    ],
)
def test_the_points_decide(
    merchant_api: MerchantApi,
    payment: Payment,
    new_id: Callable[[str], str],
    merchant: str,
    change: dict[str, Any],
    status: str,
    reasons: set[str],
) -> None:
    document = payment(merchant_id=merchant_api.put_merchant(new_id("merchant"), name=merchant), **change)

    merchant_api.submit(document)
    row = merchant_api.settled(document["transaction_id"])

    assert row["status"] == status
    assert reasons <= {reason["code"] for reason in row["decision"]["reasons"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": "12.50"}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"transaction_id": ""}, "transaction_id"),
        ({"merchant_id": ...}, "merchant_id"),
        ({"account_id": "acc-1"}, "account_id"),
    ],
)
def test_a_bad_request_is_told_the_field(
    merchant_api: MerchantApi, payment: Payment, change: dict[str, Any], field: str
) -> None:
    answer = merchant_api.submit(payment(**change))

    check_against_document(answer, "/transaction", "post", DOCUMENT)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        (None, "UNKNOWN_MERCHANT"),
        ({"active": False}, "INACTIVE_MERCHANT"),
        ({"max_transaction_amount": 10}, "AMOUNT_OVER_MERCHANT_LIMIT"),
    ],
)
def test_a_merchant_refuses_what_its_configuration_does_not_allow(
    merchant_api: MerchantApi,
    payment: Payment,
    new_id: Callable[[str], str],
    attributes: dict[str, Any] | None,
    code: str,
) -> None:
    merchant = new_id(code.lower())
    if attributes is not None:
        merchant_api.put_merchant(merchant, **attributes)
    document = payment(merchant_id=merchant)

    answer = merchant_api.submit(document)

    check_against_document(answer, "/transaction", "post", DOCUMENT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert merchant_api.row(document["transaction_id"]) == {}


@pytest.mark.needs("api-keys")
def test_a_call_without_the_key_is_refused(merchant_api: MerchantApi, payment: Payment) -> None:
    document = payment()

    assert opened_by_bad_keys(merchant_api, DOCUMENT) == {}
    assert merchant_api.submit(document, key="").status_code == 403
    assert merchant_api.row(document["transaction_id"]) == {}


def test_a_repetition_gets_the_same_answer_and_another_body_a_conflict(
    merchant_api: MerchantApi, payment: Payment
) -> None:
    document = payment()
    merchant_api.submit(document)
    decided = merchant_api.settled(document["transaction_id"])

    again = merchant_api.submit(document)
    other = merchant_api.submit({**document, "amount": 13})

    check_against_document(other, "/transaction", "post", DOCUMENT)
    assert (again.status_code, again.json()["status"]) == (200, "APPROVED")
    assert other.status_code == 409
    assert merchant_api.row(document["transaction_id"]) == decided


def test_of_many_bodies_with_one_id_sent_at_once_exactly_one_is_accepted(
    merchant_api: MerchantApi, payment: Payment
) -> None:
    documents = [payment(amount=amount) for amount in range(1, 9)]

    with ThreadPoolExecutor(max_workers=8) as pool:
        codes = list(pool.map(lambda document: merchant_api.submit(document).status_code, documents))

    accepted = [document["amount"] for document, code in zip(documents, codes) if code == 202]
    assert sorted(codes) == [202] + [409] * 7
    assert merchant_api.settled(documents[0]["transaction_id"])["amount"] == accepted[0]


def test_a_transaction_that_cannot_be_processed_is_recorded_as_failed_and_alerted(
    merchant_api: MerchantApi, payment: Payment, new_id: Callable[[str], str]
) -> None:
    merchant = merchant_api.put_merchant(new_id("breaks"))
    document, healthy = payment("bad", merchant_id=merchant), payment("good")
    inbox = merchant_api.inbox(merchant_api.outputs["sns_topic_arn"], new_id("inbox"))
    with merchant_api.paused(merchant_api.function("fraud_detection")):
        merchant_api.submit(document)
        merchant_api.submit(healthy)
        merchant_api.put_merchant(merchant, max_transaction_amount="not a number")

    row = merchant_api.settled(document["transaction_id"], seconds=120.0)
    alert = merchant_api.messages(inbox, lambda message: document["transaction_id"] in message["Body"])

    assert row["status"] == "FAILED"
    assert [line["status"] for line in row["history"]] == ["RECEIVED", "FAILED"]
    assert document["transaction_id"] in row["failure"]["original_message"]
    assert "TRANSACTION_FAILED" in alert["Body"]
    assert merchant_api.settled(healthy["transaction_id"])["status"] == "APPROVED"


def test_failed_transactions_are_listed_and_decided_again_by_the_operators_tool(
    merchant_api: MerchantApi, payment: Payment, new_id: Callable[[str], str], tmp_path: Path
) -> None:
    merchant = merchant_api.put_merchant(new_id("mended"))
    documents = [payment(f"failed-{number}", merchant_id=merchant) for number in range(2)]
    ids = [document["transaction_id"] for document in documents]
    with merchant_api.paused(merchant_api.function("fraud_detection")):
        for document in documents:
            merchant_api.submit(document)
        merchant_api.put_merchant(merchant, max_transaction_amount="not a number")
    assert [merchant_api.settled(key, seconds=120.0)["status"] for key in ids] == ["FAILED"] * 2
    merchant_api.put_merchant(merchant)
    name = systems.MERCHANT_API.name

    listed = redrive(merchant_api, name, tmp_path)
    ordered = redrive(merchant_api, name, tmp_path, "--account", "acc-1")
    released = [
        redrive(merchant_api, name, tmp_path, "--transaction", key, "--execute", "--reason", "the row is mended")
        for key in ids
    ]
    again = redrive(merchant_api, name, tmp_path, "--transaction", ids[0], "--execute")

    assert [f"  {key}: FAILED" in listed.stdout for key in ids] == [True] * 2, listed
    assert ordered.returncode == 1
    assert "merchant_api has no accounts, and nothing waits there: name a TRANSACTION" in ordered.stderr
    assert [done.returncode for done in released] == [0, 0], released
    rows = [merchant_api.row(key) for key in ids]
    assert [row["status"] for row in rows] == ["APPROVED"] * 2
    assert [line["status"] for line in rows[0]["history"]] == ["RECEIVED", "FAILED", "RECEIVED", "APPROVED"]
    assert rows[0]["history"][2]["reason"] == "RELEASED: the row is mended"
    assert again.returncode == 1
    assert f"{ids[0]} is APPROVED, not FAILED: there is nothing to do" in again.stdout


def test_what_was_stored_and_never_queued_is_swept_and_decided(merchant_api: MerchantApi, payment: Payment) -> None:
    transaction = from_document({**payment(), "amount": "7.25"})
    long_ago = datetime.now(timezone.utc) - timedelta(hours=1)
    row = received_row(accept(transaction, long_ago, "crashed"), timedelta(minutes=1))
    merchant_api.client("dynamodb").put_item(
        TableName=merchant_api.outputs["transaction_table_name"], Item=to_item(row)
    )

    # The schedule fires every minute; nobody else calls the sweeper here.
    assert merchant_api.settled(transaction.transaction_id, seconds=150.0)["status"] == "APPROVED"


def test_logs_carry_ids_and_no_payloads(merchant_api: MerchantApi, payment: Payment) -> None:
    document = payment(amount=4321.99)
    merchant_api.submit(document)
    merchant_api.submit({**document, "card_number": "4111111111111111"})
    merchant_api.settled(document["transaction_id"])

    lines = "".join(
        text
        for purpose in ("validation", "fraud_detection")
        for text in merchant_api.log_texts(merchant_api.function(purpose))
    )

    assert document["transaction_id"] in lines
    for secret in ("4111111111111111", "4321.99", merchant_api.key):
        assert secret not in lines


def test_what_clients_write_freely_stays_out_of_logs(merchant_api: MerchantApi, payment: Payment) -> None:
    """The lines are read when all tests of the system have ended, see `read_logs` in deployed.py."""
    merchant_api.put_merchant("tailor", name=f"{PLANTED} Tailors")
    document = payment(merchant_id="tailor", amount=9000)
    (request,) = requests_of("merchant_api")

    assert {answer.status_code for answer in plant(merchant_api, request, payment())} <= {400, 403, 404}
    assert merchant_api.submit(document).status_code == 202
    merchant_api.settled(document["transaction_id"])


def test_a_second_plan_changes_nothing_beyond_the_emulators_read_back_gaps(merchant_api: MerchantApi) -> None:
    assert not merchant_api.changes_of_a_second_plan()


@pytest.mark.needs("iam")
def test_no_function_may_do_what_its_policy_does_not_name(merchant_api: MerchantApi) -> None:
    assert refusals.functions(merchant_api)
    assert refusals.not_refused(merchant_api) == {}


@pytest.mark.parametrize(("alarm", "topic"), [("fraud-rate", "fraud-alerts"), ("api-errors", "processing-failures")])
def test_an_alarm_reaches_the_topic_of_those_whom_it_concerns(
    merchant_api: MerchantApi, alarm: str, topic: str
) -> None:
    assert reaches_its_topic(merchant_api, f"merchant-api-{alarm}-dev", f"merchant-api-{topic}-dev")
