"""examples/securebank as deployed: its documented commands, answers, decisions, and each customer's order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e import refusals
from tests.e2e.access import opened_by_bad_keys
from tests.e2e.alarms import reaches_its_topic
from tests.e2e.api_document import check_against_document
from tests.e2e.deployed import wait_for
from tests.e2e.documented import run_commands
from tests.e2e.logs import PLANTED
from tests.e2e.planting import TEXTS, plant, plant_in_paths
from tests.e2e.securebank import DOCUMENT, NEW_YORK, SYSTEM, TOKYO, Payment, SecureBank, at, day_before
from tests.hostile.corpus import VALUES, requests_of

LABELLED_DAYS_AGO = 3
LIST = "/customers/{customer_id}/transactions"


def test_the_documented_commands_work_word_for_word(securebank: SecureBank) -> None:
    printed = run_commands(securebank, SYSTEM, "Use it")

    for part in ('"status":"pending_fraud_check"', '"next_cursor":null', '"date_range":"7d"', '{"status":"ok"}'):
        assert part in printed
    assert securebank.settled("txn-1")["is_fraud"] is False


def test_a_transaction_gets_the_documented_answer_and_a_decision(securebank: SecureBank, payment: Payment) -> None:
    document = payment()

    accepted = securebank.submit(document)

    assert accepted.status_code == 202
    assert accepted.json() == {
        "message": "Transaction validated and queued",
        "transaction_id": document["transaction_id"],
        "status": "pending_fraud_check",
    }
    row = securebank.settled(document["transaction_id"])
    assert (row["status"], row["is_fraud"], row["risk_score"]) == ("APPROVED", False, 0)
    assert row["decision"]["policy"] == "weights"
    assert row["processed_timestamp"] >= row["received_at"]
    read = securebank.read("/transactions/{transaction_id}", document["transaction_id"]).json()
    assert [line["status"] for line in read["history"]] == ["RECEIVED", "APPROVED"]
    assert {name: read[name] for name in document if name != "timestamp"} == {
        name: value for name, value in document.items() if name != "timestamp"
    }


def takeover(payment: Payment) -> list[dict[str, Any]]:
    """Return a takeover of an account: many within the hour, then one that is large and far away."""
    usual = [payment(f"{number}", timestamp=at(minute=5 * number), location=NEW_YORK) for number in range(6)]
    return [*usual, payment("6", timestamp=at(minute=35), location=TOKYO, amount=500)]


def test_a_takeover_is_found_told_and_counted(securebank: SecureBank, payment: Payment) -> None:
    documents = takeover(payment)
    customer = documents[0]["customer_id"]

    rows = [securebank.decided(document) for document in documents]

    assert [row["is_fraud"] for row in rows] == [False] * 6 + [True]
    assert (rows[-1]["status"], rows[-1]["risk_score"]) == ("FRAUD_SUSPECTED", Decimal("0.9"))
    assert [reason["code"] for reason in rows[-1]["decision"]["reasons"]] == [
        "VELOCITY",
        "AMOUNT_ABOVE_AVERAGE",
        "DISTANT",
    ]
    assert securebank.customer(customer)["risk_level"] == "HIGH"
    harmless = wait_for(
        lambda: (page := securebank.listed(customer, include_fraud="false"))["summary"]["count"] == 6 and page,
        "the list to have all",
    )
    assert harmless["summary"]["fraud_count"] == 0
    insights = securebank.insights(customer_id=customer, risk_threshold=0.8)
    assert (insights["transactions"], insights["fraud"], insights["over_threshold"]) == (7, 1, 1)


def test_what_is_known_about_fraud_counts_each_decision_once(securebank: SecureBank, payment: Payment) -> None:
    day = 60  # no other test's
    documents = [payment(f"{number}", timestamp=at(day), amount=number + 1) for number in range(3)]
    for document in documents:
        securebank.decided(document)
    for document in documents:
        assert securebank.submit(document).status_code == 200

    (counted,) = [
        one for one in securebank.insights(date_range="90d")["by_day"] if one["date"] == day_before(day).isoformat()
    ]

    assert (counted["transactions"], counted["fraud"], counted["fraud_rate"]) == (3, 0, 0)


def test_two_transactions_of_a_customer_in_the_same_instant_are_both_kept(
    securebank: SecureBank, payment: Payment
) -> None:
    documents = [payment("1", amount=1), payment("2", amount=2)]

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert [answer.status_code for answer in pool.map(securebank.submit, documents)] == [202, 202]
    rows = [securebank.settled(document["transaction_id"]) for document in documents]

    assert [row["amount"] for row in rows] == [1, 2]
    assert {row["occurred_at"] for row in rows} == {rows[0]["occurred_at"]}
    assert len(securebank.rows(documents[0]["customer_id"])) == 2


def test_a_repetition_gets_the_same_answer_and_another_body_a_conflict(
    securebank: SecureBank, payment: Payment, new_id: Callable[[str], str]
) -> None:
    document = payment()
    decided = securebank.decided(document)

    again = securebank.submit(document)
    others = [
        securebank.submit({**document, **change})
        for change in ({"amount": 13}, {"timestamp": at(2)}, {"customer_id": new_id("another")})
    ]

    assert (again.status_code, again.json()["status"]) == (200, "APPROVED")
    assert [(other.status_code, other.json()["error"]["code"]) for other in others] == [
        (409, "TRANSACTION_CONFLICT")
    ] * 3
    assert securebank.rows(document["customer_id"]) == [decided]


def test_of_many_bodies_with_one_id_sent_at_once_exactly_one_is_accepted(
    securebank: SecureBank, payment: Payment
) -> None:
    documents = [payment(timestamp=at(minute=minute)) for minute in range(8)]

    with ThreadPoolExecutor(max_workers=8) as pool:
        codes = list(pool.map(lambda document: securebank.submit(document).status_code, documents))

    assert sorted(codes) == [202] + [409] * 7
    assert len(securebank.rows(documents[0]["customer_id"])) == 1


@pytest.mark.needs("kinesis-mappings")
def test_many_customers_at_once_are_each_decided_in_their_order(
    securebank: SecureBank, payment: Payment, new_id: Callable[[str], str]
) -> None:
    customers = [new_id(f"cust{number}") for number in range(12)]

    def send(customer: str) -> list[str]:
        documents = [
            payment(f"{customer}-{place}", customer_id=customer, timestamp=at(minute=place), amount=place + 1)
            for place in range(6)
        ]
        assert [securebank.submit(document).status_code for document in documents] == [202] * 6
        return [document["transaction_id"] for document in documents]

    with ThreadPoolExecutor(max_workers=len(customers)) as pool:
        sent = dict(zip(customers, pool.map(send, customers)))

    for customer, ids in sent.items():
        assert [securebank.settled(each)["sequence"] for each in ids] == [1, 2, 3, 4, 5, 6]
        row = securebank.customer(customer)
        assert (row["transaction_count"], row["total_amount"], row["average_amount"]) == (6, 21, Decimal("3.5"))
        assert row["last_transaction_timestamp"].startswith(at(minute=5)[:19])


def test_a_record_that_comes_again_counts_once(securebank: SecureBank, payment: Payment) -> None:
    first, last = payment("1", amount=10), payment("2", amount=20)
    customer = first["customer_id"]
    decided = securebank.decided(first)

    securebank.put_on_stream(customer, *[securebank.record_of(first["transaction_id"])] * 3)
    securebank.decided(last)  # comes after the repetitions

    assert securebank.row(first["transaction_id"]) == decided
    row = securebank.customer(customer)
    assert (row["transaction_count"], row["total_amount"]) == (2, 30)


def test_a_list_is_filtered_summed_and_turned_page_by_page(securebank: SecureBank, payment: Payment) -> None:
    documents = [
        payment("1", timestamp=at(5), amount=10, transaction_type="purchase", merchant_category="groceries"),
        payment("2", timestamp=at(4), amount=20, transaction_type="purchase", merchant_category="travel"),
        payment("3", timestamp=at(3), amount=30, transaction_type="withdrawal"),
        payment("4", timestamp=at(2), amount=1000, currency="JPY", merchant_category="travel"),
    ]
    customer = documents[0]["customer_id"]
    for document in documents:
        securebank.decided(document)
    ids = [document["transaction_id"] for document in documents]

    def listed(**query: Any) -> list[int]:
        return [ids.index(each["transaction_id"]) + 1 for each in securebank.listed(customer, **query)["transactions"]]

    wait_for(lambda: listed(status="APPROVED") == [4, 3, 2, 1], "the list to have all")
    assert listed(type="purchase") == [2, 1]
    assert listed(category="travel") == [4, 2]
    assert listed(status="FRAUD_SUSPECTED") == []
    start, end = day_before(4).isoformat(), day_before(3).isoformat()
    assert listed(start_date=start, end_date=end) == [3, 2]
    assert listed(start_date=at(3)) == [4, 3]
    assert listed(end_date=at(3)) == [2, 1]
    assert securebank.listed(customer)["summary"] == {
        "count": 4,
        "fraud_count": 0,
        "amounts": [
            {"currency": "EUR", "count": 3, "total": "60.00", "average": "20.00"},
            {"currency": "JPY", "count": 1, "total": "1000", "average": "1000"},
        ],
    }
    page = securebank.listed(customer, limit=3)
    assert listed(limit=3) == [4, 3, 2]
    assert listed(limit=3, cursor=page["next_cursor"]) == [1]
    other_filter = securebank.read(LIST, customer, cursor=page["next_cursor"], type="purchase")
    assert (other_filter.status_code, other_filter.json()["error"]["details"]["field"]) == (400, "cursor")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": 12.345}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "2999-01-01T00:00:00Z"}, "timestamp"),
        ({"customer_id": ...}, "customer_id"),
        ({"transaction_type": "gift"}, "transaction_type"),
        ({"location": {"latitude": 91, "longitude": 0}}, "location.latitude"),
        ({"card_number": "4111111111111111"}, "card_number"),
    ],
)
def test_a_bad_request_is_told_the_field(
    securebank: SecureBank, payment: Payment, change: dict[str, Any], field: str
) -> None:
    document = payment(**change)

    answer = securebank.submit(document)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field
    assert securebank.row(document["transaction_id"]) == {}


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (LIST, {"limit": 0}, "limit"),
        (LIST, {"limit": 101}, "limit"),
        (LIST, {"start_date": "last week"}, "start_date"),
        (LIST, {"start_date": "2026-02-02", "end_date": "2026-02-01"}, "end_date"),
        (LIST, {"type": "gift"}, "type"),
        (LIST, {"status": "LOST"}, "status"),
        (LIST, {"include_fraud": "maybe"}, "include_fraud"),
        (LIST, {"cursor": "x"}, "cursor"),
        ("/fraud/insights", {"date_range": "2d"}, "date_range"),
        ("/fraud/insights", {"risk_threshold": 1.1}, "risk_threshold"),
    ],
)
def test_a_bad_question_is_told_the_parameter(
    securebank: SecureBank, path: str, query: dict[str, Any], field: str
) -> None:
    answer = securebank.read(path, "cust-1", **query)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field


def test_what_is_not_there_is_not_found_and_an_unknown_customer_has_an_empty_list(
    securebank: SecureBank, new_id: Callable[[str], str]
) -> None:
    unknown = securebank.read("/transactions/{transaction_id}", new_id("unknown"))

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert securebank.listed(new_id("nobody"))["transactions"] == []


def test_the_service_says_that_it_can_answer(securebank: SecureBank) -> None:
    answer = securebank.read("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.needs("api-keys")
def test_a_call_without_the_key_is_refused(securebank: SecureBank) -> None:
    assert opened_by_bad_keys(securebank, DOCUMENT) == {}


@pytest.mark.needs("api-keys")
def test_without_the_key_a_transaction_reaches_no_function(securebank: SecureBank, payment: Payment) -> None:
    document = payment()

    assert securebank.call("POST", "/transactions", json=document, key="").status_code == 403
    assert securebank.row(document["transaction_id"]) == {}


def test_a_label_is_kept_with_its_transaction_and_comes_into_the_lake(securebank: SecureBank, payment: Payment) -> None:
    document = payment(timestamp=at(LABELLED_DAYS_AGO))
    decided = securebank.decided(document)
    label = {
        "transaction_id": document["transaction_id"],
        "label": "fraud",
        "source": "chargeback",
        "confirmed_at": datetime.now(timezone.utc).isoformat(),
    }

    answers = [securebank.call("POST", "/labels", json=label) for _ in range(2)]

    for answer in answers:
        check_against_document(answer, "/labels", "post", DOCUMENT)
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [
        (200, "recorded"),
        (200, "unchanged"),
    ]
    row = securebank.row(document["transaction_id"])
    assert (row["label"]["value"], row["status"], row["revision"]) == ("fraud", "APPROVED", decided["revision"])
    wait_for(
        lambda: (
            [
                line["label"]
                for line in securebank.lake_lines(day_before(LABELLED_DAYS_AGO))
                if (line["transaction_id"], line["label_revision"]) == (document["transaction_id"], 1)
            ]
            == ["fraud"]
        ),
        "the label in the lake",
    )


def test_logs_carry_ids_and_no_payloads(securebank: SecureBank, payment: Payment) -> None:
    document = payment(amount=4321.98, merchant_name="Telltale Tailors", location=NEW_YORK)
    securebank.decided(document)
    securebank.submit({**document, "card_number": "4111111111111111"})
    securebank.listed(document["customer_id"])

    lines = securebank.log_lines()

    assert document["transaction_id"] in lines
    for secret in ("4111111111111111", "4321.98", "Telltale Tailors", "40.7128", securebank.key):
        assert secret not in lines


def test_what_clients_write_freely_stays_out_of_logs(securebank: SecureBank, payment: Payment) -> None:
    """The lines are read when all tests of the system have ended, see `read_logs` in deployed.py."""
    submission, label = requests_of("securebank")
    names = [value.text() for value in VALUES if value.is_text_for(submission.schema["properties"]["merchant_name"])]
    named = [
        payment(f"name{number}", merchant_name=name[:100], merchant_category=f"{PLANTED}_category")
        for number, name in enumerate([*TEXTS, *names])
    ]

    assert {answer.status_code for answer in plant(securebank, submission, payment())} <= {202, 400, 403, 404, 409}
    assert {answer.status_code for answer in plant(securebank, label, label.good)} <= {400, 403, 404}
    assert {answer.status_code for answer in plant_in_paths(securebank, DOCUMENT)} <= {200, 400, 403, 404}
    assert {securebank.submit(document).status_code for document in named} == {202}
    for document in named:
        assert securebank.settled(document["transaction_id"])["status"] != "FAILED"


def test_a_second_plan_changes_nothing_beyond_the_emulators_read_back_gaps(securebank: SecureBank) -> None:
    assert not securebank.changes_of_a_second_plan()


@pytest.mark.needs("iam")
def test_no_function_may_do_what_its_policy_does_not_name(securebank: SecureBank) -> None:
    assert refusals.functions(securebank)
    assert refusals.not_refused(securebank) == {}


@pytest.mark.parametrize(("alarm", "topic"), [("fraud-rate", "fraud-alerts"), ("api-errors", "processing-failures")])
def test_an_alarm_reaches_the_topic_of_those_whom_it_concerns(securebank: SecureBank, alarm: str, topic: str) -> None:
    assert reaches_its_topic(securebank, f"securebank-{alarm}-dev", f"securebank-{topic}-dev")
