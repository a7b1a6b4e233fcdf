"""LocalStack as a container, for machines with a Docker engine; each function runs in a container of AWS's image."""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path

from scripts import aws_environment
from scripts.errors import CommandError
from scripts.localstack import VERSION
from scripts.localstack.served import PRELOADED, ServedLocalStack
from scripts.ministack import HOST

IMAGE = f"localstack/localstack:{VERSION}"
ENGINE_SECONDS = 15.0
"""How long a Docker engine may take to answer."""

_PORT = 4566
_SOCKET = "/var/run/docker.sock"
_OF_THE_USER = ("PATH", "HOME", "XDG_RUNTIME_DIR", "LANG", "LC_ALL")
_OF_DOCKER = "DOCKER_"


def engine_answers() -> bool:
    """Say whether there is a Docker engine; its client alone is not enough."""
    try:
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            timeout=ENGINE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _socket() -> str:
    """Return where the engine's socket lies: by LocalStack's own variable, or where the client finds a rootless one."""
    host = os.environ.get("DOCKER_HOST", "")
    return os.environ.get("DOCKER_SOCK") or (host.removeprefix("unix://") if host.startswith("unix://") else _SOCKET)


class ContainerLocalStack(ServedLocalStack):
    """LocalStack's image; its state lies in the container and goes with it."""

    kind = "localstack-container"
    how = f"a container of {IMAGE}"
    start_seconds = 120.0
    grace_seconds = 40.0

    def __init__(self, name: str = "localstack", region: str = aws_environment.REGION) -> None:
        super().__init__(name, region)
        # LocalStack begins the names of its functions' containers with this one, and has no underscore in them.
        self.container = f"transaction-pipeline-{name}-{secrets.token_hex(4)}".replace("_", "-")

    def prepare(self) -> None:
        """Get the image unless it is there."""
        if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=False).returncode == 0:
            return
        if subprocess.run(["docker", "pull", IMAGE], check=False).returncode:
            raise CommandError(f"the image {IMAGE} could not be pulled (Docker's own message is above).")

    def stop(self) -> None:
        """End the container and those of its functions, also what outlived the client or LocalStack itself."""
        started = self._owner is not None
        super().stop()
        if not started:
            return
        listed = subprocess.run(
            ["docker", "ps", "--all", "--quiet", "--filter", f"name={self.container}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if left := listed.stdout.split():
            subprocess.run(["docker", "rm", "--force", "--volumes", *left], capture_output=True, check=False)

    def _command(self) -> list[str]:
        settings = {
            **PRELOADED,
            "MAIN_CONTAINER_NAME": self.container,
            "DOCKER_HOST": f"unix://{_SOCKET}",
            "LOCALSTACK_HOST": f"{HOST}:{self.port}",
            "GATEWAY_LISTEN": f"0.0.0.0:{_PORT}",  # within the container; the port outside is on loopback
            "SQS_ENDPOINT_STRATEGY": "off",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "LAMBDA_IGNORE_ARCHITECTURE": "1",  # the zips are pure Python; no emulation of arm64 is needed
            "LAMBDA_RETRY_BASE_DELAY": "1",
            "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "60",  # as in host mode: a busy machine starts functions slowly
            "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.05",
            "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "1",
        }
        return [
            "docker", "run", "--rm", "--name", self.container,
            "--publish", f"{HOST}:{self.port}:{_PORT}",
            "--volume", f"{_socket()}:{_SOCKET}",
            *(word for name, value in settings.items() for word in ("--env", f"{name}={value}")),
            IMAGE,
        ]  # fmt: skip

    def _server_environment(self, _: Path) -> dict[str, str]:
        # The client's: it must find the engine as it does in the user's shell.
        return {
            name: value for name, value in os.environ.items() if name in _OF_THE_USER or name.startswith(_OF_DOCKER)
        }
