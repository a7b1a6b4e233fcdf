"""`make labels FILE=chargebacks.csv`: post a file of labels through the API.

The file is CSV or JSON lines, gzip or not, with the columns transaction_id, label (fraud, genuine, unknown),
confirmed_at (RFC 3339) and, unless it is the same for all, source. It is checked as a whole first: with a bad
line nothing is posted, unless bad lines are to be skipped. To post a file again is harmless. The lines of one
transaction are posted in the order of the file; two that contradict each other for the same time are no good.

The API is that of the environment variables API_ENDPOINT and API_KEY, else that of `make local-up`. Systems take labels
at different paths: SYSTEM says which one API_ENDPOINT belongs to; without it, it is the flagship.

Usage: python -m scripts.labels FILE [--system SYSTEM] [--source SOURCE] [--skip-bad]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any, Optional, Protocol, TextIO, Union
from urllib.parse import urlsplit

import requests

from pipeline.domain.errors import InvalidTransactionError
from pipeline.domain.label import LabelRequest, LabelSource, parse_label
from scripts import stack, systems
from scripts.arguments import Parser
from scripts.demo.client import Retry
from scripts.demo.rows import Row, csv_cells, format_of, json_row, open_text
from scripts.errors import CommandError

COLUMNS = ("transaction_id", "label", "confirmed_at")
OPTIONAL_COLUMNS = ("source",)
PROBLEMS_SHOWN = 50
"""Lines of an error report that are written out; the rest is counted."""
WORKERS = 8
LINES_AT_ONCE = 500
"""Lines handed to the workers together: when the API is down, so few are tried in vain."""

PATHS = {systems.FLAGSHIP.name: "/v1/labels", systems.SECUREBANK.name: "/labels"}
"""Where each system that takes labels takes them, below the endpoint of its API."""

RETRY = Retry()

_TRANSIENT = frozenset({429, 500, 502, 503, 504})
_REFUSED_KEY = frozenset({401, 403})


@dataclass(frozen=True)
class Line:
    """A line that can be posted."""

    number: int
    request: LabelRequest

    def body(self) -> bytes:
        """Return the body of its request."""
        label = self.request.label
        return json.dumps(
            {
                "transaction_id": self.request.transaction_id,
                "label": label.value.value,
                "source": label.source.value,
                "confirmed_at": label.confirmed_at,
            }
        ).encode()


@dataclass(frozen=True)
class Problem:
    """Why a line is not good: its number (0: the file as a whole), and a sentence."""

    line: int
    text: str


@dataclass
class Report:
    """What became of a file."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """The API's answer; `status` is None if there was none."""

    status: Optional[int]
    body: Mapping[str, Any]


class Poster(Protocol):
    """Posts one body."""

    def __call__(self, body: bytes) -> Answer:
        """Return how the API answered, after as many attempts as it took."""
        ...


def read_file(path: Path, source: str, now: datetime) -> tuple[list[Line], list[Problem]]:
    """Return the good lines of a file and what is wrong with the others.

    Parameters
    ----------
    path
        The file.
    source
        Of lines that name none.
    now
        No label can have been confirmed after it.

    Raises
    ------
    CommandError
        If the file as a whole cannot be read.
    """
    lines: list[Line] = []
    problems: list[Problem] = []
    said: dict[tuple[str, str], Line] = {}  # the first line for a transaction and a time
    try:
        with closing(open_text(path, "utf-8-sig", "surrogateescape")) as file:
            for number, row in _rows(path, file):
                if isinstance(row, str):
                    problems.append(Problem(number, row))
                    continue
                try:
                    line = Line(number, parse_label(_document(row, source), now))
                except InvalidTransactionError as error:
                    problems.append(Problem(number, f"{_column(error.field)}: {error.reason}"))
                    continue
                contradiction = _contradiction(line, said)
                if contradiction:
                    problems.append(Problem(number, contradiction))
                else:
                    lines.append(line)
    except (OSError, EOFError, csv.Error, zlib.error) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    return lines, problems


def _contradiction(line: Line, said: dict[tuple[str, str], Line]) -> str:
    """Return what is wrong with a line whose transaction has another label at the same time, else ""."""
    label = line.request.label
    first = said.setdefault((line.request.transaction_id, label.confirmed_at), line)
    standing = first.request.label.value
    if label.value is standing:
        return ""
    return f"label: is {label.value.value}, but line {first.number} says {standing.value} for the same confirmed_at"


