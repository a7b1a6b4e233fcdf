"""Runs schemathesis against one system until enough requests were answered: a round a seed."""

from __future__ import annotations

import math
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts import environments, paths, stack
from scripts.demo import generator, tables
from scripts.demo.systems import ALL as DEMONSTRABLE
from scripts.errors import CommandError
from scripts.fuzz import findings
from scripts.ministack import MiniStack
from scripts.systems import Deployable

FOLDER = paths.BUILD / "fuzz"
CONFIG = Path(__file__).with_name("schemathesis.toml")
MOST_EXAMPLES = 200
"""A round keeps all its requests in memory until it ends."""
_ENDED = (0, 1)  # all well; something found


@dataclass(frozen=True)
class Target:
    """The API of a deployed system.

    Parameters
    ----------
    system
        What is deployed.
    url
        The API's address, without the path of an operation.
    key
        Its key; empty if it demands none.
    """

    system: Deployable
    url: str
    key: str

    @property
    def document(self) -> Path:
        """Return the file that describes the API."""
        return paths.ROOT / self.system.api_document


@dataclass(frozen=True)
class Round:
    """One run of schemathesis: what repeats it, and how many requests it came to."""

    seed: int
    max_examples: int
    requests: int


@dataclass
class Fuzzed:
    """What became of one system."""

    system: str
    documented: set[str]
    rounds: list[Round]
    seen: findings.Seen
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return it for the report."""
        return {
            "requests": self.seen.requests,
            "seconds": round(self.seconds, 1),
            "rounds": [asdict(one) for one in self.rounds],
            "routes": {name: dict(sorted(found.items())) for name, found in sorted(self.seen.routes.items())},
            "findings": [asdict(one) for one in self.seen.findings],
        }


def operations(document: Path) -> set[str]:
    """Return the operations of an API's document: "POST /v1/transactions"."""
    content = yaml.safe_load(document.read_text(encoding="utf-8"))
    return {
        f"{verb.upper()} {path}" for path, item in content["paths"].items() for verb in item if verb != "parameters"
    }


def deployed(server: MiniStack, system: Deployable) -> Target:
    """Deploy a system to a running emulator and configure its merchants, if it knows any."""
    made = stack.deploy(server, system)
    merchants = DEMONSTRABLE[system.name].merchants_table
    if merchants is not None:
        tables.write_merchants(made.client("dynamodb"), made.outputs[merchants], list(generator.merchants()))
    key = stack.api_key(made)
    return Target(system, stack.api_url(made), key.value if key else "")


def fuzz(target: Target, requests: int, seed: int, say: Callable[[str], None]) -> Fuzzed:
    """Send at least `requests` generated requests.

    Parameters
    ----------
    target
        Where to.
    requests
        At least so many; a round that was begun is brought to its end.
    seed
        Of the first round; each further one has the next.
    say
        Told how far it is, in a line.
    """
    started, documented = time.monotonic(), operations(target.document)
    result = Fuzzed(target.system.name, documented, [], findings.Seen(), 0.0)
    while result.seen.requests < requests:
        left = requests - result.seen.requests
        # An operation gets as many requests generated, and about as many on the ways from one operation to another.
        examples = min(MOST_EXAMPLES, max(5, math.ceil(left / (2 * len(documented)))))
        seen = _round(target, seed + len(result.rounds), examples)
        if seen.requests == 0:
            raise CommandError(f"schemathesis sent {target.system.name} nothing.")
        result.rounds.append(Round(seed + len(result.rounds), examples, seen.requests))
        result.seen.add(seen)
        say(f"{target.system.name}: {result.seen.requests:,} of {requests:,} requests")
    result.seconds = time.monotonic() - started
    return result


def _round(target: Target, seed: int, examples: int) -> findings.Seen:
    FOLDER.mkdir(parents=True, exist_ok=True)
    events = FOLDER / f"{target.system.name}-{seed}.ndjson"
    command = [
        str(environments.FUZZ.folder / "bin" / "schemathesis"), "--config-file", str(CONFIG),
        "run", str(target.document), "--url", target.url, "--seed", str(seed), "--max-examples", str(examples),
        "--report", "ndjson", "--report-ndjson-path", str(events), "--no-color", "--warnings", "off",
    ]  # fmt: skip
    environment = {**os.environ, "FUZZ_API_KEY": target.key or "none-is-asked-for"}
    with events.with_suffix(".log").open("wb") as log:
        # In its own folder, because it leaves things where it runs.
        done = subprocess.run(command, cwd=FOLDER, env=environment, stdout=log, stderr=log, check=False)
    if done.returncode not in _ENDED:
        raise CommandError(f"schemathesis failed; see {paths.shown(events.with_suffix('.log'))}.")
    seen = findings.read(events)
    events.unlink()  # tens of megabytes; what matters of it is in the report
    return seen
