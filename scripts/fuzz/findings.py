"""What a run of schemathesis saw, read from the events that it writes: a JSON object a line."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from scripts.errors import CommandError

KEY = "$FUZZ_API_KEY"
"""Stands for the API key, which schemathesis leaves out of what it writes."""


@dataclass(frozen=True)
class Finding:
    """An answer that the document does not allow.

    Parameters
    ----------
    operation
        Method and path, as the document has them.
    check
        The check of schemathesis that failed.
    problem
        What is wrong, in a sentence.
    status
        Of the answer; None where there was none.
    curl
        The request once more, as a command for a shell.
    """

    operation: str
    check: str
    problem: str
    status: Optional[int]
    curl: str


@dataclass
class Seen:
    """Answers by operation and status, and what was wrong with some.

    Parameters
    ----------
    routes
        How many answers an operation gave, by status.
    findings
        One for each operation, check and problem, however often it was seen.
    """

    routes: dict[str, dict[str, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Return how many requests were answered."""
        return sum(count for statuses in self.routes.values() for count in statuses.values())

    def add(self, other: Seen) -> None:
        """Add what another run saw."""
        for operation, statuses in other.routes.items():
            for status, count in statuses.items():
                self._count(operation, status, count)
        for finding in other.findings:
            self._find(finding)

    def _count(self, operation: str, status: str, count: int = 1) -> None:
        statuses = self.routes.setdefault(operation, {})
        statuses[status] = statuses.get(status, 0) + count

    def _find(self, finding: Finding) -> None:
        known = {(one.operation, one.check, one.problem) for one in self.findings}
        if (finding.operation, finding.check, finding.problem) not in known:
            self.findings.append(finding)

    def take(self, recorder: Mapping[str, Any]) -> None:
        """Add what was recorded of one scenario."""
        for name, interaction in recorder.get("interactions", {}).items():
            case = recorder["cases"][name]["value"]
            operation = f"{case['method']} {case['path']}"
            status = interaction.get("response", {}).get("status_code")
            self._count(operation, str(status or "none"))
            for check in recorder.get("checks", {}).get(name, []):
                if check["status"] != "success":
                    failure = check["failure_info"]["failure"]
                    problem = f"{failure['title']}: {failure['message']}".replace("\n", " ")
                    self._find(Finding(operation, check["name"], problem, status, _curl(interaction["request"])))


def read(file: Path) -> Seen:
    """Return what a run saw.

    Raises
    ------
    CommandError
        If the run did not come to its end, or schemathesis itself failed on the way.
    """
    seen, ended = Seen(), False
    for event in _events(file):
        ((kind, content),) = event.items()
        if kind == "ScenarioFinished":
            seen.take(content["recorder"])
        elif kind in ("NonFatalError", "FatalError"):
            raise CommandError(f"schemathesis failed: {json.dumps(content)[:500]}")
        elif kind == "EngineFinished":
            ended = content["stop_reason"] == "completed"
    if not ended:
        raise CommandError(f"schemathesis did not come to its end; see {file.with_suffix('.log')}.")
    return seen


def _events(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except (OSError, ValueError) as error:
        raise CommandError(f"schemathesis left no readable events in {file}: {error}") from error


def _curl(request: Mapping[str, Any]) -> str:
    """Return a request as a command that sends it byte by byte as it was; the key is taken from the environment."""
    parts = ["curl", "-sS", "-i", "-X", request["method"], request["uri"]]
    for name, values in request.get("headers", {}).items():
        for value in values:
            parts += ["-H", f"{name}: {value}"]
    words = [shlex.quote(part) for part in parts]
    if "x-api-key: [Filtered]" in parts:
        words[parts.index("x-api-key: [Filtered]")] = f'"x-api-key: {KEY}"'
    body = request.get("body")
    if body is None:
        return " ".join(words)
    encoded = body["$base64"] if isinstance(body, dict) else base64.b64encode(body.encode()).decode()
    return f"printf %s {encoded} | base64 -d | {' '.join(words)} --data-binary @-"
