"""`python -m scripts.policy`: check, show and change the policy document; replay decisions.

Exit status: 0 done; 1 refused, or different (diff, replay); 2 it could not be tried.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable

import boto3
from botocore.exceptions import BotoCoreError

from scripts import paths
from scripts.errors import CommandError
from scripts.policy import changing, looking, proposing
from scripts.policy.changes import basis_points
from scripts.policy.context import context
from scripts.policy.documents import RefusedError, models

SHIPPED = paths.ROOT / "policy_documents" / "flagship.json"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m scripts.policy",
        description="Check, show and change the policy document; replay decisions. See docs/decision-engine.md.",
        epilog="Exit status: 0 done; 1 refused, or different; 2 it could not be tried.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_looking(commands)
    _add_changing(commands)
    _add_proposing(commands)
    return top


def _add_looking(commands: Any) -> None:
    check = commands.add_parser("check", help="tell whether the functions would take a file's document")
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(run=looking.check)

    show = commands.add_parser("show", help="print the document in force")
    show.add_argument("--version", type=int, metavar="N", help="another version of the parameter")
    show.set_defaults(run=looking.show)

    history = commands.add_parser("history", help="list the versions of the parameter")
    history.set_defaults(run=looking.history)

    diff = commands.add_parser("diff", help="compare a file with the document in force")
    diff.add_argument("file", type=Path, metavar="FILE")
    diff.add_argument("--version", type=int, metavar="N", help="compare with another version of the parameter")
    diff.set_defaults(run=looking.diff)

    replay = commands.add_parser("replay", help="compute a recorded decision again and compare")
    recorded = replay.add_mutually_exclusive_group(required=True)
    recorded.add_argument("--decision", type=Path, metavar="FILE", help="a row, as aws dynamodb get-item prints it")
    recorded.add_argument("--transaction", metavar="ID", help="the transaction whose row is read")
    replay.add_argument("--document", type=Path, metavar="FILE", help="instead of the one that the decision names")
    replay.add_argument("--transactions-table", metavar="NAME", help="default: $TRANSACTIONS_TABLE")
    replay.set_defaults(run=looking.replay)
    for command in (show, history, diff, replay):
        _add_parameter(command)


def _add_changing(commands: Any) -> None:
    put = commands.add_parser("put", help="write a file's document as a new version")
    put.add_argument("file", type=Path, metavar="FILE")
    put.set_defaults(run=changing.put, as_version=None)

    promote = commands.add_parser("promote", help="let the challenger decide for a share of the accounts, or for all")
    how = promote.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--share", type=_share, metavar="SHARE", help="5%%, 2.5%% or 250bp of the accounts; 0%% takes it back"
    )
    how.add_argument("--champion", action="store_true", help="make the challenger the champion")
    promote.add_argument("--policy", help="the challenger, if it is to be another one")
    promote.add_argument("--salt", help="another salt picks other accounts")
    promote.set_defaults(run=changing.promote)

    kill = commands.add_parser("kill", help="switch to rules only, or back")
    kill.add_argument("switch", nargs="?", choices=("on", "off"), default="on")
    kill.set_defaults(run=changing.kill, force=False)

    rollback = commands.add_parser("rollback", help="write the document before the newest one again")
    rollback.add_argument("--to", type=int, metavar="N", help="the version of the parameter to go back to")
    rollback.set_defaults(run=changing.rollback)
    for command in (promote, kill, rollback):
        command.add_argument(
            "--as", dest="as_version", metavar="NAME", help="version of the document; default: the next"
        )
    for command in (put, promote, kill, rollback):
        _add_parameter(command)
        command.add_argument("--reason", default="", metavar="WHY", help="goes into the document's note")
    for command in (put, promote, rollback):  # what may let another policy decide
        command.add_argument("--force", action="store_true", help="promote although the drift breaker is open")
        command.add_argument("--drift-table", metavar="NAME", help="default: $DRIFT_TABLE")


def _add_proposing(commands: Any) -> None:
    propose = commands.add_parser("propose", help="write a document with proposed thresholds, to be approved and put")
    propose.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE",
                         help="a report.json or proposal.json of a backtest, or a model artifact")  # fmt: skip
    propose.add_argument("--policy", help="whose thresholds; needed if there are several")
    propose.add_argument("--document", type=Path, metavar="FILE", help="start from it, not from the one in force")
    propose.add_argument("--output", type=Path, required=True, metavar="FILE")
    propose.set_defaults(run=proposing.propose)
    _add_parameter(propose)

    adopt = commands.add_parser("adopt", help="put a packaged model into a document's file")
    adopt.add_argument("artifact", type=Path, metavar="ARTIFACT")
    adopt.add_argument("--document", type=Path, default=SHIPPED, metavar="FILE", help="default: the shipped one")
    adopt.add_argument("--policy", default="model", help="the policy that is the model (default: model)")
    adopt.add_argument("--combined", default="combined", help="its combination with the rules (default: combined)")
    adopt.set_defaults(run=proposing.adopt)
    for command in (propose, adopt):
        command.add_argument(
            "--as", dest="as_version", metavar="NAME", help="version of the document; default: the next"
        )


def _add_parameter(command: argparse.ArgumentParser) -> None:
    command.add_argument("--parameter", metavar="NAME", help="default: $POLICY_PARAMETER")


def _share(text: str) -> int:
    try:
        return basis_points(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _client(service: str) -> Any:
    sdk: Any = boto3
    try:
        return sdk.client(service)
    except BotoCoreError as error:
        raise CommandError(f"no client for {service}: {error}.") from error


def main(arguments: Sequence[str], client: Callable[[str], Any] = _client) -> int:
    """Run one command."""
    options = parser()
    parsed = options.parse_args(arguments)
    if getattr(parsed, "force", False) and not parsed.reason:
        options.error("--force needs --reason: why the breaker is passed is recorded")
    try:
        status: int = parsed.run(context(parsed, client, models()))
    except RefusedError as error:
        print(f"policy: {error}", file=sys.stderr)
        return 1
    except CommandError as error:
        print(f"policy: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