def _rows(path: Path, file: TextIO) -> Iterator[tuple[int, Union[Row, str]]]:
    """Yield each row, or in a sentence why its line is none."""
    return _json_rows(file) if format_of(path) == "jsonl" else _csv_rows(path, file)


def _json_rows(file: TextIO) -> Iterator[tuple[int, Union[Row, str]]]:
    for number, text in enumerate(file, start=1):
        if _undecoded(text):
            yield number, "is no UTF-8 text"
        elif text.strip():
            row = json_row(text)
            yield number, "is no JSON object" if row is None else row


def _csv_rows(path: Path, file: TextIO) -> Iterator[tuple[int, Union[Row, str]]]:
    cells = csv_cells(file, "\t" if ".tsv" in path.name.lower() else ",")
    line, first = next(cells, (1, []))
    header = [name.strip() for name in first]
    if _undecoded("".join(header)):
        raise CommandError(f"{path}: line {line}: the header is no UTF-8 text.")
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise CommandError(
            f"{path}: line {line}: the columns {', '.join(missing)} are missing; it has {', '.join(header)}."
        )
    twice = [name for name in (*COLUMNS, *OPTIONAL_COLUMNS) if header.count(name) > 1]
    if twice:
        raise CommandError(f"{path}: line {line}: more than one column is named {', '.join(twice)}.")
    for number, values in cells:
        if _undecoded("".join(values)):
            yield number, "is no UTF-8 text"
        elif len(values) > len(header):
            yield number, f"has {len(values)} cells where the header has {len(header)}"
        else:
            yield number, dict(zip(header, values))


def _undecoded(text: str) -> bool:
    """Tell whether the text holds bytes that are no UTF-8 (read as lone surrogates)."""
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def _document(row: Row, source: str) -> dict[str, Any]:
    """Return the request that a row means; columns that are none of ours say nothing."""
    cells = {name: row.get(name) for name in (*COLUMNS, *OPTIONAL_COLUMNS)}
    known = {name: value.strip() if isinstance(value, str) else value for name, value in cells.items()}
    return {"source": source, **{name: value for name, value in known.items() if value not in (None, "")}}


def _column(name: str) -> str:
    return "the line" if name == "body" else name


def post_lines(lines: Iterable[Line], post: Poster, report: Report) -> None:
    """Post the lines and note in `report` what became of each; those of one transaction in their order.

    Raises
    ------
    CommandError
        If the API refuses the key, or does not answer: the rest is not tried.
    """
    left = iter(lines)
    with ThreadPoolExecutor(WORKERS) as pool:
        while part := list(islice(left, LINES_AT_ONCE)):
            groups: dict[str, list[Line]] = {}
            for line in part:
                groups.setdefault(line.request.transaction_id, []).append(line)
            for answers in pool.map(lambda group: _post_group(group, post), groups.values()):
                for line, answer in answers:
                    _note(line, answer, report)


def _post_group(group: Sequence[Line], post: Poster) -> list[tuple[Line, Answer]]:
    """Post one line after the other, up to the first answer after which no other line is worth trying."""
    answers: list[tuple[Line, Answer]] = []
    for line in group:
        answer = post(line.body())
        answers.append((line, answer))
        if answer.status is None or answer.status in _REFUSED_KEY or answer.status in _TRANSIENT:
            break
    return answers


def _note(line: Line, answer: Answer, report: Report) -> None:
    if answer.status == 200:
        report.counts[str(answer.body.get("status"))] += 1
    elif answer.status in _REFUSED_KEY:
        raise CommandError("the API refuses the key; set API_KEY to the value of the stage's key.")
    elif answer.status is None or answer.status in _TRANSIENT:
        said = f"HTTP {answer.status}" if answer.status else "no answer"
        raise CommandError(f"the API is out of reach (line {line.number}: {said}). Post the file again later.")
    else:
        error = answer.body.get("error", {})
        report.problems.append(Problem(line.number, f"{error.get('code', answer.status)}: {error.get('message', '')}"))


