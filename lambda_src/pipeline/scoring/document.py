"""The policy document: which policy decides, which ones shadow it, and the numbers they decide with.

It is data, read from an SSM parameter (an advanced one holds 8 KB) and refreshed without a deployment,
so nothing in it is trusted: the schema (policy_documents/policy.schema.json) says what each field is,
and the checks below what a schema cannot say. A document is good as a whole or refused with the field
named; policy_documents/README.md explains the fields to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Callable, NamedTuple, Optional

from pipeline.domain.decision import MOST_REASONS, PolicyResult, Reason
from pipeline.domain.errors import PipelineError
from pipeline.domain.status import Status
from pipeline.domain.times import from_text, to_text
from pipeline.domain.violation import SchemaViolation
from pipeline.scoring.document_json import RepeatedNameError, decode
from pipeline.scoring.policy_schema import validate as compiled_schema

LARGEST_BYTES = 8192
"""What an SSM parameter of the advanced tier holds, in bytes of UTF-8."""

POINTS, WEIGHTS, MODEL, COMBINATION = "points", "weights", "model", "combination"
"""The kinds of policies."""

RULE_SETS = frozenset({POINTS, WEIGHTS})
"""The kinds that need nothing but code: they decide while the kill switch is on."""

LARGEST_PROBABILITY = 1_000_000
"""The scale of a model's score: millionths."""

TENTHS = 10
"""The scale of the weights."""

_validate: Callable[[Any], Any] = compiled_schema


