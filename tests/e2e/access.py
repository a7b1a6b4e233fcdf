"""Every operation of an API document, called by those whom it must not let in.

The operations are read from the document: one that is added is tried with all of it, without a line here.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from tests.e2e.deployed import Deployed

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Route:
    """One operation, and a path that leads to it.

    Parameters
    ----------
    operation
        Its operationId.
    verb, path
        How it is called, with an id for each part of the path that is one.
    body
        An example of what it takes; None where it takes nothing.
    """

    operation: str
    verb: str
    path: str
    body: dict[str, Any] | None

    def call(self, deployed: Deployed, *, key: str | None = None, headers: Headers | None = None) -> requests.Response:
        """Call it, with the API's key unless another one is given ("" sends none)."""
        return deployed.call(self.verb, self.path, key=key, headers=dict(headers or {}), json=self.body)


def routes(document: Mapping[str, Any], **parts: str) -> Iterator[Route]:
    """Yield every operation of a document.

    Parameters
    ----------
    document
        The API's document.
    parts
        What stands for the parameters of paths; an id that nobody uses where nothing is given.
    """
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            if verb == "parameters":
                continue
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = next((example["value"] for example in content.get("examples", {}).values()), None)
            filled = re.sub(r"{(\w+)}", lambda found: parts.get(found.group(1), "nobodys-1"), path)
            yield Route(operation["operationId"], verb.upper(), filled, body)


def statuses(document: Mapping[str, Any], call: Callable[[Route], requests.Response], **parts: str) -> dict[str, int]:
    """Return how every operation of a document answers to a call, by its operationId."""
    return {route.operation: call(route).status_code for route in routes(document, **parts)}


def bad_keys(deployed: Deployed) -> dict[str, str]:
    """Return keys that open nothing, by what is wrong with them; two are made for it.

    An API key does not expire: what stands for it is one that was disabled. Another tenant's is one that opens another
    API of the same account.
    """
    gateway = deployed.client("apigateway")
    api = deployed.api_id
    (own,) = [
        plan["id"]
        for plan in gateway.get_usage_plans()["items"]
        if api in (stage["apiId"] for stage in plan.get("apiStages", []))
    ]
    foreign = gateway.create_usage_plan(name=f"foreign-{uuid.uuid4().hex[:8]}")["id"]
    return {
        "missing": "",
        "wrong": "wrong-key-wrong-key-wrong-key",
        "disabled": _key(gateway, own, enabled=False),
        "another tenant's": _key(gateway, foreign, enabled=True),
    }


def _key(gateway: Any, plan_id: str, *, enabled: bool) -> str:
    value = uuid.uuid4().hex
    key = gateway.create_api_key(name=f"test-{value[:8]}", value=value, enabled=enabled)
    gateway.create_usage_plan_key(usagePlanId=plan_id, keyId=key["id"], keyType="API_KEY")
    return value


def opened_by_bad_keys(deployed: Deployed, document: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return what a bad key is not refused with 403, by what is wrong with the key; best empty."""
    answers = {
        name: statuses(document, partial(Route.call, deployed=deployed, key=key))
        for name, key in bad_keys(deployed).items()
    }
    assert all(answers.values())
    return {
        name: opened
        for name, found in answers.items()
        if (opened := {operation: status for operation, status in found.items() if status != 403})
    }
