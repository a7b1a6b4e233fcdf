"""The case workflow's definition, read as Amazon States Language.

A structural check in plain Python: it needs no AWS and no Node, and it fails for what AWS would refuse
at creation (a state that does not exist, a state that nothing leads to, a path or a field that is none)
and for what AWS would accept and we do not (an error that nobody catches).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.case import Risk, assessment

DEFINITION = Path(__file__).parents[2] / "modules" / "fraud_sfn" / "definition.asl.json"

PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*(\[\d+\])?)*")
CONTEXT_PATHS = {f"$$.{path}" for path in ("Execution.Id", "Execution.Input", "Execution.StartTime")}
CONTEXT_PATHS |= {"$$.Task.Token", "$$.State.EnteredTime"}
INTRINSIC = re.compile(r"States\.Format\('[^']*\{\}[^']*', (?P<path>\$[^)]*)\)")
COMMON = {"Type", "Comment"}
FLOW = {"Next", "End"}
HANDLED = {"ResultPath", "ResultSelector", "Retry", "Catch"}
FIELDS = {
    "Task": COMMON | FLOW | HANDLED | {"Resource", "Parameters", "TimeoutSeconds"},
    "Parallel": COMMON | FLOW | HANDLED | {"Branches"},
    "Choice": COMMON | {"Choices", "Default"},
    "Pass": COMMON | FLOW | {"Result", "ResultPath"},
    "Succeed": COMMON,
    "Fail": COMMON | {"Error", "Cause"},
}
"""The fields of each type that this workflow uses; another one is added here when it is needed."""
RETRY_FIELDS = {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}
CATCH_FIELDS = {"ErrorEquals", "ResultPath", "Next"}
BUILT_IN_ERRORS = {"States.ALL", "States.TaskFailed", "States.Timeout"}
TERMINAL = {"Succeed", "Fail"}

Machine = dict[str, Any]
State = dict[str, Any]


def rendered() -> Machine:
    """Return the definition with every template expression filled in."""
    text = DEFINITION.read_text()
    text = text.replace("${review_timeout_seconds}", "900")
    return dict(json.loads(re.sub(r"\$\{([a-z_.]+)\}", r"<\1>", text)))


def machines(machine: Machine) -> Iterator[Machine]:
    """Yield the machine and those in the branches of its Parallel states."""
    yield machine
    for state in machine["States"].values():
        for branch in state.get("Branches", []):
            yield from machines(branch)


def all_states(machine: Machine) -> Iterator[tuple[str, State]]:
    """Yield every state with its name, also those within branches."""
    for one in machines(machine):
        yield from one["States"].items()


def targets(state: State) -> list[str]:
    """Return the names of all states that `state` can lead to."""
    following = [state["Next"]] if "Next" in state else []
    following += [choice["Next"] for choice in state.get("Choices", [])]
    following += [state["Default"]] if "Default" in state else []
    return following + [catcher["Next"] for catcher in state.get("Catch", [])]


def reachable(machine: Machine) -> set[str]:
    """Return the names of the states that an execution can come to."""
    found: set[str] = set()
    waiting = [machine["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name not in found and name in machine["States"]:
            found.add(name)
            waiting += targets(machine["States"][name])
    return found


def templates(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key and value in a payload template."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from templates(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from templates(inner)


def findings(machine: Machine) -> list[str]:
    """Return, in words, what is wrong with a definition; nothing for a sound one."""
    found: list[str] = []
    for one in machines(machine):
        names = set(one["States"])
        if one["StartAt"] not in names:
            found.append(f"StartAt names {one['StartAt']}, which does not exist")
        found += [f"{name} is never reached" for name in sorted(names - reachable(one))]
        for name, state in one["States"].items():
            found += [f"{name} leads to {to}, which does not exist" for to in targets(state) if to not in names]
    every = [name for name, _ in all_states(machine)]
    found += [f"{name} exists twice" for name in sorted({name for name in every if every.count(name) > 1})]
    for name, state in all_states(machine):
        found += [f"{name}: {problem}" for problem in state_findings(state)]
    return found


def state_findings(state: State) -> list[str]:
    """Return what is wrong with one state on its own."""
    kind = state.get("Type")
    if kind not in FIELDS:
        return [f"type {kind}"]
    found = [f"{field} is no field of a {kind}" for field in sorted(set(state) - FIELDS[kind])]
    if kind in TERMINAL:
        return found
    if kind == "Choice":
        return found + ([] if "Default" in state else ["no Default"])
    if ("Next" in state) == (state.get("End") is True):
        found.append("needs either Next or End")
    found += [f"{one} is no path" for one in paths(state) if not is_path(one)]
    for retrier in state.get("Retry", []):
        found += [f"{field} in Retry" for field in sorted(set(retrier) ^ RETRY_FIELDS)]
    for catcher in state.get("Catch", []):
        found += [f"{field} in Catch" for field in sorted(set(catcher) ^ CATCH_FIELDS)]
    for handlers in (state.get("Retry", []), state.get("Catch", [])):
        found += handler_findings(handlers)
    return found


def handler_findings(handlers: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with the order and the errors of retriers or catchers."""
    found: list[str] = []
    for place, handler in enumerate(handlers):
        errors = handler["ErrorEquals"]
        if "States.ALL" in errors and (len(errors) > 1 or place < len(handlers) - 1):
            found.append("States.ALL must stand alone and last")
        found += [
            f"{error} is no built-in error"
            for error in errors
            if error.startswith("States.") and error not in BUILT_IN_ERRORS
        ]
    return found


