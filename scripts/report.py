"""`make report DATE=2026-11-20`: have the compliance report of a day made, and fetch it.

The day is one in UTC that has begun; without one it is yesterday. The report is made by the deployed function: that of
--function, called with the AWS credentials of the environment, else that of `make local-up`. It is kept in the reports'
bucket like the daily one, and both of its files are copied to build/report/.

Books that differ are told, and are no failure of this command.

Usage: python -m scripts.report [--date YYYY-MM-DD] [--system SYSTEM | --function NAME]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.domain.days import InvalidDayError, asked_day
from scripts import local_client, paths, stack, systems
from scripts.arguments import Parser
from scripts.errors import CommandError

OUTPUT = "report_function_name"
"""The output of a root that has the function."""

FOLDER = paths.BUILD / "report"

_PATIENT = Config(connect_timeout=5, read_timeout=900, retries={"mode": "standard", "total_max_attempts": 1})
"""The function may take as long as Lambda lets it, and a call that is made again would be a second report."""

Clients = Callable[[str], Any]


def find_function(system: str | None) -> tuple[str, Clients]:
    """Return the name of the local stack's function, and what makes clients for it.

    Parameters
    ----------
    system
        The system that is meant; None: whichever runs.

    Raises
    ------
    CommandError
        If no stack runs, or another one, or one without reports.
    """
    running = stack.running()
    if running is None:
        raise CommandError("set FUNCTION to the function's name, or start a local stack with `make local-up`.")
    found = running.stack
    if system not in (None, found.system):
        raise CommandError(f"{found.system} is running, not {system}: `make local-down`, then `make local-up`.")
    if OUTPUT not in found.outputs:
        raise CommandError(f"{found.system} has no compliance report.")
    region = systems.named(found.system).region
    return str(found.outputs[OUTPUT]), local_client.clients(found.endpoint, region, _PATIENT)


def clients_of_the_environment() -> Clients:
    """Return what makes clients with the user's own AWS settings."""
    session: Any = boto3.session.Session()
    return lambda service: session.client(service, config=_PATIENT)


def make(function: str, clients: Clients, day: date) -> dict[str, Any]:
    """Have the report made; return the function's answer.

    Raises
    ------
    CommandError
        If the function cannot be called, or fails.
    """
    try:
        answer = clients("lambda").invoke(FunctionName=function, Payload=json.dumps({"date": day.isoformat()}).encode())
        said: dict[str, Any] = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"{function} cannot be called: {error}") from error
    if answer.get("FunctionError"):
        raise CommandError(f"{function} failed: {said.get('errorType', 'error')}: {said.get('errorMessage', '')}")
    return said


def fetch(answer: Mapping[str, Any], clients: Clients, folder: Path) -> dict[str, Path]:
    """Copy the report's files into `folder`; return where each lies, by its key.

    Raises
    ------
    CommandError
        If they cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    try:
        for key in (answer["csv"], answer["html"]):
            body = clients("s3").get_object(Bucket=answer["bucket"], Key=key)["Body"].read()
            files[key] = folder / f"{answer['date']}-{key.rsplit('/', 1)[-1]}"
            files[key].write_bytes(body)
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"the report was made, but s3://{answer['bucket']}/{key} cannot be read: {error}") from error
    return files


def tell(answer: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    """Print the report's main figures, and where it lies."""
    print(f"report: {answer['date']}: {_verdict(answer)}")
    for kind, number in answer["by_kind"].items():
        print(f"  {kind:<20} {number:>12,}")
    for name, value in answer["figures"].items():
        print(f"  {name:<20} {_shown(value):>12}")
    for key, file in files.items():
        print(f"s3://{answer['bucket']}/{key}\n  {paths.shown(file)}")


def _verdict(answer: Mapping[str, Any]) -> str:
    if not answer["compared"]:
        return f"the books were not compared: {answer['reason']}"
    return f"{answer['differences']:,} differences" if answer["differences"] else "the books agree"


def _shown(value: str) -> str:
    return f"{int(value):,}" if value.isdigit() else value


def _day(text: str) -> date:
    try:
        return asked_day(text, datetime.now(timezone.utc))
    except InvalidDayError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("date ")) from error


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit status: 0 if the report was made, whatever it says."""
    parser = Parser(
        prog="report",
        description=__doc__,
        epilog="With make: make report DATE=2026-11-20, and where needed SYSTEM or FUNCTION.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--date", type=_day, metavar="YYYY-MM-DD", default=asked_day(None, datetime.now(timezone.utc)),
        help="the day (default: yesterday)",
    )  # fmt: skip
    parser.add_argument("--system", help="the system that runs locally (default: whichever does)")
    parser.add_argument("--function", default=os.environ.get("FUNCTION"), help="name of a deployed function")
    options = parser.parse_args(arguments)
    try:
        if options.function:
            function, clients = options.function, clients_of_the_environment()
        else:
            function, clients = find_function(options.system)
        answer = make(function, clients, options.date)
        tell(answer, fetch(answer, clients, FOLDER))
    except CommandError as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
