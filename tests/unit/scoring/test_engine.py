"""The engine: who decides, who shadows, what lists and switches do, and that a replay is the same."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from pipeline.aws.dynamo import from_item, to_item
from pipeline.domain.account import Account
from pipeline.domain.decision import Decision
from pipeline.domain.records import decision_attributes, stored_features
from pipeline.domain.status import Status
from pipeline.scoring.artifact import load
from pipeline.scoring.document import PolicyDocumentError
from pipeline.scoring.engine import BUCKETS, DecisionEngine, account_bucket
from tests.factories import RECEIVED_AT, acceptance, account, merchant
from tests.unit.scoring import artifacts, documents
from tests.unit.scoring.documents import entry

MODEL = load(json.dumps(artifacts.content()))
SHA256 = MODEL.description.sha256
RISKY = "Contest Winners"


def engine(**changes: Any) -> DecisionEngine:
    return DecisionEngine(documents.document(SHA256, **changes), {SHA256: MODEL})


def decide(name: str = "Corner Shop", account_id: str = "acc", amount: str = "12.50", **changes: Any) -> Decision:
    return engine(**changes).decide(
        acceptance(account_id=account_id, amount=Decimal(amount)), account(account_id=account_id), merchant(name)
    )


def without_account(transaction_id: str, **changes: Any) -> Decision:
    """Return the decision on a transaction of a system without accounts."""
    accepted = acceptance(transaction_id)
    accepted = replace(accepted, transaction=replace(accepted.transaction, account_id=None))
    return engine(**changes).decide(accepted, Account(accepted.account_key), merchant())


def challenger(share: int, policy: str = "weights", salt: str = "1") -> dict[str, Any]:
    return {"policy": policy, "share_basis_points": share, "salt": salt}


def test_the_champion_decides_and_the_others_shadow() -> None:
    decision = decide(RISKY)

    assert (decision.policy, decision.policy_version, decision.decided_by) == ("points", "1", "champion")
    assert (decision.score, decision.outcome) == (40, Status.REVIEW_REQUIRED)
    assert decision.document_version == "test-1"
    assert decision.model_version is None
    assert [shadow.policy for shadow in decision.shadows] == ["model", "weights", "combined"]
    assert decision.shadows[0].model_version == MODEL.version
    assert decision.shadows[2].score == decision.shadows[0].score + 2000 * 40 + 20_000 * decision.shadows[1].score


def test_a_policy_that_is_named_nowhere_does_not_run() -> None:
    decision = decide(challenger=None, shadows=["weights"])

    assert [shadow.policy for shadow in decision.shadows] == ["weights"]
    assert set(engine(challenger=None, shadows=[]).results(decision.features)) == {
        "points", "weights", "model", "combined",
    }  # fmt: skip


def test_naming_a_policy_twice_runs_it_once() -> None:
    decision = decide(shadows=["points", "model"], champion="points")

    assert [shadow.policy for shadow in decision.shadows] == ["model"]


@pytest.mark.parametrize("champion", ["weights", "model", "combined"])
def test_every_kind_of_policy_can_decide(champion: str) -> None:
    decision = decide(champion=champion, challenger=challenger(0, "points"))
    result = engine().results(decision.features)[champion]

    assert (decision.score, decision.outcome, decision.reasons) == (result.score, result.outcome, result.reasons)
    assert decision.model_version == result.model_version
    assert decision.model_version == (None if champion == "weights" else MODEL.version)


def test_the_challenger_decides_for_its_share_of_the_accounts_and_always_for_the_same() -> None:
    ids = [f"account-{number}" for number in range(400)]
    mine = {name for name in ids if decide(account_id=name, challenger=challenger(2500)).decided_by == "challenger"}

    assert 60 < len(mine) < 140
    assert mine == {name for name in ids if account_bucket("1", name) < 2500}
    more = {name for name in ids if decide(account_id=name, challenger=challenger(5000)).decided_by == "challenger"}
    assert mine < more  # raising the share moves accounts in, never out


def test_whoever_does_not_decide_shadows() -> None:
    ours = decide(challenger=challenger(10_000))
    theirs = decide(challenger=challenger(0))

    assert (ours.policy, ours.decided_by) == ("weights", "challenger")
    assert [shadow.policy for shadow in ours.shadows] == ["points", "model", "combined"]
    assert (theirs.policy, theirs.decided_by) == ("points", "champion")
    assert [shadow.policy for shadow in theirs.shadows] == ["weights", "model", "combined"]


def test_the_share_ends_exactly_at_the_accounts_bucket() -> None:
    bucket = account_bucket("1", "acc")

    assert decide(challenger=challenger(bucket)).decided_by == "champion"
    assert decide(challenger=challenger(bucket + 1)).decided_by == "challenger"


def test_without_an_account_each_transaction_falls_into_a_bucket_of_its_own() -> None:
    found = without_account("t1", challenger=challenger(0)).features["account_bucket"]

    assert found == account_bucket("1", "t1")


def test_an_entry_for_an_account_is_not_for_the_transaction_that_has_none() -> None:
    denied = {"allow": [], "deny": [entry("account", "t1")]}

    assert decide(account_id="t1", lists=denied).decided_by == "deny_list"
    assert without_account("t1", lists=denied).decided_by == "champion"


def test_buckets_are_even_and_shuffled_by_the_salt() -> None:
    ids = [f"account-{number}" for number in range(10_000)]
    buckets = [account_bucket("1", name) for name in ids]

    assert all(0 <= bucket < BUCKETS for bucket in buckets)
    assert all(900 < sum(bucket // 1000 == tenth for bucket in buckets) < 1100 for tenth in range(10))
    moved = sum(account_bucket("2", name) < 1000 for name, bucket in zip(ids, buckets) if bucket < 1000)
    assert 50 < moved < 150  # another salt picks other accounts: a tenth of them by chance


def test_the_bucket_of_an_account_is_the_same_on_every_machine() -> None:
    assert (account_bucket("1", "acc"), account_bucket("2", "acc")) == (6303, 1606)


def test_with_the_kill_switch_only_rule_sets_run_and_the_fallback_decides() -> None:
    decision = decide(RISKY, champion="model", challenger=challenger(10_000, "combined"), kill_switch=True)

    assert (decision.policy, decision.decided_by, decision.score) == ("points", "fallback", 40)
    assert [shadow.policy for shadow in decision.shadows] == ["weights"]


def test_a_broken_model_does_not_matter_while_the_kill_switch_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(MODEL), "evaluate", lambda *_: pytest.fail("the model ran"))

    assert decide(champion="model", challenger=None, kill_switch=True).decided_by == "fallback"


@pytest.mark.parametrize(
    ("listed", "outcome", "code"),
    [("allow", Status.APPROVED, "ALLOW_LIST"), ("deny", Status.FRAUD_SUSPECTED, "DENY_LIST")],
)
@pytest.mark.parametrize(("kind", "identity"), [("account", "acc"), ("merchant", "shop")])
def test_a_list_gives_the_outcome_and_the_score_stays_the_policys(
    listed: str, outcome: Status, code: str, kind: str, identity: str
) -> None:
    decision = decide(RISKY, lists={"allow": [], "deny": [], listed: [entry(kind, identity)]})

    assert (decision.outcome, decision.decided_by) == (outcome, f"{listed}_list")
    assert (decision.policy, decision.score) == ("points", 40)
    assert [reason.code for reason in decision.reasons] == [code, "SUSPICIOUS_MERCHANT"]
    assert decision.reasons[0].text == f"The {kind} is on the {listed} list."
    assert decision.shadows == decide(RISKY).shadows


def test_a_lists_reason_takes_the_place_of_the_least() -> None:
    transaction = acceptance(amount="6000", currency="JPY")
    denied = engine(lists={"allow": [], "deny": [entry("account", "acc")]})

    codes = [reason.code for reason in denied.decide(transaction, account(), merchant(RISKY)).reasons]

    assert codes == ["DENY_LIST", "SUSPICIOUS_MERCHANT", "HIGH_AMOUNT", "UNUSUAL_CURRENCY"]


def test_deny_beats_allow() -> None:
    lists = {"allow": [entry("account", "acc")], "deny": [entry("merchant", "shop")]}

    assert decide(lists=lists).decided_by == "deny_list"


def test_lists_also_hold_while_the_kill_switch_is_on() -> None:
    assert decide(lists={"allow": [], "deny": [entry("account", "acc")]}, kill_switch=True).decided_by == "deny_list"


@pytest.mark.parametrize("others", [entry("account", "shop"), entry("merchant", "acc"), entry("account", "ACC")])
def test_a_list_is_about_whom_it_names(others: dict[str, str]) -> None:
    assert decide(lists={"allow": [], "deny": [others]}).decided_by == "champion"


@pytest.mark.parametrize(
    ("expires_at", "decided_by"),
    [
        (RECEIVED_AT, "champion"),
        (RECEIVED_AT.replace(".000000Z", ".000001Z"), "deny_list"),
        ("2001-01-01T00:00:00Z", "champion"),
        ("9999-12-31T23:59:59Z", "deny_list"),
    ],
)
def test_an_entry_is_in_force_for_what_was_received_before_it_expires(expires_at: str, decided_by: str) -> None:
    assert decide(lists={"allow": [], "deny": [entry("account", "acc", expires_at)]}).decided_by == decided_by


def test_an_expired_denial_gives_way_to_an_allowance() -> None:
    lists = {"allow": [entry("account", "acc")], "deny": [entry("account", "acc", "2001-01-01T00:00:00Z")]}

    assert decide(RISKY, lists=lists).decided_by == "allow_list"


@pytest.mark.parametrize(
    ("amount", "routes"),
    [("10000", ()), ("10000.00", ()), ("10000.01", ("high_value",)), ("999999999999", ("high_value",)), ("0.01", ())],
)
def test_the_high_value_route_begins_above_the_documents_amount(amount: str, routes: tuple[str, ...]) -> None:
    assert decide(amount=amount).routes == routes


def test_the_route_does_not_depend_on_who_decides() -> None:
    lists = {"allow": [entry("account", "acc")], "deny": []}

    assert decide(amount="10001", lists=lists, kill_switch=True).routes == ("high_value",)


def test_a_decision_replays_from_its_features() -> None:
    changes: dict[str, Any] = {
        "challenger": challenger(10_000, "combined"),
        "lists": {"allow": [], "deny": [entry("merchant", "shop")]},
    }
    decision = decide(RISKY, amount="10001", **changes)

    assert engine(**changes).replay(decision.features) == decision


def test_a_decision_replays_from_what_a_table_keeps_of_it() -> None:
    decision = decide(RISKY, amount="6000", champion="combined", challenger=None)
    kept = from_item(to_item(decision_attributes(decision)))

    assert engine(champion="combined", challenger=None).replay(stored_features(kept)) == decision


def test_a_list_entry_that_expired_since_does_not_change_a_replay() -> None:
    decision = decide(lists={"allow": [], "deny": [entry("account", "acc")]})

    assert engine().replay(decision.features).decided_by == "deny_list"


def test_another_document_may_decide_otherwise() -> None:
    decision = decide(RISKY)
    stricter = documents.content(SHA256)
    stricter["policies"]["points"]["thresholds"] = {"review": 10, "fraud": 40}

    again = engine(version="test-2", policies=stricter["policies"]).replay(decision.features)

    assert (decision.outcome, again.outcome) == (Status.REVIEW_REQUIRED, Status.FRAUD_SUSPECTED)
    assert again.document_version == "test-2"


def test_a_document_that_names_an_unknown_artifact_is_refused() -> None:
    with pytest.raises(PolicyDocumentError, match="no model with this sha256") as refused:
        DecisionEngine(documents.document("f" * 64), {SHA256: MODEL})

    assert refused.value.field == "policies.model.artifact"


def test_with_the_kill_switch_a_model_that_is_not_packaged_is_not_missed() -> None:
    document = documents.document("f" * 64, champion="model", challenger=None, kill_switch=True)
    killed = DecisionEngine(document, {SHA256: MODEL})

    decision = killed.decide(acceptance(), account(), merchant(RISKY))

    assert (decision.policy, decision.decided_by, decision.score) == ("points", "fallback", 40)
    assert set(killed.results(decision.features)) == {"points", "weights"}


def test_the_rules_alone_keep_lists_routes_and_fallback() -> None:
    lists = {"allow": [], "deny": [entry("account", "acc")]}
    document = documents.document("f" * 64, champion="model", challenger=None, fallback="weights", lists=lists)
    rules = DecisionEngine(document.rules_only(), {})

    listed = rules.decide(acceptance(amount=Decimal("10001")), account(), merchant())
    other = rules.decide(acceptance(account_id="other"), account(account_id="other"), merchant())

    assert (listed.decided_by, listed.routes, listed.document_version) == ("deny_list", ("high_value",), "test-1+rules")
    assert (other.policy, other.decided_by) == ("weights", "fallback")
    assert not document.kill_switch


def test_features_hold_nothing_but_texts_and_whole_numbers() -> None:
    features = decide().features

    assert {type(value) for value in features.values()} <= {str, int, bool}
    assert (features["listed"], features["listed_kind"]) == ("", "")
    assert features["account_bucket"] == account_bucket("1", "acc")
