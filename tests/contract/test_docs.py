"""The pages tell what is there: links lead somewhere, names exist, and every alarm has its section.

Names are taken from the sources, not from a plan, so that these tests cost a second and need no Terraform.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from hcl2.utils import SerializationOptions

from pipeline.domain.case import Outcome
from pipeline.domain.queued import accept
from pipeline.domain.records import change_attributes, received_row, rejected_message_row
from scripts import paths, systems
from tests.e2e import behaviours

ROOT = paths.ROOT
DOCS = ROOT / "docs"
WRITTEN = ("*.md", "docs/**/*.md", "sql/*.md", "modules/*/README.md", "examples/*/README.md")
PAGES = sorted(page for pattern in WRITTEN for page in ROOT.glob(pattern))
OWN_PAGES = [page for page in PAGES if "modules" not in page.parts]
GENERATED = re.compile(r"<!-- BEGIN TABLES -->.*?<!-- END TABLES -->", re.DOTALL)
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
SOURCES = ("*.tf", "modules/**/*.tf", "modules/**/*.json", "lambda_src/**/*.py", "glue_src/**/*.py", "scripts/**/*.py",
           "tests/**/*.py", "api/*.yaml", "environments/*", "sql/*.sql", "Makefile",
           "examples/**/*.tf", "examples/**/*.yaml", "examples/**/*.toml")  # fmt: skip


def text_of(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return a page without its code blocks and generated tables."""
    return FENCE.sub("", GENERATED.sub("", text_of(page)))


def code_blocks(page: Path, *languages: str) -> Iterator[str]:
    """Yield the code blocks of a page in one of the languages."""
    for _, language, code in FENCE.findall(text_of(page)):
        if language in languages:
            yield code


def anchors(page: Path) -> set[str]:
    """Return what a link into the page may name: its headings, as GitHub turns them into ids."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"`", "", heading).lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=paths.shown)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text_of(page))):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        file = (page.parent / target) if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(link)

    assert not broken


@pytest.mark.parametrize("page", OWN_PAGES, ids=paths.shown)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of("Makefile"), re.MULTILINE))
    code = [*SPAN.findall(prose(page)), *code_blocks(page, "sh")]
    named = set(chain.from_iterable(re.findall(r"(?:^|[\s(])make ([a-z][a-z0-9-]*)", part) for part in code))

    assert named <= targets


@pytest.mark.parametrize("page", OWN_PAGES, ids=paths.shown)
def test_every_system_that_is_named_exists(page: Path) -> None:
    code = [*SPAN.findall(prose(page)), *code_blocks(page, "sh")]
    named = set(chain.from_iterable(re.findall(r"\bSYSTEM=(\w+)", part) for part in code))

    assert named <= set(systems.ALL)


def root_of(page: Path, code: str) -> str:
    """Return the folder that a page's code is run in: an example's where it is the example's page, or goes there."""
    entered = re.search(r"^cd (examples/\w+)", code, re.MULTILINE)
    folder = page.parent.relative_to(ROOT)
    return entered.group(1) if entered else str(folder if folder.parts[:1] == ("examples",) else Path())


@pytest.mark.parametrize("page", OWN_PAGES, ids=paths.shown)
def test_every_variable_and_output_that_is_named_exists(page: Path) -> None:
    for code in [*SPAN.findall(prose(page)), *code_blocks(page, "sh")]:
        root = root_of(page, code)
        given = set(re.findall(r"TF_VAR_(\w+)", code)) | set(re.findall(r"-var[= ]'?(\w+)=", code))
        read = set(re.findall(r"terraform output (?:-\w+ )*([a-z]\w+)", code))

        assert given <= names(f"{root}/variables.tf", "variable"), code
        assert read <= names(f"{root}/outputs.tf", "output"), code
    for code in code_blocks(page, "hcl"):
        given = set(re.findall(r"^(\w+) *=", code, re.MULTILINE))
        assert given <= names(f"{root_of(page, code)}/variables.tf", "variable"), code