class PolicyDocumentError(PipelineError):
    """The policy document is refused; the one that is in force stays.

    Parameters
    ----------
    field
        Path of the offending field, dots between levels ("policies.weights.thresholds.fraud",
        "lists.deny.0.expires_at"); "document" for the whole.
    reason
        One sentence that says what is expected.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class UnpackagedModelError(PolicyDocumentError):
    """All that is wrong with the policy document is that it names a model which is not packaged."""


class Thresholds(NamedTuple):
    """Scores from which (at and above) a transaction is to be reviewed, or is suspected.

    Parameters
    ----------
    review
        None: this policy never asks for a review.
    fraud
        Above `review`.
    """

    review: Optional[int]
    fraud: int

    def outcome(self, score: int) -> Status:
        """Return the outcome of a score."""
        if score >= self.fraud:
            return Status.FRAUD_SUSPECTED
        if self.review is not None and score >= self.review:
            return Status.REVIEW_REQUIRED
        return Status.APPROVED


class PolicySpec(NamedTuple):
    """One policy of the document.

    Parameters
    ----------
    name, kind, version
        As the document has them.
    thresholds
        In the unit of the policy's score.
    numbers
        The points or tenths of each rule, or the factor of each part of a combination; empty for a model.
    artifact
        The sha256 of a model's artifact; empty for the other kinds.
    """

    name: str
    kind: str
    version: str
    thresholds: Thresholds
    numbers: Mapping[str, int]
    artifact: str = ""

    def result(self, score: int, reasons: Iterable[Reason], model_version: Optional[str] = None) -> PolicyResult:
        """Return what the policy says: the outcome of `score`, and the heaviest of `reasons`."""
        ranked = sorted(reasons, key=lambda reason: -reason.points)
        return PolicyResult(
            policy=self.name,
            kind=self.kind,
            version=self.version,
            score=score,
            outcome=self.thresholds.outcome(score),
            reasons=tuple(ranked[:MOST_REASONS]),
            model_version=model_version,
        )


class Challenger(NamedTuple):
    """A policy that decides for a share of the accounts.

    Parameters
    ----------
    policy
        Its name.
    share_basis_points
        The share, in hundredths of a percent; 0: it only shadows.
    salt
        Goes into the hash that picks the accounts.
    """

    policy: str
    share_basis_points: int
    salt: str


class ListEntry(NamedTuple):
    """An account or a merchant whose outcome is given.

    Parameters
    ----------
    kind
        "account" or "merchant".
    id
        Its id.
    expires_at
        UTC, RFC 3339; the entry is in force for transactions received before it.
    reason
        Why, for people.
    """

    kind: str
    id: str
    expires_at: str
    reason: str


@dataclass(frozen=True)
class DriftBars:
    """Above what the drift watch speaks up; see policy.schema.json for the units.

    The rates of `only_measured` have no bar: rule sets that merely shadow, whose alerts nobody sees.
    """

    psi_max_thousandths: int
    alert_rate_max_basis_points: int
    minimum_decisions: int
    only_measured: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PolicyDocument:
    """A checked policy document; the fields are those of policy.schema.json."""

    version: str
    champion: str
    challenger: Optional[Challenger]
    shadows: tuple[str, ...]
    fallback: str
    kill_switch: bool
    policies: Mapping[str, PolicySpec]
    allow: tuple[ListEntry, ...]
    deny: tuple[ListEntry, ...]
    high_value_above: Decimal
    drift: DriftBars

    @property
    def named(self) -> tuple[str, ...]:
        """Every policy that scores each transaction: champion, challenger, shadows, each once."""
        challenger = [self.challenger.policy] if self.challenger else []
        return tuple(dict.fromkeys([self.champion, *challenger, *self.shadows]))

    def rules_only(self) -> PolicyDocument:
        """Return the document as it decides without its models: by its fallback, its lists and routes as they are."""
        return replace(self, kill_switch=True, version=f"{self.version}+rules")


def parse(text: str) -> PolicyDocument:
    """Read a policy document and check all of it.

    Raises
    ------
    PolicyDocumentError
        If anything is wrong; it names the field.
    """
    content = _checked_by_schema(text)
    policies = {name: _spec(name, policy) for name, policy in content["policies"].items()}
    challenger = content["challenger"]
    document = PolicyDocument(
        version=content["version"],
        champion=content["champion"],
        challenger=challenger and Challenger(**challenger),
        shadows=tuple(content["shadows"]),
        fallback=content["fallback"],
        kill_switch=content["kill_switch"],
        policies=policies,
        allow=_entries("allow", content["lists"]["allow"]),
        deny=_entries("deny", content["lists"]["deny"]),
        high_value_above=Decimal(content["routes"]["high_value"]["amount_above"]),
        drift=DriftBars(**content["drift"], only_measured=_mere_rule_sets(content)),
    )
    _check_names(document)
    _check_parts(policies)
    _check_thresholds(policies)
    return document


def highest_score(name: str, policies: Mapping[str, PolicySpec]) -> int:
    """Return the highest score that a policy can reach."""
    spec = policies[name]
    if spec.kind == MODEL:
        return LARGEST_PROBABILITY
    if spec.kind == COMBINATION:
        return sum(factor * highest_score(part, policies) for part, factor in spec.numbers.items())
    return sum(spec.numbers.values())


def full_score(name: str, policies: Mapping[str, PolicySpec]) -> int:
    """Return the score of a policy at which the risk is 1: the end of its kind's scale, where the kind has one."""
    return TENTHS if policies[name].kind == WEIGHTS else highest_score(name, policies)


def _checked_by_schema(text: str) -> dict[str, Any]:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST_BYTES:
        raise PolicyDocumentError("document", f"has {size:,} bytes, but a parameter holds {LARGEST_BYTES:,}")
    if "{{" in text:
        raise PolicyDocumentError("document", "must not hold {{, which Systems Manager takes for a reference")
    try:
        content: dict[str, Any] = decode(text)
        _validate(content)
    except RepeatedNameError as error:
        raise PolicyDocumentError(error.path, "is given twice") from error
    except SchemaViolation as error:  # before ValueError, which it is one of
        raise _named(error) from error
    except ValueError as error:
        raise PolicyDocumentError("document", str(error)) from error
    except RecursionError as error:
        raise PolicyDocumentError("document", "nests too deeply") from error
    for name in content["policies"]:
        if not _is_name(name):
            raise PolicyDocumentError(
                f"policies.{name[:64]}", "must be named in a to z, 0 to 9 and _, beginning with a letter, at most 32"
            )
    return content


def _is_name(name: str) -> bool:
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower()
    return plain and name[0].isalpha() and len(name) <= 32


