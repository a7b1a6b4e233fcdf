from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Union

import pytest

from evaluation.labelled import LabelledSet, read_labelled
from evaluation.labelled_rows import PROBLEMS_SHOWN, LabelledFileError
from scripts import paths
from scripts.errors import CommandError

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
ROW = {
    "transaction_id": "t1", "account_id": "a1", "merchant_id": "m1", "amount": "12.50", "currency": "EUR",
    "occurred_at": "2026-01-05T10:00:00Z", "label": "genuine",
}  # fmt: skip
Change = dict[str, Any]


def csv_file(folder: Path, *changes: Change, name: str = "input.csv") -> Path:
    """One row a change: `ROW` with it, ids counting up; the columns are those of the first row."""
    rows = [{**ROW, "transaction_id": f"t{number}", **change} for number, change in enumerate(changes, start=1)]
    file = folder / name
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def text_file(folder: Path, content: Union[str, bytes], name: str = "input.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def read(path: Path, **options: Any) -> LabelledSet:
    return read_labelled(path, now=NOW, **options)


def problems_of(path: Path, **options: Any) -> list[str]:
    with pytest.raises(LabelledFileError) as refused:
        read(path, **options)
    return refused.value.problems.lines()


def test_a_row_in_our_own_columns_becomes_the_transaction_that_the_api_would_take(tmp_path: Path) -> None:
    full = {
        "label": "fraud", "merchant_name": "Gum Garden", "category": "home", "channel": "online",
        "latitude": "52.5", "longitude": "13.4", "occurred_at": "2026-01-05T11:00:00+01:00",
    }  # fmt: skip

    (one,) = read(csv_file(tmp_path, full))

    assert one.transaction.to_document() == {
        "transaction_id": "t1", "account_id": "a1", "merchant_id": "m1", "amount": "12.5", "currency": "EUR",
        "occurred_at": "2026-01-05T10:00:00.000000Z", "category": "home", "channel": "online",
        "location": {"latitude": "52.5", "longitude": "13.4"},
    }  # fmt: skip
    assert (one.merchant_name, one.label, one.line) == ("Gum Garden", "fraud", 2)


def test_optional_cells_may_be_empty_and_other_columns_are_ignored(tmp_path: Path) -> None:
    extra = {"category": "", "latitude": "", "longitude": " ", "merchant_name": "", "note": "x"}

    (one,) = read(csv_file(tmp_path, extra))

    assert (one.transaction.category, one.transaction.location) == (None, None)
    assert one.merchant_name == "m1"


def test_transactions_come_in_the_order_of_their_events_and_of_the_file_where_that_is_equal(tmp_path: Path) -> None:
    times = ("2026-01-05T12:00:00Z", "2026-01-05T10:00:00Z", "2026-01-05T12:00:00+01:00", "2026-01-05T10:00:00Z")

    taken = read(csv_file(tmp_path, *({"occurred_at": at} for at in times)))

    assert [one.transaction.transaction_id for one in taken] == ["t2", "t4", "t3", "t1"]
    assert [one.line for one in taken] == [3, 5, 4, 2]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount": "1,200"}, "amount: '1,200' is no number"),
        ({"amount": "1_000"}, "amount: '1_000' is no number"),
        ({"amount": "\u0661"}, "amount: '\u0661' is no number"),
        ({"amount": "NaN"}, "amount: 'NaN' is no number"),
        ({"amount": "1e99999999"}, "amount: is out of range"),
        ({"amount": "1" * 39}, "amount: is out of range"),
        ({"amount": "0"}, "amount: must be more than 0"),
        ({"amount": "-3"}, "amount: must be"),
        ({"amount": "12.505"}, "amount: must have at most 2 decimals in EUR"),
        ({"amount": "12.5", "currency": "JPY"}, "amount: must have at most 0 decimals in JPY"),
        ({"amount": ""}, "amount: is required"),
        ({"currency": "EURO"}, "currency: must match"),
        ({"currency": "XXX"}, "currency: must be a currency in use"),
        ({"transaction_id": "a b"}, "transaction_id: must match"),
        ({"account_id": ""}, "account_id: is required"),
        ({"occurred_at": "yesterday"}, "occurred_at: must be an RFC 3339 time"),
        ({"occurred_at": "2026-01-05T10:00:00"}, "occurred_at: must be an RFC 3339 time with its offset"),
        ({"occurred_at": "2026-02-30T10:00:00Z"}, "occurred_at: is no time that exists"),
        ({"occurred_at": "2026-06-01T00:05:01Z"}, "occurred_at: lies in the future"),
        ({"label": "maybe"}, "label: 'maybe' is none of fraud, genuine, unknown"),
        ({"label": "1"}, "label: '1' is none of fraud, genuine, unknown; a mapping can say what it means"),
        ({"label": "Fraud"}, "label: 'Fraud' is none of"),
        ({"channel": "telex"}, "channel: must be one of"),
        ({"latitude": "95", "longitude": "0"}, "latitude: must be"),
        ({"latitude": "50", "longitude": ""}, "longitude: is required"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_reported_with_its_line_and_its_field(tmp_path: Path, change: Change, reason: str) -> None:
    columns = {"channel": "", "latitude": "", "longitude": ""}

    (problem,) = problems_of(csv_file(tmp_path, columns, {**columns, **change}))

    assert problem.startswith(f"input.csv:3: {reason}")


def test_every_bad_line_is_reported_not_only_the_first(tmp_path: Path) -> None:
    file = csv_file(tmp_path, {}, {"amount": "x"}, {"label": "?"}, {"occurred_at": "x"}, {})

    assert [problem.split(": ")[0] for problem in problems_of(file)] == ["input.csv:3", "input.csv:4", "input.csv:5"]


def test_a_long_report_is_cut_and_says_how_much_more_there_is(tmp_path: Path) -> None:
    file = csv_file(tmp_path, *({"amount": "x"} for _ in range(PROBLEMS_SHOWN + 1234)))

    lines = problems_of(file)

    assert len(lines) == PROBLEMS_SHOWN + 1
    assert lines[-1] == "... and 1,234 more"


def test_skip_bad_uses_the_good_lines_and_counts_the_others_by_field(tmp_path: Path) -> None:
    file = csv_file(tmp_path, {}, {"amount": "x"}, {"label": "?"}, {"amount": "y"}, {"label": "fraud"})

    taken = read(file, skip_bad=True)

    assert [one.transaction.transaction_id for one in taken] == ["t1", "t5"]
    assert taken.problems.summary() == "3 lines (2 amount, 1 label)"


def test_skip_bad_without_a_good_line_is_refused(tmp_path: Path) -> None:
    assert len(problems_of(csv_file(tmp_path, {"amount": "x"}), skip_bad=True)) == 1


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelledFileError, match="there are no rows"):
        read(csv_file(tmp_path, {}).parent / text_file(tmp_path, ",".join(ROW) + "\n").name)
    assert problems_of(text_file(tmp_path, ""))[0].startswith("input.csv:1: transaction_id: there is no column")


def test_missing_columns_are_all_named_with_what_was_probably_meant(tmp_path: Path) -> None:
    file = text_file(tmp_path, "transaction_id,account_id,merchant,amount,currency\nt1,a1,m1,3,EUR\n")

    assert problems_of(file, skip_bad=True) == [
        f"input.csv:1: {name}: there is no column '{name}'{hint}"
        " (the columns are: transaction_id, account_id, merchant, amount, currency)"
        for name, hint in (("merchant_id", "; did you mean 'merchant'?"), ("occurred_at", ""), ("label", ""))
    ]


def test_a_file_with_another_delimiter_shows_its_one_column(tmp_path: Path) -> None:
    first = problems_of(text_file(tmp_path, ";".join(ROW) + "\n"))[0]

    assert "the columns are: transaction_id;account_id" in first


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("t2,a1,m1,3", "row: has 4 cells where the header has 7"),
        ("t2,a1,m1,3,5,EUR,2026-01-05T10:00:00Z,fraud", "row: has 8 cells where the header has 7"),
        ('t2,"a1,m1,3,EUR,2026-01-05T10:00:00Z,fraud', "row: has 2 cells where the header has 7; a quote"),
    ],
)
def test_short_and_long_rows_are_reported(tmp_path: Path, line: str, reason: str) -> None:
    file = csv_file(tmp_path, {})

    (problem,) = problems_of(text_file(tmp_path, file.read_text() + line + "\nt3"))[:1]

    assert problem.startswith(f"input.csv:3: {reason}")


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    header = ",".join([*ROW, "merchant_name"])
    rows = ['t1,a1,m1,1,EUR,2026-01-05T10:00:00Z,fraud,"two\nlines"', "", "t2,a1,m1,x,EUR,2026-01-05T10:00:00Z,fraud,"]

    (problem,) = problems_of(text_file(tmp_path, "\r\n".join([header, *rows, ""])))

    assert problem.startswith("input.csv:5: amount")


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + csv_file(tmp_path, {}).read_bytes()

    assert len(read(text_file(tmp_path, content))) == 1


