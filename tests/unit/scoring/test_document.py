"""A policy document is good as a whole or refused with the field named."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable

import fastjsonschema
import pytest

from pipeline.domain.status import Status
from pipeline.scoring.document import LARGEST_BYTES, PolicyDocumentError, Thresholds, highest_score, parse
from pipeline.scoring.engine import DecisionEngine
from scripts import paths
from tests.unit.scoring.documents import content, document, entry

Spoil = Callable[[dict[str, Any]], Any]


def put(path: str, value: Any) -> Spoil:
    """Return what puts `value` at a path with dots between levels."""
    *parents, name = path.split(".")

    def spoil(target: Any) -> None:
        for part in parents:
            target = target[int(part)] if isinstance(target, list) else target[part]
        target[name] = value

    return spoil


def without(path: str) -> Spoil:
    *parents, name = path.split(".")

    def spoil(target: Any) -> None:
        for part in parents:
            target = target[part]
        del target[name]

    return spoil


def refused(text: str) -> PolicyDocumentError:
    with pytest.raises(PolicyDocumentError) as error:
        parse(text)
    assert str(error.value) == f"{error.value.field}: {error.value.reason}"
    return error.value


def refused_after(spoil: Spoil) -> PolicyDocumentError:
    spoiled = copy.deepcopy(content())
    spoil(spoiled)
    return refused(json.dumps(spoiled))


def test_every_field_is_read() -> None:
    read = document(
        lists={"allow": [entry("merchant", "shop")], "deny": [entry("account", "acc", "2030-01-01T01:00:00+01:00")]},
        routes={"high_value": {"amount_above": 9999.99}},
    )

    assert (read.version, read.champion, read.fallback, read.kill_switch) == ("test-1", "points", "points", False)
    assert read.shadows == ("weights", "model", "combined")
    assert read.named == ("points", "model", "weights", "combined")
    assert read.policies["weights"].thresholds == Thresholds(None, 9)
    assert read.policies["combined"].numbers == {"model": 1, "points": 2000, "weights": 20_000}
    assert read.policies["model"].artifact == "0" * 64
    assert read.high_value_above == Decimal("9999.99")
    assert read.deny[0].expires_at == "2030-01-01T00:00:00.000000Z"
    assert (read.allow[0].kind, read.allow[0].id, read.allow[0].reason) == ("merchant", "shop", "a test")
    assert read.drift.psi_max_thousandths == 250


def test_the_shipped_document_is_good_and_has_the_published_numbers() -> None:
    read = parse((paths.ROOT / "policy_documents" / "flagship.json").read_text(encoding="utf-8"))

    assert read.champion == read.fallback == "points"
    assert read.policies["points"].numbers == document().policies["points"].numbers
    assert read.policies["points"].thresholds == Thresholds(30, 50)
    assert read.policies["weights"].numbers == document().policies["weights"].numbers
    assert read.policies["weights"].thresholds == Thresholds(None, 9)
    assert read.high_value_above == 10_000
    combined = read.policies["combined"]
    rules = sum(
        factor * highest_score(part, read.policies) for part, factor in combined.numbers.items() if part != "model"
    )
    assert rules < combined.thresholds.fraud  # by rules alone nobody is suspected


def test_the_shipped_document_without_a_model_decides_by_the_published_points_alone() -> None:
    read = parse((paths.ROOT / "policy_documents" / "points.json").read_text(encoding="utf-8"))

    assert read.named == ("points",)
    assert read.challenger is None
    assert read.policies["points"].numbers == document().policies["points"].numbers
    assert read.policies["points"].thresholds == Thresholds(30, 50)
    assert DecisionEngine(read, models={}).document is read  # none is asked for


def test_the_shipped_document_of_the_bank_decides_by_the_published_weights_alone() -> None:
    read = parse((paths.ROOT / "policy_documents" / "weights.json").read_text(encoding="utf-8"))

    assert read.named == ("weights",)
    assert read.fallback == "weights"
    assert read.policies["weights"].numbers == {"VELOCITY": 4, "AMOUNT_ABOVE_AVERAGE": 3, "DISTANT": 2, "NIGHT": 1}
    thresholds = read.policies["weights"].thresholds
    assert (thresholds.outcome(8), thresholds.outcome(9)) == (Status.APPROVED, Status.FRAUD_SUSPECTED)  # above 0.8
    assert DecisionEngine(read, models={}).document is read  # none is asked for


@pytest.mark.parametrize(
    ("score", "outcome"),
    [
        (29, Status.APPROVED),
        (30, Status.REVIEW_REQUIRED),
        (49, Status.REVIEW_REQUIRED),
        (50, Status.FRAUD_SUSPECTED),
    ],
)
def test_thresholds_are_from_not_above(score: int, outcome: Status) -> None:
    assert Thresholds(30, 50).outcome(score) == outcome


def test_the_highest_scores_are_those_of_all_rules_together() -> None:
    policies = document().policies

    assert {name: highest_score(name, policies) for name in policies} == {
        "points": 100,
        "weights": 10,
        "model": 1_000_000,
        "combined": 1_000_000 + 2000 * 100 + 20_000 * 10,
    }


@pytest.mark.parametrize(
    "path",
    [
        "schema", "version", "champion", "challenger", "shadows", "fallback", "kill_switch", "policies", "lists",
        "routes", "drift", "challenger.policy", "challenger.share_basis_points", "challenger.salt",
        "policies.points.kind", "policies.points.version", "policies.points.points", "policies.points.thresholds",
        "policies.points.points.HIGH_AMOUNT", "policies.points.thresholds.review", "policies.weights.thresholds.fraud",
        "policies.weights.tenths.NIGHT", "policies.model.artifact", "policies.combined.parts", "lists.allow",
        "lists.deny", "routes.high_value", "routes.high_value.amount_above", "drift.minimum_decisions",
    ],
)  # fmt: skip
def test_a_missing_field_is_named(path: str) -> None:
    error = refused_after(without(path))

    assert (error.field, error.reason) == (path, "is required")


@pytest.mark.parametrize(
    "path",
    [
        "threshold", "challenger.shares", "policies.points.tenths", "policies.points.points.VELOCITY",
        "policies.points.thresholds.Fraud", "policies.weights.tenths.", "policies.model.parts",
        "policies.combined.artifact", "lists.block", "routes.low_value", "routes.high_value.amount", "drift.psi",
    ],
)  # fmt: skip
def test_an_unknown_field_is_named(path: str) -> None:
    error = refused_after(put(path, 1))

    assert (error.field, error.reason) == (path, "is not a field of this document")


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("schema", 2, "must be one of [1]"),
        ("schema", "1", "must be one of [1]"),
        ("version", 1, "must be string"),
        ("version", "", "must match pattern"),
        ("version", "a b", "must match pattern"),
        ("version", "v\n", "must match pattern"),
        ("version", "v" * 65, "must match pattern"),
        ("champion", None, "must be string"),
        ("champion", "Points", "must match pattern"),
        ("challenger", [], "must be object or null"),
        ("challenger.share_basis_points", 10_001, "must be smaller than or equal to 10000"),
        ("challenger.share_basis_points", -1, "must be bigger than or equal to 0"),
        ("challenger.share_basis_points", 1.5, "must be integer"),
        ("challenger.share_basis_points", True, "must be integer"),
        ("challenger.share_basis_points", "100", "must be integer"),
        ("challenger.salt", "", "must match pattern"),
        ("shadows", "weights", "must be array"),
        ("shadows", ["weights", "weights"], "must contain unique items"),
        ("kill_switch", "false", "must be boolean"),
        ("kill_switch", 0, "must be boolean"),
        ("policies", [], "must be object"),
        ("policies.points", None, "must be object"),
        ("policies.points.kind", "rules", "must be one of"),
        ("policies.points.kind", ["points"], "must be one of"),
        ("policies.points.points.HIGH_AMOUNT", -1, "must be bigger than or equal to 0"),
        ("policies.points.points.HIGH_AMOUNT", 1001, "must be smaller than or equal to 1000"),
        ("policies.points.points.HIGH_AMOUNT", None, "must be integer"),
        ("policies.points.thresholds", 50, "must be object"),
        ("policies.points.thresholds.fraud", "50", "must be integer"),
        ("policies.points.thresholds.fraud", 0, "must be bigger than or equal to 1"),
        ("policies.points.thresholds.fraud", None, "must be integer"),
        ("policies.weights.thresholds.fraud", 8.5, "must be integer"),
        ("policies.model.artifact", "A" * 64, "must match pattern"),
        ("policies.model.artifact", "0" * 63, "must match pattern"),
        ("policies.combined.parts", {}, "must contain at least 1 properties"),
        ("policies.combined.parts.points", 0, "must be bigger than or equal to 1"),
        ("policies.combined.parts.points", 0.5, "must be integer"),
        ("lists.allow", {}, "must be array"),
        ("routes.high_value.amount_above", "10000", "must be number"),
        ("routes.high_value.amount_above", -1, "must be bigger than or equal to 0"),
        ("routes.high_value.amount_above", True, "must be number"),
        ("drift.minimum_decisions", 0, "must be bigger than or equal to 1"),
    ],
)
def test_a_value_of_the_wrong_type_or_range_is_named(path: str, value: Any, reason: str) -> None:
    error = refused_after(put(path, value))

    assert error.field == path
    assert error.reason.startswith(reason)


@pytest.mark.parametrize(
    ("path", "value", "field", "reason"),
    [
        ("champion", "nobody", "champion", "'nobody' is none of the policies"),
        ("fallback", "nobody", "fallback", "'nobody' is none of the policies"),
        ("challenger.policy", "nobody", "challenger.policy", "'nobody' is none of the policies"),
        ("shadows", ["weights", "nobody"], "shadows.1", "'nobody' is none of the policies"),
        ("challenger.policy", "points", "challenger.policy", "must be another policy than the champion"),
        ("fallback", "model", "fallback", "must be a rule set"),
        ("fallback", "combined", "fallback", "must be a rule set"),
        ("policies.combined.parts.nobody", 1, "policies.combined.parts.nobody", "is none of the policies"),
        ("policies.combined.parts.combined", 1, "policies.combined.parts.combined", "is a combination itself"),
        ("policies.points.thresholds.review", 50, "policies.points.thresholds.review", "must be below"),
        ("policies.points.thresholds.review", 51, "policies.points.thresholds.review", "must be below"),
        ("policies.points.thresholds.fraud", 101, "policies.points.thresholds.fraud",
         "can never be reached: the highest score is 100"),
        ("policies.weights.thresholds.fraud", 90, "policies.weights.thresholds.fraud", "can never be reached"),
        ("policies.model.thresholds.fraud", 1_000_001, "policies.model.thresholds.fraud", "can never be reached"),
        ("policies.combined.thresholds.fraud", 1_400_001, "policies.combined.thresholds.fraud",
         "can never be reached: the highest score is 1,400,000"),
        ("policies.Upper", {"kind": "points"}, "policies.Upper", "is required"),
    ],
)  # fmt: skip
def test_what_a_schema_cannot_say_is_checked_and_named(path: str, value: Any, field: str, reason: str) -> None:
    error = refused_after(put(path, value))

    assert error.field.startswith(field)
    assert error.reason.startswith(reason)


@pytest.mark.parametrize("name", ["Upper", "", "1st", "_x", "a-b", "a.b", "a b", "x" * 33, "ä", "{name}", "points "])
def test_a_policy_needs_a_plain_name(name: str) -> None:
    spoiled = content()
    spoiled["policies"][name] = spoiled["policies"]["points"]

    error = refused(json.dumps(spoiled))

    assert error.field == f"policies.{name}"
    assert error.reason.startswith("must be named in a to z")


def test_a_threshold_that_only_all_rules_together_reach_is_allowed() -> None:
    policies = content()["policies"]
    policies["points"]["thresholds"]["fraud"] = 100

    assert document(policies=policies).policies["points"].thresholds.fraud == 100


def test_what_systems_manager_takes_for_a_reference_is_refused() -> None:
    error = refused_after(put("lists.allow", [{**entry("account", "a"), "reason": "{{ssm:x}}"}]))

    assert error.field == "document"
    assert error.reason.startswith("must not hold {{")


def test_combinations_that_lead_to_each_other_are_refused() -> None:
    spoiled = content()
    spoiled["policies"]["other"] = {**spoiled["policies"]["combined"], "parts": {"combined": 1}}
    spoiled["policies"]["combined"]["parts"] = {"other": 1}

    assert refused(json.dumps(spoiled)).field == "policies.combined.parts.other"


@pytest.mark.parametrize(
    ("expires_at", "reason"),
    [
        ("tomorrow", "must be an RFC 3339 time with its offset"),
        ("2026-01-01", "must be an RFC 3339 time with its offset"),
        ("2026-01-01T00:00:00", "must be an RFC 3339 time with its offset"),
        ("2026-02-30T00:00:00Z", "is no time that exists"),
        ("0001-01-01T00:00:00+01:00", "is no time that exists"),
        (1767225600, "must be string"),
        ("2" * 41, "must be shorter"),
    ],
)
def test_a_list_entry_with_a_bad_date_is_named(expires_at: Any, reason: str) -> None:
    lists = {"allow": [], "deny": [entry("account", "a"), entry("account", "b", expires_at)]}

    error = refused_after(put("lists", lists))

    assert error.field == "lists.deny.1.expires_at"
    assert error.reason.startswith(reason)


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "card"), ("id", "a b"), ("id", ""), ("reason", ""), ("reason", "x" * 201)]
)
def test_a_bad_list_entry_is_named(field: str, value: str) -> None:
    lists = {"allow": [{**entry("account", "a"), field: value}], "deny": []}

    assert refused_after(put("lists", lists)).field == f"lists.allow.0.{field}"


def test_nobody_is_on_a_list_twice() -> None:
    lists = {"allow": [entry("account", "a"), entry("merchant", "a"), entry("account", "a")], "deny": []}

    error = refused_after(put("lists", lists))

    assert (error.field, error.reason) == ("lists.allow.2.id", "this account is on the list already")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"fraud": 50', '"fraud": 50, "fraud": 51', "policies.points.thresholds.fraud"),
        ('"kill_switch": false', '"kill_switch": false, "kill_switch": true', "kill_switch"),
        ('"allow": []', '"allow": [{"id": "a", "id": "b"}]', "lists.allow.0.id"),
    ],
)
def test_a_name_given_twice_is_named(old: str, new: str, field: str) -> None:
    error = refused(json.dumps(content()).replace(old, new))

    assert (error.field, error.reason) == (field, "is given twice")


@pytest.mark.parametrize(
    "number", ["9" * 100, "9" * 5000, "1e400", "1e999999999999", "NaN", "-Infinity", "0." + "1" * 99]
)
@pytest.mark.parametrize("field", ["policies.points.thresholds.fraud", "routes.high_value.amount_above"])
def test_numbers_beyond_all_measure_are_named(number: str, field: str) -> None:
    spoiled = content()
    put(field, "NUMBER")(spoiled)

    assert refused(json.dumps(spoiled).replace('"NUMBER"', number)).field == field


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "[" * 5000, '"text"', "\ufeff{}", "{'schema': 1}"])
def test_what_is_no_document_is_refused_as_a_whole(text: str) -> None:
    assert refused(text).field == "document"


@pytest.mark.parametrize("depth", [100, 950, 3500])
def test_what_nests_deeply_is_refused(depth: int) -> None:
    nested = json.dumps(content(shadows="NESTED")).replace('"NESTED"', "[" * depth + "]" * depth)

    assert refused(nested).field in ("document", "shadows.0")


def test_a_document_fits_a_parameter_or_is_refused() -> None:
    text = json.dumps(content())
    largest = text + " " * (LARGEST_BYTES - len(text))

    parse(largest)
    error = refused(largest + " ")

    assert (error.field, error.reason) == ("document", "has 8,193 bytes, but a parameter holds 8,192")


def test_bytes_count_not_characters() -> None:
    text = json.dumps(content(lists={"allow": [{**entry("account", "a"), "reason": "ä" * 200}], "deny": []}),
                      ensure_ascii=False)  # fmt: skip
    padded = text + " " * (LARGEST_BYTES - len(text))

    assert len(padded) == LARGEST_BYTES
    assert refused(padded).field == "document"


def test_the_shipped_schema_accepts_what_the_functions_accept() -> None:
    schema = json.loads(Path(paths.ROOT / "policy_documents" / "policy.schema.json").read_text(encoding="utf-8"))
    validate: Callable[[Any], Any] = fastjsonschema.compile(schema)

    validate(content())
    for name in ("flagship.json", "points.json", "weights.json"):
        validate(json.loads((paths.ROOT / "policy_documents" / name).read_text(encoding="utf-8")))
