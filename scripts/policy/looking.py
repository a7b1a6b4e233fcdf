"""Commands that change nothing: check, show, history, diff, replay."""

from __future__ import annotations

import sys

from pipeline.aws.policies import BASELINE
from pipeline.domain.times import to_text
from pipeline.scoring.document import LARGEST_BYTES, parse
from pipeline.scoring.engine import DecisionEngine
from scripts import paths
from scripts.errors import CommandError
from scripts.policy import replay as replaying
from scripts.policy.context import Context
from scripts.policy.documents import Checked, RefusedError, accepting, compact, differences, pretty, read_text
from scripts.policy.parameter import Parameter, Version

RULES_ONLY = "+rules"
"""What ends the version of a document of which the functions ran the rules only."""


def check(context: Context) -> int:
    """Tell whether the functions would take a file's document."""
    file = context.arguments.file
    good = context.checked_file(file)
    document = good.document
    size = len(compact(good.content).encode())
    print(f"{paths.shown(file)} is good: version {document.version}, champion {document.champion},")
    print(f"policies {', '.join(document.policies)}; {size:,} of {LARGEST_BYTES:,} bytes.")
    now = to_text(context.now())
    for name, entries in (("allow", document.allow), ("deny", document.deny)):
        for entry in entries:
            if entry.expires_at <= now:
                print(f"lists.{name}: the entry of {entry.kind} {entry.id} has expired ({entry.expires_at}).")
    return 0


def show(context: Context) -> int:
    """Print a version of the document, by default the one in force."""
    parameter = context.parameter()
    versions = parameter.versions()
    version = _wanted(context, parameter, versions)
    print(
        f"{parameter.name}, version {version.number} of {version.at:%Y-%m-%d %H:%M:%S}, by {version.by}",
        file=sys.stderr,
    )
    if version.content:
        print(pretty(version.content), end="")
    else:
        print(version.text)
    return 0


def history(context: Context) -> int:
    """Print a line for each version of the parameter, the newest first."""
    parameter = context.parameter()
    in_force = False
    for version in parameter.versions():
        try:
            parameter.check(version)
            state = "good" if in_force else "in force"
            in_force = True
        except RefusedError as error:
            reason = str(error).split(" is refused: ", 1)[-1]
            state = f"refused: {reason}"
            if not in_force and _is_document(parameter, version):
                state = f"in force unless the functions lack its artifact too: {reason}"
                in_force = True
        note = version.content.get("note", "")
        line = f"{version.number:>4}  {version.at:%Y-%m-%d %H:%M}  {version.document_version:<16}  {state}  {note}"
        print(line.rstrip())
    return 0


def diff(context: Context) -> int:
    """Compare a file with the document in force, or with another version; 1 if they differ."""
    parameter = context.parameter()
    version = _wanted(context, parameter, parameter.versions())
    lines = differences(version.content, context.checked_file(context.arguments.file).content)
    print("\n".join(lines) or f"no difference to version {version.number}.")
    return int(bool(lines))


def replay(context: Context) -> int:
    """Compute a recorded decision again; 1 if it comes out otherwise."""
    arguments = context.arguments
    if arguments.transaction:
        table = context.resource("transactions_table")
        decision = replaying.fetch_decision(context.client("dynamodb"), table, arguments.transaction)
    else:
        decision = replaying.read_decision(read_text(arguments.decision), paths.shown(arguments.decision))
    recorded = str(decision.get("document_version", "?"))
    engine = _engine_of(context, recorded)
    lines = replaying.compare(decision, engine)
    answer = "different" if lines else "same"
    print(f"{answer}: decided by document {recorded}, replayed by {engine.document.version}")
    print("".join(f"  {line}\n" for line in lines), end="")
    return int(bool(lines))


def _is_document(parameter: Parameter, version: Version) -> bool:
    try:
        parameter.parsed(version)
    except RefusedError:
        return False
    return True


def _engine_of(context: Context, recorded: str) -> DecisionEngine:
    """Return what to replay by: the file that is named, or the document that the decision names."""
    rules_only = recorded.endswith(RULES_ONLY)
    name = recorded[: -len(RULES_ONLY)] if rules_only else recorded
    if context.arguments.document:
        good = context.checked_file(context.arguments.document)
        rules_only = rules_only and good.document.version == name
    elif recorded == (baseline := parse(BASELINE)).version:
        return DecisionEngine(baseline, {})
    else:
        good = _named(context, name, any_artifact=rules_only)
    if not rules_only:
        return good.engine
    document = good.document.rules_only()
    return DecisionEngine(document, accepting(document, context.models))


def _named(context: Context, name: str, *, any_artifact: bool) -> Checked:
    parameter = context.parameter()
    for version in parameter.versions():
        if version.document_version == name:
            return parameter.parsed(version) if any_artifact else parameter.check(version)
    raise CommandError(f"{parameter.name} keeps no document {name!r} any more: give its file with --document.")


def _wanted(context: Context, parameter: Parameter, versions: list[Version]) -> Version:
    """Return the version that was asked for, or the one in force."""
    number = context.arguments.version
    if number is None:
        return parameter.in_force(versions)[0]
    return parameter.numbered(versions, number)
