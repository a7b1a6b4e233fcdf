"""`make redrive`: list what failed and which accounts wait for it, and give it back to the pipeline, in order.

Without more it lists. ACCOUNT=id or ALL=1 shows what would be released, in its order; with EXECUTE=1 it is done.
ALL=1 has PARALLEL accounts on their way at once, and goes on with the others where one cannot be released.
TRANSACTION=id is for systems without accounts. ABANDON=id closes a failed transaction that never can be decided, so
that those behind it can go on. Nothing that is new gets before the line while it is released, and a run that died goes
on where it stopped when it is started again. Each step is in the transactions' histories, and in
build/redrive/SYSTEM.jsonl.

It works on the stack of `make local-up`; or, with OUTPUTS=file, on the system whose `terraform output -json` the file
holds, in the account that the usual settings of AWS point at. docs/operations.md is the guide.

Exit status: 0 if all that was asked is done, 1 if an account stays blocked, 2 for wrong arguments, 130 if interrupted.

Usage: python -m scripts.redrive [--system SYSTEM] [--outputs FILE] [--account ID | --all | --transaction ID |
       --abandon ID] [--execute] [--reason TEXT] [--rate N] [--parallel N]
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts import paths, stack, systems
from scripts.arguments import Parser
from scripts.errors import CommandError
from scripts.redrive import at_once, journal, text
from scripts.redrive.books import Books, Run, is_message
from scripts.redrive.pace import Pace, until_stopped
from scripts.redrive.place import Place, of
from scripts.redrive.release import Outcome, Releaser, Result
from scripts.redrive.senders import sender
from scripts.redrive.unrecorded import refuse_unrecorded

MOST_A_SECOND = 100.0
LONGEST_REASON = 200


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Return the checked arguments."""
    parser = Parser(
        prog="redrive",
        description=__doc__,
        epilog="With make: make redrive, or make redrive ACCOUNT=acc-0001 EXECUTE=1.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--system", help=f"one of {', '.join(systems.ALL)} (default: that of the local stack)")
    parser.add_argument("--outputs", type=Path, help="a file of `terraform output -json`")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--account", help="release this account")
    what.add_argument("--all", action="store_true", help="release every quarantined account")
    what.add_argument("--transaction", help="release this transaction of a system without accounts")
    what.add_argument("--abandon", help="close this failed transaction, which blocks its account")
    parser.add_argument("--execute", action="store_true", help="do it; without, it is only shown")
    parser.add_argument("--reason", default="", help="why, for the histories")
    parser.add_argument("--rate", type=float, default=5.0, help="transactions let go in a second, at most (default 5)")
    parser.add_argument("--parallel", type=int, default=8, help="accounts on their way at once, at most (default 8)")
    parser.add_argument("--patience", type=float, default=900.0, help="seconds to wait for a decision (default 900)")
    parser.add_argument("--take-over", action="store_true", help="go on with accounts that another run has begun")
    parser.add_argument(
        "--recount", action="store_true", help="count a line that does not add up (reads the whole table)"
    )
    options = parser.parse_args(given)
    if not 0 < options.rate <= MOST_A_SECOND:
        parser.error(f"argument --rate: must lie above 0, and be {MOST_A_SECOND:.0f} at most")
    if not 1 <= options.parallel <= at_once.MOST:
        parser.error(f"argument --parallel: must be 1 to {at_once.MOST}")
    if options.patience <= 0:
        parser.error("argument --patience: must be seconds, above 0")
    if len(options.reason) > LONGEST_REASON:
        parser.error(f"argument --reason: must have at most {LONGEST_REASON} characters")
    if options.abandon and not options.reason:
        parser.error("argument --abandon: needs a --reason: it is the last word on somebody's transaction")
    return options


def main(given: Sequence[str]) -> int:
    """Run the command; return the exit status."""
    options = arguments(given)
    try:
        place, client = _connect(options)
        return _work(options, place, client)
    except CommandError as error:
        return _ended(str(error))
    except (BotoCoreError, ClientError) as error:
        return _ended(f"AWS did not do what it was asked: {error}. Run the same again: it goes on where this stopped.")
    except KeyboardInterrupt:
        return _ended("interrupted. Accounts stay blocked; run the same again to go on.", 130)


def _connect(options: argparse.Namespace) -> tuple[Place, Callable[[str], Any]]:
    """Return the system that is meant, and what makes clients for it."""
    if options.outputs is not None:
        outputs = _outputs(options.outputs)
        session: Any = boto3.session.Session()
        return of(options.system or systems.FLAGSHIP.name, outputs), session.client
    running = stack.running()
    if running is None:
        raise CommandError("no local stack runs (make local-up), and no OUTPUTS=file says which system is meant.")
    if options.system not in (None, running.stack.system):
        raise CommandError(f"the local stack is {running.stack.system}, not {options.system}.")
    return of(running.stack.system, running.stack.outputs), running.stack.client