@pytest.mark.parametrize("page", OWN_PAGES, ids=paths.shown)
def test_every_identifier_that_is_named_stands_in_the_sources(page: Path) -> None:
    sources = "\n".join(
        file.read_text(encoding="utf-8") for pattern in SOURCES for file in ROOT.glob(pattern) if file.is_file()
    )
    snake_case = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+")
    identifiers = {span for span in SPAN.findall(prose(page)) if snake_case.fullmatch(span)}
    from_aws = {"ERROR_CODE", "ERROR_MESSAGE", "RULE_ARN"}  # attributes that EventBridge gives undelivered events
    put_together = {f"CASE_{outcome.value}" for outcome in Outcome}  # reasons in the history, made of the outcome

    assert not {name for name in identifiers - from_aws - put_together if not re.search(rf"\b{name}\b", sources)}


@pytest.mark.parametrize("page", OWN_PAGES, ids=paths.shown)
def test_every_file_that_is_named_exists(page: Path) -> None:
    folders = {folder.name for folder in ROOT.iterdir() if folder.is_dir()} - {"build"}
    spans = {span.rstrip("/") for span in SPAN.findall(prose(page))}
    named = {span for span in spans if re.fullmatch(r"[\w.-]+(/[\w.*-]+)+", span) and span.split("/")[0] in folders}
    named |= set(re.findall(r"\b(?:environments|examples)/[\w./]+", "\n".join(code_blocks(page, "sh"))))

    # Some paths are named as seen from the page, or from a folder that the sentence is about.
    known_roots = (ROOT, ROOT / "lambda_src", page.parent)
    assert not {path for path in named if not any(list(root.glob(path)) for root in known_roots)}


# ---------------------------------------------------------------------------------------------------------------------
# Alarms
# ---------------------------------------------------------------------------------------------------------------------


def parsed(path: str) -> dict[str, Any]:
    options = SerializationOptions(explicit_blocks=False)
    content: dict[str, Any] = hcl2.loads(text_of(path), serialization_options=options)
    return content


@cache
def names(path: str, kind: str) -> set[str]:
    """Return the names of a file's blocks of one kind."""
    return {name.strip('"') for block in parsed(path)[kind] for name in block}


def keys_of(local: str) -> list[str]:
    """Return the keys of a map among the root's locals that is written out."""
    block = re.search(rf"^  {local} = {{\n(.*?)^  }}", text_of("main.tf"), re.DOTALL | re.MULTILINE)
    assert block is not None, f"main.tf has no local {local} that is a map"
    return re.findall(r"^    \(?([a-z-]+)\)? +=", block.group(1), re.MULTILINE)


def module_block(name: str) -> str:
    """Return what a module of the root is given; hyphens of a key are underscores in its module's name."""
    name = name.replace("-", "_")
    block = re.search(rf'^module "{name}" {{\n(.*?)^}}', text_of("main.tf"), re.DOTALL | re.MULTILINE)
    assert block is not None, f"main.tf has no module {name}"
    return block.group(1)


def alarms_output(module: str) -> str:
    block = re.search(r'^output "alarms" {\n(.*?)^}', text_of(f"modules/{module}/outputs.tf"), re.DOTALL | re.MULTILINE)
    assert block is not None, f"{module} has no output alarms"
    return block.group(1)


def queue_alarms() -> Iterator[str]:
    unhurried = re.search(r"unhurried = \[(.*)\]", text_of("main.tf"))
    assert unhurried is not None
    for queue in keys_of("queues"):
        for alarm in re.findall(r"^    ([a-z-]+) +=", alarms_output("sqs_fifo"), re.MULTILINE):
            if alarm != "delay" or f'"{queue}"' not in unhurried.group(1):
                yield f"queue-{queue}-{alarm}"


def table_alarms() -> Iterator[str]:
    text = text_of("main.tf")
    operations = re.search(
        r"system_error_operations = optional\(set\(string\), \[(.*?)\]", text_of("modules/dynamo_pitr/variables.tf")
    )
    assert operations is not None
    for table in keys_of("tables"):
        indexes = [
            re.search(rf'^  {local} += "([a-z-]+)"', text, re.MULTILINE)
            for local in re.findall(r"^    \(local\.(\w+)\) = {", module_block(table), re.MULTILINE)
        ]
        own = re.search(r"system_error_operations *= *\[(.*?)\]", module_block(table), re.DOTALL)
        for part in ["", *(f"{index.group(1)}-" for index in indexes if index)]:
            yield from (f"table-{table}-{part}{direction}-throttles" for direction in ("read", "write"))
        for operation in re.findall(r'"(\w+)"', (own or operations).group(1)):
            yield f"table-{table}-{operation.lower()}-system-errors"


