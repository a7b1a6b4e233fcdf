"""Commands that write a document's file for people to approve: propose, adopt."""

from __future__ import annotations

import json
from pathlib import Path

from scripts import paths
from scripts.errors import CommandError
from scripts.policy import proposals
from scripts.policy.changes import Content, with_model, with_thresholds
from scripts.policy.context import Context
from scripts.policy.documents import checked, differences, next_version, pretty, read_model, read_text


def propose(context: Context) -> int:
    """Write a document with proposed thresholds; `put` is the approval."""
    arguments = context.arguments
    if arguments.document:
        before, used = context.checked_file(arguments.document).content, {}
    else:
        parameter = context.parameter()
        versions = parameter.versions()
        before = parameter.in_force(versions)[1].content
        used = {version.document_version: version.number for version in versions}
    policy, thresholds = proposals.read(arguments.source, before["policies"], arguments.policy)
    after = with_thresholds(before, policy, thresholds)
    if after != before:
        after["version"] = arguments.as_version or next_version(before["version"], used)
        after["note"] = f"thresholds of {policy} as {paths.shown(arguments.source)} proposes"
    return _write(arguments.output, before, after, context)


def adopt(context: Context) -> int:
    """Put a model, with the thresholds that its training proposes, into a document's file."""
    arguments = context.arguments
    model = read_model(arguments.artifact).description
    if model.sha256 not in context.models:
        raise CommandError(
            f"{paths.shown(arguments.artifact)} is not packed with the functions: put it into lambda_src/models."
        )
    before = _content(arguments.document)  # not checked: the artifact that it names may be the one that is replaced
    after = with_model(before, model, arguments.policy, arguments.combined)
    if after != before:
        after["version"] = arguments.as_version or next_version(before["version"], ())
    return _write(arguments.document, before, after, context)


def _content(file: Path) -> Content:
    try:
        content: Content = json.loads(read_text(file))
    except ValueError as error:
        raise CommandError(f"{paths.shown(file)} is no JSON: {error}.") from error
    return content


def _write(file: Path, before: Content, after: Content, context: Context) -> int:
    text = pretty(after)
    checked(text, "the document that would come out", context.models)
    print("\n".join(differences(before, after)) or "nothing differs.")
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{paths.shown(file)} cannot be written: {error.strerror}.") from error
    print(f"written: {paths.shown(file)} is document {after['version']}.")
    return 0
