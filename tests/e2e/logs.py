"""Reads every line that a deployed system has logged, and says what is wrong with it.

Logs carry ids, amounts and codes. A line is one JSON object, or what Lambda itself says of a call; nothing in it may
break a line or steer a terminal, and nothing in it is a card number, a secret, a whole payload, or a text that clients
or operators wrote freely. The tests plant such texts: each holds `PLANTED`, or is one of `NAMES`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import boto3

from scripts import aws_environment
from scripts.emulator import Emulator

PLANTED = "zqplanted"
"""In every text that a test writes where a client may write what it likes."""
CARD_NUMBER = "4111111111111111"
"""The card number that tests send; it is a published one, of no card."""
NAMES = ("Corner Shop", "Telltale Tailors", "Fake Goods", "Fake Flowers", "Jane Roe")
"""Names of merchants and people that tests send or configure."""

_OF_LAMBDA = re.compile(
    r"(START RequestId: [\w-]+ Version: \S+|END RequestId: [\w-]+|REPORT RequestId: [\w-]+\s.*|INIT_(START|REPORT) .*"
    r"|\d{4}-\d\d-\d\dT[\d:.]+Z [\w-]+ Task timed out after [\d.]+ seconds)"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_DIGITS = re.compile(r"(?<![\w.])(?:[2-6]\d{12,18}|[2-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4})(?!\w|\.\d)")
_TOKEN = re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+")
_PAYLOAD = re.compile(r'\\*"(?:requestContext|httpMethod|headers|body|original_message|dynamodb|Records)\\*"\s*:')
_TRANSACTION = [re.compile(rf'\\*"{field}\\*"\s*:') for field in ("merchant_id", "amount", "currency")]


def faults(text: str, secrets: Iterable[str] = (), *, is_event: bool = False, runtime_tells: bool = False) -> list[str]:
    """Return what is wrong with a line, in words.

    Parameters
    ----------
    text
        The line.
    secrets
        Keys and the like that must not be in it.
    is_event
        Whether it is an event of the bus, which tells what a transaction is about.
    runtime_tells
        Whether the runtime writes what made a function break off, in lines of its own, as AWS's does.
    """
    is_of_runtime = runtime_tells and not text.startswith("{")
    found = [
        (
            not (is_of_runtime or _is_object(text) or _OF_LAMBDA.fullmatch(text)),
            "is neither a JSON object nor Lambda's own",
        ),
        (not is_of_runtime and _CONTROL.search(text), "holds a control character"),
        (any(_is_card(match.group()) for match in _DIGITS.finditer(text)), "holds a card number"),
        (PLANTED in text.lower(), "holds a text that a client wrote freely"),
        (any(name in text for name in NAMES), "holds a name"),
        (any(secret in text for secret in secrets if secret) or _TOKEN.search(text), "holds a secret"),
        (not is_event and _PAYLOAD.search(text), "holds a payload"),
        (not is_event and all(field.search(text) for field in _TRANSACTION), "holds a whole transaction"),
    ]
    return [problem for is_so, problem in found if is_so]


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _is_card(text: str) -> bool:
    """Say whether digits are a card number by the sum that Luhn made."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(digit - 9 if digit > 9 else digit for digit in doubled)) % 10 == 0


@dataclass
class Reading:
    """What was found in the logs of one system.

    Parameters
    ----------
    system
        The emulator's name, which names the system.
    runtime_tells
        See `faults`.
    lines
        How many were read, by log group.
    faults
        Examples of what is wrong, by log group and problem.
    denials
        Lines that tell that somebody was refused something.
    """

    system: str
    runtime_tells: bool = False
    lines: dict[str, int] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    denials: list[str] = field(default_factory=list)

    def add(self, group: str, text: str, secrets: Iterable[str]) -> None:
        """Add a line."""
        self.lines[group] = self.lines.get(group, 0) + 1
        for problem in faults(text, secrets, runtime_tells=self.runtime_tells):
            self.faults.setdefault(f"{group} {problem}", text[:500])
        if "AccessDenied" in text or "not authorized" in text:
            self.denials.append(text)

    def summary(self) -> str:
        """Return it in a line for people."""
        total = sum(self.lines.values())
        return f"{self.system}: {total:,} lines of {len(self.lines)} log groups read, {len(self.faults)} problems"


_WORKFLOWS = "/aws/vendedlogs/states/"
"""Log groups of workflows."""

READINGS: list[Reading] = []
"""All that this run has read, for the summary at its end."""


def read(server: Emulator) -> Reading:
    """Read every line of every log group: of the functions, and where an emulator writes them, of API and workflows.

    The caller acts in the server's environment. Of workflows LocalStack logs inputs and outputs although they ask for
    none (`include_execution_data`, which contract tests hold), so there their groups are left out.
    """
    sdk: Any = boto3.session.Session()
    client = sdk.client("logs")
    secrets = _secrets(sdk, server)
    # The embedded emulator runs functions by itself; LocalStack, by AWS's own runtime client.
    is_embedded = server.kind.startswith("embedded")
    reading = Reading(server.name, runtime_tells=not is_embedded)
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in (each["logGroupName"] for each in page["logGroups"]):
            if group.startswith(_WORKFLOWS) and not is_embedded:
                continue
            for found in client.get_paginator("filter_log_events").paginate(logGroupName=group):
                # Newlines alone part lines: any other character that ends a line somewhere is a fault.
                texts = (text for event in found["events"] for text in event["message"].split("\n") if text)
                for text in texts:
                    reading.add(group, text, secrets)
    return reading


def _secrets(sdk: Any, server: Emulator) -> list[str]:
    """Return the values of all API keys, and the secret that the tests sign with where it is one."""
    keys = sdk.client("apigateway").get_api_keys(includeValues=True)["items"]
    secret = server.environment["AWS_SECRET_ACCESS_KEY"]
    return [*(key["value"] for key in keys), *([secret] if secret != aws_environment.SECRET_KEY else [])]
