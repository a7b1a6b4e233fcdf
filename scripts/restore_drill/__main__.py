"""`make restore-drill`: rehearse the loss of the transactions table, and measure RPO and RTO.

Without --table, everything happens on a local AWS of the drill's own: the system is deployed, transactions are sent,
the table is backed up and loses its content, is restored, gets what came after from the archive, is reconciled and put
back into service.

With --table, the table of an account (whatever the usual settings of AWS point at) is restored beside itself, and the
result compared; the table is read and never written. That needs --i-know-this-is-not-local.

--dry-run says what would be done. The report goes to build/restore-drill/report.json; docs/restore.md is the runbook.

Usage: python -m scripts.restore_drill [--system SYSTEM] [--dry-run]
       python -m scripts.restore_drill --table NAME [--archive-bucket NAME] --i-know-this-is-not-local
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.domain.times import from_text
from scripts import paths
from scripts import systems as deployable
from scripts.arguments import Parser
from scripts.errors import CommandError
from scripts.progress import console
from scripts.restore_drill import cloud, local, report, systems

DEFAULT_BEFORE, DEFAULT_AFTER = 200, 100
MOST = 100_000


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(
        prog="restore-drill",
        description=__doc__,
        epilog="With make: make restore-drill, or make restore-drill SYSTEM=merchant_api DRY_RUN=1.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--system", default=systems.FLAGSHIP.name, help=f"one of {', '.join(systems.ALL)}")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and end")
    parser.add_argument("--out", type=Path, default=local.FOLDER, help="folder of the report")
    parser.add_argument("--before", type=int, default=DEFAULT_BEFORE, help="local: transactions before the backup")
    parser.add_argument("--after", type=int, default=DEFAULT_AFTER, help="local: transactions between backup and loss")
    parser.add_argument("--seed", type=int, default=1, help="local: of the generator")
    parser.add_argument("--table", help="drill this table of an account instead")
    parser.add_argument("--archive-bucket", help="with --table: replay from this bucket")
    parser.add_argument("--at", type=_time, help="with --table: restore this time, RFC 3339 (default: the latest)")
    parser.add_argument("--region", help="with --table: its region (default: that of your settings)")
    parser.add_argument("--keep", action="store_true", help="with --table: leave the restored table")
    parser.add_argument(
        cloud.CHOICE, action="store_true", dest="allowed", help="use an AWS that is not on this machine"
    )
    options = parser.parse_args(given)
    for name in ("before", "after"):
        if not 1 <= getattr(options, name) <= MOST:
            parser.error(f"--{name} must lie between 1 and {MOST:,}.")
    if options.table is None and (options.archive_bucket or options.at or options.region or options.keep):
        parser.error("--archive-bucket, --at, --region and --keep belong to --table.")
    if options.archive_bucket and systems.ALL.get(options.system, systems.FLAGSHIP).archive is None:
        parser.error(f"{options.system} has no archive: leave --archive-bucket out.")
    return options


def main(given: Sequence[str], client: Callable[[str], Any] | None = None) -> int:
    """Run the command; return the exit status: 0 if everything was reached that is promised.

    Parameters
    ----------
    given
        The arguments.
    client
        Makes clients of the AWS that --table is on; None: as the usual settings say.
    """
    options = arguments(given)
    try:
        system = systems.named(options.system)
        if options.dry_run:
            sentences = local.plan(system, _local(options)) if options.table is None else cloud.plan(_cloud(options))
            print("\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, start=1)))
            return 0
        result = _drill(system, options, client)
    except CommandError as error:
        return _ended(str(error), 1)
    except (BotoCoreError, ClientError) as error:
        return _ended(f"AWS did not do what it was asked: {error}", 1)
    except KeyboardInterrupt:
        return _ended("interrupted; a local AWS is stopped, and no table was changed but the drill's own.", 130)
    print("\n".join(result.lines()))
    print(f"report: {paths.shown(report.write(result, options.out))}")
    return 1 if result.problems() else 0


def _drill(
    system: systems.Drillable, options: argparse.Namespace, client: Callable[[str], Any] | None
) -> report.Result:
    if options.table is None:
        return local.drill(system, deployable.named(system.name), _local(options), console.print)
    session: Any = boto3.session.Session(region_name=options.region)
    return cloud.drill(system, _cloud(options), client or session.client, console.print)


def _local(options: argparse.Namespace) -> local.Options:
    return local.Options(options.before, options.after, options.seed)


def _cloud(options: argparse.Namespace) -> cloud.Options:
    return cloud.Options(options.table, options.archive_bucket, options.at, options.keep, options.allowed)


def _time(text: str) -> datetime:
    try:
        return from_text(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _ended(sentence: str, status: int) -> int:
    print(f"restore-drill: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
