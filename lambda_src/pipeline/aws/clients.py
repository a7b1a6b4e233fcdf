"""AWS clients, all with the same patience: short timeouts and retries with full jitter.

Clients are botocore's own. `boto3` makes the very same ones, but to import it is 24 of a cold start's milliseconds.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

CONNECT_TIMEOUT_SECONDS = 1
MAX_ATTEMPTS = 3


class _Loader(Loader):
    """Reads the SDK's descriptions of services.

    Its base looks into the folders of all four hundred services, twice, before it makes the first client: a third of
    that client's time. Their names are enough to tell a service that there is from one that there is not.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - what is asked for is in each
        """Return the names of the services that are described."""
        places = filter(Path.is_dir, map(Path, self.search_paths))
        return [described.name for place in places for described in place.iterdir()]


@lru_cache(maxsize=1)
def session() -> botocore.session.Session:
    """Return the one session, of which all clients are made: what they share is read once."""
    made = botocore.session.get_session()
    made.register_component("data_loader", _Loader())
    return made


def client(service: str, read_timeout_seconds: float = 2.0, attempts: int = MAX_ATTEMPTS) -> Any:
    """Return a client of `service`, with the region, credentials and endpoint of the environment.

    The SDK's standard mode retries throttles and broken connections with exponential back-off and full jitter.

    Parameters
    ----------
    service
        Name of the service, e.g. "dynamodb".
    read_timeout_seconds
        How long one attempt may wait for an answer. All attempts together must fit the function's
        timeout with room to spare, or a silent service looks like a crash of ours.
    attempts
        1 for writes that must rather be lost than made twice.
    """
    return session().create_client(
        service,
        config=Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=read_timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": attempts},
            # The service checks its parameters anyway; to do it here first is a third of the time of `process`.
            parameter_validation=False,
        ),
    )
