"""One Spark session for all tests: starting it takes longer than most of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lake_jobs import session
from lake_jobs.errors import LakeJobError
from lake_jobs.storage import LocalStorage
from scripts import paths
from tests.spark.lakes import Lake


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    # Each test is a second of work: Java would spend most of the time on making code faster that runs once.
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    few = {"spark.sql.shuffle.partitions": "2", "spark.default.parallelism": "2"}
    try:
        started = session.local_session(paths.BUILD / "tmp" / "spark", memory="1g", settings=few)
    except LakeJobError as error:
        pytest.exit(str(error), returncode=1)
    yield started
    started.stop()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def storage(lake: Lake) -> LocalStorage:
    return LocalStorage(lake.folder)
