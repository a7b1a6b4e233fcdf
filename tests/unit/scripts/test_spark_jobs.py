"""A Spark job on a bucket without S3 in Spark: what it needs is copied, and what it changed is copied back."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from scripts import environments, paths, spark_jobs, stack
from scripts.environments import Environment
from scripts.errors import CommandError

BUCKET = "lake"


class Bucket:
    """An S3 client with one bucket."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = dict(objects)
        self.puts: list[str] = []

    def get_paginator(self, name: str) -> Bucket:
        assert name == "list_objects_v2"
        return self

    def paginate(self, **call: Any) -> list[dict[str, Any]]:
        assert call["Bucket"] == BUCKET
        return [{"Contents": [{"Key": key}]} for key in sorted(self.objects) if key.startswith(call["Prefix"])] or [{}]

    def get_object(self, **call: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[call["Key"]])}

    def put_object(self, **call: Any) -> None:
        self.puts.append(call["Key"])
        self.objects[call["Key"]] = call["Body"]

    def delete_object(self, **call: Any) -> None:
        del self.objects[call["Key"]]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_jobs, "_FOLDER", tmp_path / "spark")


def test_a_job_sees_the_lake_and_the_bucket_gets_what_it_changed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket(**{
        "raw/transactions/year=2026/a.jsonl.gz": b"raw",
        "raw/transactions/": b"",
        "processed/daily-aggregates/day=1/part-00000.parquet": b"old",
        "processed/daily-aggregates/day=1/part-00001.parquet": b"gone",
        "processed/daily-aggregates/day=0/part-00000.parquet": b"other day",
        "athena-results/big": b"not read",
    })  # fmt: skip

    def job(name: str, lake: Path, arguments: tuple[str, ...]) -> dict[str, Any]:
        assert (name, arguments) == ("daily", ("--day", "1"))
        assert (lake / "raw/transactions/year=2026/a.jsonl.gz").read_bytes() == b"raw"
        assert not (lake / "athena-results").exists()
        day = lake / "processed/daily-aggregates/day=1"
        (day / "part-00000.parquet").write_bytes(b"new")
        (day / "part-00001.parquet").unlink()
        return {"job": name}

    monkeypatch.setattr(spark_jobs, "run_local", job)

    assert spark_jobs.run("daily", bucket, BUCKET, ("--day", "1")) == {"job": "daily"}

    assert bucket.puts == ["processed/daily-aggregates/day=1/part-00000.parquet"]
    assert bucket.objects["processed/daily-aggregates/day=1/part-00000.parquet"] == b"new"
    assert "processed/daily-aggregates/day=1/part-00001.parquet" not in bucket.objects
    assert bucket.objects["processed/daily-aggregates/day=0/part-00000.parquet"] == b"other day"


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a program that stands for the Python of the Spark environment."""
    program = tmp_path / "venv" / "spark" / "bin" / "python"
    program.parent.mkdir(parents=True)
    monkeypatch.setattr(paths, "VENVS", tmp_path / "venv")
    monkeypatch.setattr(environments, "ensure", lambda environment: environment)
    assert Environment("spark", environments.SPARK.versions) == environments.SPARK
    return program


def test_a_jobs_last_line_is_its_summary(python: Path, tmp_path: Path) -> None:
    python.write_text('#!/bin/sh\necho noise\necho "{\\"arguments\\": \\"$*\\"}"\n')
    python.chmod(0o755)

    summary = spark_jobs.run_local("weekly", tmp_path, ["--week", "2026-03-09"])

    script = paths.ROOT / "glue_src" / "fraud_pattern_analysis.py"
    assert summary == {"arguments": f"{script} --lake {tmp_path} --week 2026-03-09"}


def test_a_job_that_fails_says_the_last_line_of_its_log(python: Path, tmp_path: Path) -> None:
    python.write_text("#!/bin/sh\necho first >&2\necho 'Spark needs Java.' >&2\nexit 1\n")
    python.chmod(0o755)

    with pytest.raises(CommandError, match=r"the daily job failed; .*daily\.log ends with: Spark needs Java\."):
        spark_jobs.run_local("daily", tmp_path)


def test_a_machine_without_java_is_told_so_before_a_job_is_run(python: Path) -> None:
    complaint = "lake_jobs.errors.LakeJobError: Spark needs Java 11 to 17: there is none on PATH."
    python.write_text(f"#!/bin/sh\necho Traceback >&2\necho '{complaint}' >&2\nexit 1\n")
    python.chmod(0o755)

    with pytest.raises(CommandError, match=r"^Spark needs Java 11 to 17: there is none on PATH\.$"):
        spark_jobs.make_ready()


def test_a_machine_with_java_is_ready(python: Path) -> None:
    python.write_text("#!/bin/sh\nexit 0\n")
    python.chmod(0o755)

    spark_jobs.make_ready()


def test_without_a_stack_the_command_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stack, "running", lambda: None)

    assert spark_jobs.main(["daily"]) == 1

    assert "make local-up SYSTEM=securebank" in capsys.readouterr().err


def test_every_job_has_its_script() -> None:
    scripts = {path.stem for path in (paths.ROOT / "glue_src").glob("*.py")}

    assert set(spark_jobs.JOBS.values()) == scripts
