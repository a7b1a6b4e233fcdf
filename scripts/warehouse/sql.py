"""Reads the files of sql/ as statements. Standard library only: tests read them with it in another environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from scripts import paths
from scripts.errors import CommandError

FOLDER = paths.ROOT / "sql"

_PIECE = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\$\$.*?\$\$|;|[^'$;-]+|.", re.DOTALL)
"""A comment, a text, the body of a procedure, the end of a statement, or whatever lies between those."""


@dataclass(frozen=True)
class Statement:
    """One statement of a file.

    Parameters
    ----------
    file
        Name of the file.
    line
        Line of the file in which it begins, its comment left out.
    text
        The statement without the semicolon, comments inside it included.
    """

    file: str
    line: int
    text: str

    @property
    def place(self) -> str:
        """Return where it stands, for messages and for the names of tests."""
        return f"{self.file}:{self.line}"

    @property
    def title(self) -> str:
        """Return its first words."""
        return " ".join(self.text.split()[:6])[:80]


def read(folder: Path = FOLDER) -> list[Statement]:
    """Return the statements of all files, in the order of the files' names."""
    return [statement for file in sorted(folder.glob("*.sql")) for statement in split(file)]


def split(file: Path) -> Iterator[Statement]:
    """Yield the statements of a file.

    Raises
    ------
    CommandError
        If the last one does not end with a semicolon: it may be half a statement.
    """
    text = file.read_text(encoding="utf-8")
    begin, seen = 0, False  # where the statement begins, and whether anything of it has been seen
    for piece in _PIECE.finditer(text):
        if piece.group() == ";" and seen:
            yield Statement(file.name, text.count("\n", 0, begin) + 1, text[begin : piece.start()].strip())
            seen = False
        elif not seen and piece.group().strip() and not piece.group().startswith("--"):
            begin = piece.start() + len(piece.group()) - len(piece.group().lstrip())
            seen = True
    if seen:
        raise CommandError(f"{file.name}: the last statement does not end with a semicolon.")


def filled(statement: Statement, values: Mapping[str, str]) -> str:
    """Return a statement with its placeholders replaced.

    Raises
    ------
    CommandError
        If a value is missing, or could end the text that it stands in.
    """
    for name in placeholders(statement):
        if name not in values:
            raise CommandError(f"{statement.place}: there is no value for {name}.")
        if not re.fullmatch(r"[A-Za-z0-9_:/+=,.@-]+", values[name]):
            raise CommandError(f"{statement.place}: the value of {name} is not a plain name or ARN.")
    if not placeholders(statement):
        return statement.text  # the dollars of a procedure's body are no placeholders
    return Template(statement.text).substitute(values)


def lake_tables(statements: Iterable[Statement]) -> set[str]:
    """Return the names of the lake's tables that statements read."""
    return {name for statement in statements for name in re.findall(r"\bFROM lake\.(\w+)", statement.text)}


def placeholders(statement: Statement) -> list[str]:
    """Return the names of the placeholders of a statement, sorted."""
    return sorted(set(re.findall(r"\$\{(\w+)\}", statement.text)))
