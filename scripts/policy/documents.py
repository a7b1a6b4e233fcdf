"""Policy documents as operators handle them: read, checked as the functions check them, compared, renamed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pipeline.scoring.artifact import ModelArtifactError, load
from pipeline.scoring.document import PolicyDocument, PolicyDocumentError, parse
from pipeline.scoring.engine import DecisionEngine
from pipeline.scoring.model import Model
from scripts import paths
from scripts.errors import CommandError

_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')

MODELS = paths.LAMBDA_SRC / "models"
"""Where the model artifacts lie that are packed with the functions."""


class RefusedError(CommandError):
    """The command worked and the answer is no: a document is refused, a breaker is open, results differ."""


@dataclass(frozen=True)
class Checked:
    """A document that the functions would take.

    Parameters
    ----------
    content
        The decoded JSON, to be changed.
    engine
        What decides by it.
    """

    content: dict[str, Any]
    engine: DecisionEngine

    @property
    def document(self) -> PolicyDocument:
        """The parsed document."""
        return self.engine.document


def read_text(file: Path) -> str:
    """Return the text of a file, or say why not."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{paths.shown(file)} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{paths.shown(file)} is not UTF-8: {error.reason} at byte {error.start}.") from error


def models(folder: Path = MODELS) -> dict[str, Model]:
    """Return the packaged models by the sha256 of their artifacts."""
    found: dict[str, Model] = {}
    for file in sorted(folder.glob("*.json")):
        model = read_model(file)
        found[model.description.sha256] = model
    return found


def read_model(file: Path) -> Model:
    """Return the model of an artifact's file."""
    try:
        return load(read_text(file))
    except ModelArtifactError as error:
        raise RefusedError(f"{paths.shown(file)} is refused: {error}.") from error


def checked(text: str, source: str, known_models: Mapping[str, Model], *, any_artifact: bool = False) -> Checked:
    """Check a document as the functions do.

    Parameters
    ----------
    text
        The document.
    source
        What to call it in errors.
    known_models
        The packaged models.
    any_artifact
        Accept artifacts that this checkout does not have: the functions may. No model may be asked then.

    Raises
    ------
    RefusedError
        If the functions would refuse it; it names the field.
    """
    try:
        document = parse(squeezed(text))
        engine = DecisionEngine(document, accepting(document, known_models) if any_artifact else known_models)
    except PolicyDocumentError as error:
        raise RefusedError(f"{source} is refused: {error}.") from error
    return Checked(json.loads(text), engine)


def accepting(document: PolicyDocument, known_models: Mapping[str, Model]) -> dict[str, Model]:
    """Return the packaged models and, for each other artifact that a document names, an entry without a model."""
    absent = cast("Model", None)
    return {**{spec.artifact: absent for spec in document.policies.values()}, **known_models}


def squeezed(text: str) -> str:
    """Return a JSON text without the space between its parts: what counts is what will lie in the parameter."""
    return _STRING_OR_SPACE.sub(r"\1", text)


def compact(content: Mapping[str, Any]) -> str:
    """Return the text that goes into the parameter: no space is wasted of what it holds."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def pretty(content: Mapping[str, Any]) -> str:
    """Return the text for people; short lists and objects stay on their line."""
    return "\n".join(_lines(content, "")) + "\n"


def _lines(value: Any, indent: str, prefix: str = "") -> Iterator[str]:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or (len(indent + prefix + flat) <= 110 and _depth(value) <= 1 and indent):
        yield f"{indent}{prefix}{flat}"
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    parts = (
        [(f"{json.dumps(name)}: ", part) for name, part in value.items()]
        if isinstance(value, dict)
        else [("", part) for part in value]
    )
    yield f"{indent}{prefix}{opening}"
    for place, (name, part) in enumerate(parts, start=1):
        *before, last = _lines(part, indent + "  ", name)
        yield from before
        yield last + ("," if place < len(parts) else "")
    yield indent + closing


def _depth(value: Any) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    parts = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(part) for part in parts), default=0)


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """Return a line for each value that differs: its path, what it was, what it is."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for name in dict.fromkeys([*before, *after])
            for line in _differences_of_part(before, after, name, path)
        ]
    if before == after:
        return []
    return [f"{path or 'document'}: {_shown(before)} -> {_shown(after)}"]


def _differences_of_part(before: dict[str, Any], after: dict[str, Any], name: str, path: str) -> list[str]:
    place = f"{path}.{name}" if path else name
    if name not in after:
        return [f"{place}: {_shown(before[name])} -> (none)"]
    if name not in before:
        return [f"{place}: (none) -> {_shown(after[name])}"]
    return differences(before[name], after[name], place)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def next_version(version: str, used: Iterable[str]) -> str:
    """Return the next free name: its number, at the end, goes up; "flagship-2" after "flagship-1"."""
    match = re.fullmatch(r"(.*?)-?(\d+)", version)
    stem, number = (match.group(1), int(match.group(2))) if match else (version, 1)
    taken = {*used, version}
    while True:
        number += 1
        name = f"{stem}-{number}" if stem else str(number)
        if name not in taken:
            return name
