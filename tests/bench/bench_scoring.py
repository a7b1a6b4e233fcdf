"""How long scoring takes: run by hand, never as a test, for a time says as much of the machine as of the code.

Usage: python -m tests.bench.bench_scoring [ARTIFACT...]

Without an artifact: the packaged ones, and a random one of 200 trees of depth 3. Times are those of the processor,
so neighbours on the machine do not count. Budgets, at the median: 15 ms to import and load a model, 100 us to score,
1 ms for all that a transaction takes from the state that was read to the reasons.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import quantiles

from scripts import paths  # first: it makes the functions' library importable

from pipeline.domain.decision import Feature  # isort: skip
from pipeline.scoring.artifact import load  # isort: skip
from pipeline.scoring.document import PolicyDocument, parse  # isort: skip
from pipeline.scoring.engine import DecisionEngine  # isort: skip
from pipeline.scoring.model import Model  # isort: skip
from tests.factories import acceptance, account, merchant  # isort: skip
from tests.unit.scoring import artifacts, documents  # isort: skip

ROUNDS = 3000
COLD_STARTS = 15

_COLD = """
import sys, time
sys.path.insert(0, sys.argv[1])
text = open(sys.argv[2], encoding="utf-8").read()
import hashlib, json
import pipeline.scoring.document, pipeline.scoring.features  # rules need them, too
started = time.process_time()
from pipeline.scoring import artifact
artifact.load(text)
print(time.process_time() - started)
"""


def microseconds(work: Callable[[int], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the median and the 99th percentile of a piece of work, in microseconds."""
    taken = []
    for place in range(rounds):
        started = time.process_time_ns()
        work(place)
        taken.append((time.process_time_ns() - started) / 1e3)
    cuts = quantiles(taken, n=100)
    return cuts[49], cuts[98]


def cold_load_milliseconds(file: Path) -> tuple[float, float]:
    """Return the median and the worst time of import and load, each in a new process without compiled files."""
    taken = []
    uncompiled = {**os.environ, "PYTHONPYCACHEPREFIX": str(paths.BUILD / "bench" / "none")}
    for _ in range(COLD_STARTS):
        command = [sys.executable, "-B", "-c", _COLD, str(paths.LAMBDA_SRC), str(file)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True, env=uncompiled).stdout
        taken.append(float(answer) * 1000)
    return sorted(taken)[COLD_STARTS // 2], max(taken)


def report(name: str, file: Path) -> None:
    """Print a line for each measure of one artifact."""
    text = file.read_text(encoding="utf-8")
    model = load(text)
    features = vectors(model)
    spec = documents.document(model.description.sha256).policies["model"]
    engine = DecisionEngine(document_of(model), {model.description.sha256: model})
    accepted, state, shop = acceptance(), account(), merchant()
    print(f"{name}: {len(text) / 1000:,.0f} KB, {len(model.description.features)} features")
    lines: dict[str, Callable[[int], object]] = {
        "score": lambda place: model.score(features[place % len(features)]),
        "score and reasons": lambda place: model.evaluate(spec, features[place % len(features)]),
        "decide: features and all four policies": lambda _: engine.decide(accepted, state, shop),
    }
    for what, work in lines.items():
        median, late = microseconds(work)
        print(f"  {what:<40} p50 {median:8.1f} us   p99 {late:8.1f} us")
    warm = microseconds(lambda _: load(text), 50)
    print(f"  {'load':<40} p50 {warm[0] / 1000:8.1f} ms   p99 {warm[1] / 1000:8.1f} ms")
    median, worst = cold_load_milliseconds(file)
    print(f"  {'import and load in a new process':<40} p50 {median:8.1f} ms   max {worst:8.1f} ms")


def vectors(model: Model) -> list[dict[str, Feature]]:
    """Return features for the model, from one end of their range to the other."""
    chance = artifacts.chance_of(1)
    names = model.description.features
    return [{name: chance.randrange(-1, 100_000) for name in names} for _ in range(500)]


def document_of(model: Model) -> PolicyDocument:
    """Return a document in which all four kinds of policies score each transaction."""
    return parse(json.dumps(documents.content(model.description.sha256)))


def main(arguments: Sequence[str]) -> int:
    """Measure each artifact."""
    files = {Path(name).name: Path(name) for name in arguments}
    if not files:
        folder = paths.BUILD / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        generated = folder / "random.json"
        generated.write_text(json.dumps(artifacts.content(trees=200, depth=3)), encoding="utf-8")
        shipped = sorted((paths.LAMBDA_SRC / "models").glob("*.json"))
        files = {"random 200 x 3": generated, **{file.name: file for file in shipped}}
    print(f"Python {sys.version.split()[0]}")
    for name, file in files.items():
        report(name, file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
