"""What lies around the jobs: arguments, Glue, Java, buckets."""

from __future__ import annotations

import io
import json
import runpy
import socket
import sys
import types
from datetime import date
from pathlib import Path
from typing import Any, Optional

import boto3
import pytest
from botocore.exceptions import ClientError
from pyspark.sql import SparkSession

from lake_jobs import arguments, session
from lake_jobs.errors import LakeJobError
from lake_jobs.storage import LocalStorage, S3Storage, Stored, open_storage, read_document
from scripts import paths
from tests.spark.lakes import DAY, Lake, line

WEDNESDAY = date(2026, 3, 11)


def test_the_daily_job_takes_yesterday_unless_it_is_told() -> None:
    assert arguments.daily(["--lake", "x"], WEDNESDAY) == arguments.Daily("x", date(2026, 3, 10), 3, None)
    told = ["--lake", "s3://b", "--day", "2026-01-02", "--late_days", "0", "--region", "eu-west-1"]
    assert arguments.daily(told, WEDNESDAY) == arguments.Daily("s3://b", date(2026, 1, 2), 0, "eu-west-1")


@pytest.mark.parametrize(
    ("today", "monday"), [("2026-03-08", "2026-02-23"), ("2026-03-09", "2026-03-02"), ("2026-03-15", "2026-03-02")]
)
def test_the_weekly_job_takes_the_last_week_that_is_over(today: str, monday: str) -> None:
    assert str(arguments.weekly(["--lake", "x"], date.fromisoformat(today)).week) == monday


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "--lake"),
        (["--lake", "x", "--day", "20260102"], "YYYY-MM-DD"),
        (["--lake", "x", "--day", "2026-02-30"], "YYYY-MM-DD"),
        (["--lake", "x", "--late-days", "29"], "from 0 to 28"),
        (["--lake", "x", "--unknown", "1"], "unknown"),
    ],
)
def test_a_wrong_argument_is_a_sentence(given: list[str], sentence: str) -> None:
    with pytest.raises(LakeJobError, match=sentence):
        arguments.daily(given, WEDNESDAY)


def test_a_week_is_named_by_its_monday() -> None:
    with pytest.raises(LakeJobError, match="2026-03-09 is"):
        arguments.weekly(["--lake", "x", "--week", "2026-03-11"], WEDNESDAY)


class Glue:
    """Stands for the modules that are on Glue's machines only."""

    def __init__(self, spark: SparkSession) -> None:
        self.calls: list[Any] = []
        glue = self

        class Context:
            def __init__(self, _: Any) -> None:
                self.spark_session = spark

        class Job:
            def __init__(self, _: Any) -> None:
                pass

            def init(self, name: str, _: dict[str, str]) -> None:
                glue.calls.append(("init", name))

            def commit(self) -> None:
                glue.calls.append("commit")

        def resolved(argv: list[str], options: list[str]) -> dict[str, str]:
            return {name: argv[argv.index(f"--{name}") + 1] for name in options}

        contents: dict[str, dict[str, Any]] = {
            "context": {"GlueContext": Context},
            "job": {"Job": Job},
            "utils": {"getResolvedOptions": resolved},
        }
        package = types.ModuleType("awsglue")
        package.__spec__ = types.SimpleNamespace(name="awsglue")  # type: ignore[assignment]
        self.modules = {"awsglue": package}
        for name, members in contents.items():
            module = types.ModuleType(f"awsglue.{name}")
            module.__dict__.update(members)
            self.modules[f"awsglue.{name}"] = module


