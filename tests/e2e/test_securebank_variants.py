"""examples/securebank with other ways in: tokens of a user pool, and the gateway's own way to the stream.

They are applied over the deployment of the other files, and stay: these tests are the last of the system.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.e2e.access import Route
from tests.e2e.access import statuses as statuses_of
from tests.e2e.deployed import wait_for
from tests.e2e.securebank import DOCUMENT, Payment, SecureBank
from tests.e2e.signing import Signer

LIST = "/customers/{customer_id}/transactions"
PASSWORD = f"Aa1-{uuid.uuid4().hex}"  # of users of a pool that the test throws away


@dataclass(frozen=True)
class Users:
    """Users of the system's pool, and how they log in."""

    cognito: Any
    pool_id: str
    client_id: str

    @classmethod
    def of(cls, securebank: SecureBank, pool_id: str) -> Users:
        """Return the users of a pool; a client is made that logs in by password alone."""
        cognito = securebank.client("cognito-idp")
        client = cognito.create_user_pool_client(
            UserPoolId=pool_id, ClientName="tests", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
        )
        return cls(cognito, pool_id, client["UserPoolClient"]["ClientId"])

    def tokens(self, customer_id: str | None = None, group: str | None = None) -> dict[str, str]:
        """Make a user and return the tokens of a login."""
        name = f"{uuid.uuid4().hex}@example.com"
        claims = [{"Name": "custom:customer_id", "Value": customer_id}] if customer_id else []
        made = self.cognito.admin_create_user(
            UserPoolId=self.pool_id,
            Username=name,
            UserAttributes=claims,
            TemporaryPassword=PASSWORD,
            MessageAction="SUPPRESS",
        )
        user = {"UserPoolId": self.pool_id, "Username": made["User"]["Username"]}
        self.cognito.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        if group:
            self.cognito.admin_add_user_to_group(**user, GroupName=group)
        login = self.cognito.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
        return dict(login["AuthenticationResult"])

    def expired(self, customer_id: str) -> str:
        """Return an ID token that is at its end, or will be in a second: of a client that AWS would not make."""
        short = self.cognito.create_user_pool_client(
            UserPoolId=self.pool_id,
            ClientName="short",
            ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
            IdTokenValidity=1,
            TokenValidityUnits={"IdToken": "seconds"},
        )
        client_id = short["UserPoolClient"]["ClientId"]
        return replace(self, client_id=client_id).tokens(customer_id)["IdToken"]

    def headers(self, customer_id: str | None = None, group: str | None = None) -> dict[str, str]:
        """Return what a request of a new user carries."""
        return {"Authorization": self.tokens(customer_id, group)["IdToken"]}


@pytest.fixture(scope="module")
def users(securebank: SecureBank) -> Users:
    """Have the API ask for a token beside the key."""
    securebank.apply_again("module.api", "module.user_pool", api='{authorization = "JWT"}')
    return Users.of(securebank, securebank.outputs["user_pool_id"])


def statuses(securebank: SecureBank, headers: dict[str, str], customer: str, transaction_id: str) -> dict[str, int]:
    """Return how each read of a customer's data is answered."""
    reads: dict[str, Callable[[], Any]] = {
        "transaction": lambda: securebank.read("/transactions/{transaction_id}", transaction_id, headers=headers),
        "list": lambda: securebank.read(LIST, customer, headers=headers),
        "insights": lambda: securebank.read("/fraud/insights", headers=headers, customer_id=customer),
        "all insights": lambda: securebank.read("/fraud/insights", headers=headers),
    }
    return {name: read().status_code for name, read in reads.items()}


@pytest.mark.needs("user-pool-tokens")
def test_a_token_opens_its_own_customer_and_no_other(
    securebank: SecureBank, users: Users, payment: Payment, new_id: Callable[[str], str]
) -> None:
    document = payment()
    customer, transaction_id = document["customer_id"], document["transaction_id"]
    own, other, nobody = users.headers(customer), users.headers(new_id("other")), users.headers()
    operator = users.headers(group="operators")

    assert securebank.submit(document, headers=other).status_code == 403
    assert securebank.row(transaction_id) == {}
    assert securebank.submit(document, headers=own).status_code == 202
    securebank.settled(transaction_id)

    refused = {"transaction": 404, "list": 403, "insights": 403, "all insights": 403}
    assert statuses(securebank, own, customer, transaction_id) == {
        "transaction": 200,
        "list": 200,
        "insights": 200,
        "all insights": 403,
    }
    assert statuses(securebank, other, customer, transaction_id) == refused
    assert statuses(securebank, nobody, customer, transaction_id) == refused
    assert set(statuses(securebank, operator, customer, transaction_id).values()) == {200}


@pytest.mark.needs("user-pool-tokens")
def test_what_is_no_token_of_the_pool_opens_nothing(
    securebank: SecureBank, users: Users, payment: Payment, new_id: Callable[[str], str]
) -> None:
    document = payment()
    foreign_pool = users.cognito.create_user_pool(PoolName=new_id("foreign"))["UserPool"]["Id"]
    tokens = users.tokens(document["customer_id"])
    head, claims, signature = tokens["IdToken"].split(".")
    attempts = {
        "none": {},
        "no token": {"Authorization": "x"},
        "other claims under its signature": {"Authorization": f"{head}.{claims[:-8]}AAAAAAAA.{signature}"},
        "another pool's": Users.of(securebank, foreign_pool).headers(),
    }

    for name, headers in attempts.items():
        assert securebank.submit(document, headers=headers).status_code == 401, name
        answers = statuses(securebank, headers, document["customer_id"], document["transaction_id"])
        assert set(answers.values()) == {401}, name
    # AWS turns it away like the others; an emulator that does not still has a token that names no customer.
    access = {"Authorization": tokens["AccessToken"]}
    answers = statuses(securebank, access, document["customer_id"], document["transaction_id"])
    assert {securebank.submit(document, headers=access).status_code, *answers.values()} <= {401, 403, 404}
    without_key = securebank.submit(document, key="", headers={"Authorization": tokens["IdToken"]})
    assert without_key.status_code == 403
    assert securebank.row(document["transaction_id"]) == {}


