"""Start and stop MiniStack, the embedded local AWS, on the loopback interface."""

from __future__ import annotations

import atexit
import os
import socket
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from scripts import aws_environment, environments, paths
from scripts.emulator import Emulator, await_answer
from scripts.errors import CommandError
from scripts.processes import Guarded, Owner

HOST = "127.0.0.1"
_START_SECONDS = 30.0
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL")


class MiniStack(Emulator):
    """The emulator that `make setup` installs.

    Parameters
    ----------
    name, region
        See `Emulator`.
    port
        Port to listen on, or None for any free one.
    state
        Folder to load state from and to save it to at a clean stop, or None to forget it.
    settings
        Further settings of the emulator's own, such as `{"AUTH": "true"}`.
    """

    kind = "embedded"
    how = "the embedded emulator"
    scheme = "http"
    grace = 10.0
    """Seconds that it has for its end."""

    def __init__(
        self,
        name: str = "ministack",
        *,
        port: int | None = None,
        region: str = aws_environment.REGION,
        state: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, region)
        self.port = port or 0
        self.settings = dict(settings or {})
        self._fixed_port = port is not None
        self._state = state
        self._owner: Owner | None = None

    @property
    def endpoint(self) -> str:
        """Return the URL of the emulator."""
        return f"{self.scheme}://{HOST}:{self.port}"

    @property
    def guarded(self) -> Guarded:
        """Return the identity of the running guard, for those who stop it later."""
        if self._owner is None:
            raise CommandError("the local AWS is not running.")
        return self._owner.guarded

    def start(self) -> MiniStack:
        """Start it and wait until it answers."""
        environments.ensure(environments.MINISTACK)
        paths.LOCAL.mkdir(parents=True, exist_ok=True)
        if self._claim is None:
            self.log.write_bytes(b"")
        if self._fixed_port and not port_is_free(self.port):
            raise CommandError(f"port {self.port} is taken: stop what listens there or give another.")
        atexit.register(self.stop)
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop it (it saves its state first when it has a folder for it); harmless when not running."""
        if self._owner is not None:
            self._owner.stop()
            self._owner = None
        atexit.unregister(self.stop)

    def restart(self, state: Path | None) -> None:
        """Stop, saving to the old state folder, and start again on the same port with another one."""
        self.stop()
        self._state = state
        self._fixed_port = True
        self.start()

    def detach(self) -> Guarded:
        """Leave it running after this process and return how to find it again."""
        guarded = self.guarded
        assert self._owner is not None
        self._owner.detach()
        self._owner = None
        atexit.unregister(self.stop)
        return guarded

    def _launch(self) -> None:
        if not self._fixed_port:
            self.port = free_port()
        # The emulator unpacks functions here; in the system's folder, because a short path suits sockets.
        scratch = Path(tempfile.mkdtemp(prefix="local-aws-"))
        self._owner = Owner(
            self._command(),
            self._server_environment(scratch),
            self.log,
            scratch,
            self.grace,
            keep_open=[self._claim.fileno()] if self._claim is not None else [],
        )
        await_answer(
            self._owner,
            lambda: answers(self.endpoint, authority=self.authority),
            "the local AWS",
            self.log,
            _START_SECONDS,
        )

    def _command(self) -> list[str]:
        return [str(environments.MINISTACK.python), "-m", "ministack"]

    def _server_environment(self, scratch: Path) -> dict[str, str]:
        # The functions inherit all of this, so it holds nothing of the user's that could steer them.
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment.update(
            BIND_HOST=HOST,
            GATEWAY_PORT=str(self.port),
            IOT_MTLS_ENABLED="0",
            SFTP_ENABLED="0",
            MINISTACK_REGION=self.region,
            AWS_REGION=self.region,
            AWS_DEFAULT_REGION=self.region,
            AWS_EC2_METADATA_DISABLED="true",
            TMPDIR=str(scratch),
            TZ="UTC",
        )
        if self._state is not None:
            environment.update(PERSIST_STATE="1", STATE_DIR=str(self._state))
        environment.update(self.settings)
        return environment


def answers(endpoint: str, timeout: float = 1.0, authority: Path | None = None) -> bool:
    """Say whether an emulator reports itself healthy at `endpoint`, with a certificate of `authority`."""
    trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), trust)  # a proxy has no say on loopback
    try:
        with direct.open(f"{endpoint}/_ministack/health", timeout=timeout) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """Return a port on the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    """Say whether nothing listens on this port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