def test_a_line_in_another_encoding_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    content = csv_file(tmp_path, {"merchant_name": "Café"}, {"merchant_name": "Cafe"}).read_text()
    file = text_file(tmp_path, content.encode("latin-1"))

    assert problems_of(file) == ["input.csv:2: encoding: is no UTF-8 text"]
    assert [one.line for one in read(file, skip_bad=True)] == [3]


def test_a_file_in_utf_16_is_refused_at_its_header(tmp_path: Path) -> None:
    content = csv_file(tmp_path, {}).read_text().encode("utf-16")

    assert problems_of(text_file(tmp_path, content)) == [
        "input.csv:1: encoding: is no UTF-8 text; save it as UTF-8, or set file.encoding in a mapping"
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv.gz", b"no gzip", r"a\.csv\.gz:1: the file is damaged from here on, or no gzip"),
        ("a.xlsx", b"", "neither .csv nor .jsonl"),
        ("a.csv", b'transaction_id,"' + b"x" * 200_000, "no valid CSV from here on: line 1: field larger"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        read(text_file(tmp_path, content, name))


def test_a_gzip_file_that_breaks_off_names_the_line_it_was_read_to(tmp_path: Path) -> None:
    whole = gzip.compress(csv_file(tmp_path, *({"account_id": f"a{n * 7919}"} for n in range(5000))).read_bytes())

    with pytest.raises(LabelledFileError, match=r"cut\.csv\.gz:\d{3,}: the file is damaged"):
        read(text_file(tmp_path, whole[:-4000], "cut.csv.gz"), skip_bad=True)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelledFileError, match=r"gone\.csv: the file cannot be read \(No such file"):
        read(tmp_path / "gone.csv")


def test_a_repeated_line_counts_once(tmp_path: Path) -> None:
    again = {"transaction_id": "t1", "amount": "12.5"}  # the same amount, written in another way

    taken = read(csv_file(tmp_path, {}, again))

    assert (len(taken), taken.repeats) == (1, 1)


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        ({"amount": "99"}, "transaction_id: 't1' is taken by another body on line 2"),
        ({"label": "fraud"}, "label: is fraud, but line 2 has the same transaction as genuine"),
    ],
)
def test_an_id_that_is_taken_by_another_body_or_label_is_reported(tmp_path: Path, again: Change, reason: str) -> None:
    file = csv_file(tmp_path, {}, {}, {"transaction_id": "t1", **again})

    assert problems_of(file) == [f"input.csv:4: {reason}"]
    assert [one.line for one in read(file, skip_bad=True)] == [2, 3]


