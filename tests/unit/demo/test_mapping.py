from __future__ import annotations

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest

from scripts import paths
from scripts.demo import bodies
from scripts.demo.mapping import ColumnMapping, MappingError, RowError, load_mapping
from scripts.demo.model import DemoError, Transaction
from scripts.demo.source import FileSource

SPARKOV = paths.ROOT / "examples" / "mappings" / "sparkov.toml"
COLUMNS = {
    "transaction_id": '"id"',
    "account_id": '"account"',
    "merchant_id": '"shop"',
    "amount": '"amount"',
    "currency": '{ constant = "USD" }',
    "occurred_at": '"time"',
}
_GZIPPED = gzip.compress(b"id,account,shop,amount,time\n" * 9999)
ROW = {"id": "t1", "account": "a1", "shop": "m1", "amount": "12.50", "time": "2026-01-05T10:00:00Z"}


def mapping(folder: Path, more: str = "", **changes: str) -> ColumnMapping:
    entries = "\n".join(f"{name} = {entry}" for name, entry in {**COLUMNS, **changes}.items())
    file = folder / "map.toml"
    file.write_text(f"[transaction]\n{entries}\n{dedent(more)}", encoding="utf-8")
    return load_mapping(file)


def csv_file(folder: Path, rows: list[dict[str, str]], name: str = "input.csv") -> Path:
    file = folder / name
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_a_plain_row_becomes_a_transaction(tmp_path: Path) -> None:
    made = mapping(tmp_path).transaction(ROW)

    assert made == Transaction("t1", "a1", "m1", Decimal("12.50"), "USD", "2026-01-05T10:00:00Z")


@pytest.mark.parametrize(
    ("entry", "value", "expected"),
    [
        ('{ column = "time", format = "unix_seconds" }', "1573660193", "2019-11-13T15:49:53Z"),
        ('{ column = "time", format = "unix_milliseconds" }', "1573660193250", "2019-11-13T15:49:53.250Z"),
        ('{ column = "time", timezone = "Europe/Berlin" }', "2026-07-01 12:00:00", "2026-07-01T10:00:00Z"),
        ('{ column = "time", timezone = "Europe/Berlin" }', "2026-07-01T12:00:00+00:00", "2026-07-01T12:00:00Z"),
        ('{ column = "time", format = "%d/%m/%Y %H:%M" }', "05/01/2026 23:30", "2026-01-05T23:30:00Z"),
        ('{ template = "{account}T{time}" }', "10:00:00", "2026-01-05T10:00:00Z"),
    ],
)
def test_times_are_read_in_the_formats_programs_write(tmp_path: Path, entry: str, value: str, expected: str) -> None:
    row = {**ROW, "account": "2026-01-05", "time": value}

    assert mapping(tmp_path, occurred_at=entry).transaction(row).occurred_at == expected


def test_steps_run_in_the_documented_order(tmp_path: Path) -> None:
    entry = '{ column = "shop", strip_prefix = "x_", replace = [["&", "and"]], lower = true, slug = true }'

    assert mapping(tmp_path, merchant_id=entry).transaction({**ROW, "shop": "x_Salt & Co., Ltd"}).merchant_id == (
        "salt-and-co.-ltd"
    )


def test_an_id_from_a_name_satisfies_the_api(tmp_path: Path) -> None:
    checked = mapping(tmp_path, merchant_id='{ column = "shop", slug = true }')

    assert checked.transaction({**ROW, "shop": "--Ünder, " + "long " * 40}).merchant_id == "nder-" + ("long-" * 12)[:59]


def test_cents_become_major_units_exactly(tmp_path: Path) -> None:
    entry = '{ column = "amount", divide_by = 100 }'

    assert mapping(tmp_path, amount=entry).transaction({**ROW, "amount": "1999"}).amount == Decimal("19.99")


