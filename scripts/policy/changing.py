"""Commands that write a new version of the document: put, promote, kill, rollback."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from pipeline.aws.policies import BASELINE
from pipeline.scoring.document import parse
from scripts.policy import breaker
from scripts.policy.changes import (
    Content,
    is_promotion,
    rolled_back,
    same_policies,
    with_challenger_as_champion,
    with_kill_switch,
    with_share,
)
from scripts.policy.context import Context
from scripts.policy.documents import Checked, RefusedError, checked, compact, differences, next_version
from scripts.policy.parameter import Parameter, Version


class _Change:
    """One change: the parameter's versions as they were when it began, and how to write the next one."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.parameter: Parameter = context.parameter()
        self.versions: list[Version] = self.parameter.versions()
        self.used = {version.document_version: version.number for version in self.versions}

    def next_name(self, before: Checked) -> str:
        """Return the name of the changed document."""
        chosen = self.context.arguments.as_version
        return str(chosen) if chosen else next_version(before.document.version, self.used)

    def note(self, what: str) -> str:
        """Return why the document came about."""
        arguments = self.context.arguments
        forced = ", forced past the drift breaker" if arguments.force else ""
        return f"{what}{forced}" + (f": {arguments.reason}" if arguments.reason else "")

    def write(self, before: Content, after: Content, *, any_artifact: bool = False) -> int:
        """Write a document, unless its name was used or the breaker holds it."""
        text = compact(after)
        good = checked(text, "the changed document", self.context.models, any_artifact=any_artifact)
        self._refuse_used(good.document.version)
        self._hold_while_open(before, after)
        print("\n".join(differences(before, after)))
        number = self.parameter.put(text, self.versions)
        print(f"written: document {good.document.version} is version {number} of {self.parameter.name}.")
        return 0

    def _refuse_used(self, name: str) -> None:
        """Refuse a name that was used: a decision names its document, and must not mean one of two."""
        if name == parse(BASELINE).version:
            raise RefusedError(f"the name {name!r} is that of the packaged rules: give this document another version.")
        if name in self.used:
            raise RefusedError(
                f"the name {name!r} was used by version {self.used[name]} of the parameter, and decisions refer to it:"
                f" give this document another version, for instance {next_version(name, self.used)!r}."
            )

    def _hold_while_open(self, before: Content, after: Content) -> None:
        """Refuse a promotion while the drift breaker is open or nobody looks, unless it is forced for a reason."""
        if not before or not is_promotion(before, after) or self.context.arguments.force:
            return
        state = breaker.read(self.context.client("dynamodb"), self.context.resource("drift_table"))
        if state.breaker.open:
            why = "; ".join(state.breaker.reasons) or "no reason is recorded"
            raise RefusedError(
                f"the drift breaker is open since {state.breaker.since} ({why}) and holds every promotion."
                " Find out what changed, or say --force --reason WHY, which is recorded."
            )
        if not state.ran:
            print("policy: warning: drift has never run, so nothing watches what is promoted.", file=sys.stderr)
        elif state.is_stale(self.context.now()):
            raise RefusedError(
                f"drift looked last at {state.looked_at or '(no time is recorded)'}, more than 3 hours ago,"
                " so nobody knows whether the breaker ought to be open. Mend drift, or say --force --reason WHY,"
                " which is recorded."
            )


def put(context: Context) -> int:
    """Write a file's document as a new version."""
    change = _Change(context)
    after = context.checked_file(context.arguments.file).content
    if context.arguments.reason:
        after = {**after, "note": change.note(str(after.get("note") or "put"))}
    try:  # the artifact that it names may be the one that a deployment has replaced
        before = change.parameter.newest_parsed(change.versions)[1].content
    except RefusedError:  # no version is any good: whatever is put makes it better
        before = {}
    return change.write(before, after)


def promote(context: Context) -> int:
    """Give the challenger a share of the accounts, or make it the champion."""
    arguments = context.arguments
    change = _Change(context)
    before = change.parameter.check_newest(change.versions)
    if arguments.champion:
        after = with_challenger_as_champion(before.content)
        what = f"promote {after['champion']} to champion"
    else:
        after = with_share(before.content, arguments.share, arguments.policy, arguments.salt)
        what = f"promote {after['challenger']['policy']} to {arguments.share / 100:g}% of the accounts"
    return _write_if_changed(change, before, after, what)


def kill(context: Context) -> int:
    """Switch to rules only, or back; from any checkout, for it touches no policy."""
    change = _Change(context)
    before = change.parameter.newest_parsed(change.versions)[1]
    after = with_kill_switch(before.content, context.arguments.switch == "on")
    return _write_if_changed(change, before, after, f"kill switch {context.arguments.switch}", any_artifact=True)


def rollback(context: Context) -> int:
    """Write an earlier document again, under a new name; kill switch and lists stay as they are."""
    change = _Change(context)
    number = context.arguments.to
    if number is None:
        newest, before = change.parameter.in_force(change.versions)
        target, good = _earlier(change, newest)
    else:
        before = change.parameter.newest_parsed(change.versions)[1]
        target = change.parameter.numbered(change.versions, number)
        good = change.parameter.check(target)
    what = f"rollback to {good.document.version} (version {target.number})"
    after = rolled_back(good.content, before.content)
    after = {**after, "version": change.next_name(before), "note": change.note(what)}
    return change.write(before.content, after)


def _write_if_changed(
    change: _Change, before: Checked, after: Content, what: str, *, any_artifact: bool = False
) -> int:
    if after == before.content:
        print("nothing to change: it is so already.")
        return 0
    after = {**after, "version": change.next_name(before), "note": change.note(what)}
    return change.write(before.content, after, any_artifact=any_artifact)


def _earlier(change: _Change, newest: Version) -> tuple[Version, Checked]:
    """Return the newest earlier version that is good and has other policies than the one in force."""
    for version in _not_left(change.versions, newest):
        if same_policies(version.content, newest.content):
            continue
        try:
            return version, change.parameter.check(version)
        except RefusedError as error:
            print(f"policy: skipped: {error}", file=sys.stderr)
    raise RefusedError(
        f"{change.parameter.name} has no version that the functions take, with other policies, to go back to."
    )


def _not_left(versions: list[Version], newest: Version) -> Iterator[Version]:
    """Yield the versions before one, the newest first, without those that a rollback has left behind it."""
    version = newest
    while True:
        below = _restored(version, versions) or version.number - 1
        earlier = next((one for one in versions if one.number <= below), None)
        if earlier is None:
            return
        yield earlier
        version = earlier


def _restored(version: Version, versions: list[Version]) -> int | None:
    """Return the number of the version that a rollback restored by this one; None if it was no rollback.

    The note that `rollback` writes tells it, unless somebody has put a file with the note but other policies.
    """
    found = re.match(r"rollback to .*? \(version (\d+)\)", str(version.content.get("note", "")))
    number = int(found.group(1)) if found else version.number
    if number >= version.number:
        return None
    restored = next((one for one in versions if one.number == number), None)
    return number if restored is None or same_policies(restored.content, version.content) else None
