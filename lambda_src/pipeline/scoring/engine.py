"""The decision engine: which policy decides a transaction, and what the others say.

A decision is a function of the recorded features and the policy document alone: what depends on the
account's id or on lists (its bucket, whether it is listed) is made a feature first. So `replay` is not a
second way to decide but the second half of the only one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pipeline.domain.decision import (
    ALLOW_LIST,
    CHALLENGER,
    CHAMPION,
    DENY_LIST,
    FALLBACK,
    HIGH_VALUE_ROUTE,
    MOST_REASONS,
    Decision,
    Feature,
    PolicyResult,
    Reason,
)
from pipeline.domain.status import Status
from pipeline.scoring import combination, points, weights
from pipeline.scoring.document import (
    COMBINATION,
    MODEL,
    POINTS,
    RULE_SETS,
    WEIGHTS,
    ListEntry,
    PolicyDocument,
    PolicySpec,
    UnpackagedModelError,
    full_score,
)
from pipeline.scoring.features import features_of

if TYPE_CHECKING:
    from pipeline.domain.account import Account
    from pipeline.domain.merchant import Merchant
    from pipeline.domain.queued import Acceptance
    from pipeline.scoring.model import Model

BUCKETS = 10_000
"""Accounts are spread over so many buckets: one is a hundredth of a percent of them."""

ALLOWED, DENIED = "allow", "deny"

_RULE_SETS = {POINTS: points.evaluate, WEIGHTS: weights.evaluate}


def account_bucket(salt: str, account_id: str) -> int:
    """Return the bucket, 0 to 9,999, that an account falls into; another salt shuffles them."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{account_id}".encode()).digest()[:8], "big") % BUCKETS


def unpackaged(document: PolicyDocument, models: Mapping[str, Model]) -> list[str]:
    """Return the policies whose artifact is none of `models`."""
    return [spec.name for spec in document.policies.values() if spec.kind == MODEL and spec.artifact not in models]