def bus_alarms() -> Iterator[str]:
    rules = re.findall(r"^    ([a-z-]+) = {\n      description", module_block("event_bus"), re.MULTILINE)
    endings = re.findall(r"^    ([a-z-]+) += { metric_name", text_of("modules/event_bus/outputs.tf"), re.MULTILINE)
    yield from (f"bus-{rule}-{ending}" for rule in rules for ending in endings)
    yield from (f"bus-{name}" for name in re.findall(r"{ ([a-z-]+) = module\.", alarms_output("event_bus")))


def monitoring_alarms() -> Iterator[str]:
    text = text_of("modules/monitoring/main.tf")
    endings = re.findall(r'"\$\{key\}-([a-z-]+)" = {', text) + re.findall(r'\$\{each\.key\}-([a-z-]+)"', text)
    yield from (f"{function}-{ending}" for function in keys_of("functions") for ending in endings)
    yield from re.findall(r'alarm_name += format\(local\.alarm_format, "([a-z-]+)"\)', text)
    topic_endings = re.findall(r'"\$\{replace\(key, "_", "-"\)\}-([a-z-]+)" =>', text)
    yield from (f"{topic}-{ending}" for topic in topics() for ending in topic_endings)


def topics() -> list[str]:
    """Return the topics that monitoring makes, as they stand in names."""
    titles = re.findall(r"^ +(\w+) += { title", text_of("modules/monitoring/main.tf"), re.MULTILINE)
    return [title.replace("_", "-") for title in titles]


def counted_alarms() -> list[str]:
    block = re.search(r"counted_alarms = {(.*?)} : name", text_of("main.tf"), re.DOTALL)
    assert block is not None
    return re.findall(r"^ +([a-z-]+) += { service", block.group(1), re.MULTILINE)


def alarm_names() -> set[str]:
    """Return the names of all alarms of the root, without the name of the environment in front."""
    cases = re.findall(r'^ +"([a-z-]+)" += { metric_name', alarms_output("fraud_sfn"), re.MULTILINE)
    found = [
        *queue_alarms(),
        *table_alarms(),
        *bus_alarms(),
        *monitoring_alarms(),
        *counted_alarms(),
        *re.findall(r"^    { ([a-z-]+) = (?:local|module)\.[\w.]+ },$", text_of("main.tf"), re.MULTILINE),
        *re.findall(r"^    ([a-z-]+) = {", alarms_output("rest_api"), re.MULTILINE),
        *(f"cases-{name}" for name in cases),
    ]
    assert len(found) == len(set(found))
    every_kind = {"critical", "fraud-rate", "process-error-rate", "bus-undelivered", "bus-archive-lost-events"}
    assert every_kind | {"cases-failed", "api-errors", "relay-delay", "transactions-stale"} <= set(found)
    return set(found)


def alarm_sections() -> list[str]:
    section = re.search(r"^## Alarms$(.*?)^## ", text_of("docs/operations.md"), re.DOTALL | re.MULTILINE)
    assert section is not None
    return re.findall(r"^### `(.+)`$", section.group(1), re.MULTILINE)


def matcher(heading: str) -> re.Pattern[str]:
    """Return the pattern of a heading, whose words in capitals stand for functions, tables, topics or operations."""
    indexes = "(?:-[a-z-]+-index)?"
    return re.compile(
        re.escape(heading)
        .replace("FUNCTION", f"(?:{'|'.join(keys_of('functions'))})")
        .replace("TABLE", f"(?:{'|'.join(keys_of('tables'))}){indexes}")
        .replace("TOPIC", f"(?:{'|'.join(topics())})")
        .replace("OPERATION", "[a-z]+")
    )


def test_every_alarm_has_one_section_in_the_operations_guide() -> None:
    matchers = [matcher(heading) for heading in alarm_sections()]
    sections = {name: sum(one.fullmatch(name) is not None for one in matchers) for name in alarm_names()}

    assert {name for name, count in sections.items() if count != 1} == set()


def test_no_section_tells_of_an_alarm_that_is_gone() -> None:
    everything = alarm_names()

    assert [h for h in alarm_sections() if not any(matcher(h).fullmatch(name) for name in everything)] == []


