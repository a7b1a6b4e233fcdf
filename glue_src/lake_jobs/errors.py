"""The one error that ends a job with a sentence instead of a traceback."""

from __future__ import annotations


class LakeJobError(Exception):
    """What is wrong with the arguments or with the machine, in one sentence for whoever started the job."""
