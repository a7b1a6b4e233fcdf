"""A LocalStack that somebody else runs, such as a newer one with a licence token of yours."""

from __future__ import annotations

from urllib.parse import urlsplit

from scripts import aws_environment
from scripts.emulator import Emulator
from scripts.errors import CommandError
from scripts.localstack import API_PATH, health

VARIABLE = "LOCALSTACK_ENDPOINT"


class GivenLocalStack(Emulator):
    """The LocalStack at an endpoint of the user's: used, never started or stopped, and not emptied.

    Parameters
    ----------
    endpoint
        Its URL, without a path.
    name, region
        See `Emulator`.
    """

    kind = "localstack-given"
    api_path = API_PATH

    def __init__(self, endpoint: str, name: str = "localstack", region: str = aws_environment.REGION) -> None:
        super().__init__(name, region)
        address = urlsplit(endpoint)
        if address.scheme not in ("http", "https") or not address.hostname or address.path.strip("/"):
            raise CommandError(f"{VARIABLE} must be a URL such as http://127.0.0.1:4566, not {endpoint!r}.")
        self._endpoint = endpoint.rstrip("/")
        self.how = f"{self._endpoint} ({VARIABLE})"

    @property
    def endpoint(self) -> str:
        """Return its URL."""
        return self._endpoint

    def start(self) -> GivenLocalStack:
        """See whether it is there."""
        found = health.ask(self._endpoint, timeout=10.0)
        if found is None:
            raise CommandError(f"no LocalStack answers at {self._endpoint}: start it, or unset {VARIABLE}.")
        self.how = f"{self._endpoint} ({VARIABLE}: LocalStack {found.version}, {found.edition})"
        self.claim()
        return self

    def stop(self) -> None:
        """Leave it as it is: it is not ours."""