def _outputs(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {name: output["value"] for name, output in found.items()}
    except OSError as error:
        raise CommandError(
            f"{file} cannot be read: {error.strerror}. `terraform output -json > {file.name}` makes one."
        ) from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise CommandError(f"{file} is not what terraform output -json prints.") from error


def _work(options: argparse.Namespace, place: Place, client: Callable[[str], Any]) -> int:
    books = Books(client("dynamodb"), place)
    chosen = _chosen(options, books)
    if chosen is None:
        print(text.overview(place, list(books.blocked()) if place.accounts else [], list(books.failed())))
        return 0
    if not options.execute:
        print(text.plan(books, chosen, options))
        return 0
    refuse_unrecorded(client("sqs"), place.dead_letters_url)
    path = journal.FOLDER / f"{place.system}.jsonl"
    with journal.opened(path, _now) as lines:
        who = str(client("sts").get_caller_identity()["Arn"])
        run = Run(f"{who}/{secrets.token_hex(4)}", f"operator:{who.rpartition('/')[2]}", options.reason)
        stop = threading.Event()
        releaser = _releaser(options, books, client, run, lines, stop)
        known = journal.runs(path)
        outcomes = at_once.release_all(
            chosen, lambda subject: _outcome(options, subject, books, releaser, known), options.parallel, stop
        )
    print(text.outcomes(outcomes))
    print(f"journal: {paths.shown(path)}")
    return 0 if all(outcome.result is Result.RELEASED for outcome in outcomes) else 1


def _chosen(options: argparse.Namespace, books: Books) -> list[str] | None:
    """Return the accounts that are meant, or the one transaction; None: nothing was named.

    Raises
    ------
    CommandError
        If what was named is nothing that the system has.
    """
    if books.place.accounts is None and (options.account or options.abandon):
        raise CommandError(f"{books.place.system} has no accounts, and nothing waits there: name a TRANSACTION.")
    if options.account:
        return [options.account]
    if options.all and books.place.accounts is None:
        return sorted(
            row["transaction_id"] for row in books.failed() if not is_message(row) and "abandoned_at" not in row
        )
    if options.all:
        return sorted(account.account_id for account in books.blocked() if account.quarantined_at)
    if options.abandon or options.transaction:
        return [options.abandon or options.transaction]
    return None


def _releaser(
    options: argparse.Namespace,
    books: Books,
    client: Callable[[str], Any],
    run: Run,
    lines: journal.Journal,
    stop: threading.Event,
) -> Releaser:
    """Return what releases, and writes each step down before the next is done."""
    one_at_a_time = threading.Lock()

    def tell(what: str, account_id: str | None, transaction_id: str, more: str) -> None:
        with one_at_a_time:
            lines.write(
                run=run.token,
                what=what,
                account_id=account_id,
                transaction_id=transaction_id,
                more=more,
                reason=run.reason,
            )
            print(text.step(what, account_id, transaction_id, more), flush=True)

    pace = Pace(1.0 / options.rate, options.patience, _now, time.monotonic, until_stopped(stop))
    return Releaser(books, sender(books.place, client), run, pace, tell, recounts=options.recount)


def _outcome(options: argparse.Namespace, subject: str, books: Books, releaser: Releaser, known: set[str]) -> Outcome:
    """Do what is asked with one subject; what keeps it from that is its outcome."""
    try:
        if options.transaction or books.place.accounts is None:
            return releaser.release_alone(_alone(books, subject))
        if options.abandon:
            account_id = str(_failed(books, subject)["account_id"])
            releaser.abandon(account_id, subject, books.died_over(account_id, known, any_run=options.take_over))
            return Outcome(subject, Result.RELEASED, "abandoned; release its account to let the line go on")
        return releaser.release(subject, books.died_over(subject, known, any_run=options.take_over))
    except CommandError as error:
        return Outcome(subject, Result.NOT_OURS, str(error))
    except (BotoCoreError, ClientError) as error:
        return Outcome(subject, Result.BROKEN, f"AWS did not do what it was asked: {error}. Run the same again")


def _failed(books: Books, transaction_id: str) -> Mapping[str, Any]:
    row = books.transaction(transaction_id, None)
    if row is None or is_message(row):
        raise CommandError(f"there is no transaction {transaction_id}.")
    if row["status"] != "FAILED":
        raise CommandError(f"{transaction_id} is {row['status']}, not FAILED: there is nothing to do.")
    return row


def _alone(books: Books, transaction_id: str) -> Mapping[str, Any]:
    row = _failed(books, transaction_id)
    if books.place.accounts is not None and row.get("account_id"):
        raise CommandError(f"{transaction_id} belongs to {row['account_id']}: release that (ACCOUNT), for its order.")
    return row


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _ended(sentence: str, status: int = 1) -> int:
    print(f"redrive: {sentence}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
