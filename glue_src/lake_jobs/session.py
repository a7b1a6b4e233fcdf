"""The Spark session: Glue's own, or a local one that talks to this machine only."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

from pyspark.sql import SparkSession

from lake_jobs.errors import LakeJobError

OLDEST_JAVA, NEWEST_JAVA = 11, 17
"""What Spark 3.5 runs on; Glue 5.0 has 17."""

LOOPBACK = "127.0.0.1"

_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.sources.partitionColumnTypeInference.enabled": "false"}


def java_home(environment: Optional[Mapping[str, str]] = None) -> Path:
    """Return the home of a Java that Spark runs on: JAVA_HOME, else that of `java` on PATH.

    Raises
    ------
    LakeJobError
        If there is none.
    """
    environment = os.environ if environment is None else environment
    named = environment.get("JAVA_HOME")
    on_path = shutil.which("java", path=environment.get("PATH", ""))
    found = []
    for program in ([Path(named, "bin", "java")] if named else []) + ([Path(on_path)] if on_path else []):
        version = _java_version(program)
        if version is not None and OLDEST_JAVA <= version <= NEWEST_JAVA:
            return program.resolve().parent.parent
        found.append(f"{program} is {'no Java that starts' if version is None else f'version {version}'}")
    what = "; ".join(found) or "there is none in JAVA_HOME or on PATH"
    raise LakeJobError(f"Spark needs Java {OLDEST_JAVA} to {NEWEST_JAVA}: {what}.")


def _java_version(program: Path) -> Optional[int]:
    try:
        answer = subprocess.run([str(program), "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(answer.stderr + answer.stdout)
    return int(found.group(1)) if found else None


def local_session(
    folder: Path, cores: int = 2, memory: str = "2g", settings: Optional[Mapping[str, str]] = None
) -> SparkSession:
    """Start a session on this machine, bound to the loopback interface, with all that it keeps below a folder.

    Parameters
    ----------
    folder
        For temporary files.
    cores
        How many it uses.
    memory
        Of the Java process.
    settings
        More of Spark's settings.
    """
    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["SPARK_LOCAL_IP"] = LOOPBACK
    temporary = folder.resolve()
    temporary.mkdir(parents=True, exist_ok=True)
    java = f"-Djava.io.tmpdir={temporary} -XX:-UsePerfData -Djava.net.preferIPv4Stack=true"
    builder = (
        SparkSession.builder.master(f"local[{cores}]")
        .appName("lake-jobs")
        .config("spark.driver.host", LOOPBACK)
        .config("spark.driver.bindAddress", LOOPBACK)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", memory)
        .config("spark.driver.extraJavaOptions", java)
        .config("spark.local.dir", str(temporary))
        .config("spark.sql.warehouse.dir", str(temporary / "warehouse"))
        .config("spark.sql.catalogImplementation", "in-memory")
        .config("spark.sql.shuffle.partitions", str(2 * cores))
    )
    for name, value in {**_SETTINGS, **(settings or {})}.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def under_glue() -> bool:
    """Say whether this is a run of Glue."""
    return importlib.util.find_spec("awsglue") is not None


def job_arguments(arguments: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return a job's own arguments; Glue passes many more, which its own reader knows.

    Parameters
    ----------
    arguments
        Those of the process, the program first.
    names
        The arguments that the job takes, with underscores: Glue knows no hyphens.
    """
    if not under_glue():
        return list(arguments[1:])
    from awsglue.utils import getResolvedOptions

    # Each name that it is asked for must be there, so it is asked only for those that are.
    given = [name for name in names if any(one == f"--{name}" or one.startswith(f"--{name}=") for one in arguments)]
    options = getResolvedOptions(list(arguments), given)
    return [part for name in given for part in (f"--{name}", options[name])]


@contextmanager
def job_session(arguments: Sequence[str], folder: Path) -> Iterator[SparkSession]:
    """Open the session of one run of a job; under Glue the run is committed when all went well.

    Parameters
    ----------
    arguments
        Those of the process, the program first.
    folder
        Where a local session keeps temporary files.
    """
    if not under_glue():
        session = local_session(folder)
        try:
            yield session
        finally:
            session.stop()
        return
    from awsglue.context import GlueContext
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    from pyspark.context import SparkContext

    context: Any = GlueContext(SparkContext.getOrCreate())
    session = context.spark_session
    for name, value in _SETTINGS.items():
        session.conf.set(name, value)
    options = getResolvedOptions(list(arguments), ["JOB_NAME"])
    job: Any = Job(context)
    job.init(options["JOB_NAME"], options)
    yield session
    job.commit()