# How an operation answers a token of another customer about what is not that customer's, or of no customer at all.
NOT_YOURS = {
    "submitTransaction": 403,
    "getTransaction": 404,
    "listCustomerTransactions": 403,
    "recordLabel": 403,
    "getFraudInsights": 403,
    "getHealth": 200,  # of nobody
}


@pytest.mark.needs("user-pool-tokens")
def test_every_route_is_closed_to_every_bad_token(
    securebank: SecureBank, users: Users, new_id: Callable[[str], str]
) -> None:
    foreign_pool = users.cognito.create_user_pool(PoolName=new_id("foreign"))["UserPool"]["Id"]
    good = users.tokens("cust-42")["IdToken"]
    head, claims, signature = good.split(".")
    bad = {
        "missing": None,
        "no token": "x",
        "altered": f"{head}.{claims[:-8]}AAAAAAAA.{signature}",
        "unsigned": f"{head}.{claims}.",
        "of no algorithm": f"eyJhbGciOiJub25lIn0.{claims}.",
        "another pool's": Users.of(securebank, foreign_pool).tokens("cust-42")["IdToken"],
        "expired": users.expired("cust-42"),
    }

    def ask(token: str | None) -> dict[str, int]:
        headers = {} if token is None else {"Authorization": token}
        return statuses_of(DOCUMENT, lambda route: route.call(securebank, headers=headers))

    wait_for(lambda: set(ask(bad["expired"]).values()) == {401}, "the token to expire")
    for name, token in bad.items():
        assert set(ask(token).values()) == {401}, name
    assert 401 not in ask(good).values()
    without_key = statuses_of(DOCUMENT, lambda route: route.call(securebank, key="", headers={"Authorization": good}))
    assert set(without_key.values()) == {403}


@pytest.mark.needs("user-pool-tokens")
def test_every_route_keeps_one_tenant_from_anothers(
    securebank: SecureBank, users: Users, payment: Payment, new_id: Callable[[str], str]
) -> None:
    document = payment()
    securebank.submit(document, headers=users.headers(group="operators"))
    securebank.settled(document["transaction_id"])
    parts = {name: document[name] for name in ("transaction_id", "customer_id")}

    for headers in (users.headers(new_id("other")), users.headers()):
        answers = statuses_of(DOCUMENT, partial(Route.call, deployed=securebank, headers=headers), **parts)
        assert answers == NOT_YOURS


@pytest.fixture(scope="module")
def signed(securebank: SecureBank) -> SecureBank:
    """Have the API ask for signed requests beside the key."""
    securebank.apply_again("module.api", api='{authorization = "AWS_IAM"}')
    return securebank


@pytest.mark.needs("iam")
def test_every_route_is_closed_to_every_bad_signature(signed: SecureBank) -> None:
    operator = Signer.of(signed)
    stranger = operator.without_permissions()
    calls: dict[str, Callable[[Route], Any]] = {
        "missing": lambda route: route.call(signed),
        "wrong": lambda route: replace(operator, secret="guessed").call(signed, route),
        "unknown": lambda route: replace(operator, key="AKIA" + 16 * "X").call(signed, route),
        "expired": lambda route: operator.call(signed, route, age=timedelta(hours=1)),
        "another's": lambda route: stranger.call(signed, route),
        "without the key": lambda route: operator.call(signed, route, api_key=""),
    }

    for name, call in calls.items():
        assert set(statuses_of(DOCUMENT, call).values()) == {403}, name
    assert 403 not in statuses_of(DOCUMENT, lambda route: operator.call(signed, route)).values()


@pytest.fixture(scope="module")
def direct(securebank: SecureBank) -> SecureBank:
    """Have the gateway put transactions on the stream by itself."""
    securebank.apply_again("module.api", api="{submit_directly = true}")
    return securebank


@pytest.mark.needs("gateway-to-kinesis")
def test_what_the_gateway_puts_on_the_stream_itself_is_decided_once_in_order(
    direct: SecureBank, payment: Payment
) -> None:
    documents = [payment(f"{number}") for number in range(3)]
    ids = [document["transaction_id"] for document in documents]

    for document in [*documents, documents[0]]:
        answer = direct.submit(document)
        assert (answer.status_code, answer.json()["status"]) == (202, "pending_fraud_check")

    wait_for(lambda: all(direct.row(each) for each in ids), "the stream to be read")
    assert [direct.settled(each)["sequence"] for each in ids] == [1, 2, 3]
    assert direct.customer(documents[0]["customer_id"])["transaction_count"] == 3


@pytest.mark.needs("gateway-to-kinesis")
def test_the_gateway_refuses_what_breaks_the_schema_and_sets_aside_what_only_the_reader_can_refuse(
    direct: SecureBank, payment: Payment
) -> None:
    bad, unknown_currency = payment("1", amount=-1), payment("2", currency="XXX")

    assert direct.call("POST", "/transactions", json=bad).status_code == 400
    assert direct.submit(unknown_currency).status_code == 202

    row = wait_for(
        lambda: next((row for row in direct.refused_records() if row["rejection"]["field"] == "currency"), None),
        "the refusal of the currency",
    )
    assert row["status"] == "REJECTED"
    assert direct.row(unknown_currency["transaction_id"]) == {}
    assert unknown_currency["merchant_id"] not in str(row)
