"""`make docs`: write the tables of inputs and outputs into each module's README.

Usage: python -m scripts.module_docs [--check] [FOLDER...]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

from scripts import paths
from scripts.errors import CommandError

BEGIN, END = "<!-- BEGIN TABLES -->", "<!-- END TABLES -->"

_OPTIONS = SerializationOptions(explicit_blocks=False)
_WIDEST_TYPE = 60
_FIELD = re.compile(r"^\s+([a-z0-9_.]+)\s*:\s+")  # explains one field of an object


def documented(root: Path = paths.ROOT) -> list[Path]:
    """Return the folders that have a README with the markers and the files it describes."""
    folders = [root, *sorted(root.glob("modules/*")), *sorted(root.glob("examples/*"))]
    return [folder for folder in folders if (folder / "variables.tf").is_file() or (folder / "outputs.tf").is_file()]


def render(folder: Path) -> str:
    """Return the README of `folder` with its tables as they should be."""
    readme = folder / "README.md"
    if not readme.is_file():
        raise CommandError(f"{paths.shown(readme)} is missing.")
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise CommandError(f"{paths.shown(readme)} needs the markers {BEGIN} and {END}.")
    return f"{before}{BEGIN}{tables(folder)}{END}{after}"


def tables(folder: Path) -> str:
    """Return the Markdown tables of a folder's variables and outputs, in the order of the files."""
    inputs = [
        (name, _type(entry.get("type", "any")), _default(entry), _description(entry))
        for name, entry in _blocks(folder / "variables.tf", "variable")
    ]
    outputs = [(name, _description(entry)) for name, entry in _blocks(folder / "outputs.tf", "output")]
    return _table("Inputs", ("Name", "Type", "Default", "Description"), inputs) + _table(
        "Outputs", ("Name", "Description"), outputs
    )


def _blocks(file: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if not file.is_file():
        return
    content = hcl2.loads(file.read_text(encoding="utf-8"), serialization_options=_OPTIONS)
    for block in content.get(kind, []):
        for name, entry in block.items():
            yield _unquoted(name), entry


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join(' --- ' for _ in columns)}|"]
    lines += [f"| `{name}` | {' | '.join(cells)} |" for name, *cells in rows]
    body = "\n".join(lines)
    return f"\n## {title}\n\n{body}\n"


def _type(value: str) -> str:
    text = " ".join(_expression(value).split())
    if len(text) > _WIDEST_TYPE:  # the fields are listed in the description
        text = _without_fields(text)
    return f"`{_cell(text)}`"


def _without_fields(text: str) -> str:
    """Return a type with the fields of its objects left out: `map(object({...}))` is `map(object)`."""
    before, opening, rest = text.partition("object({")
    if not opening:
        return text
    depth = 1
    for position, character in enumerate(rest):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return f"{before}object{_without_fields(rest[position + 2 :])}"
    return text


def _default(entry: dict[str, Any]) -> str:
    return f"`{_cell(_literal(entry['default']))}`" if "default" in entry else "required"


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return _expression(value)
    if isinstance(value, list):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, dict):
        fields = ", ".join(f"{_unquoted(name)} = {_literal(item)}" for name, item in value.items())
        return f"{{ {fields} }}" if fields else "{}"
    return json.dumps(value)


def _expression(value: str) -> str:
    return value[2:-1] if value.startswith("${") and value.endswith("}") else value


def _description(entry: dict[str, Any]) -> str:
    if "description" not in entry:
        raise CommandError(f"an input or output has no description: {entry}")
    paragraphs: list[str] = []
    for line in _text(entry["description"]).strip().splitlines():
        if not line.strip():
            continue
        starts_anew = not paragraphs or line.startswith(" ") or _FIELD.match(paragraphs[-1])
        if starts_anew:
            paragraphs.append(line)
        else:  # prose, wrapped in the file
            paragraphs[-1] += f" {line.strip()}"
    return "<br>".join(_cell(_FIELD.sub(r"`\1`: ", _plain(line)).strip()) for line in paragraphs)


def _plain(text: str) -> str:
    """Return text in which nothing counts as Markdown."""
    return text.replace("*", "\\*").replace("<", "&lt;")


def _text(raw: str) -> str:
    """Return the text of a string as it is written in the file: quoted, or as a heredoc."""
    raw = raw.strip()
    quoted = raw.startswith('"') and raw.endswith('"')
    if quoted:
        raw = raw[1:-1].replace('\\"', '"').replace("\\n", "\n")
    heredoc = re.match(r"<<-?(\w+)\n(.*)\n\s*\1$", raw, re.DOTALL)
    return textwrap.dedent(heredoc.group(2)) if heredoc else raw


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _unquoted(name: str) -> str:
    return name.strip('"')


def main(arguments: Sequence[str]) -> int:
    """Write the READMEs, or with --check only say which are out of date; return the exit status."""
    parser = argparse.ArgumentParser(description="Generate the tables of inputs and outputs.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a README is out of date")
    parser.add_argument("folders", nargs="*", type=Path, help="modules (default: the root and all of them)")
    options = parser.parse_args(arguments)
    status = 0
    for folder in [folder.resolve() for folder in options.folders] or documented():
        readme = folder / "README.md"
        try:
            wanted = render(folder)
        except CommandError as error:
            print(f"docs: {error}", file=sys.stderr)
            status = 1
            continue
        if readme.read_text(encoding="utf-8") == wanted:
            continue
        if options.check:
            print(f"docs: {paths.shown(readme)} is out of date: run `make docs`.", file=sys.stderr)
            status = 1
        else:
            readme.write_text(wanted, encoding="utf-8")
            print(f"docs: {paths.shown(readme)} written")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
