"""Where `process` spends its processor time: one run under cProfile, divided among the kinds of work."""

from __future__ import annotations

import contextlib
import cProfile
import io
import pstats
import sys
from collections import Counter
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.bench.performance import calls  # isort: skip
from tests.bench.performance.sections import Section  # isort: skip
from tests.bench.performance.stub_aws import Stub  # isort: skip

BATCHES = 100

KINDS = (
    ("the stub and the profile itself", ("tests/bench", "cProfile")),
    ("features, score, reasons", ("pipeline/scoring",)),
    ("messages, plans, account states", ("pipeline/domain", "dataclasses.py", "enum.py", "lambda_src/process")),
    ("items and expressions", ("pipeline/aws", "boto3/dynamodb")),
    ("the SDK: serialise, sign, send, parse", ("botocore", "urllib3", "boto3", "jmespath", "hmac.py", "email/")),
    ("logs and metrics", ("aws_lambda_powertools", "logging/")),
)  # fmt: skip
ELSE = "Python's own (json, built-ins)"


def section() -> Section:
    """Profile and divide."""
    times = _profiled()
    total = sum(times.values())
    ranked = times.most_common()
    rows = [[kind, f"{100 * seconds / total:.0f} %"] for kind, seconds in ranked]
    return Section("cpu", ("work", "share"), rows, {kind: seconds / total for kind, seconds in ranked})


def _profiled() -> Counter[str]:
    """Return the seconds of each kind of work: a built-in's time goes to the code that called it."""
    stub = Stub(frozenset({"accounts"}), calls.policy(), milliseconds=0.0)
    stub.put("merchants", calls.shop("shop"))
    profile = cProfile.Profile()
    with contextlib.redirect_stdout(io.StringIO()):
        handler = calls.handler_on(stub, "process.handler")
        events = list(calls.messages((BATCHES + 10) * calls.BATCH, 1_000_000))
        for event in events[:10]:
            handler(event, calls.Context())
        profile.enable()
        for event in events[10:]:
            handler(event, calls.Context())
        profile.disable()
    times: Counter[str] = Counter()
    statistics: Any = pstats.Stats(profile)
    for (file, _line, _name), (_calls, _primitive, own, _all, callers) in statistics.stats.items():
        if file == "~" and callers:
            for (calling, *_), (_c, _p, share, _a) in callers.items():
                times[_kind(calling)] += share
        else:
            times[_kind(file)] += own
    return times


def _kind(file: str) -> str:
    return next((kind for kind, parts in KINDS if any(part in file for part in parts)), ELSE)
