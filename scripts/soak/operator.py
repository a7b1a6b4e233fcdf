"""What an operator does after the faults: give back to the pipeline what was given up, each account in its order."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripts import aws_environment, paths, systems
from scripts.demo import state
from scripts.demo.stack import Stack
from scripts.demo.state import Row, Snapshot

OUTPUTS_NAME, LOG_NAME = "outputs.json", "redrive.log"
_RATE = 20.0
"""Transactions that go back in a second, at most: what the laptop decides without a queue."""


@dataclass(frozen=True)
class Release:
    """What was given up in a run, and what the operator's tool did about it.

    Parameters
    ----------
    failed, held
        Transactions that were given up, and those that waited behind them.
    accounts
        How many accounts these were.
    seconds
        How long the tool took.
    complaint
        Why it did not release all of them; empty if it did.
    """

    failed: int = 0
    held: int = 0
    accounts: int = 0
    seconds: float = 0.0
    complaint: str = ""


def is_given_up(row: Row) -> bool:
    """Return whether a transaction waits for an operator; one that a case holds is decided, and does not."""
    return row.status in (state.FAILED, state.HELD) and row.outcome is None


def release(stack: Stack, snapshot: Snapshot, folder: Path) -> Release:
    """Run `make redrive ALL=1 EXECUTE=1` on the stack, if anything was given up; return what came of it.

    Parameters
    ----------
    stack
        Where.
    snapshot
        What is at rest there.
    folder
        Keeps the tool's output.
    """
    given_up = [row for row in snapshot.rows.values() if is_given_up(row)]
    if not given_up:
        return Release()
    began = time.monotonic()
    complaint = _redrive(stack, folder)
    failed = sum(row.status == state.FAILED for row in given_up)
    accounts = len({row.account_id for row in given_up})
    return Release(failed, len(given_up) - failed, accounts, round(time.monotonic() - began, 1), complaint)


def _redrive(stack: Stack, folder: Path) -> str:
    """Let the tool release all accounts; return its complaint."""
    folder.mkdir(parents=True, exist_ok=True)
    outputs = folder / OUTPUTS_NAME
    outputs.write_text(json.dumps({name: {"value": value} for name, value in stack.deployed.outputs.items()}), "utf-8")
    command = [
        sys.executable, "-m", "scripts.redrive", "--system", stack.deployed.system, "--outputs", str(outputs.resolve()),
        "--all", "--execute", "--rate", f"{_RATE:g}", "--reason", "the end of a soak",
    ]  # fmt: skip
    environment = aws_environment.local(stack.deployed.endpoint, systems.named(stack.deployed.system).region)
    try:
        done = subprocess.run(command, cwd=paths.ROOT, env=environment, capture_output=True, text=True, check=False)
    finally:
        outputs.unlink()  # an output may be a secret
    (folder / LOG_NAME).write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode == 0:
        return ""
    last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
    return f"it ended with {done.returncode}: {last} (see {LOG_NAME})"
