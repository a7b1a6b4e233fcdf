"""The files of sql/ are cut into statements where their semicolons say so, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.errors import CommandError
from scripts.warehouse import sql
from scripts.warehouse.sql import Statement


def statements(folder: Path, text: str) -> list[Statement]:
    (folder / "10_a.sql").write_text(text, encoding="utf-8")
    return sql.read(folder)


def test_a_statement_ends_at_its_semicolon_and_knows_its_line(tmp_path: Path) -> None:
    found = statements(tmp_path, "-- First; not its end\n\nSELECT 1;\n\nSELECT 2\nFROM t;\n")

    assert [(one.line, one.text) for one in found] == [(3, "SELECT 1"), (5, "SELECT 2\nFROM t")]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ';'",
        "SELECT 'it''s; here' - 1",
        "SELECT 1 -- no end; here\nFROM t",
        "CREATE PROCEDURE p() AS $$\nBEGIN\n    SELECT 1;\nEND;\n$$ LANGUAGE plpgsql",
    ],
)
def test_a_semicolon_in_a_text_a_comment_or_a_body_ends_nothing(tmp_path: Path, text: str) -> None:
    assert [one.text for one in statements(tmp_path, f"{text};")] == [text]


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("20_b.sql", "10_a.sql"):
        (tmp_path / name).write_text(f"SELECT '{name}';", encoding="utf-8")

    assert [one.file for one in sql.read(tmp_path)] == ["10_a.sql", "20_b.sql"]


def test_half_a_statement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"10_a.sql: the last statement does not end"):
        statements(tmp_path, "SELECT 1;\nSELECT 2\n")


def test_placeholders_are_filled(tmp_path: Path) -> None:
    (one,) = statements(tmp_path, 'CREATE USER "IAMR:${role}" PASSWORD DISABLE;')

    assert sql.filled(one, {"role": "txn-loader", "other": "x"}) == 'CREATE USER "IAMR:txn-loader" PASSWORD DISABLE'


def test_the_dollars_of_a_body_are_no_placeholders(tmp_path: Path) -> None:
    (one,) = statements(tmp_path, "CREATE PROCEDURE p() AS $$ BEGIN END; $$ LANGUAGE plpgsql;")

    assert sql.filled(one, {}) == one.text


@pytest.mark.parametrize("value", ["a' OR '1'='1", "a;b", 'a"b', "a b", ""])
def test_a_value_that_could_end_its_text_is_refused(tmp_path: Path, value: str) -> None:
    (one,) = statements(tmp_path, "SELECT '${name}';")

    with pytest.raises(CommandError, match="not a plain name"):
        sql.filled(one, {"name": value})


def test_a_value_that_is_missing_is_named(tmp_path: Path) -> None:
    (one,) = statements(tmp_path, "SELECT '${name}';")

    with pytest.raises(CommandError, match=r"10_a.sql:1: there is no value for name"):
        sql.filled(one, {})