def paths(state: State) -> Iterator[str]:
    """Yield every path that a state reads or writes."""
    if isinstance(state.get("ResultPath"), str):
        yield state["ResultPath"]
    for catcher in state.get("Catch", []):
        yield catcher["ResultPath"]
    for section in ("Parameters", "ResultSelector"):
        for key, value in templates(state.get(section, {})):
            if key.endswith(".$"):
                yield value


def is_path(text: str) -> bool:
    """Tell whether `text` is a path, a known part of the context, or a format of a path."""
    intrinsic = INTRINSIC.fullmatch(text)
    return text in CONTEXT_PATHS or PATH.fullmatch(intrinsic["path"] if intrinsic else text) is not None


def test_the_definition_is_sound() -> None:
    assert findings(rendered()) == []


def test_the_template_asks_for_exactly_what_the_module_gives() -> None:
    asked = set(re.findall(r"\$\{([^}]+)\}", DEFINITION.read_text()))

    assert asked == {
        "partition",
        "functions.context",
        "functions.assess",
        "functions.record",
        "review_queue.url",
        "review_timeout_seconds",
        "alerts_topic_arn",
        "event_bus.name",
    }


def test_every_way_to_an_end_of_a_case_records_it_first() -> None:
    states = rendered()["States"]
    ends_well = {name for name, state in states.items() if state.get("End") or state["Type"] == "Succeed"}
    before_announce = {name for name, state in states.items() if "Announce" in targets(state)}
    before_fail = {name for name, state in states.items() if "CaseFailed" in targets(state)}

    assert ends_well == {"Announce", "AlreadyOpen"}
    assert {name for name, state in states.items() if "AlreadyOpen" in targets(state)} == {"IsNewCase"}
    assert before_announce == {"RecordFlagged", "IsUnanswered", "AlertUnanswered"}
    assert {name for name, state in states.items() if "IsUnanswered" in targets(state)} == {"RecordOutcome"}
    assert {name for name, state in states.items() if "RecordFlagged" in targets(state)} == {"AlertFlagged"}
    assert before_fail == {"AlertFailure"}
    assert {name for name, state in states.items() if "AlertFailure" in targets(state)} == {
        "RecordFailure",
        "FailureNotRecorded",
    }