@pytest.mark.parametrize("unlabelled", ["unknown", "genuine"])
def test_an_empty_label_counts_as_asked(tmp_path: Path, unlabelled: str) -> None:
    file = csv_file(tmp_path, {"label": ""}, {"label": "fraud"}, {"label": "unknown"})

    labels = [one.label for one in read(file, unlabelled=unlabelled)]

    assert labels == [unlabelled, "fraud", "unknown"]


def jsonl_file(folder: Path, *rows: object, name: str = "input.jsonl") -> Path:
    return text_file(folder, "".join(json.dumps(row) + "\n" for row in rows), name)


def test_json_lines_take_numbers_texts_and_a_nested_location(tmp_path: Path) -> None:
    first = {**ROW, "amount": 12.5, "location": {"latitude": 52.5, "longitude": 13.4}}
    second = {**ROW, "transaction_id": "t2", "category": None}

    one, other = read(jsonl_file(tmp_path, first, second))

    assert str(one.transaction.amount) == "12.5"
    assert one.transaction.location is not None
    assert other.transaction.category is None


def test_json_lines_are_reported_by_line(tmp_path: Path) -> None:
    without_time = {name: value for name, value in ROW.items() if name != "occurred_at"}
    broken: tuple[object, ...] = (
        [],
        without_time,
        {**ROW, "account_id": 7},
        {**ROW, "amount": True},
        {**ROW, "label": 1},
    )

    assert problems_of(jsonl_file(tmp_path, ROW, *broken)) == [
        "input.jsonl:2: row: is no JSON object",
        "input.jsonl:3: occurred_at: is required",
        "input.jsonl:4: account_id: must be string",
        "input.jsonl:5: amount: True is no number",
        "input.jsonl:6: label: 1 is none of fraud, genuine, unknown; a mapping can say what it means",
    ]