def test_a_look_up_takes_its_default_for_what_it_does_not_list(tmp_path: Path) -> None:
    checked = mapping(tmp_path, channel='{ column = "shop", map = { web = "online" }, default = "atm" }')

    assert checked.transaction({**ROW, "shop": "web"}).channel == "online"
    assert checked.transaction({**ROW, "shop": "street"}).channel == "atm"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": ""}, "transaction.amount: column 'amount' is empty"),
        ({"amount": "12,50"}, "transaction.amount: column 'amount' holds '12,50', which is no number"),
        ({"amount": "NaN"}, "transaction.amount: column 'amount' holds 'NaN', which is out of range"),
        ({"amount": "1e999999"}, "transaction.amount: column 'amount' holds '1e999999', which is out of range"),
        ({"time": "yesterday"}, "transaction.occurred_at: column 'time' gives 'yesterday', no time as 'iso'"),
        ({"id": "  "}, "transaction.transaction_id: column 'id' is empty"),
    ],
)
def test_a_row_that_cannot_be_mapped_names_the_key_and_the_column(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(RowError, match=f"^{message}"):
        mapping(tmp_path).transaction({**ROW, **changes})


@pytest.mark.parametrize(
    ("entries", "more", "message"),
    [
        ({"amount": '{ colum = "x" }'}, "", "transaction.amount.colum is not known; did you mean 'column'?"),
        ({"amount": '{ column = "x", constant = "1" }'}, "", "transaction.amount needs exactly one of column"),
        ({"amount": "5"}, "", "transaction.amount must be a column's name or a table"),
        ({"ammount": '"x"'}, "", "transaction.ammount is not known; did you mean 'amount'?"),
        ({"account_id": '{ column = "x", replace = [["(", ""]] }'}, "", "is no regular expression"),
        ({"account_id": '{ column = "x", format = "iso" }'}, "", "transaction.account_id.format is for occurred_at"),
        ({"occurred_at": '{ column = "x", timezone = "Mars" }'}, "", "'Mars' is no time zone known here"),
        ({"occurred_at": '{ template = "now" }'}, "", "transaction.occurred_at.template must name columns in braces"),
        ({"account_id": '{ column = "x", slug = "yes" }'}, "", "transaction.account_id.slug must be true or false"),
        ({"latitude": '"x"'}, "", "transaction needs both latitude and longitude"),
        ({}, '[label]\ncolumn = "x"', "label.fraud must list the values that mean fraud"),
        ({}, '[file]\nformat = "xml"', 'file.format must be "csv" or "jsonl"'),
        ({}, '[transactions]\nx = "y"', "transactions is not known; did you mean 'transaction'?"),
        ({}, "x = [", "the mapping is no valid TOML"),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_key(
    tmp_path: Path, entries: dict[str, str], more: str, message: str
) -> None:
    with pytest.raises(MappingError) as refusal:
        mapping(tmp_path, more, **entries)

    assert message in str(refusal.value)
    assert str(tmp_path / "map.toml") in str(refusal.value)


def test_a_mapping_without_a_needed_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('[transaction]\naccount_id = "a"\n')

    with pytest.raises(MappingError, match=r"transaction\.transaction_id is missing"):
        load_mapping(tmp_path / "map.toml")


def test_a_column_that_the_file_lacks_is_named_with_the_likely_one(tmp_path: Path) -> None:
    checked = mapping(tmp_path, amount='"amuont"')

    with pytest.raises(MappingError, match=r"transaction\.amount: .*no column 'amuont'. Did you mean 'amount'\?"):
        FileSource(csv_file(tmp_path, [ROW]), checked, 0)


def test_rows_that_cannot_be_mapped_are_counted_with_their_line_and_the_others_are_sent(tmp_path: Path) -> None:
    rows = [ROW, {**ROW, "id": "two\nlines", "amount": "x"}, {**ROW, "id": "t3", "time": ""}, {**ROW, "id": "t4"}]

    source = FileSource(csv_file(tmp_path, rows), mapping(tmp_path), 0)

    assert [one.transaction_id for one in source.transactions()] == ["t1", "t4"]
    assert source.total == 2
    assert source.unmappable.count == 2
    assert source.unmappable.examples[0].startswith("line 3: transaction.amount")
    assert source.unmappable.examples[1].startswith("line 5: transaction.occurred_at")


def test_json_lines_are_read_with_exact_amounts_and_nested_columns(tmp_path: Path) -> None:
    file = tmp_path / "input.jsonl.gz"
    nested = {"id": "t1", "who": {"account": 42}, "shop": "m1", "amount": 0, "time": "2026-01-05T10:00:00Z"}
    text = json.dumps(nested).replace('"amount": 0', '"amount": 100.10') + "\n\n[1]\n"
    file.write_bytes(gzip.compress(text.encode()))

    source = FileSource(file, mapping(tmp_path, account_id='"who.account"'), 0)

    (made,) = source.transactions()
    assert made.account_id == "42"
    assert b'"amount":100.10' in bodies.flagship(made, None)
    assert source.unmappable.examples == ["line 3: is no JSON object"]


def test_a_limit_takes_the_first_rows(tmp_path: Path) -> None:
    source = FileSource(csv_file(tmp_path, [{**ROW, "id": f"t{n}"} for n in range(9)]), mapping(tmp_path), 4)

    assert [one.transaction_id for one in source.transactions()] == ["t0", "t1", "t2", "t3"]


def test_two_merchants_under_one_id_are_refused(tmp_path: Path) -> None:
    checked = mapping(tmp_path, '[merchant]\nname = "shop"', merchant_id='{ column = "shop", slug = true }')

    with pytest.raises(MappingError, match=r"'A-B' to two merchants, 'A B' and 'A,B' \(line 3\)"):
        FileSource(csv_file(tmp_path, [{**ROW, "shop": "A B"}, {**ROW, "shop": "A,B"}]), checked, 0)


def test_a_label_is_kept_and_not_sent(tmp_path: Path) -> None:
    checked = mapping(tmp_path, '[label]\ncolumn = "bad"\nfraud = ["1"]')

    made = [checked.transaction({**ROW, "bad": value}) for value in ("1", "0", "")]

    assert [one.fraud for one in made] == [True, False, None]
    (body,) = {bodies.flagship(one, None) for one in made}
    assert b"bad" not in body


def test_a_label_is_one_of_the_values_that_the_mapping_lists(tmp_path: Path) -> None:
    label = '[label]\ncolumn = "bad"\nfraud = [true, "F"]\ngenuine = [0]\nunknown = ["?"]'
    checked = mapping(tmp_path, label)

    labels = [checked.known_label({**ROW, "bad": value}) for value in (True, "F", 0, "0", "?", "", None)]

    assert labels == ["fraud", "fraud", "genuine", "genuine", "unknown", "unknown", "unknown"]
    assert checked.known_label(ROW) == "unknown"
    assert checked.transaction({**ROW, "bad": "?"}).fraud is None
    with pytest.raises(RowError, match="label: column 'bad' holds 'f', which the mapping does not list"):
        checked.known_label({**ROW, "bad": "f"})


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ('genuine = "0"', "label.genuine must list the values that mean genuine"),
        ('genuine = ["0", "1"]', "label.genuine holds a value that means something else already"),
        ('genuin = ["0"]', "label.genuin is not known; did you mean 'genuine'"),
    ],
)
def test_a_list_of_labels_that_cannot_be_meant_is_refused(tmp_path: Path, entries: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        mapping(tmp_path, f'[label]\ncolumn = "bad"\nfraud = ["1"]\n{entries}')


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv.gz", b"not gzip", "the file is damaged, or not gzip as its name says"),
        ("a.csv.gz", _GZIPPED[:-20], "the file is damaged, or not gzip as its name says"),
        ("a.csv", b"id,\xff\n", "the file is not utf-8-sig text; set file.encoding"),
        ("a.xlsx", b"", "neither .csv nor .jsonl"),
        ("a.jsonl", b"", "no row could be mapped .* It has no rows"),
        ("a.jsonl", b"{}\n", "no row could be mapped .* The first: line 1: transaction.transaction_id"),
    ],
    ids=["no gzip", "cut off", "no UTF-8", "unknown ending", "empty", "nothing to map"],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DemoError, match=message):
        FileSource(tmp_path / name, mapping(tmp_path, transaction_id='"id"'), 0)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match=r"gone\.csv: the file cannot be read \(No such file"):
        FileSource(tmp_path / "gone.csv", mapping(tmp_path), 0)


def test_the_sparkov_mapping_reads_a_row_of_that_program() -> None:
    row = {
        "acct_num": "929002904576", "trans_num": "0c12b31536fab977c094ed957b224373", "trans_date": "2019-11-13",
        "trans_time": "15:49:53", "unix_time": "1573660193", "category": "shopping_net", "amt": "22.3",
        "merchant": "fraud_Okuneva, Schneider and Rau", "merch_lat": "40.407997", "merch_long": "-75.174298",
        "is_fraud": "1",
    }  # fmt: skip
    checked = load_mapping(SPARKOV)

    made, merchant = checked.transaction(row), checked.merchant(row)

    assert made.merchant_id == "Okuneva-Schneider-and-Rau"
    assert merchant.name == "Okuneva, Schneider and Rau"
    assert made.occurred_at == "2019-11-13T15:49:53Z"
    assert made.channel == "online"
    assert made.fraud is True
    assert b"fraud" not in bodies.flagship(made, None)
