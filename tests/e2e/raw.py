"""Sends requests byte by byte as they are, past what a client library would put right."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.e2e.deployed import Deployed

_PATIENCE_SECONDS = 3.0
_PIECE = 65536
_ENDED = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)


@dataclass(frozen=True)
class Exchange:
    """Everything that came back on a connection.

    Parameters
    ----------
    statuses
        Of the answers, in their order; more than one where the bytes were taken for several requests.
    text
        The answers as they came, each byte a character.
    is_cut
        Whether the server ended the connection before it had the whole request; then there may be no answer.
    """

    statuses: list[int]
    text: str
    is_cut: bool


def exchange(deployed: Deployed, lines: list[str], body: bytes = b"") -> Exchange:
    """Send a request and return what comes back until the server ends the connection, or is silent.

    Parameters
    ----------
    deployed
        Whose API is called.
    lines
        The request line and the headers. `{api}` stands for the path of the API, `{host}` for its host and `{key}` for
        its key. A header `connection` is no part of it: the server is asked to close.
    body
        What follows the headers.
    """
    parts = urlsplit(deployed.api)
    filled = [line.format(api=parts.path, host=parts.netloc, key=deployed.key) for line in lines]
    head = "\r\n".join([*filled, "connection: close", "", ""])
    with _connection(deployed, str(parts.hostname), int(parts.port or 0)) as connection:
        # Each character a byte: what is no ASCII in a head is meant as it stands.
        is_cut = not _is_sent(connection, head.encode("latin-1") + body)
        text = b"".join(_received(connection)).decode("latin-1")
    return Exchange([int(status) for status in re.findall(r"HTTP/1\.[01] (\d{3})", text)], text, is_cut)


@contextmanager
def _connection(deployed: Deployed, host: str, port: int) -> Iterator[socket.socket]:
    with socket.create_connection((host, port), timeout=_PATIENCE_SECONDS) as plain:
        if deployed.server.authority is None:
            yield plain
            return
        context = ssl.create_default_context(cafile=deployed.server.authority)
        with context.wrap_socket(plain, server_hostname=host) as secured:
            yield secured


def _is_sent(connection: socket.socket, content: bytes) -> bool:
    try:
        connection.sendall(content)
    except _ENDED:
        return False
    return True


def _received(connection: socket.socket) -> Iterator[bytes]:
    try:
        while piece := connection.recv(_PIECE):
            yield piece
    except (TimeoutError, *_ENDED):
        return  # a server that waits for more, or one that has had enough
