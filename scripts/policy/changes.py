"""Changes of a policy document, as pure functions: content in, changed content out."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from pipeline.scoring.document import COMBINATION, MODEL, RULE_SETS
from pipeline.scoring.model import Description
from scripts.errors import CommandError

Content = dict[str, Any]

ALL_ACCOUNTS = 10_000
COMBINED_PARTS = {"points": 500, "weights": 5000}
"""Factors of the rule sets beside a model: all points, or all tenths, weigh as much as a probability of .05.

More would drown the model, whose scores are small where frauds are rare: a rule that fires for a seventh of the
transactions, as NIGHT does, would put them all before those that the model ranks highest.
"""


def basis_points(text: str) -> int:
    """Read a share, "5%" or "2.5%" or "250bp"; a bare number could mean either.

    Raises
    ------
    ValueError
        If it is no share between nothing and all.
    """
    match = re.fullmatch(r"(\d{1,5})(?:\.(\d{1,2}))?(%|bp)", text)
    if match is None or (match.group(3) == "bp" and match.group(2)):
        raise ValueError("must be a percentage with at most two decimals (2.5%) or whole basis points (250bp)")
    share = int(match.group(1))
    if match.group(3) == "%":
        share = share * 100 + int((match.group(2) or "0").ljust(2, "0"))
    if share > ALL_ACCOUNTS:
        raise ValueError("must not be more than all accounts (100%)")
    return share


def with_share(content: Content, share: int, policy: str | None = None, salt: str | None = None) -> Content:
    """Give the challenger a share of the accounts; another policy or salt may be named."""
    challenger = content.get("challenger") or {}
    named = policy or challenger.get("policy")
    if not named:
        raise CommandError("the document has no challenger: say which one, with --policy.")
    chosen = {"policy": named, "share_basis_points": share, "salt": salt or challenger.get("salt", "1")}
    return {**content, "challenger": chosen}


def with_challenger_as_champion(content: Content) -> Content:
    """Let the challenger decide everything; the champion before goes on as a shadow."""
    challenger = content.get("challenger")
    if not challenger:
        raise CommandError("the document has no challenger that could become the champion.")
    shadows = [name for name in content["shadows"] if name != challenger["policy"]]
    shadows = list(dict.fromkeys([content["champion"], *shadows]))
    return {**content, "champion": challenger["policy"], "challenger": None, "shadows": shadows}


def is_promotion(before: Content, after: Content) -> bool:
    """Tell whether a change lets another model decide, or for more accounts: what an open breaker holds.

    A policy is another one too if its name now means another artifact, kind, number or part. Rule sets are never
    held, so that what was promoted can be taken back. The kill switch is not looked at: it changes neither champion
    nor challenger, and what is promoted while it is on would decide as soon as it is off.
    """
    champion = _decider(before, before["champion"])
    if _is_model(after, after["champion"]) and _decider(after, after["champion"]) != champion:
        return True
    has = after.get("challenger") or _NO_CHALLENGER
    if not has["share_basis_points"] or not _is_model(after, has["policy"]):
        return False
    had = before.get("challenger") or _NO_CHALLENGER
    challenger = _decider(after, has["policy"])
    if not had["share_basis_points"] and challenger == champion:
        return False  # it decided for all accounts
    same = had["salt"] == has["salt"] and had["policy"] and challenger == _decider(before, had["policy"])
    return bool(has["share_basis_points"] > (had["share_basis_points"] if same else 0))


_NO_CHALLENGER: Content = {"policy": None, "salt": None, "share_basis_points": 0}


def _is_model(content: Content, name: str) -> bool:
    return content["policies"][name]["kind"] not in RULE_SETS


def _decider(content: Content, name: str) -> Content:
    """Return what a policy is, its parts included, but without versions and thresholds: no score rests on them."""
    spec = content["policies"][name]
    parts = {part: _decider(content, part) for part in spec.get("parts", ())}
    return {**{key: spec[key] for key in spec if key not in ("version", "thresholds")}, "name": name, "of": parts}


_CARRIED = ("kill_switch", "lists")
_OF_EACH_VERSION = ("version", "note", *_CARRIED)


def rolled_back(target: Content, in_force: Content) -> Content:
    """Return an earlier document with the kill switch and the lists as they are now: those are of the day."""
    return {**target, **{name: in_force[name] for name in _CARRIED}}


def same_policies(one: Content, other: Content) -> bool:
    """Tell whether two documents differ at most in what a rollback does not bring back, name and note."""
    parts = [{name: value for name, value in each.items() if name not in _OF_EACH_VERSION} for each in (one, other)]
    return parts[0] == parts[1]


def with_kill_switch(content: Content, on: bool) -> Content:
    """Switch to rules only, or back."""
    return {**content, "kill_switch": on}


def with_thresholds(content: Content, policy: str, thresholds: Mapping[str, Any]) -> Content:
    """Give a policy other thresholds, and a new version, for it decides otherwise."""
    changed = copy.deepcopy(content)
    if policy not in changed["policies"]:
        raise CommandError(f"the document has no policy {policy!r}.")
    spec = changed["policies"][policy]
    thresholds = {"review": thresholds.get("review"), "fraud": thresholds["fraud"]}
    if spec["thresholds"] != thresholds:
        spec["thresholds"] = thresholds
        spec["version"] = raised(spec["version"])
    return changed


def with_model(content: Content, model: Description, policy: str, combined: str) -> Content:
    """Let a policy use a model's artifact with the thresholds that its training proposes.

    A policy or combination that is not there yet is added as a shadow: it decides nothing until it is promoted.
    The combination begins with the model's thresholds: those that it had were made for the model before.

    Parameters
    ----------
    content
        The document.
    model
        The model.
    policy, combined
        The names of the policy that is the model, and of the combination with the rule sets.
    """
    changed = copy.deepcopy(content)
    policies = changed["policies"]
    proposed = {"review": model.thresholds.review, "fraud": model.thresholds.fraud}
    before = policies.get(policy)
    policies[policy] = {"kind": MODEL, "version": "1", "artifact": model.sha256, "thresholds": proposed}
    if before:
        policies[policy]["version"] = _version(before, policies[policy])
    if combined not in policies:
        parts = {policy: 1, **{name: factor for name, factor in COMBINED_PARTS.items() if name in policies}}
        policies[combined] = {"kind": COMBINATION, "version": "1", "parts": parts, "thresholds": proposed}
    elif before != policies[policy]:
        policies[combined].update(version=raised(policies[combined]["version"]), thresholds=proposed)
    changed["shadows"] = list(dict.fromkeys([*changed["shadows"], policy, combined]))
    return changed


def _version(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the version of a policy that replaces another: the next one if anything else differs."""
    version = str(before["version"])
    return version if {**after, "version": version} == before else raised(version)


def raised(version: str) -> str:
    """Return the version after: its number, at the end, goes up by one."""
    match = re.fullmatch(r"(.*?)(\d+)", version)
    return f"{match.group(1)}{int(match.group(2)) + 1}" if match else f"{version}-2"
