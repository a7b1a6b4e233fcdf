"""What the tool prints."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from scripts.redrive.books import Blocked, Books, is_message
from scripts.redrive.line import IndexBehindError, Line
from scripts.redrive.place import Place
from scripts.redrive.release import Outcome

ROWS_SHOWN = 200


def overview(place: Place, blocked: Sequence[Blocked], failed: Sequence[Mapping[str, Any]]) -> str:
    """Return the list of what is blocked and of what failed."""
    lines = [f"{place.system}: {len(blocked)} accounts blocked, {len(failed)} transactions or messages failed"]
    for account in sorted(blocked, key=lambda each: (each.quarantined_at or "", each.account_id))[:ROWS_SHOWN]:
        state = (
            f"since {account.quarantined_at}" if account.quarantined_at else "fenced: a retry, or not recorded so far"
        )
        lines.append(f"  {account.account_id}: waits for {account.blocked_by}, {account.waiting} in line, {state}")
        if account.reason:
            lines.append(f"    why: {account.reason}")
        if account.released_by:
            lines.append(f"    being released by {account.released_by}")
    blocking = {account.blocked_by for account in blocked}
    others = [row for row in failed if row["transaction_id"] not in blocking][:ROWS_SHOWN]
    lines += [f"  {row['transaction_id']}: FAILED{_note(row)}" for row in others]
    one = "ACCOUNT" if place.accounts else "TRANSACTION"
    lines.append(f"{one}=id or ALL=1 shows the order, EXECUTE=1 releases." if blocked or others else "Nothing waits.")
    return "\n".join(lines)


def plan(books: Books, chosen: Sequence[str], options: argparse.Namespace) -> str:
    """Return what a run would do, in its order."""
    lines = []
    for subject in chosen:
        if options.transaction or books.place.accounts is None:
            lines.append(f"{subject}: send again, and wait for its decision")
        elif options.abandon:
            lines.append(f"{subject}: stays FAILED, with the reason in its history; its account can be released then")
        else:
            lines += _plan_of(books, subject)
    return "\n".join([*lines, "Nothing was done: add EXECUTE=1."])


def _plan_of(books: Books, account_id: str) -> list[str]:
    account = books.account(account_id)
    if account is None or account.quarantined_at is None:
        return [f"{account_id}: is not quarantined; nothing to do"]
    head = books.transaction(account.blocked_by, account_id)
    status = head["status"] if head else "gone"
    lines = [
        f"{account_id}: waits since {account.quarantined_at} for {account.blocked_by} ({status}); {account.reason}"
    ]
    try:
        line = Line(books, account_id).of(account, whole=True)
    except IndexBehindError as error:
        return [*lines, f"  {error}"]
    first = [account.blocked_by] if status in ("FAILED", "RECEIVED") and head and "abandoned_at" not in head else []
    order = [*first, *(each.transaction_id for each in line)]
    lines += [f"  {place}. {transaction_id}" for place, transaction_id in enumerate(order, 1)]
    return [*lines, f"  {len(order) + 1}. the block is lifted, once nobody stands in line"]


def step(what: str, account_id: Optional[str], transaction_id: str, more: str) -> str:
    """Return the line of a step."""
    return "  ".join(part for part in (account_id or "", what, transaction_id, more) if part)


def outcomes(found: Sequence[Outcome]) -> str:
    """Return what became of all that was asked for."""
    lines = [
        f"{outcome.subject}: {outcome.result.value}, {len(outcome.decided)} settled"
        + (outcome.why and f": {outcome.why}")
        for outcome in found
    ]
    return "\n".join(lines or ["nothing is quarantined"])


def _note(row: Mapping[str, Any]) -> str:
    if is_message(row):
        return ": a message that is no transaction, and blocks nobody; see who sends to the queue besides the pipeline"
    if "abandoned_at" in row:
        return f", abandoned {row['abandoned_at']}"
    return (
        f" {row['history'][-1]['at']}, {row['history'][-1]['reason']}; the log of the function that decides tells why"
    )
