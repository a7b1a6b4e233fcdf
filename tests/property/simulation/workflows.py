"""Step Functions: runs the workflow's own definition, as far as that goes; a state of another kind is an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from botocore.exceptions import BotoCoreError, ClientError

from scripts import paths
from tests.property.simulation.clients import Network
from tests.property.simulation.errors import CrashError
from tests.property.simulation.faults import Point
from tests.property.simulation.functions import Lambda
from tests.property.simulation.kernel import Kernel, Task

DEFINITION = "modules/fraud_sfn/definition.asl.json"
LONGEST_SECONDS = 120.0
"""What is waited for an answer of the integrated services."""


class StateError(Exception):
    """A state fails; `name` is what Retry and Catch go by."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass
class Execution:
    """One execution.

    Parameters
    ----------
    arn, document
        Its name, and what it was started with.
    started_at
        When it was started, UTC, RFC 3339.
    status
        RUNNING, SUCCEEDED or FAILED.
    """

    arn: str
    document: Any
    started_at: str
    status: str = "RUNNING"


@dataclass
class Workflows:
    """One state machine.

    Parameters
    ----------
    kernel, runtime, network
        Time, who calls functions, and the way to the services.
    places
        What stands for the placeholders of the definition's template.
    functions
        The function of each ARN that the definition names.
    """

    kernel: Kernel
    runtime: Lambda
    network: Network
    places: Mapping[str, Any]
    functions: Mapping[str, str]
    executions: dict[str, Execution] = field(default_factory=dict)
    _waiting: dict[str, Callable[[Any], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the definition."""
        self._states: dict[str, Any] = _definition(tuple(self.places.items()))

    def start(self, name: str, document: Any) -> Execution:
        """Start an execution; the same name and input again is the same execution."""
        known = self.executions.get(name)
        if known is not None:
            if known.document != document:
                raise StateError("States.ExecutionAlreadyExists")
            return known
        execution = Execution(f"arn:workflow:{name}", document, self.kernel.true_utc().isoformat())
        self.executions[name] = execution

        def end(outcome: Any) -> None:
            if isinstance(outcome, BaseException) and not isinstance(outcome, StateError):
                raise outcome
            execution.status = "FAILED" if isinstance(outcome, StateError) else "SUCCEEDED"

        self.kernel.start(Task("workflow", None), lambda: _Run(self, execution).states(self._states, document), end)
        return execution

    def answer(self, token: str, output: Any) -> None:
        """Send an answer for a task's token; who no longer waits does not hear it."""
        waiting = self._waiting.pop(token, None)
        if waiting is not None:
            waiting(output)

    def expect(self, token: str, end: Callable[[Any], None]) -> None:
        """Have `end` called with the answer for a token."""
        self._waiting[token] = end


class _Run:
    """What one execution goes through."""

    def __init__(self, workflows: Workflows, execution: Execution) -> None:
        self._workflows = workflows
        self._kernel = workflows.kernel
        self._execution = execution
        self._tokens = 0

    def states(self, machine: Mapping[str, Any], document: Any) -> Any:
        """Run a machine, or a branch, to its end, and return what comes out."""
        name = machine["StartAt"]
        while True:
            state = machine["States"][name]
            following, document = self._state(state, document)
            if following is None:
                return document
            name = following

    def _state(self, state: Mapping[str, Any], document: Any) -> tuple[Optional[str], Any]:
        kind = state["Type"]
        if kind == "Succeed":
            return None, document
        if kind == "Fail":
            raise StateError(state["Error"])
        if kind == "Choice":
            return self._choose(state, document), document
        if kind == "Pass":
            return state.get("Next"), _placed(document, state.get("ResultPath", "$"), state["Result"])
        try:
            result = self._retried(state, document)
        except StateError as error:
            caught = next((each for each in state.get("Catch", []) if _names(each, error)), None)
            if caught is None:
                raise
            return caught["Next"], _placed(document, caught.get("ResultPath", "$"), {"Error": error.name, "Cause": ""})
        return state.get("Next"), _placed(document, state.get("ResultPath", "$"), result)

    def _choose(self, state: Mapping[str, Any], document: Any) -> str:
        for choice in state["Choices"]:
            value = _at(document, choice["Variable"])
            (wanted,) = [choice[test] for test in ("StringEquals", "BooleanEquals") if test in choice]
            if value == wanted and isinstance(value, type(wanted)):
                return str(choice["Next"])
        return str(state["Default"])

    def _retried(self, state: Mapping[str, Any], document: Any) -> Any:
        tries: dict[int, int] = {}
        while True:
            try:
                result = self._once(state, document)
                selector = state.get("ResultSelector")
                return self._filled(selector, result) if selector is not None else result
            except StateError as error:
                place = next((n for n, each in enumerate(state.get("Retry", [])) if _names(each, error)), None)
                if place is None or tries.get(place, 0) >= state["Retry"][place]["MaxAttempts"]:
                    raise
                tries[place] = tries.get(place, 0) + 1
                retry = state["Retry"][place]
                longest = retry["IntervalSeconds"] * retry["BackoffRate"] ** (tries[place] - 1)
                self._kernel.pause(self._kernel.draw.random() * min(longest, retry["MaxDelaySeconds"]))

    def _once(self, state: Mapping[str, Any], document: Any) -> Any:
        if state["Type"] == "Parallel":
            return [self.states(branch, document) for branch in state["Branches"]]
        resource = state["Resource"].split(":states:::")[1]
        self._tokens += 1
        token = f"{self._execution.arn}/{self._tokens}"
        arguments = self._filled(state["Parameters"], document, token)
        if resource == "lambda:invoke":
            return {"Payload": self._invoke(arguments, state)}
        if resource == "sns:publish":
            return self._ask("sns", "publish", _with_text(arguments, "Message"))
        if resource == "events:putEvents":
            return self._ask(
                "events", "put_events", {"Entries": [_with_text(e, "Detail") for e in arguments["Entries"]]}
            )
        if resource == "sqs:sendMessage.waitForTaskToken":
            self._ask("sqs", "send_message", _with_text(arguments, "MessageBody"))
            return self._wait(lambda end: self._workflows.expect(token, end), state)
        raise NotImplementedError(f"no workflow has used {resource} so far: teach the model how")

    def _wait(self, begin: Callable[[Callable[[Any], None]], None], state: Mapping[str, Any]) -> Any:
        try:
            return self._kernel.wait(begin, state["TimeoutSeconds"])
        except TimeoutError as error:
            raise StateError("States.Timeout") from error

    def _invoke(self, arguments: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
        function = self._workflows.functions[arguments["FunctionName"]]
        payload = arguments["Payload"]
        outcome = self._wait(lambda end: self._workflows.runtime.invoke(function, payload, end), state)
        if isinstance(outcome, CrashError):
            raise StateError("Lambda.Unknown")
        if isinstance(outcome, Exception):
            raise StateError(type(outcome).__name__)
        return json.loads(json.dumps(outcome))

    def _ask(self, service: str, operation: str, arguments: dict[str, Any]) -> Any:
        point = Point("workflow", operation, DEFINITION)
        try:
            return self._workflows.network.attempt(point, service, arguments, LONGEST_SECONDS / 2)
        except (BotoCoreError, ClientError, CrashError) as error:
            raise StateError(f"{service}.SdkClientException") from error

    def _filled(self, template: Any, document: Any, token: str = "") -> Any:
        if isinstance(template, list):
            return [self._filled(each, document, token) for each in template]
        if not isinstance(template, Mapping):
            return template
        return {
            name.removesuffix(".$"): self._value(value, document, token)
            if name.endswith(".$")
            else self._filled(value, document, token)
            for name, value in template.items()
        }

    def _value(self, text: str, document: Any, token: str) -> Any:
        if text.startswith("States.Format("):
            pattern, *parts = text.removeprefix("States.Format(").removesuffix(")").split(", ")
            return pattern.strip("'").format(*(self._value(part, document, token) for part in parts))
        if text.startswith("$$."):
            return self._context(token)[text]
        return _at(document, text)

    def _context(self, token: str) -> Mapping[str, Any]:
        return {
            "$$.Execution.Id": self._execution.arn,
            "$$.Execution.Input": self._execution.document,
            "$$.Execution.StartTime": self._execution.started_at,
            "$$.Task.Token": token,
            "$$.State.EnteredTime": self._kernel.true_utc().isoformat(),
        }


def _names(rule: Mapping[str, Any], error: StateError) -> bool:
    """Tell whether a Retry or a Catch is for an error."""
    names = rule["ErrorEquals"]
    if error.name == "States.Runtime":  # a fault of the definition, which nothing retries or catches
        return False
    return bool({error.name, "States.ALL"} & {*names}) or (
        "States.TaskFailed" in names and error.name != "States.Timeout"
    )


def _at(document: Any, path: str) -> Any:
    for name in path.split(".")[1:]:
        if not isinstance(document, Mapping) or name not in document:
            raise StateError("States.Runtime")
        document = document[name]
    return document


def _placed(document: Any, path: Optional[str], result: Any) -> Any:
    if path is None:
        return document
    if path == "$":
        return result
    name = path.removeprefix("$.")
    if "." in name:
        raise NotImplementedError(f"only results at the top so far: {path}")
    return {**document, name: result}


def _with_text(arguments: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return arguments of which one, if it is an object, is written as JSON."""
    value = arguments[name]
    return {**arguments, name: value if isinstance(value, str) else json.dumps(value)}


_definitions: dict[Any, Any] = {}


def _definition(places: tuple[tuple[str, Any], ...]) -> Any:
    """Return the definition with its placeholders filled, parsed once for the same values."""
    if places not in _definitions:
        text = (paths.ROOT / DEFINITION).read_text(encoding="utf-8")
        for name, value in places:
            text = text.replace("${" + name + "}", str(value))
        if "${" in text:
            raise AssertionError(
                f"the definition has a placeholder that nothing stands for: {text.split('${')[1][:40]}"
            )
        _definitions[places] = json.loads(text)
    return _definitions[places]