def test_the_section_on_functions_tells_what_a_failure_of_each_means() -> None:
    section = text_of("docs/operations.md").split("### `FUNCTION-error-rate`")[1].split("\n### ")[0]

    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == set(keys_of("functions"))


def test_the_cost_table_counts_the_alarms_that_there_are() -> None:
    plain = alarm_names() - {"critical"}
    on_two_metrics = {name for name in plain if name.endswith("-error-rate") or name == "fraud-rate"}
    metrics = len(plain) + len(on_two_metrics)

    assert (
        f"{len(plain)} metric alarms: {len(plain) - len(on_two_metrics)} on one metric, {len(on_two_metrics)} on two"
        f" (rates), so {metrics} alarm metrics | $0.10 an alarm metric | ${metrics / 10:.2f} |"
    ) in text_of("README.md")


def test_the_costs_at_rest_add_up() -> None:
    section = text_of("README.md").split("## What it creates")[1].split("\n## ")[0]
    rows = [float(amount) for amount in re.findall(r"\| \$([0-9.]+) \|$", section, re.MULTILINE)]
    total = re.search(r"about \*\*(\d+) US dollars\*\*", section)

    assert total is not None
    assert round(sum(rows)) == int(total.group(1))


# ---------------------------------------------------------------------------------------------------------------------
# API, tables, emulator, decisions
# ---------------------------------------------------------------------------------------------------------------------


def test_the_api_page_names_every_operation_answer_field_and_error_code() -> None:
    document = yaml.safe_load(text_of("api/openapi.yaml"))
    page = text_of("docs/api.md")

    for path, item in document["paths"].items():
        for verb, operation in item.items():
            (row,) = re.findall(rf"^\| \[{operation['operationId']}\].*$", page, re.MULTILINE)
            answers = row.split("|")[3].replace(" ", "").split(",")
            assert f"`{verb.upper()} {path}`" in row
            assert set(answers) == set(operation["responses"]), operation["operationId"]
    codes = document["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"]
    assert set(re.findall(r"^\| \d{3} \| `([A-Z_]+)`", page, re.MULTILINE)) == set(codes)
    for field in document["components"]["schemas"]["TransactionRequest"]["properties"]:
        assert f"| `{field}` |" in page, field


def test_the_architecture_page_names_every_attribute_of_a_transactions_row() -> None:
    from datetime import datetime, timedelta, timezone
    from decimal import Decimal

    from pipeline.domain.merchant import UNKNOWN_MERCHANT
    from pipeline.domain.settlement import Change, Queued
    from pipeline.domain.status import Status
    from pipeline.domain.transaction import Transaction

    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    transaction = Transaction("t", "a", "m", Decimal(1), "EUR", "2026-01-01T00:00:00.000000Z")
    acceptance = accept(transaction, now, "c")
    change = Change(Queued(acceptance, "message", "1", 1), Status.REJECTED, "reason", refusal=UNKNOWN_MERCHANT)
    attributes = {
        *received_row(acceptance, timedelta(minutes=1)),
        *change_attributes(change, "2026-01-01T00:00:00.000000Z"),
        *rejected_message_row("message", "body", UNKNOWN_MERCHANT, now),
        "failure",
        "sweeps",
        "alert",
        "timestamp",
    }
    section = text_of("docs/architecture.md").split("### transactions")[1].split("\n### ")[0]
    table = "\n".join(line for line in section.splitlines() if re.match(r"\| `.*\| (S|N|M|L of M|BOOL|B) \|", line))

    assert {name for name in attributes if f"`{name}`" not in table} == set()


def test_the_testing_page_says_what_each_emulator_has_and_what_covers_the_rest() -> None:
    section = text_of("docs/testing.md").split("## What the emulator does not do")[1].split("\n## ")[0]

    assert behaviours.markdown() in section, "print the table with: python -m tests.e2e.behaviours"


def test_every_decision_is_listed_and_has_its_three_parts() -> None:
    pages = sorted(DOCS.glob("decisions/[0-9]*.md"))
    listed = re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", text_of("docs/decisions/README.md"))

    assert listed == [page.name for page in pages]
    assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert re.findall(r"^## (.+)$", text_of(page), re.MULTILINE) == ["Context", "Decision", "Consequences"], page
