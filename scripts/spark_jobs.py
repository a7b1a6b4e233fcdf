"""`make spark-job`: run a job of the lake here, on a folder or on the bucket of a local stack.

Glue reads and writes the bucket itself. Here Spark has no S3 in it, so what the job needs of the bucket is copied to a
folder, the job runs on the folder, and what it changed is copied back: files that are new or other, and deletions.

Usage: python -m scripts.spark_jobs daily|weekly [--lake FOLDER | --bucket BUCKET] [--day DAY] [--late-days N]
    [--week MONDAY] [--weeks N] [--policy-document FILE]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from scripts import environments, paths, stack
from scripts.arguments import Parser
from scripts.errors import CommandError

JOBS = {"daily": "daily_transaction_aggregation", "weekly": "fraud_pattern_analysis"}
"""Each job by its short name: the script in glue_src."""

READ = (
    "raw/transactions/",
    "processed/",
    "quarantine/raw/",
    "analytics/threshold-proposals/",
    "analytics/trend-reports/",
)
"""What the jobs read of a lake, and their own results."""

WRITTEN = READ[1:]
"""What they change."""

BUCKET_OUTPUT = "lake_bucket_name"
POLICY_OUTPUT = "policy_parameter_name"
"""Outputs of a system that has a lake."""

JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For runs of a minute, most of which Java would spend on making code faster that runs once; JDK_JAVA_OPTIONS wins."""

_FOLDER = paths.BUILD / "spark"
_OPTIONS = ("day", "late_days", "week", "weeks", "policy_document")


def make_ready() -> None:
    """Build the jobs' environment, and find the Java that they need.

    Raises
    ------
    CommandError
        If there is none that Spark runs on.
    """
    environment = environments.ensure(environments.SPARK)
    asked = subprocess.run(
        [str(environment.python), "-c", "from lake_jobs.session import java_home; java_home()"],
        cwd=paths.ROOT / "glue_src", capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode:
        raise CommandError(asked.stderr.strip().splitlines()[-1].partition(": ")[2])


def run_local(job: str, lake: Path, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Run a job on a folder.

    Parameters
    ----------
    job
        daily or weekly.
    lake
        The folder.
    arguments
        More arguments of the job, such as --day 2026-03-10.

    Returns
    -------
    dict
        What the job says it did; see docs/analytics.md.

    Raises
    ------
    CommandError
        If it failed; the last lines of its log are part of the sentence.
    """
    environment = environments.ensure(environments.SPARK)
    log = _FOLDER / f"{job}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(environment.python),
        str(paths.ROOT / "glue_src" / f"{JOBS[job]}.py"),
        "--lake",
        str(lake),
        *arguments,
    ]
    own = {"LAKE_JOBS_TEMPORARY": str(paths.BUILD / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    variables = {"JDK_JAVA_OPTIONS": JAVA_OPTIONS, **os.environ, **own}
    with log.open("wb") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, env=variables, check=False)
    if done.returncode:
        ending = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise CommandError(f"the {job} job failed; {paths.shown(log)} ends with: {''.join(ending)}")
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


def run(job: str, client: Any, bucket: str, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Run a job on a bucket, by a copy of what it needs.

    Parameters
    ----------
    job
        daily or weekly.
    client
        An S3 client, as `Stack.client("s3")` gives it.
    bucket
        The lake's bucket.
    arguments
        More arguments of the job.

    Returns
    -------
    dict
        What the job says it did.
    """
    lake = _FOLDER / bucket
    shutil.rmtree(lake, ignore_errors=True)
    download(client, bucket, lake)
    before = _files(lake)
    summary = run_local(job, lake, arguments)
    upload_changes(client, bucket, lake, before)
    return summary


def download(client: Any, bucket: str, lake: Path) -> None:
    """Copy what the jobs read from a bucket to a folder."""
    lake.mkdir(parents=True, exist_ok=True)
    for prefix in READ:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Contents", ()):
                if one["Key"].endswith("/"):
                    continue
                path = lake / one["Key"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read())


def upload_changes(client: Any, bucket: str, lake: Path, before: dict[str, str]) -> None:
    """Bring a bucket to what the folder holds now.

    Parameters
    ----------
    client, bucket
        Where to.
    lake
        The folder.
    before
        What it held when it was like the bucket.
    """
    after = _files(lake)
    for key, content in sorted(after.items()):
        if before.get(key) != content:
            client.put_object(Bucket=bucket, Key=key, Body=(lake / key).read_bytes())
    for key in sorted(before.keys() - after.keys()):
        client.delete_object(Bucket=bucket, Key=key)


def _files(lake: Path) -> dict[str, str]:
    """Return the results in a folder, by key, with a hash of each."""
    found = {}
    for prefix in WRITTEN:
        for path in (lake / prefix).rglob("*"):
            if path.is_file():
                found[path.relative_to(lake).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _on_stack(options: argparse.Namespace, arguments: list[str]) -> dict[str, Any]:
    """Run on the stack that was left running, by the policy document that is in force there."""
    found = stack.running()
    if found is None:
        raise CommandError("no local stack is running: start one with `make local-up SYSTEM=securebank`, or give LAKE.")
    outputs = found.stack.outputs
    bucket = options.bucket or outputs.get(BUCKET_OUTPUT)
    if not bucket:
        raise CommandError(f"{found.stack.system} has no lake: its outputs name no {BUCKET_OUTPUT}.")
    if options.job == "weekly" and not options.policy_document and outputs.get(POLICY_OUTPUT):
        answer = found.stack.client("ssm").get_parameter(Name=outputs[POLICY_OUTPUT], WithDecryption=True)
        document = _FOLDER / "policy.json"
        document.parent.mkdir(parents=True, exist_ok=True)
        document.write_text(answer["Parameter"]["Value"], encoding="utf-8")
        arguments = [*arguments, "--policy-document", str(document)]
    return run(options.job, found.stack.client("s3"), bucket, arguments)


def main(arguments: Sequence[str]) -> int:
    """Run the command; return the exit status."""
    parser = Parser(prog="spark-job", description=__doc__, epilog="With make: make spark-job JOB=daily DAY=2026-03-10.")
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--lake", type=Path, help="a folder; default: the bucket of the local stack")
    parser.add_argument("--bucket", help="the bucket; default: the one that the local stack names")
    for name in _OPTIONS:
        parser.add_argument(f"--{name.replace('_', '-')}")
    options = parser.parse_args(arguments)
    given: dict[str, Optional[str]] = {name: getattr(options, name) for name in _OPTIONS}
    passed = [part for name, value in given.items() if value for part in (f"--{name.replace('_', '-')}", value)]
    try:
        summary = run_local(options.job, options.lake, passed) if options.lake else _on_stack(options, passed)
    except CommandError as error:
        print(f"spark-job: {error}", file=sys.stderr)
        return 1
    print(json.dumps(summary, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