@pytest.fixture
def glue(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Glue:
    found = Glue(spark)
    for name, module in found.modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return found


def start(job: str, monkeypatch: pytest.MonkeyPatch, *given: str) -> None:
    script = paths.ROOT / "glue_src" / f"{job}.py"
    monkeypatch.setattr(sys, "argv", [str(script), *given])
    runpy.run_path(str(script), run_name="__main__")


GIVEN_BY_GLUE = (
    "--JOB_NAME",
    "the-job",
    "--enable-metrics",
    "true",
    "--TempDir",
    "s3://x/tmp",
    "--job-language",
    "python",
)


def test_under_glue_the_same_script_takes_glues_arguments_and_commits_its_run(
    glue: Glue, lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.put(line(1))
    given = ("--lake", str(lake.folder), "--day", str(DAY), "--late_days", "0")

    start("daily_transaction_aggregation", monkeypatch, *GIVEN_BY_GLUE, *given)

    assert glue.calls == [("init", "the-job"), "commit"]
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [one["counts"]["transactions"] for one in summary["written"]] == [1]


def test_under_glue_a_run_that_fails_raises_and_commits_nothing(glue: Glue, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LakeJobError, match="no JSON"):
        start("fraud_pattern_analysis", monkeypatch, *GIVEN_BY_GLUE, "--lake", "nowhere", "--policy_document", __file__)

    assert glue.calls == [("init", "the-job")]


def test_in_a_shell_what_is_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="1"):
        start("daily_transaction_aggregation", monkeypatch, "--day", "2026-01-02")

    assert capsys.readouterr().err == ("daily_transaction_aggregation: the following arguments are required: --lake.\n")


def test_spark_listens_on_the_loopback_interface_only(spark: SparkSession) -> None:
    """/proc names the sockets of this machine; those of the Java process are its own."""
    java = spark.sparkContext._gateway.proc.pid
    inodes = set()
    for link in Path(f"/proc/{java}/fd").iterdir():
        try:
            inodes.add(str(link.readlink()))
        except OSError:  # closed meanwhile
            continue
    listening = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{java}/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                listening.append(fields[1].split(":")[0])
    loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert listening
    assert set(listening) <= loopback
    assert socket.inet_aton(session.LOOPBACK)


def program(folder: Path, version: str) -> Path:
    path = folder / "bin" / "java"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    path.chmod(0o755)
    return folder


def test_java_is_that_of_java_home_else_that_on_the_path(tmp_path: Path) -> None:
    new, good, old = (program(tmp_path / name, name) for name in ("25.0.1", "17.0.15", "1.8.0_402"))

    def home(named: Optional[Path], on_path: Path) -> Path:
        environment = {"PATH": f"{on_path / 'bin'}:/bin"}
        return session.java_home({**environment, "JAVA_HOME": str(named)} if named else environment)

    assert home(good, new) == good
    assert home(new, good) == good
    assert home(None, good) == good
    with pytest.raises(LakeJobError, match=r"^Spark needs Java 11 to 17: .*java is version 25; .*java is version 8\.$"):
        home(new, old)


def test_without_java_the_error_is_one_sentence() -> None:
    with pytest.raises(LakeJobError, match=r"^Spark needs Java 11 to 17: there is none in JAVA_HOME or on PATH\.$"):
        session.java_home({"PATH": "/nonexistent"})


class Bucket:
    """An S3 client that answers from a dictionary, a page for each object."""

    class exceptions:  # noqa: N801 - as the client has it
        NoSuchKey = type("NoSuchKey", (ClientError,), {})

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.deleted: list[int] = []

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, **call: Any) -> list[dict[str, Any]]:
        found = [key for key in sorted(self.objects) if key.startswith(call["Prefix"])]
        return [{"Contents": [{"Key": key, "Size": len(self.objects[key])}]} for key in found] or [{}]

    def get_object(self, **call: Any) -> dict[str, Any]:
        if call["Key"] not in self.objects:
            raise self.exceptions.NoSuchKey({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[call["Key"]])}

    def put_object(self, **call: Any) -> None:
        self.objects[call["Key"]] = call["Body"]

    def copy_object(self, **call: Any) -> None:
        assert call["CopySource"]["Bucket"] == call["Bucket"]
        self.objects[call["Key"]] = self.objects[call["CopySource"]["Key"]]

    def delete_objects(self, **call: Any) -> dict[str, Any]:
        self.deleted.append(len(call["Delete"]["Objects"]))
        refused = [one for one in call["Delete"]["Objects"] if one["Key"].endswith("locked")]
        for one in call["Delete"]["Objects"]:
            self.objects.pop(one["Key"], None)
        return {"Errors": [{**one, "Code": "AccessDenied", "Message": "Access denied"} for one in refused]}


def test_a_bucket_and_a_folder_are_used_alike(tmp_path: Path) -> None:
    bucket = Bucket()
    for storage in (LocalStorage(tmp_path), S3Storage(bucket, "b", "lake")):
        storage.write("a/staged/part-1", b"new")
        storage.write("a/final/part-0", b"old")
        storage.replace("a/staged/part-1", "a/final/part-0")
        storage.delete(one.key for one in storage.list("a/staged/"))
        assert storage.read("a/final/part-0") == b"new"
        assert storage.list("a/") == [Stored("a/final/part-0", 3)]
        assert storage.read("a/staged/part-1") is None
        assert storage.list("b/") == []
    assert list(bucket.objects) == ["lake/a/final/part-0"]


def test_folder_markers_are_no_objects_and_deletions_go_by_thousands() -> None:
    bucket = Bucket()
    storage = S3Storage(bucket, "b")
    bucket.objects = {"x/": b"", "x/day=1_$folder$": b"", **{f"x/{number}": b"" for number in range(1001)}}

    keys = [one.key for one in storage.list("x/")]
    storage.delete(keys)

    assert len(keys) == 1001
    assert bucket.deleted == [1000, 1]
    bucket.objects["locked"] = b""
    with pytest.raises(LakeJobError, match="S3 did not delete locked: Access denied"):
        storage.delete(["locked"])


def test_a_location_is_a_bucket_or_a_folder_and_a_document_may_be_a_parameter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket()
    bucket.objects["folder/policy.json"] = b"from s3"
    made = []

    class Parameters:
        def get_parameter(self, **call: Any) -> dict[str, Any]:
            return {"Parameter": {"Value": f"from {call['Name'].rsplit(':', 1)[1]}"}}

    def client(service: str, region_name: Optional[str]) -> Any:
        made.append((service, region_name))
        return bucket if service == "s3" else Parameters()

    monkeypatch.setattr(boto3, "client", client)
    (tmp_path / "policy.json").write_text("from a file")

    assert open_storage("s3://lake/", "eu-west-1").url("raw/x") == "s3://lake/raw/x"
    assert open_storage(str(tmp_path)).url("raw/x") == f"file://{tmp_path}/raw/x"
    assert read_document("s3://lake/folder/policy.json") == "from s3"
    assert read_document("arn:aws:ssm:eu-central-1:111122223333:parameter/bank/policy") == "from parameter/bank/policy"
    assert read_document(str(tmp_path / "policy.json")) == "from a file"
    assert made == [("s3", "eu-west-1"), ("s3", None), ("ssm", "eu-central-1")]
    with pytest.raises(LakeJobError, match="nothing at"):
        read_document(str(tmp_path / "other.json"))
    with pytest.raises(LakeJobError, match="s3://bucket or in a local folder"):
        open_storage("gs://lake")
