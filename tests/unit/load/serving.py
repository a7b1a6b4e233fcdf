"""A small HTTP server in this process: it remembers what was posted, and answers as it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Posted:
    """One request: when it came, its path, its headers in lower case, and its body."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Api:
    """What the server was asked; `endpoint` is its address."""

    endpoint: str = ""
    posted: list[Posted] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # many connections are opened at once


@contextmanager
def serving(answer: Callable[[int], int] = lambda _: 202) -> Iterator[Api]:
    """Serve until the block ends; `answer` gives the status of the nth request, and may take its time."""
    api, lock = Api(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                api.posted.append(Posted(time.monotonic(), self.path, headers, body))
                number = len(api.posted)
            self._answer(answer(number))

        def do_GET(self) -> None:
            self._answer(404)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    api.endpoint = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