def _named(error: SchemaViolation) -> PolicyDocumentError:
    """Turn the validator's finding into one that names the field, also when it is missing or unknown."""
    path = [str(part)[:64] for part in error.path[1:]]
    reason = error.message[len(error.name) + 1 :]
    if error.rule == "required":
        path.append(reason.split("'")[1])
        reason = "is required"
    elif error.rule == "additionalProperties":
        unknown = sorted(name for name in error.value if repr(name) in reason)
        path.append(unknown[0][:64] if unknown else "?")
        reason = "is not a field of this document"
    return PolicyDocumentError(".".join(path) or "document", reason)


def _spec(name: str, policy: Mapping[str, Any]) -> PolicySpec:
    numbers = {POINTS: "points", WEIGHTS: "tenths", COMBINATION: "parts"}.get(policy["kind"])
    return PolicySpec(
        name=name,
        kind=policy["kind"],
        version=policy["version"],
        thresholds=Thresholds(**policy["thresholds"]),
        numbers=policy[numbers] if numbers else {},
        artifact=policy.get("artifact", ""),
    )


def _mere_rule_sets(content: Mapping[str, Any]) -> frozenset[str]:
    """Return the rule sets that shadow and are neither champion nor challenger."""
    deciding = {content["champion"], (content["challenger"] or {}).get("policy")}
    policies = content["policies"]
    rule_sets = {name for name in content["shadows"] if name in policies and policies[name]["kind"] in RULE_SETS}
    return frozenset(rule_sets - deciding)


def _entries(name: str, entries: Iterable[Mapping[str, str]]) -> tuple[ListEntry, ...]:
    found: dict[tuple[str, str], ListEntry] = {}
    for place, entry in enumerate(entries):
        field = f"lists.{name}.{place}"
        try:
            expires_at = to_text(from_text(entry["expires_at"]))
        except ValueError as error:
            raise PolicyDocumentError(f"{field}.expires_at", str(error)) from error
        key = (entry["kind"], entry["id"])
        if key in found:
            raise PolicyDocumentError(f"{field}.id", f"this {entry['kind']} is on the list already")
        found[key] = ListEntry(entry["kind"], entry["id"], expires_at, entry["reason"])
    return tuple(found.values())


def _check_names(document: PolicyDocument) -> None:
    challenger = document.challenger
    references = [("champion", document.champion), ("fallback", document.fallback)]
    references += [("challenger.policy", challenger.policy)] if challenger else []
    references += [(f"shadows.{place}", name) for place, name in enumerate(document.shadows)]
    for field, name in references:
        if name not in document.policies:
            raise PolicyDocumentError(field, f"{name!r} is none of the policies")
    if challenger and challenger.policy == document.champion:
        raise PolicyDocumentError("challenger.policy", "must be another policy than the champion")
    if document.policies[document.fallback].kind not in RULE_SETS:
        raise PolicyDocumentError("fallback", "must be a rule set (points or weights): it decides when models must not")


def _check_parts(policies: Mapping[str, PolicySpec]) -> None:
    """Parts are no combinations themselves, so none can lead back to itself."""
    for spec in policies.values():
        if spec.kind != COMBINATION:
            continue
        for part in spec.numbers:
            field = f"policies.{spec.name}.parts.{part[:64]}"
            if part not in policies:
                raise PolicyDocumentError(field, "is none of the policies")
            if policies[part].kind == COMBINATION:
                raise PolicyDocumentError(field, "is a combination itself; parts are rule sets and models")


def _check_thresholds(policies: Mapping[str, PolicySpec]) -> None:
    for spec in policies.values():
        field = f"policies.{spec.name}.thresholds"
        review, fraud = spec.thresholds.review, spec.thresholds.fraud
        highest = highest_score(spec.name, policies)
        if fraud > highest:
            raise PolicyDocumentError(f"{field}.fraud", f"can never be reached: the highest score is {highest:,}")
        if review is not None and review >= fraud:
            raise PolicyDocumentError(f"{field}.review", "must be below the threshold of fraud")
