"""The environment in which tools talk to the local AWS and to nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping

REGION = "us-east-1"
"""The region where nothing asks for another one."""
ACCESS_KEY = SECRET_KEY = "test"  # noqa: S105 - the emulator accepts anything; nothing real uses it


def exports(endpoint: str, region: str = REGION) -> dict[str, str]:
    """Return what a shell must export to use the local AWS at `endpoint`."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def local(endpoint: str, region: str = REGION, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `base` without any AWS setting of the user's, pointed at `endpoint`.

    Profiles, sessions and service endpoints in the user's environment or files would
    win over ours for some calls, and those would then reach a real account.
    """
    kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **exports(endpoint, region),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