class DecisionEngine:
    """Decides by one policy document; immutable, so that a batch is decided by one state of it.

    Parameters
    ----------
    document
        What decides.
    models
        The packaged models by the sha256 of their artifacts.

    Raises
    ------
    UnpackagedModelError
        If the document names an artifact that is none of `models`, unless its kill switch is on: then no model
        runs, and what is missing must not keep the switch from working.
    """

    def __init__(self, document: PolicyDocument, models: Mapping[str, Model]) -> None:
        missing = unpackaged(document, models)
        if missing and not document.kill_switch:
            field = f"policies.{missing[0]}.artifact"
            raise UnpackagedModelError(field, f"no model with this sha256 is packaged ({len(models)} are)")
        self.document = document
        self._missing = frozenset(missing)
        self._models = models
        self._salt = document.challenger.salt if document.challenger else ""
        self._share = document.challenger.share_basis_points if document.challenger else 0
        self._allowed = _by_id(document.allow)
        self._denied = _by_id(document.deny)

    def decide(self, acceptance: Acceptance, account: Account, merchant: Merchant) -> Decision:
        """Decide one transaction from the account's state before it.

        Parameters
        ----------
        acceptance
            The transaction, and when it was received: list entries expire by that time.
        account
            The account before the transaction.
        merchant
            Who is paid.
        """
        features = features_of(acceptance, account, merchant)
        transaction = acceptance.transaction
        features["account_bucket"] = account_bucket(self._salt, acceptance.account_key)
        # No entry has the empty id that stands for no account.
        ids = (("account", transaction.account_id or ""), ("merchant", transaction.merchant_id))
        features["listed"], features["listed_kind"] = self._listed(ids, acceptance.received_at)
        return self.replay(features)

    def replay(self, features: Mapping[str, Feature]) -> Decision:
        """Decide from recorded features: the same document gives the same decision, bit for bit."""
        name, decided_by = self._decider(int(features["account_bucket"]))
        running = self._running()
        results = self._evaluate(dict.fromkeys([name, *running]), features)
        result = results.pop(name)
        decision = Decision(
            score=result.score,
            full_score=full_score(name, self.document.policies),
            outcome=result.outcome,
            policy=result.policy,
            policy_version=result.version,
            features=features,
            reasons=result.reasons,
            routes=self._routes(features),
            model_version=result.model_version,
            document_version=self.document.version,
            decided_by=decided_by,
            shadows=tuple(results[shadow] for shadow in running if shadow != name),
        )
        return _overruled(decision, str(features["listed"]), str(features["listed_kind"]))

    def results(self, features: Mapping[str, Feature]) -> dict[str, PolicyResult]:
        """Return what every policy of the document says whose models are packaged, whoever decides."""
        can_run = (name for name, spec in self.document.policies.items() if self._missing.isdisjoint(_needed(spec)))
        return self._evaluate(can_run, features)

    def _decider(self, bucket: int) -> tuple[str, str]:
        """Return the policy that decides, and why it does."""
        if self.document.kill_switch:
            return self.document.fallback, FALLBACK
        if self.document.challenger and bucket < self._share:
            return self.document.challenger.policy, CHALLENGER
        return self.document.champion, CHAMPION

    def _running(self) -> list[str]:
        """Return the policies that score every transaction."""
        rules_only = self.document.kill_switch
        return [
            name for name in self.document.named if not rules_only or self.document.policies[name].kind in RULE_SETS
        ]

    def _evaluate(self, names: Iterable[str], features: Mapping[str, Feature]) -> dict[str, PolicyResult]:
        """Return the results of the named policies, each part of a combination evaluated once."""
        known: dict[str, PolicyResult] = {}
        for name in names:
            self._result(name, features, known)
        return known

    def _result(self, name: str, features: Mapping[str, Feature], known: dict[str, PolicyResult]) -> PolicyResult:
        if name in known:
            return known[name]
        spec = self.document.policies[name]
        if spec.kind == COMBINATION:
            parts = {part: self._result(part, features, known) for part in spec.numbers}
            known[name] = combination.evaluate(spec, parts)
        elif spec.kind == MODEL:
            known[name] = self._models[spec.artifact].evaluate(spec, features)
        else:
            known[name] = _RULE_SETS[spec.kind](spec, features)
        return known[name]

    def _routes(self, features: Mapping[str, Feature]) -> tuple[str, ...]:
        above = Decimal(str(features["amount"])) > self.document.high_value_above
        return (HIGH_VALUE_ROUTE,) if above else ()

    def _listed(self, ids: Iterable[tuple[str, str]], received_at: str) -> tuple[str, str]:
        """Return the list that is in force for an account or a merchant, and which of the two is on it."""
        for listed, expiries in ((DENIED, self._denied), (ALLOWED, self._allowed)):
            for key in ids:
                if expiries.get(key, "") > received_at:  # both are UTC text of fixed width
                    return listed, key[0]
        return "", ""


def _needed(spec: PolicySpec) -> tuple[str, ...]:
    """Return the policies that have to run for this one, itself included."""
    return (spec.name, *spec.numbers) if spec.kind == COMBINATION else (spec.name,)


def _by_id(entries: Iterable[ListEntry]) -> dict[tuple[str, str], str]:
    return {(entry.kind, entry.id): entry.expires_at for entry in entries}


_OVERRULED = {
    DENIED: (DENY_LIST, Status.FRAUD_SUSPECTED, "DENY_LIST", "deny"),
    ALLOWED: (ALLOW_LIST, Status.APPROVED, "ALLOW_LIST", "allow"),
}


def _overruled(decision: Decision, listed: str, kind: str) -> Decision:
    """Return the decision with a list's outcome, if one is in force; the score stays the policy's."""
    if listed not in _OVERRULED:
        return decision
    decided_by, outcome, code, name = _OVERRULED[listed]
    reason = Reason(code, 0, f"The {kind} is on the {name} list.")
    return replace(
        decision,
        outcome=outcome,
        decided_by=decided_by,
        reasons=(reason, *decision.reasons)[:MOST_REASONS],
    )