def test_json_lines_in_another_encoding_are_reported_by_line(tmp_path: Path) -> None:
    line = json.dumps({**ROW, "merchant_name": "Café"}, ensure_ascii=False)

    assert problems_of(text_file(tmp_path, line.encode("latin-1"), "input.jsonl")) == [
        "input.jsonl:1: encoding: is no UTF-8 text"
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"location": [1]}, "location: must be an object"),
        ({"location": "here"}, "location: must be an object"),
        ({"location": {}}, "latitude: is required in location"),
        ({"location": {"latitude": 1, "longitude": None}}, "longitude: is required in location"),
        ({"location": {"latitude": 1, "longitude": 2, "label": "fraud"}}, "location: holds 'label', which is none of"),
        ({"location": {"latitude": 1, "longitude": 2}, "latitude": 1}, "latitude: is given in location and beside it"),
    ],
)
def test_a_nested_location_is_a_place_and_nothing_else(tmp_path: Path, change: Change, reason: str) -> None:
    (problem,) = problems_of(jsonl_file(tmp_path, ROW, {**ROW, "transaction_id": "t2", **change}))

    assert problem.startswith(f"input.jsonl:2: {reason}")


def test_a_column_of_a_csv_file_may_be_called_location(tmp_path: Path) -> None:
    (one,) = read(csv_file(tmp_path, {"location": "here"}))

    assert one.transaction.location is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"merchant_name": "\ud800"}, "merchant_name"),
        ({"note": [{"\udfff": 1}]}, "note"),
        ({"\ud83d": 1}, "\\ud83d"),
    ],
)
def test_half_a_surrogate_pair_is_refused_with_its_field(tmp_path: Path, change: Change, field: str) -> None:
    whole = {**ROW, "merchant_name": "\U0001f600"}
    file = jsonl_file(tmp_path, whole, {**ROW, "transaction_id": "t2", **change})

    assert problems_of(file) == [f"input.jsonl:2: {field}: holds half a surrogate pair, which is no text"]
    assert [one.merchant_name for one in read(file, skip_bad=True)] == ["\U0001f600"]


