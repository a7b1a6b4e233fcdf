"""Which LocalStack is used: the user's, else a container, else host mode."""

from __future__ import annotations

import os
from collections.abc import Mapping

from scripts import aws_environment
from scripts.emulator import Emulator
from scripts.localstack import container, given
from scripts.localstack.host import HostLocalStack


def choose(
    name: str = "localstack",
    region: str = aws_environment.REGION,
    settings: Mapping[str, str] = os.environ,
) -> Emulator:
    """Return the first LocalStack that can be had, not started yet.

    Parameters
    ----------
    name, region
        See `Emulator`.
    settings
        The environment; LOCALSTACK_ENDPOINT in it is the user's choice.
    """
    endpoint = settings.get(given.VARIABLE, "").strip()
    if endpoint:
        return given.GivenLocalStack(endpoint, name, region)
    if container.engine_answers():
        return container.ContainerLocalStack(name, region)
    return HostLocalStack(name, region)
