"""What a function logs is what POWERTOOLS_LOG_LEVEL says, whatever level Lambda passes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from scripts import paths

SPEAK = """
import logging
logging.getLogger().addHandler(logging.StreamHandler())
logging.getLogger().setLevel("{level}")  # so does AWS's runtime, with the level that Lambda passes on

from pipeline.aws.observability import count, logger, metrics

logging.getLogger("botocore.endpoint").debug("a whole request")
logging.getLogger("botocore.credentials").info("where credentials were found")
for severity in ("debug", "info", "warning", "error"):
    getattr(logger, severity)(severity)
count("Spoken")
metrics.flush_metrics()
"""


def spoken(level: str, passed_on: str) -> tuple[list[dict[str, Any]], str]:
    """Return the lines of a start on Lambda, and what went past the project's logger."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(paths.LAMBDA_SRC),
        "POWERTOOLS_SERVICE_NAME": "speaker",
        "POWERTOOLS_METRICS_NAMESPACE": "Tests",
        "POWERTOOLS_LOG_LEVEL": level,
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": passed_on,
    }
    done = subprocess.run(
        [sys.executable, "-c", SPEAK.format(level=passed_on)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize(
    ("level", "passed_on", "expected"),
    [
        ("DEBUG", "DEBUG", ["debug", "info", "warning", "error"]),
        ("INFO", "INFO", ["info", "warning", "error"]),
        ("WARNING", "INFO", ["warning", "error"]),
        ("ERROR", "INFO", ["error"]),
    ],
)
def test_the_level_of_the_code_counts_and_metrics_are_written_at_each(
    level: str, passed_on: str, expected: list[str]
) -> None:
    lines, besides = spoken(level, passed_on)

    assert [line["message"] for line in lines if "message" in line] == expected
    assert [line["Spoken"] for line in lines if "_aws" in line] == [[1.0]]
    assert besides == ""  # the SDK's lines would hold whole requests


def test_lambda_can_read_the_level_and_the_time_of_a_line() -> None:
    lines, _ = spoken("WARNING", "INFO")

    assert lines[0]["level"] == "WARNING"
    # RFC 3339; beside another time, Lambda would take the line for one of the level INFO.
    assert datetime.fromisoformat(lines[0]["timestamp"]).tzinfo is not None
    assert lines[0]["timestamp"][10] == "T"


def test_lines_that_hold_metrics_have_no_level_so_that_they_count_as_info() -> None:
    lines, _ = spoken("ERROR", "INFO")

    assert [line for line in lines if "_aws" in line and "level" in line] == []