def test_half_a_surrogate_pair_in_the_labels_is_refused_with_its_field(tmp_path: Path) -> None:
    labels = jsonl_file(tmp_path, {"transaction_id": "\ud800", "label": "fraud"}, name="labels.jsonl")

    assert problems_of(without_labels(tmp_path, 1), labels=labels) == [
        "labels.jsonl:1: transaction_id: holds half a surrogate pair, which is no text"
    ]


MAPPING = """
[transaction]
transaction_id = "id"
account_id = "card"
merchant_id = { column = "shop", slug = true }
amount = { column = "cents", divide_by = 100 }
currency = { constant = "USD" }
occurred_at = { column = "unix", format = "unix_seconds" }
[merchant]
name = "shop"
[label]
column = "bad"
fraud = ["1"]
genuine = ["0"]
unknown = ["?"]
"""
MAPPED = "id,card,shop,cents,unix,bad\n"


def mapped(folder: Path, *lines: str, mapping: str = MAPPING) -> dict[str, Any]:
    return {
        "path": text_file(folder, MAPPED + "".join(line + "\n" for line in lines)),
        "mapping": text_file(folder, mapping, "map.toml"),
    }


def test_a_mapping_gives_other_columns_their_meaning(tmp_path: Path) -> None:
    lines = ("1,c,Gum & Co,1250,1573660193,1", "2,c,x,1,1573660193,0", "3,c,x,1,1573660193,?", "4,c,x,1,1573660193,")

    taken = list(read(**mapped(tmp_path, *lines)))

    assert [one.label for one in taken] == ["fraud", "genuine", "unknown", "unknown"]
    assert taken[0].merchant_name == "Gum & Co"
    assert taken[0].transaction.merchant_id == "Gum-Co"
    assert str(taken[0].transaction.amount) == "12.5"


def test_a_value_that_the_mapping_lists_nowhere_is_reported(tmp_path: Path) -> None:
    lines = ("1,c,x,1,1573660193,1", "2,c,x,1,1573660193,yes", "3,c,x,one,1573660193,1", "4,c,x,1,noon,1")

    assert problems_of(**mapped(tmp_path, *lines)) == [
        "input.csv:3: label: column 'bad' holds 'yes', which the mapping does not list",
        "input.csv:4: amount: column 'cents' holds 'one', which is no number",
        "input.csv:5: occurred_at: column 'unix' gives 'noon', no time as 'unix_seconds'",
    ]


def test_what_a_mapping_makes_still_has_to_be_acceptable_to_the_api(tmp_path: Path) -> None:
    assert problems_of(**mapped(tmp_path, "a b,c,x,1,1573660193,1")) == [
        "input.csv:2: transaction_id: must match pattern ^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"
    ]


def test_a_mapped_number_is_written_as_plainly_as_one_of_our_own_columns(tmp_path: Path) -> None:
    assert problems_of(**mapped(tmp_path, "1,c,x,1_000,1573660193,1")) == ["input.csv:2: amount: '1_000' is no number"]


def test_a_mapping_that_does_not_say_what_is_genuine_is_refused(tmp_path: Path) -> None:
    loose = MAPPING.replace('genuine = ["0"]\n', "")

    with pytest.raises(CommandError, match=r"label\.genuine is missing"):
        read(**mapped(tmp_path, mapping=loose))


def test_columns_that_a_mapping_reads_and_the_file_lacks_are_reported(tmp_path: Path) -> None:
    options = mapped(tmp_path)
    text_file(tmp_path, "id,card,shop,cent,unix\n")

    known = "(the columns are: id, card, shop, cent, unix)"
    assert problems_of(**options) == [
        f"input.csv:1: amount: there is no column 'cents'; did you mean 'cent'? {known}",
        f"input.csv:1: label: there is no column 'bad' {known}",
    ]


