"""Faults on the way from the functions to the services, and in the functions themselves.

Calls of functions and of workflows are hit; those of the run, which looks on, are not. A service that acts inside the
emulator (a queue's mapping that receives, a rule that delivers) is not hit.
"""

from __future__ import annotations

import asyncio
import functools
import random
import re
import signal
import threading
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import kms, lambda_svc, sns

from scripts import aws_environment
from scripts.soak import schedule
from scripts.soak.control import Control
from scripts.soak.server import streams
from scripts.soak.server.answers import ERRORS, Answer, answer

SERVICES = ("dynamodb", "sqs", "sns", "events")
_TOO_LATE_SECONDS = 2.5
"""Longer than the functions wait for an answer."""
_ONE_CALL_IN = {schedule.THROTTLE: 2, schedule.LATE: 15, schedule.UNDONE: 15, schedule.KILL: 3}
"""Of so many calls (a function's start, for KILL) one is hit; all are where nothing is said."""
_KILLED_AFTER_SECONDS = (0.002, 0.06)
_RUNS_CALLS_WITH = f"Credential={aws_environment.ACCESS_KEY}/"

_rng = random.Random()  # noqa: S311 - which call is hit depends on the load's timing anyway


def install(control: Control) -> None:
    """Put the faults in their places."""
    for service in SERVICES:
        app.SERVICE_HANDLERS[service] = functools.partial(_handle, control, service, app.SERVICE_HANDLERS[service])
    sns._publish = functools.partial(_publish, control, sns._publish)
    lambda_svc._restore_state = functools.partial(_restore, lambda_svc._restore_state)
    lambda_svc._execute_function = functools.partial(_execute, lambda_svc._execute_function)
    lambda_runtime.Worker.invoke = _killing(control, lambda_runtime.Worker.invoke)


def _restore(restore: Any, data: Any) -> None:
    """Bring the saved state of Lambda back without the places that mappings had reached in streams.

    The records of a stream are not saved: with its old place a mapping would skip as many new ones as it had read.
    """
    restore({name: value for name, value in (data or {}).items() if name != "dynamodb_stream_positions"})


def _execute(execute: Any, function: Any, event: Any) -> Any:
    return streams.outcome(event, execute(function, event))


def _hit(kind: str) -> bool:
    return _rng.randrange(_ONE_CALL_IN.get(kind, 1)) == 0


async def _handle(
    control: Control,
    service: str,
    handler: Any,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query_params: Any,
) -> Any:
    """Answer a call to a service, or let a fault answer it."""
    kind = control.active()
    if not kind or _RUNS_CALLS_WITH in headers.get("authorization", ""):
        return await handler(method, path, headers, body, query_params)
    what = f"{service}:{headers.get('x-amz-target', '').rpartition('.')[2] or _action(body)}"
    if kind == schedule.LATE and _hit(kind):
        done = await handler(method, path, headers, body, query_params)
        control.note(kind, what)
        await asyncio.sleep(_TOO_LATE_SECONDS)
        return done
    refused = _refusal(control, kind, service, what)
    if refused is None:
        return await handler(method, path, headers, body, query_params)
    if kind == schedule.UNDONE:
        await asyncio.sleep(_TOO_LATE_SECONDS)
    return refused


def _action(body: bytes) -> str:
    found = re.search(rb"(?:^|&)Action=(\w+)", body)
    return found.group(1).decode() if found else "?"


def _refusal(control: Control, kind: str, service: str, what: str) -> Answer | None:
    """Return the error that a call is answered with, and note it; None where it is let through."""
    error = ERRORS.get((kind, service))
    if error is None or not _hit(kind) or (kind == schedule.KEY and not _a_key_is_disabled()):
        return None
    control.note(kind, what)
    return answer(error)


def _a_key_is_disabled() -> bool:
    return any(record.get("KeyState") == "Disabled" for record in kms._keys._data.values())


def _publish(control: Control, publish: Any, params: Any) -> Any:
    """Publish for a workflow, which does not call by HTTP; the calls of functions come here too, and are noted once."""
    kind = control.active()
    refused = _refusal(control, kind, "sns", "sns:Publish") if kind in (schedule.TOPIC, schedule.KEY) else None
    return publish(params) if refused is None else refused


def _killing(control: Control, invoke: Any) -> Any:
    """Return an `invoke` during which the function's process may die."""

    @functools.wraps(invoke)
    def killed(worker: Any, *given: Any, **named: Any) -> Any:
        if control.active() != schedule.KILL or not _hit(schedule.KILL):
            return invoke(worker, *given, **named)
        timer = threading.Timer(_rng.uniform(*_KILLED_AFTER_SECONDS), _kill, (control, worker))
        timer.start()
        try:
            return invoke(worker, *given, **named)
        finally:
            timer.cancel()

    return killed


def _kill(control: Control, worker: Any) -> None:
    process = worker._proc
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGKILL)
        control.note(schedule.KILL, worker.func_name)
