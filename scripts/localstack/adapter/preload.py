"""Load services one after the other, before the first call.

LocalStack loads a service when it is first called. Terraform calls a dozen at once; their imports then wait for each
other, Python breaks the deadlock with an error, and now and then a service stays broken. LocalStack's own eager
loading (SERVICES, EAGER_SERVICE_LOADING) loads its providers; what these take from moto comes later, so it is
fetched here.
"""

from __future__ import annotations

import os

from localstack.runtime import hooks


@hooks.on_infra_start()
def preload() -> None:
    """Import and remember moto's part of each service that is named in SERVICES."""
    from localstack.services.moto import get_moto_routing_table

    for service in os.environ["SERVICES"].split(","):
        get_moto_routing_table(service)
