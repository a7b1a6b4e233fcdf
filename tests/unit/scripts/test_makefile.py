"""What `make help` lists is what can be made."""

from __future__ import annotations

import re
import subprocess
import sys

from scripts import paths


def test_help_lists_every_target_with_a_line() -> None:
    text = (paths.ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony is not None

    printed = subprocess.run(["make", "help"], cwd=paths.ROOT, capture_output=True, text=True, check=True).stdout

    listed = dict(re.findall(r"^  (\S+) +(\S.*)$", printed, re.MULTILINE))
    assert set(listed) == set(phony.group(1).split())


def test_the_demos_settings_become_its_options() -> None:
    settings = [
        "SYSTEM=merchant_api",
        "COUNT=5",
        "RATE=50",
        "INPUT=a file.csv",
        "MAP=m.toml",
        "SEED=1",
        "LIMIT=0",
        "WORKERS=4",
    ]

    printed = subprocess.run(
        ["make", "--dry-run", "demo", *settings], cwd=paths.ROOT, capture_output=True, text=True, check=True
    ).stdout

    options = (
        '--system "merchant_api" --count 5 --rate 50 --input "a file.csv" --map "m.toml" --seed 1 --limit 0 --workers 4'
    )
    assert options in re.sub(r"\s*\\\n\s*|  +", " ", printed)


def test_the_local_stacks_settings_become_its_options() -> None:
    printed = subprocess.run(
        ["make", "--dry-run", "local-up", "SYSTEM=stream_alerts", "PORT=4566"],
        cwd=paths.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    assert 'scripts.local_aws up --system "stream_alerts" --port 4566' in printed


def test_the_restore_drills_settings_become_its_options() -> None:
    settings = ["SYSTEM=merchant_api", "BEFORE=20", "AFTER=10", "SEED=3", "DRY_RUN=1"]

    printed = subprocess.run(
        ["make", "--dry-run", "restore-drill", *settings], cwd=paths.ROOT, capture_output=True, text=True, check=True
    ).stdout

    options = '--system "merchant_api" --before 20 --after 10 --seed 3 --dry-run'
    assert options in re.sub(r"\s*\\\n\s*|  +", " ", printed)


def test_the_redrives_settings_become_its_options() -> None:
    settings = [
        "SYSTEM=securebank",
        "OUTPUTS=o.json",
        "ACCOUNT=cust 1",
        "EXECUTE=1",
        "REASON=bug 12",
        "RATE=2",
        "PARALLEL=3",
        "TAKE_OVER=1",
    ]

    printed = subprocess.run(
        ["make", "--dry-run", "redrive", *settings], cwd=paths.ROOT, capture_output=True, text=True, check=True
    ).stdout

    options = (
        '--system "securebank" --outputs "o.json" --account "cust 1" --execute --reason "bug 12" --rate 2 --parallel 3'
        " --take-over"
    )
    assert options in " ".join(printed.replace("\\\n", " ").split())


def test_the_two_halves_of_the_localstack_tests_are_all_of_them() -> None:
    printed = subprocess.run(
        ["make", "--dry-run", "localstack-test"], cwd=paths.ROOT, capture_output=True, text=True, check=True
    ).stdout.replace("\\\n", " ")
    (line,) = [line for line in printed.splitlines() if "scripts.side_by_side" in line]
    one, other = (names_of_tests(re.findall(r"-m pytest -q (.*)", half)[0].split()) for half in line.split(" -- "))

    assert one
    assert other
    assert not one & other
    assert one | other == names_of_tests(["tests/localstack", "tests/e2e"])


def names_of_tests(arguments: list[str]) -> set[str]:
    """Return the names of the tests that pytest finds."""
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", *arguments],
        cwd=paths.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return {line for line in found.splitlines() if "::" in line}
