"""Submit transactions to an API at a steady rate, whatever it does, and report how it answers.

Usage: python tests/load/api_load_test.py --endpoint URL [--rps N] [--duration SECONDS] [--system NAME]
       [--api-key KEY | --token TOKEN] [--pattern P] [--seed N] [--workers N] [--timeout SECONDS] [--out FOLDER]

Requests begin by the plan and are never sent twice, so nothing is retried and no customer's order is kept. The seed is
another one on each day and second, lest a second test only gets the answers to repetitions.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import requests

from scripts import paths
from scripts.demo import patterns
from scripts.demo.client import http_poster
from scripts.demo.measures import percentiles_ms
from scripts.demo.model import DemoError
from scripts.load import report
from scripts.load.line import Line
from scripts.load.loop import OpenLoop
from scripts.load.measures import Run, is_ok
from scripts.load.options import (
    INTERRUPTED,
    Parser,
    add_access,
    add_input,
    ended,
    problem_of,
    transactions_of,
)
from scripts.load.targets import Target, body_of, target_of, url_of

PROGRAM = "api_load_test"
MAX_WORKERS = 1024
_FEWEST_WORKERS, _WORKERS_A_REQUEST_A_SECOND = 32, 2


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(prog=PROGRAM, description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--endpoint", required=True, help="the API: what the output api_endpoint of the system says")
    parser.add_argument("--rps", type=float, default=100.0, help="requests a second (default 100)")
    parser.add_argument("--duration", type=float, default=300.0, help="for how many seconds (default 300)")
    add_input(parser, pattern=patterns.NORMAL, seed=int(time.time()))
    add_access(parser)
    parser.add_argument("--workers", type=int, help="calls under way at once (default: twice --rps, 32 to 1,024)")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds until an answer is given up (default 30)")
    parser.add_argument("--out", type=Path, default=paths.BUILD / "load", help="folder of the report")
    options = parser.parse_args(given)
    problem = _problem(options)
    if problem:
        parser.error(problem)
    if options.workers is None:
        wanted = round(_WORKERS_A_REQUEST_A_SECOND * options.rps)
        options.workers = min(MAX_WORKERS, max(_FEWEST_WORKERS, wanted))
    return options


def _problem(options: argparse.Namespace) -> str:
    workers = options.workers
    wrong = (
        (not 0 < options.rps <= 10_000, "--rps must be above 0 and at most 10,000"),
        (not 1 <= options.duration <= 86_400, "--duration must be 1 to 86,400 seconds"),
        (workers is not None and not 1 <= workers <= MAX_WORKERS, f"--workers must be 1 to {MAX_WORKERS}"),
        (not 0.1 <= options.timeout <= 300, "--timeout must be 0.1 to 300 seconds"),
    )
    found = next((sentence for is_wrong, sentence in wrong if is_wrong), "")
    return found or problem_of(options, max(1, round(options.rps * options.duration)))


def main(given: Sequence[str]) -> int:
    """Run the test; return 0 if the API took anything at all: whether it was fast enough is for the reader to say."""
    options = arguments(given)
    return ended(PROGRAM, partial(_run, options))


def _run(options: argparse.Namespace) -> int:
    target = target_of(options.system)
    url = url_of(options.endpoint, target)
    _reach(url)
    loop = OpenLoop(
        partial(http_poster, url, options.api_key, options.timeout, options.token),
        _bodies(options, target),
        options.rps,
        options.duration,
        options.workers,
        patience_seconds=options.timeout,
    )
    started_at = datetime.now(timezone.utc)
    interrupted = _watch(loop)
    sent = loop.result()
    run = Run(options.system, url, options.pattern, options.seed, options.rps, options.duration, options.workers)
    content = report.document(run, sent, started_at, interrupted=interrupted)
    files = report.write(content, sent, options.out)
    for text in [*report.told(content), *(paths.shown(file.resolve()) for file in files)]:
        print(text)
    if interrupted:
        return INTERRUPTED
    if not content["ok"]:
        raise DemoError(f"no request was answered well: {', '.join(content['answers'])}.")
    return 0


def _bodies(options: argparse.Namespace, target: Target) -> Iterator[bytes]:
    count = max(1, round(options.rps * options.duration))
    return (body_of(target, transaction) for transaction in transactions_of(options, count))


def _reach(url: str) -> None:
    """Make sure that something answers before hundreds of calls are planned."""
    parts = urlsplit(url)
    session = requests.Session()
    session.trust_env = parts.hostname not in ("127.0.0.1", "localhost")
    try:
        session.get(url, timeout=5)
    except requests.RequestException as error:
        raise DemoError(f"nothing answers at {parts.scheme}://{parts.netloc} ({type(error).__name__}).") from error


def _watch(loop: OpenLoop) -> bool:
    """Run the loop, telling each second how it goes; return whether it was interrupted."""
    line, seen = Line(every_seconds=1), 0
    loop.start()
    try:
        while not loop.done.wait(1.0):
            due, done, under_way = loop.counts()
            answered = loop.ended()
            times = percentiles_ms([request.ended - request.due for request in answered[seen:]])
            failed = sum(not is_ok(request) for request in answered)
            line.show(
                f"{loop.elapsed():4.0f} s  due {due:,} of {loop.planned:,}  ended {done:,} (+{done - seen:,})"
                f"  under way {under_way:,}  failed {failed:,}"
                f"  last second p50 {report.milliseconds(times['p50'])}, p99 {report.milliseconds(times['p99'])}"
            )
            seen = len(answered)
    except KeyboardInterrupt:
        loop.stop()
        line.end("interrupted")
        return True
    line.end(f"{loop.elapsed():4.0f} s  ended {loop.counts()[1]:,} of {loop.planned:,}")
    return False