def test_a_case_is_closed_in_the_same_way_whether_somebody_was_asked_or_not() -> None:
    states = rendered()["States"]
    asked, flagged = states["RecordOutcome"], copy.deepcopy(states["RecordFlagged"])

    payload = flagged["Parameters"]["Payload"]
    assert payload.pop("review") == {"state": "NOT_ASKED"}
    payload["review.$"] = "$.review"
    flagged["ResultSelector"]["unanswered.$"] = "$.Payload.unanswered"  # nobody was asked, so it is never true
    different = {"Comment", "Next"}
    assert {name: value for name, value in flagged.items() if name not in different} == {
        name: value for name, value in asked.items() if name not in different
    }


def test_every_task_that_can_fail_ends_in_a_recorded_failure() -> None:
    machine = rendered()
    unrecorded = {
        name
        for name, state in machine["States"].items()
        if state["Type"] in {"Task", "Parallel"}
        and not any(
            catcher["ErrorEquals"] == ["States.ALL"] and catcher["Next"] == "RecordFailure"
            for catcher in state.get("Catch", [])
        )
    }

    assert unrecorded == {"RecordFailure", "AlertFailure"}


def test_an_assessment_that_fails_counts_as_a_high_risk_and_the_case_goes_on() -> None:
    states = dict(all_states(rendered()))
    nested = {name for name, state in states.items() if state["Type"] == "Task"} - rendered()["States"].keys()

    assert nested == {"AssessAccount", "AssessMerchant"}
    for name in nested:
        (catcher,) = states[name]["Catch"]
        fallback = states[catcher["Next"]]
        assert catcher["ErrorEquals"] == ["States.ALL"]
        assert assessment(fallback["Result"]).risk is Risk.HIGH


def test_the_failure_alert_reads_nothing_that_may_be_missing() -> None:
    alert = rendered()["States"]["AlertFailure"]

    assert {value for key, value in templates(alert["Parameters"]) if key.endswith(".$")} == {
        "$.error.Error",
        "$.failure",
        "$$.Execution.Id",
    }
    for name, state in rendered()["States"].items():
        for catcher in state.get("Catch", []):
            if catcher["Next"] == "RecordFailure":
                assert catcher["ResultPath"] == "$.error", name


def test_only_what_asks_people_may_wait_for_long() -> None:
    limits = {name: state["TimeoutSeconds"] for name, state in all_states(rendered()) if state["Type"] == "Task"}

    assert limits.pop("AskAnalyst") == 900
    assert set(limits.values()) == {60}


def test_lambdas_own_failures_are_retried_longer_than_ours() -> None:
    for name, state in all_states(rendered()):
        if str(state.get("Resource", "")).endswith(":lambda:invoke"):
            service, ours = state["Retry"]
            assert "Lambda.TooManyRequestsException" in service["ErrorEquals"], name
            assert service["MaxAttempts"] > ours["MaxAttempts"], name


PLANTED = [
    ("a next state that does not exist", ("OpenCase", "Next"), "Nowhere"),
    ("a catcher that leads nowhere", ("OpenCase", "Catch", 0, "Next"), "Nowhere"),
    ("a state that nothing leads to", ("NoAnswer", "Next"), "NoAnswer"),
    ("a misspelt path", ("OpenCase", "ResultPath"), "case"),
    ("a misspelt path in a template", ("Announce", "Parameters", "Entries", 0, "Detail.$"), "closed.event"),
    ("an unknown type", ("AlreadyOpen", "Type"), "Success"),
    ("an unknown field", ("OpenCase", "Timeout"), 5),
    ("an unknown built-in error", ("OpenCase", "Catch", 0, "ErrorEquals", 0), "States.Everything"),
    ("States.ALL among others", ("OpenCase", "Retry", 0, "ErrorEquals", 0), "States.ALL"),
    ("both Next and End", ("OpenCase", "End"), True),
]


@pytest.mark.parametrize(("place", "value"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED])
def test_the_check_itself_finds_a_planted_fault(place: tuple[Any, ...], value: Any) -> None:
    machine = copy.deepcopy(rendered())
    target: Any = machine["States"]
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    if place[0] == "NoAnswer":
        machine["States"]["AskAnalyst"]["Catch"][0]["Next"] = "RecordOutcome"

    assert findings(machine) != []
