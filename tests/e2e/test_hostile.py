"""The deployed flagship under the corpus of hostile requests (tests/hostile): refused, kept nowhere, told in no log."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from tests.e2e.api_document import DOCUMENT, check_against_document
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for
from tests.e2e.logs import PLANTED
from tests.e2e.planting import plant, plant_in_paths
from tests.e2e.raw import exchange
from tests.hostile.corpus import BODIES, TRICKS, VALUES, Body, Request, Trick, Value, requests_of

pytestmark = pytest.mark.needs("hostile-bodies")

Purchase = Callable[..., dict[str, Any]]

REQUESTS = requests_of("flagship")
TEN_MEGABYTES = 10 * 1024 * 1024

every_request = pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: one.operation)


def check_refused(request: Request, answer: requests.Response) -> None:
    """Fail unless an answer is the documented 400."""
    check_against_document(answer, request.path, "post", DOCUMENT)
    assert answer.status_code == 400


@every_request
@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.name)
def test_a_hostile_value_is_refused_in_every_field(
    flagship: Flagship, new_id: Callable[[str], str], request_: Request, value: Value
) -> None:
    transaction_id = new_id("hostile")
    request = replace(request_, good={**request_.good, "transaction_id": transaction_id})
    for field, _ in request.fields():
        body = request.with_value(field, value)

        answer = flagship.call("POST", request.path, data=body.encode(), headers={"content-type": "application/json"})

        check_refused(request, answer)
        named = answer.json()["error"]["details"]["field"]
        # The gateway refuses a body that is no JSON, and names no field.
        assert named == field or named.startswith(f"{field}.") or named == "body", f"{field}: {named}"
    assert flagship.row(transaction_id) == {}


@every_request
@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_a_hostile_body_is_refused(flagship: Flagship, purchase: Purchase, request_: Request, body: Body) -> None:
    good = purchase()

    answer = flagship.call("POST", request_.path, data=body.content(good), headers=body.headers)

    check_refused(request_, answer)
    assert flagship.row(good["transaction_id"]) == {}


@every_request
def test_a_body_of_ten_megabytes_is_refused(flagship: Flagship, purchase: Purchase, request_: Request) -> None:
    """With 413 on AWS, whose gateway takes no more; the function, which this emulator lets it come to, says 400."""
    good = purchase(category="a" * TEN_MEGABYTES)

    answer = flagship.call("POST", request_.path, json=good)

    assert answer.status_code in (400, 413)
    assert flagship.row(good["transaction_id"]) == {}


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
def test_a_trick_gets_one_answer_and_nothing_by_it(flagship: Flagship, trick: Trick) -> None:
    got = exchange(flagship, trick.lines, trick.body)

    assert len(got.statuses) <= 1, "the bytes were taken for several requests"
    assert got.statuses or got.is_cut
    assert set(got.statuses) <= set(trick.statuses)
    assert "set-cookie" not in got.text.lower().split("\r\n\r\n")[0]


@every_request
def test_a_request_cannot_choose_the_id_that_it_is_known_by(flagship: Flagship, request_: Request) -> None:
    chosen = {"x-amzn-requestid": "chosen", "x-amz-request-id": "chosen", "x-correlation-id": "chosen"}

    answer = flagship.call("POST", request_.path, json={"transaction_id": 1}, headers=chosen)

    assert answer.status_code == 400
    assert "chosen" not in answer.text


def test_what_clients_write_freely_stays_out_of_logs_and_events(flagship: Flagship, purchase: Purchase) -> None:
    """The lines are read when all tests of the system have ended, see `read_logs` in deployed.py."""
    flagship.put_merchant("tailor", name=f"{PLANTED} Tailors")
    document = purchase(merchant_id="tailor", category=f"{PLANTED}_category", amount=6000)
    for request in REQUESTS:
        answers = plant(flagship, request, purchase() if request.operation == "submitTransaction" else request.good)
        assert {answer.status_code for answer in answers} <= {400, 403, 404}
    assert {answer.status_code for answer in plant_in_paths(flagship, DOCUMENT)} <= {200, 400, 403, 404}

    assert flagship.submit(document).status_code == 202
    flagship.settled(document["transaction_id"])
    wait_for(
        lambda: document["transaction_id"] in json.dumps(flagship.archived()), "the event of the planted transaction"
    )
