"""What both entry points do around their job: arguments, session, one line of JSON at the end."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable

from pyspark.sql import SparkSession

from lake_jobs import session
from lake_jobs.errors import LakeJobError

TEMPORARY_VARIABLE = "LAKE_JOBS_TEMPORARY"
"""Names the folder in which a local session keeps temporary files; default: the system's."""


def run(
    arguments: Sequence[str],
    names: Sequence[str],
    prepare: Callable[[list[str]], Callable[[SparkSession], dict[str, Any]]],
) -> None:
    """Run a job and print what it did.

    Parameters
    ----------
    arguments
        Those of the process, the program first.
    names
        The arguments that the job takes.
    prepare
        Reads the arguments and returns the work; what is wrong with them is said before a session starts.
    """
    try:
        work = prepare(session.job_arguments(arguments, names))
        with session.job_session(arguments, _temporary()) as spark:
            summary = work(spark)
    except LakeJobError as error:
        if session.under_glue():
            raise  # a run fails by an exception; its text is what the console shows
        print(f"{Path(arguments[0]).stem}: {error}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(summary), flush=True)


def _temporary() -> Path:
    return Path(os.environ.get(TEMPORARY_VARIABLE) or tempfile.gettempdir()) / "lake-jobs"
