"""What is wrong with what a system's policies grant: unused, wider than AWS asks for, or excused in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from scripts.iam_report import catalogue, reasons
from scripts.iam_report.calls import UNIT, Call
from scripts.iam_report.deployments import Deployment
from scripts.iam_report.grants import MANAGED, TRUST, Grant
from scripts.iam_report.reasons import Reason, Reasons
from scripts.iam_report.uses import Uses

USED, IN_UNIT_TESTS, EXCUSED, UNUSED = "used", "unit tests only", "with a reason", "unused"
STATES = (USED, IN_UNIT_TESTS, EXCUSED, UNUSED)


@dataclass(frozen=True)
class Finding:
    """Something that fails the report.

    Parameters
    ----------
    system
        Whose grant it is; empty where it is about a reason.
    grant
        Which grant, or None.
    problem
        What is wrong, and what to do.
    """

    system: str
    grant: Grant | None
    problem: str


@dataclass(frozen=True)
class Judged:
    """One grant of a system, its state, and the suite that used it or the reason that excuses it."""

    system: str
    grant: Grant
    state: str
    because: str
    wide_because: str = ""


@dataclass
class Verdict:
    """What was found of all systems."""

    grants: list[Judged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def judge(deployments: Sequence[Deployment], of_units: Iterable[Call], written: Reasons) -> Verdict:
    """Judge every grant of every system, and every reason.

    Parameters
    ----------
    deployments
        The systems with the calls that were recorded of them.
    of_units
        The calls of the unit tests.
    written
        The reasons.
    """
    verdict, calls = Verdict(), list(of_units)
    for deployment in deployments:
        uses = Uses(deployment, calls)
        for grant in deployment.grants:
            judged, problems = _judged(deployment.system, grant, uses, written)
            verdict.grants.append(judged)
            verdict.findings += [Finding(deployment.system, grant, problem) for problem in problems]
    verdict.findings += _stale(verdict.grants, written)
    return verdict


def wide(grant: Grant) -> str | None:
    """Return what is wider about a grant than AWS asks for, or None.

    Who lets in whom (trust) names no resource; a policy of a key means the key by "*".
    """
    if grant.kind == MANAGED:
        return "a policy of AWS's own, which changes when AWS changes it"
    if ":" not in grant.action or catalogue.is_wild(grant.action):
        return "a wildcard for actions: write them out"
    if not catalogue.exists(grant.action):
        return "AWS has no such action"
    named_by_itself = grant.kind == TRUST or "aws_kms_key." in grant.holder
    return None if named_by_itself else _wide_resource(grant)


def _wide_resource(grant: Grant) -> str | None:
    if not catalogue.takes_resources(grant.action):
        return None if grant.resource == "*" else 'the action takes no resource: it is granted by "*" or not at all'
    if not catalogue.is_wild(grant.resource) or catalogue.is_below_one_resource(grant.action, grant.resource):
        return None
    return "a wildcard for resources, and AWS lets the action be limited to some: name them"


def _judged(system: str, grant: Grant, uses: Uses, written: Reasons) -> tuple[Judged, list[str]]:
    problems = []
    too_wide, excuse = wide(grant), reasons.find(written.wide, system, grant)
    if too_wide and not excuse:
        problems.append(too_wide)
    state, because = _state(system, grant, uses, written.unused)
    if state == UNUSED:
        problems.append("used by no test")
    return Judged(system, grant, state, because, excuse.because if too_wide and excuse else ""), problems


def _state(system: str, grant: Grant, uses: Uses, excuses: Sequence[Reason]) -> tuple[str, str]:
    suite = uses.suite(grant)
    if suite is not None:
        return (IN_UNIT_TESTS if suite == UNIT else USED), suite
    excuse = reasons.find(excuses, system, grant)
    if excuse is not None:
        return EXCUSED, excuse.because
    # What a managed policy allows is AWS's to say, so that it may stand at all is all that is asked of it.
    return (EXCUSED, "see why it is attached") if grant.kind == MANAGED else (UNUSED, "")


def _stale(grants: Sequence[Judged], written: Reasons) -> Iterator[Finding]:
    """Yield the reasons that excuse nothing, or what needs no excuse."""
    for reason in written.unused:
        about = [judged for judged in grants if reason.about(judged.system, judged.grant)]
        for judged in about:
            if judged.state in (USED, IN_UNIT_TESTS):
                problem = f"has a reason for being unused, but {judged.because} used it: narrow or remove the reason"
                yield Finding(judged.system, judged.grant, problem)
        yield from _of_actions(reason, about)
    for reason in written.wide:
        about = [judged for judged in grants if reason.about(judged.system, judged.grant)]
        for judged in about:
            if wide(judged.grant) is None:
                yield Finding(judged.system, judged.grant, "has a reason for being wide, but is not: narrow the reason")
        yield from _of_actions(reason, about)


def _of_actions(reason: Reason, about: Sequence[Judged]) -> Iterator[Finding]:
    granted = {judged.grant.action.rsplit("/", 1)[-1] for judged in about}
    for action in sorted(reason.actions - granted):
        place = f"{', '.join(reason.holders)}, {reason.statement}"
        yield Finding("", None, f"reasons.toml: nothing grants {action} in {place}: remove it from the reason")