def test_the_shipped_mapping_is_found_by_the_columns(tmp_path: Path) -> None:
    content = (
        "acct_num,trans_num,trans_date,trans_time,unix_time,category,amt,merchant,merch_lat,merch_long,is_fraud\n"
        "929,0c12b,2019-11-13,15:49:53,1573660193,shopping_net,22.32,fraud_Boyer-Reichert,40.4,-75.1,1\n"
    )

    taken = read(text_file(tmp_path, content))

    (one,) = taken
    assert (one.label, one.merchant_name, one.transaction.channel) == ("fraud", "Boyer-Reichert", "online")
    assert taken.source == "columns by examples/mappings/sparkov.toml"
    assert (paths.ROOT / "examples" / "mappings" / "sparkov.toml").exists()


def labels_file(folder: Path, *lines: str) -> Path:
    content = "transaction_id,label,source,confirmed_at\n" + "".join(line + "\n" for line in lines)
    return text_file(folder, content, "labels.csv")


def without_labels(folder: Path, count: int) -> Path:
    rows = [{**ROW, "transaction_id": f"t{number}"} for number in range(1, count + 1)]
    return jsonl_file(folder, *({key: row[key] for key in row if key != "label"} for row in rows))


def test_labels_may_come_in_a_file_of_their_own(tmp_path: Path) -> None:
    labels = labels_file(tmp_path, "t2,fraud,chargeback,2026-02-01T01:00:00+01:00", "t1,genuine,,")

    taken = list(read(without_labels(tmp_path, 3), labels=labels))

    assert [(one.label, one.confirmed_at) for one in taken] == [
        ("genuine", None), ("fraud", "2026-02-01T00:00:00.000000Z"), ("unknown", None),
    ]  # fmt: skip


def test_the_newest_confirmation_stands_whatever_the_order_of_the_lines(tmp_path: Path) -> None:
    newer, older = "t1,genuine,analyst,2026-03-01T00:00:00Z", "t1,fraud,customer,2026-02-01T00:00:00Z"

    for lines in ((newer, older), (older, newer)):
        (one,) = read(without_labels(tmp_path, 1), labels=labels_file(tmp_path, *lines))
        assert one.label == "genuine"


def test_of_two_labels_of_the_same_time_the_last_line_stands_as_in_the_api(tmp_path: Path) -> None:
    lines = ("t1,fraud,customer,2026-02-01T00:00:00Z", "t1,genuine,analyst,2026-02-01T01:00:00+01:00")

    (one,) = read(without_labels(tmp_path, 1), labels=labels_file(tmp_path, *lines))

    assert one.label == "genuine"


def test_bad_lines_of_the_labels_are_reported_with_their_own_file(tmp_path: Path) -> None:
    lines = (
        "t1,fraud,chargeback,2026-02-01T00:00:00Z", "t9,fraud,,", "t1,stolen,,", "t1,,,", "t2,fraud,rumour,",
        "t2,fraud,other,soon", "t2,fraud,,", "t2,genuine,,",
    )  # fmt: skip

    assert problems_of(without_labels(tmp_path, 2), labels=labels_file(tmp_path, *lines)) == [
        "labels.csv:3: transaction_id: 't9' is not among the transactions",
        "labels.csv:4: label: 'stolen' is none of fraud, genuine, unknown; a mapping can say what it means",
        "labels.csv:5: label: is missing",
        "labels.csv:6: source: 'rumour' is none of analyst, chargeback, customer, other",
        "labels.csv:7: confirmed_at: 'soon' must be an RFC 3339 time with its offset, such as 2026-01-02T03:04:05Z",
        "labels.csv:9: label: is genuine, but line 8 says fraud, and neither says when",
    ]


def test_a_csv_file_needs_no_label_column_when_labels_come_apart(tmp_path: Path) -> None:
    rows = [list(ROW)[:-1], list(ROW.values())[:-1]]
    file = text_file(tmp_path, "".join(",".join(row) + "\n" for row in rows))

    (one,) = read(file, labels=labels_file(tmp_path, "t1,fraud,,"))

    assert one.label == "fraud"
