"""Commands that write a new version of the document: put, promote, kill, rollback."""

from __future__ import annotations

from scripts.policy import breaker
from scripts.policy.changes import (
    Content,
    is_promotion,
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

    def before(self) -> Checked:
        """Return the document in force."""
        return self.parameter.in_force(self.versions)[1]

    def next_name(self, before: Checked) -> str:
        """Return the name of the changed document."""
        chosen = self.context.arguments.as_version
        return str(chosen) if chosen else next_version(before.document.version, self.used)

    def note(self, what: str) -> str:
        """Return why the document came about."""
        arguments = self.context.arguments
        forced = ", forced past the open drift breaker" if arguments.force else ""
        return f"{what}{forced}" + (f": {arguments.reason}" if arguments.reason else "")

    def write(self, before: Content, after: Content) -> int:
        """Write a document, unless its name was used or the breaker holds it."""
        text = compact(after)
        good = checked(text, "the changed document", self.context.models)
        self._refuse_used(good.document.version)
        self._hold_while_open(before, after)
        print("\n".join(differences(before, after)))
        number = self.parameter.put(text, self.versions)
        print(f"written: document {good.document.version} is version {number} of {self.parameter.name}.")
        return 0

    def _refuse_used(self, name: str) -> None:
        """Refuse a name that was used: a decision names its document, and must not mean one of two."""
        if name in self.used:
            raise RefusedError(
                f"the name {name!r} was used by version {self.used[name]} of the parameter, and decisions refer to it:"
                f" give this document another version, for instance {next_version(name, self.used)!r}."
            )

    def _hold_while_open(self, before: Content, after: Content) -> None:
        """Refuse a promotion while the drift breaker is open, unless it is forced for a reason."""
        if not before or not is_promotion(before, after) or self.context.arguments.force:
            return
        state = breaker.read(self.context.client("dynamodb"), self.context.resource("drift_table"))
        if state.open:
            why = "; ".join(state.reasons) or "no reason is recorded"
            raise RefusedError(
                f"the drift breaker is open since {state.since} ({why}) and holds every promotion."
                " Find out what changed, or say --force --reason WHY, which is recorded."
            )


def put(context: Context) -> int:
    """Write a file's document as a new version."""
    change = _Change(context)
    after = context.checked_file(context.arguments.file).content
    if context.arguments.reason:
        after = {**after, "note": change.note(str(after.get("note") or "put"))}
    try:
        before = change.before().content
    except RefusedError:  # no version is any good: whatever is put makes it better
        before = {}
    return change.write(before, after)


def promote(context: Context) -> int:
    """Give the challenger a share of the accounts, or make it the champion."""
    arguments = context.arguments
    change = _Change(context)
    before = change.before()
    if arguments.champion:
        after = with_challenger_as_champion(before.content)
        what = f"promote {after['champion']} to champion"
    else:
        after = with_share(before.content, arguments.share, arguments.policy, arguments.salt)
        what = f"promote {after['challenger']['policy']} to {arguments.share / 100:g}% of the accounts"
    return _write_if_changed(change, before, after, what)


def kill(context: Context) -> int:
    """Switch to rules only, or back."""
    change = _Change(context)
    before = change.before()
    after = with_kill_switch(before.content, context.arguments.switch == "on")
    return _write_if_changed(change, before, after, f"kill switch {context.arguments.switch}")


def rollback(context: Context) -> int:
    """Write an earlier document again, under a new name."""
    change = _Change(context)
    target, good = _target(change)
    before = change.before()
    what = f"rollback to {good.document.version} (version {target.number})"
    after = {**good.content, "version": change.next_name(before), "note": change.note(what)}
    return change.write(before.content, after)


def _write_if_changed(change: _Change, before: Checked, after: Content, what: str) -> int:
    if after == before.content:
        print("nothing to change: it is so already.")
        return 0
    after = {**after, "version": change.next_name(before), "note": change.note(what)}
    return change.write(before.content, after)


def _target(change: _Change) -> tuple[Version, Checked]:
    """Return the version that was asked for, or the newest one before the newest that the functions take."""
    number = change.context.arguments.to
    if number is not None:
        target = change.parameter.numbered(change.versions, number)
        return target, change.parameter.check(target)
    return change.parameter.in_force(change.versions[1:])
