"""The deployed API: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from tests.e2e.access import opened_by_bad_keys, routes
from tests.e2e.api_document import DOCUMENT, check_against_document
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

Purchase = Callable[..., dict[str, Any]]


def submit_text(flagship: Flagship, body: str | bytes) -> requests.Response:
    """Submit a body as it is."""
    return flagship.call("POST", "/v1/transactions", data=body, headers={"Content-Type": "application/json"})


def test_a_transaction_is_accepted_decided_and_told_about(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()

    accepted = flagship.submit(document)
    flagship.settled(document["transaction_id"])
    told = flagship.call("GET", f"/v1/transactions/{document['transaction_id']}")

    check_against_document(accepted, "/v1/transactions", "post")
    check_against_document(told, "/v1/transactions/{transaction_id}", "get")
    assert accepted.status_code == 202
    assert accepted.json() == {
        "message": "Transaction validated and queued",
        "transaction_id": document["transaction_id"],
        "status": "pending_fraud_check",
    }
    assert told.json()["status"] == "APPROVED"
    assert told.json()["amount"] == 12.5
    assert told.json()["decision"]["reasons"] == []


FUTURE = (datetime.now(timezone.utc) + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -0.01}, "amount"),
        ({"amount": "12.50"}, "amount"),
        ({"amount": 1e15}, "amount"),
        ({"amount": 1.001}, "amount"),
        ({"amount": ...}, "amount"),
        ({"transaction_id": "x" * 65}, "transaction_id"),
        ({"transaction_id": 7}, "transaction_id"),
        ({"account_id": "a" * 5000}, "account_id"),
        ({"merchant_id": None}, "merchant_id"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"occurred_at": FUTURE}, "occurred_at"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"location": {"latitude": 95, "longitude": 0}}, "location.latitude"),
        ({"card_number": "4111111111111111"}, "card_number"),
    ],
)
def test_bad_input_gets_a_400_that_names_the_field(
    flagship: Flagship, purchase: Purchase, change: dict[str, Any], field: str
) -> None:
    answer = flagship.submit(purchase(**change))

    check_against_document(answer, "/v1/transactions", "post")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["field"] == field
    assert answer.json()["request_id"]


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e999999999999999999999"])
def test_a_number_that_is_none_is_refused(flagship: Flagship, purchase: Purchase, amount: str) -> None:
    answer = submit_text(flagship, json.dumps(purchase(amount="@")).replace('"@"', amount))

    check_against_document(answer, "/v1/transactions", "post")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"amount": 1, "amount": 2}',
        b"\xff\xfe{}",
        b'{"transaction_id": "\\ud800"}',
        b'{"transaction_id": "' + b"x" * 1_000_000 + b'"}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_is_no_transaction_object_is_a_400(flagship: Flagship, body: bytes) -> None:
    answer = submit_text(flagship, body)

    assert answer.status_code == 400
    if flagship.provides("gateway-responses"):
        check_against_document(answer, "/v1/transactions", "post")


hostile_amounts = pytest.mark.parametrize(
    "amount", ['{"a":' * 20_000 + "1" + "}" * 20_000, "9" * 100_000], ids=["nesting", "digits"]
)


@hostile_amounts
def test_a_hostile_body_is_refused_and_stored_nowhere(flagship: Flagship, purchase: Purchase, amount: str) -> None:
    document = purchase(amount="@")

    answer = submit_text(flagship, json.dumps(document).replace('"@"', amount))

    assert answer.status_code >= 400
    assert flagship.row(document["transaction_id"]) == {}


@pytest.mark.needs("hostile-bodies")
@hostile_amounts
def test_a_hostile_body_is_a_400_like_any_bad_body(flagship: Flagship, purchase: Purchase, amount: str) -> None:
    answer = submit_text(flagship, json.dumps(purchase(amount="@")).replace('"@"', amount))

    check_against_document(answer, "/v1/transactions", "post")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("merchant", "attributes", "amount", "code"),
    [
        ("nobody", None, 1, "UNKNOWN_MERCHANT"),
        ("closed", {"active": False}, 1, "INACTIVE_MERCHANT"),
        ("limited", {"max_transaction_amount": 100}, 100.01, "AMOUNT_OVER_MERCHANT_LIMIT"),
    ],
)
def test_a_merchant_that_cannot_take_it_gets_a_422(
    flagship: Flagship,
    purchase: Purchase,
    merchant: str,
    attributes: dict[str, Any] | None,
    amount: float,
    code: str,
) -> None:
    if attributes is not None:
        flagship.put_merchant(merchant, **attributes)
    document = purchase(merchant_id=merchant, amount=amount)

    answer = flagship.submit(document)

    check_against_document(answer, "/v1/transactions", "post")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert flagship.row(document["transaction_id"]) == {}


def test_the_same_again_gets_the_same_answer_and_has_no_second_effect(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()

    answers = [flagship.submit(document) for _ in range(3)]
    flagship.settled(document["transaction_id"])
    late = flagship.submit(document)

    assert {answer.status_code for answer in answers} <= {200, 202}
    assert (late.status_code, late.json()["status"]) == (200, "APPROVED")
    check_against_document(late, "/v1/transactions", "post")
    assert flagship.account(document["account_id"])["commits"] == 1


def test_the_same_id_with_another_body_is_a_409_and_the_first_stands(flagship: Flagship, purchase: Purchase) -> None:
    document = purchase()
    flagship.submit(document)

    answer = flagship.submit({**document, "amount": 99})

    check_against_document(answer, "/v1/transactions", "post")
    assert answer.status_code == 409
    assert flagship.settled(document["transaction_id"])["amount"] == 12.5


@pytest.mark.needs("api-keys")
def test_without_its_key_every_route_is_closed(flagship: Flagship) -> None:
    assert opened_by_bad_keys(flagship, DOCUMENT) == {}


@pytest.mark.needs("api-keys")
@pytest.mark.parametrize("key", ["", "wrong-key-wrong-key-wrong-key"])
def test_without_its_key_a_transaction_reaches_no_function(flagship: Flagship, purchase: Purchase, key: str) -> None:
    document = purchase()

    answer = flagship.submit(document, key=key)

    assert answer.status_code == 403
    assert flagship.row(document["transaction_id"]) == {}


@pytest.mark.needs("gateway-responses")
def test_a_closed_route_says_so_in_the_form_of_every_error(flagship: Flagship) -> None:
    for route in routes(DOCUMENT):
        refused = route.call(flagship, key="").json()

        assert refused["error"]["code"] == "FORBIDDEN"
        assert refused["request_id"]


def test_an_account_is_listed_newest_first_a_page_at_a_time(flagship: Flagship, purchase: Purchase) -> None:
    documents = [purchase(str(i)) for i in range(5)]
    for document in documents:
        flagship.submit(document)
    path = f"/v1/accounts/{documents[0]['account_id']}/transactions"

    listed: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        answer = flagship.call("GET", path, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        check_against_document(answer, "/v1/accounts/{account_id}/transactions", "get")
        listed += [row["transaction_id"] for row in answer.json()["transactions"]]
        cursor = answer.json()["next_cursor"]

    assert listed == [document["transaction_id"] for document in reversed(documents)]
    assert cursor is None


@pytest.mark.parametrize(
    ("query", "field"),
    [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"limit": "x"}, "limit"), ({"cursor": "bogus"}, "cursor")],
)
def test_a_bad_page_request_names_its_parameter(flagship: Flagship, query: dict[str, Any], field: str) -> None:
    answer = flagship.call("GET", "/v1/accounts/acc/transactions", params=query)

    check_against_document(answer, "/v1/accounts/{account_id}/transactions", "get")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)


def test_an_unknown_transaction_is_a_404(flagship: Flagship) -> None:
    answer = flagship.call("GET", "/v1/transactions/never-seen")

    check_against_document(answer, "/v1/transactions/{transaction_id}", "get")
    assert answer.status_code == 404


def test_health_answers(flagship: Flagship) -> None:
    answer = flagship.call("GET", "/v1/health")

    check_against_document(answer, "/v1/health", "get")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_the_gateway_serves_exactly_the_documented_operations(flagship: Flagship) -> None:
    gateway = flagship.client("apigateway")

    served = {
        (resource["path"], method.lower())
        for resource in gateway.get_resources(restApiId=flagship.api_id, limit=500)["items"]
        for method in resource.get("resourceMethods", {})
    }

    assert served == {(path, verb) for path, item in DOCUMENT["paths"].items() for verb in item if verb != "parameters"}


def test_a_merchant_that_is_switched_off_soon_takes_nothing_more(
    flagship: Flagship, purchase: Purchase, new_id: Callable[[str], str]
) -> None:
    merchant = flagship.put_merchant(new_id("closing"))
    assert flagship.submit(purchase("1", merchant_id=merchant)).status_code == 202

    flagship.put_merchant(merchant, active=False)

    counter = iter(range(1000))
    wait_for(
        lambda: flagship.submit(purchase(f"c{next(counter)}", merchant_id=merchant)).status_code == 422,
        "the merchant's cached configuration to expire",
    )
