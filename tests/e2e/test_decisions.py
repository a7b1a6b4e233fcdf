"""What decides: replayable decisions, and a policy document that changes while everything runs."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from pipeline.aws.dynamo import to_bytes, to_item
from pipeline.aws.models import load_models
from pipeline.domain.evidence import whole_decision
from pipeline.domain.profile import AccountProfile
from pipeline.domain.records import decision_attributes, stored_features
from pipeline.scoring.document import parse
from pipeline.scoring.engine import DecisionEngine, account_bucket
from scripts import paths
from tests.e2e.api_document import check_against_document
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for
from tests.e2e.policies import Purchase, decided, document_of, policy, probe, put_document, suspicious

NewId = Callable[[str], str]

MODELS = load_models(paths.LAMBDA_SRC / "models")


def test_a_decision_says_what_it_saw_why_and_what_others_would_have_decided(
    flagship: Flagship, purchase: Purchase
) -> None:
    transaction = suspicious(flagship, purchase)

    decision = decided(flagship, transaction)
    told = flagship.call("GET", f"/v1/transactions/{transaction['transaction_id']}")

    document = document_of(flagship)
    others = [name for name in document["shadows"] if name != document["champion"]]
    assert (decision["policy"], decision["decided_by"]) == (document["champion"], "champion")
    assert decision["document_version"] == document["version"]
    assert [shadow["policy"] for shadow in decision["shadows"]] == others != []
    assert decision["features"]["amount"] == "7000"
    assert decision["reasons"][0]["code"] == "SUSPICIOUS_MERCHANT"
    check_against_document(told, "/v1/transactions/{transaction_id}", "get")
    assert [shadow["policy"] for shadow in told.json()["decision"]["shadows"]] == others


def test_a_decision_is_replayed_bit_for_bit_from_its_row(flagship: Flagship, purchase: Purchase, new_id: NewId) -> None:
    account = new_id("replayed")
    engine = DecisionEngine(parse(json.dumps(document_of(flagship))), MODELS)
    places = [(48.8566, 2.3522), (40.7128, -74.006), (51.5, -0.12)]
    rows = []
    for number, (latitude, longitude) in enumerate(places):
        document = purchase(
            str(number),
            account_id=account,
            amount=12.34 * 10**number,
            category="grocery",
            channel="online",
            location={"latitude": latitude, "longitude": longitude},
        )
        document["amount"] = round(document["amount"], 2)
        flagship.submit(document)
        rows.append(flagship.settled(document["transaction_id"]))

    for row in rows:
        replayed = engine.replay(stored_features(whole_decision(row)))
        assert to_item(decision_attributes(replayed)) == to_item(whole_decision(row))
    assert whole_decision(rows[-1])["features"]["account_transactions"] == 2
    assert whole_decision(rows[-1])["features"]["distance_thousandths_mile"] > 3_000_000


def test_an_account_is_known_by_at_most_a_kilobyte(flagship: Flagship, purchase: Purchase, new_id: NewId) -> None:
    account = new_id("habitual")
    merchants = [flagship.put_merchant(new_id(f"m{number}")) for number in range(30)]
    documents = [
        purchase(
            str(number), account_id=account, merchant_id=merchant, amount=number + 1, category=f"category_{number}"
        )
        for number, merchant in enumerate(merchants)
    ]
    for document in documents:
        flagship.submit(document)
    flagship.settled(documents[-1]["transaction_id"])

    packed = to_bytes(flagship.account(account)["profile"])

    assert len(packed) <= 1024
    assert AccountProfile.unpack(packed).transactions == 30


def test_a_changed_document_decides_without_a_deployment(flagship: Flagship, purchase: Purchase, new_id: NewId) -> None:
    points = copy.deepcopy(document_of(flagship)["policies"])
    points["points"]["thresholds"] = {"review": 5, "fraud": 10}
    routes = {"high_value": {"amount_above": 900}}
    transaction = purchase(amount=1000)  # a round amount: 10 points

    with policy(flagship, purchase, new_id("strict"), policies=points, champion="points", routes=routes) as document:
        decision = decided(flagship, transaction)

    assert decision["document_version"] == document["version"]
    assert (decision["outcome"], decision["score"]) == ("FRAUD_SUSPECTED", 10)
    assert decision["routes"] == ["high_value"]


def test_a_document_that_does_not_validate_is_refused_and_the_running_one_stays(
    flagship: Flagship, purchase: Purchase, new_id: NewId
) -> None:
    before = document_of(flagship)
    version = new_id("broken")
    put_document(flagship, {**before, "version": version, "champion": "nobody"})

    def refused() -> list[dict[str, Any]]:
        probe(flagship, purchase)
        return [line for line in flagship.log_lines("process") if "policy document is refused" in str(line)]

    lines = wait_for(refused, "the refusal in the log", seconds=20.0)
    decision = decided(flagship, purchase("after"))
    put_document(flagship, before)

    assert lines[-1]["field"] == "champion"
    assert decision["document_version"] == before["version"]
    metrics = [line for line in flagship.log_lines("process") if "_aws" in line and "PolicyRefreshFailed" in line]
    assert {line["service"] for line in metrics} == {"process"}


def test_lists_overrule_the_policy_until_they_expire(flagship: Flagship, purchase: Purchase, new_id: NewId) -> None:
    denied, allowed, expired = new_id("denied"), new_id("allowed"), new_id("expired")
    tomorrow = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
    yesterday = (datetime.now(timezone.utc) - timedelta(days=1)).isoformat()
    lists = {
        "deny": [
            {"kind": "account", "id": denied, "expires_at": tomorrow, "reason": "stolen card"},
            {"kind": "account", "id": expired, "expires_at": yesterday, "reason": "was stolen"},
        ],
        "allow": [{"kind": "account", "id": allowed, "expires_at": tomorrow, "reason": "known customer"}],
    }

    with policy(flagship, purchase, new_id("lists"), lists=lists, champion="points"):
        harmless = decided(flagship, purchase("denied", account_id=denied))
        doubtful = decided(flagship, suspicious(flagship, purchase, "allowed", account_id=allowed))
        ordinary = decided(flagship, purchase("expired", account_id=expired))

    assert (harmless["outcome"], harmless["decided_by"]) == ("FRAUD_SUSPECTED", "deny_list")
    assert (harmless["score"], harmless["reasons"][0]["code"]) == (0, "DENY_LIST")
    assert (doubtful["outcome"], doubtful["decided_by"]) == ("APPROVED", "allow_list")
    assert (doubtful["score"], doubtful["reasons"][0]["code"]) == (100, "ALLOW_LIST")
    assert (ordinary["outcome"], ordinary["decided_by"]) == ("APPROVED", "champion")


def test_a_challenger_decides_for_its_share_of_the_accounts_and_both_are_recorded(
    flagship: Flagship, purchase: Purchase, new_id: NewId
) -> None:
    salt = new_id("salt")
    challenger = {"policy": "weights", "share_basis_points": 5000, "salt": salt}
    names = (new_id(f"tried{number}") for number in itertools.count())
    moved = next(name for name in names if account_bucket(salt, name) < 5000)
    kept = next(name for name in names if account_bucket(salt, name) >= 5000)

    with policy(flagship, purchase, new_id("trial"), challenger=challenger, champion="points"):
        by_challenger = decided(flagship, purchase("moved", account_id=moved))
        by_champion = decided(flagship, purchase("kept", account_id=kept))

    assert (by_challenger["policy"], by_challenger["decided_by"]) == ("weights", "challenger")
    assert "points" in [shadow["policy"] for shadow in by_challenger["shadows"]]
    assert (by_champion["policy"], by_champion["decided_by"]) == ("points", "champion")
    assert "weights" in [shadow["policy"] for shadow in by_champion["shadows"]]


def test_the_kill_switch_leaves_the_decision_to_rules(flagship: Flagship, purchase: Purchase, new_id: NewId) -> None:
    before = document_of(flagship)
    champion = {"champion": "weights", "fallback": "points", "shadows": [*before["policies"]]}

    with policy(flagship, purchase, new_id("killed"), **champion, kill_switch=True):
        decision = decided(flagship, suspicious(flagship, purchase))

    assert (decision["policy"], decision["decided_by"]) == ("points", "fallback")
    assert {shadow["kind"] for shadow in decision["shadows"]} <= {"points", "weights"}
    assert decision["outcome"] == "FRAUD_SUSPECTED"
