"""What holds for every decision, whatever the features and the document."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from typing import Any, Callable

import fastjsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.decision import Decision, Feature
from pipeline.domain.status import Status
from pipeline.scoring import weights
from pipeline.scoring.artifact import load
from pipeline.scoring.document import PolicyDocument, PolicyDocumentError, Thresholds, highest_score, parse
from pipeline.scoring.engine import DecisionEngine, account_bucket
from pipeline.scoring.features import MODEL_FEATURES
from scripts.compile_schemas import policy_schema
from tests.unit.scoring import artifacts
from tests.unit.scoring.documents import content, document

MODEL = load(json.dumps(artifacts.content(seed=3, trees=40)))
SHA256 = MODEL.description.sha256
NAMES = ("points", "weights", "model", "combined")
COMPLETE = content(SHA256)

amounts = st.integers(0, 10**15).map(lambda thousandths: f"{thousandths // 1000}.{thousandths % 1000:03}")


@st.composite
def recorded_features(draw: st.DrawFn) -> dict[str, Feature]:
    """Return features as a decision records them."""
    features: dict[str, Feature] = {name: draw(st.integers(-1, 16_777_215)) for name in MODEL_FEATURES}
    amount = draw(amounts)
    return {
        **features,
        "amount": amount,
        "amount_thousandths": amount.replace(".", ""),
        "total_thousandths": str(draw(st.integers(0, 10**18))),
        "counted_transactions": draw(st.integers(0, 10**6)),
        "currency": draw(st.sampled_from(["USD", "EUR", "JPY", "CHF"])),
        "merchant_name": draw(st.text(max_size=20)),
        "category": draw(st.sampled_from(["", "travel", "unheard_of"])),
        "channel": "",
        "account_bucket": draw(st.integers(0, 9999)),
        "listed": draw(st.sampled_from(["", "allow", "deny"])),
        "listed_kind": "account",
    }


@st.composite
def engines(draw: st.DrawFn) -> DecisionEngine:
    """Return an engine with any champion, challenger, shadows and switch."""
    champion = draw(st.sampled_from(NAMES))
    others = [name for name in NAMES if name != champion]
    challenger = {
        "policy": draw(st.sampled_from(others)),
        "share_basis_points": draw(st.integers(0, 10_000)),
        "salt": "1",
    }
    return DecisionEngine(
        document(
            SHA256,
            champion=champion,
            challenger=draw(st.one_of(st.none(), st.just(challenger))),
            shadows=draw(st.lists(st.sampled_from(NAMES), unique=True)),
            fallback=draw(st.sampled_from(["points", "weights"])),
            kill_switch=draw(st.booleans()),
        ),
        {SHA256: MODEL},
    )


@given(engines(), recorded_features())
def test_a_decision_is_what_its_decider_says_unless_a_list_overrules_it(
    engine: DecisionEngine, features: dict[str, Feature]
) -> None:
    decision = engine.replay(features)
    said = engine.results(features)[decision.policy]

    assert (decision.score, decision.policy_version, decision.model_version) == (
        said.score, said.version, said.model_version,
    )  # fmt: skip
    listed = {"": said.outcome, "allow": Status.APPROVED, "deny": Status.FRAUD_SUSPECTED}
    assert decision.outcome == listed[str(features["listed"])]
    expected = tuple(reason for reason in decision.reasons if reason.code not in ("ALLOW_LIST", "DENY_LIST"))
    assert said.reasons[: len(expected)] == expected


@given(engines(), recorded_features())
def test_it_replays_bit_for_bit(engine: DecisionEngine, features: dict[str, Feature]) -> None:
    again = DecisionEngine(engine.document, {SHA256: load(json.dumps(artifacts.content(seed=3, trees=40)))})

    assert again.replay(json.loads(json.dumps(features))) == engine.replay(features)


@given(engines(), recorded_features())
def test_nobody_is_left_out_and_nobody_speaks_twice(engine: DecisionEngine, features: dict[str, Feature]) -> None:
    decision = engine.replay(features)
    speaking = [decision.policy, *(shadow.policy for shadow in decision.shadows)]

    assert len(speaking) == len(set(speaking))
    if engine.document.kill_switch:
        assert set(speaking) <= {"points", "weights"}
        assert decision.policy == engine.document.fallback
    else:
        assert set(speaking) == set(engine.document.named)


@given(engines(), recorded_features())
def test_scores_and_reasons_stay_within_their_scale(engine: DecisionEngine, features: dict[str, Feature]) -> None:
    decision = engine.replay(features)

    assert_ranked(decision)
    for name, result in engine.results(features).items():
        assert 0 <= result.score <= highest_score(name, engine.document.policies)
        assert result.outcome == engine.document.policies[name].thresholds.outcome(result.score)
        assert [reason.points for reason in result.reasons] == sorted(
            (reason.points for reason in result.reasons), reverse=True
        )
        assert len(result.reasons) <= 4
        rounding = 4 if name in ("model", "combined") else 0
        assert sum(reason.points for reason in result.reasons) <= result.score + rounding
        assert len({reason.code for reason in result.reasons}) == len(result.reasons)


def assert_ranked(decision: Decision) -> None:
    assert len(decision.reasons) <= 4
    if decision.decided_by in ("allow_list", "deny_list"):
        assert decision.reasons[0].code in ("ALLOW_LIST", "DENY_LIST")


@given(st.text(max_size=64), st.text(min_size=1, max_size=8), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_larger_share_only_adds_accounts(account_id: str, salt: str, share: int, larger: int) -> None:
    bucket = account_bucket(salt, account_id)

    assert 0 <= bucket < 10_000
    assert not bucket < min(share, larger) or bucket < max(share, larger)


@given(st.integers(0, 10**15), st.integers(0, 10**18), st.integers(0, 10**6))
def test_above_three_times_the_average_is_exact(amount: int, total: int, count: int) -> None:
    features: dict[str, Feature] = {
        "transactions_1h": 0,
        "amount_thousandths": str(amount),
        "total_thousandths": str(total) if count else "0",
        "counted_transactions": count,
        "distance_thousandths_mile": -1,
        "second_of_day": 43_200,
    }

    fired = "AMOUNT_ABOVE_AVERAGE" in weights.hits(features)

    assert fired == (count > 0 and Fraction(amount) > 3 * Fraction(total, count))


@given(st.integers(0, 10**12), st.one_of(st.none(), st.integers(1, 10**12)), st.integers(1, 10**12))
def test_a_higher_score_is_never_judged_more_mildly(score: int, review: int | None, fraud: int) -> None:
    severity = [Status.APPROVED, Status.REVIEW_REQUIRED, Status.FRAUD_SUSPECTED]
    thresholds = Thresholds(review, fraud)

    assert severity.index(thresholds.outcome(score)) <= severity.index(thresholds.outcome(score + 1))


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.sampled_from([*NAMES, "", "{x}"])
    ),
    lambda parts: st.one_of(st.lists(parts, max_size=3), st.dictionaries(st.text(max_size=8), parts, max_size=3)),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every part of a document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, part in parts for place in places(part, (*path, name)))]


@st.composite
def spoiled_documents(draw: st.DrawFn) -> Any:
    """Return a document with one to three parts replaced, removed or added."""
    spoiled: Any = copy.deepcopy(COMPLETE)
    for _ in range(draw(st.integers(1, 3))):
        *parents, name = draw(st.sampled_from(places(spoiled)[1:]))
        target = spoiled
        for part in parents:
            target = target[part]
        how = draw(st.sampled_from(["replace", "remove", "add"]))
        if how == "add" and isinstance(target[name], dict):
            target[name][draw(st.text(max_size=8))] = draw(json_values)
        elif how == "remove":
            del target[name]
        else:
            target[name] = draw(json_values)
        if not places(spoiled)[1:]:
            break
    return spoiled


def parsed(text: str) -> PolicyDocument | PolicyDocumentError:
    try:
        return parse(text)
    except PolicyDocumentError as error:
        return error


@given(spoiled_documents())
def test_any_document_is_taken_or_refused_with_a_field_and_what_is_taken_fits_the_schema(spoiled: Any) -> None:
    text = json.dumps(spoiled)
    answer = parsed(text)

    if isinstance(answer, PolicyDocumentError):
        assert answer.field
        assert answer.reason
    else:
        reference(json.loads(text))
        DecisionEngine(answer, {spec.artifact: MODEL for spec in answer.policies.values() if spec.artifact})


@given(st.text(max_size=200))
def test_any_text_is_refused_with_a_field(text: str) -> None:
    with pytest.raises(PolicyDocumentError) as refused:
        parse(text)

    assert refused.value.field


reference: Callable[[Any], Any] = fastjsonschema.compile(policy_schema())