def http_poster(url: str, api_key: str, retry: Retry = RETRY, timeout_seconds: float = 30.0) -> Poster:
    """Return a poster to the API's operation at `url`, which tries again what may pass."""
    own = threading.local()  # a session is no thing to share
    rng = random.Random()  # noqa: S311 - jitter

    def session() -> requests.Session:
        if not hasattr(own, "session"):
            own.session = requests.Session()
            own.session.headers.update({"x-api-key": api_key, "content-type": "application/json"})
            # A proxy of the user's environment must not be asked for an address on this machine.
            own.session.trust_env = urlsplit(url).hostname not in ("127.0.0.1", "localhost")
        made: requests.Session = own.session
        return made

    def once(body: bytes) -> Answer:
        try:
            answer = session().post(url, data=body, timeout=(5.0, timeout_seconds))
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            return Answer(None, {})
        try:
            content = answer.json()
        except ValueError:
            content = {}
        return Answer(answer.status_code, content if isinstance(content, dict) else {})

    def post(body: bytes) -> Answer:
        for attempt in range(1, retry.attempts + 1):
            answer = once(body)
            if answer.status is not None and answer.status not in _TRANSIENT:
                break
            if attempt < retry.attempts:
                time.sleep(retry.pause(attempt, rng))
        return answer

    return post


def find_api(system: Optional[str]) -> tuple[str, str]:
    """Return the URL at which labels are taken, and the key: of the environment's API, else of the local stack's.

    Parameters
    ----------
    system
        The system that is meant; None: the flagship, or whichever runs locally.

    Raises
    ------
    CommandError
        If no API is named and no stack runs, or another one, or one that takes no labels.
    """
    endpoint, key = os.environ.get("API_ENDPOINT"), os.environ.get("API_KEY")
    if endpoint and key:
        return _url(endpoint, system or systems.FLAGSHIP.name), key
    running = stack.running()
    if running is None:
        raise CommandError("set API_ENDPOINT and API_KEY, or start a local stack with `make local-up`.")
    found = running.stack
    if system not in (None, found.system):
        raise CommandError(f"{found.system} is running, not {system}: `make local-down`, then start {system}.")
    url, api_key = _url(stack.api_url(found), found.system), stack.api_key(found)
    return url, api_key.value if api_key else ""


def _url(endpoint: str, system: str) -> str:
    if system not in PATHS:
        raise CommandError(f"{system} takes no labels; {' and '.join(PATHS)} do.")
    return endpoint.rstrip("/") + PATHS[system]


def run(path: Path, source: str, system: Optional[str] = None, *, skip_bad: bool) -> Report:
    """Read the file and post it; with a bad line, and unless those are skipped, nothing is posted."""
    lines, problems = read_file(path, source, datetime.now(timezone.utc))
    report = Report(problems=problems)
    if problems and not skip_bad:
        return report
    if lines:
        try:
            post_lines(lines, http_poster(*find_api(system)), report)
        except CommandError:
            print(_counts(report), file=sys.stderr)
            raise
    return report


def _counts(report: Report) -> str:
    posted = ", ".join(f"{report.counts[name]:,} {name}" for name in ("recorded", "unchanged", "superseded"))
    return f"labels: {posted}; {len(report.problems):,} bad"


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit status: 0 if every line was posted, or the bad ones were to be skipped."""
    parser = Parser(
        prog="labels",
        description=__doc__,
        epilog="With make: make labels FILE=chargebacks.csv, and where needed SYSTEM, SOURCE, SKIP_BAD=1.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--source",
        choices=[source.value for source in LabelSource],
        default=LabelSource.CHARGEBACK.value,
        help="who says so, for lines that do not tell (default: chargeback)",
    )
    parser.add_argument(
        "--system",
        choices=list(PATHS),
        help="the system that API_ENDPOINT belongs to (default: the flagship, or what runs locally)",
    )
    parser.add_argument("--skip-bad", action="store_true", help="post the good lines although others are bad")
    options = parser.parse_args(arguments)
    try:
        report = run(options.file, options.source, options.system, skip_bad=options.skip_bad)
    except CommandError as error:
        print(f"labels: {error}", file=sys.stderr)
        return 1
    for problem in sorted(report.problems, key=lambda one: one.line)[:PROBLEMS_SHOWN]:
        print(f"{options.file.name}:{problem.line}: {problem.text}", file=sys.stderr)
    if len(report.problems) > PROBLEMS_SHOWN:
        print(f"... and {len(report.problems) - PROBLEMS_SHOWN:,} more", file=sys.stderr)
    print(_counts(report))
    if report.problems and not options.skip_bad and not report.counts:
        print("labels: nothing was posted; correct the lines, or use --skip-bad (SKIP_BAD=1).", file=sys.stderr)
    return 1 if report.problems and not options.skip_bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
