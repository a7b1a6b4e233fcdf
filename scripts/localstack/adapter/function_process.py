"""An execution environment of Lambda as a process, with a Runtime API of its own on the loopback interface.

AWS's own runtime client runs the handler and asks the Runtime API for work, as it does on AWS.
Standard library only: nothing here knows LocalStack.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_HOST = "127.0.0.1"
_API = "/2018-06-01/runtime/"


@dataclass(frozen=True)
class Invocation:
    """What a function is asked to do."""

    request_id: str
    payload: str
    function_arn: str
    trace_id: str


@dataclass(frozen=True)
class Answer:
    """What came of an invocation: a result, or a document that tells the error."""

    payload: bytes
    failed: bool


class StartError(Exception):
    """A function that could not start; `document` tells why in Lambda's own form."""

    def __init__(self, document: bytes) -> None:
        super().__init__(document.decode(errors="replace"))
        self.document = document


class FunctionProcess:
    """One process that serves one invocation after the other, until it crashes, times out or is stopped.

    It stays in the process group of its starter: who ends that group ends every function, too.

    Parameters
    ----------
    command
        The runtime client with its handler.
    folder
        Where it runs: the unpacked code.
    variables
        Its whole environment but AWS_LAMBDA_RUNTIME_API, which is added.
    log
        File to which its output is appended.
    """

    def __init__(self, command: Sequence[str], folder: Path, variables: Mapping[str, str], log: Path) -> None:
        self._command = list(command)
        self._folder = folder
        self._variables = dict(variables)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._api: _RuntimeApi | None = None
        self._changed = threading.Condition()
        self._waiting = False  # the runtime client asked for its next invocation
        self._to_hand_out: tuple[Invocation, int] | None = None
        self._under_way: str | None = None
        self._answers: dict[str, Answer] = {}
        self._start_error: bytes | None = None
        self._stopped = False

    def start(self, patience: float) -> None:
        """Start the process and wait until it is ready for its first invocation.

        Parameters
        ----------
        patience
            How long it may load its code, in seconds.
        """
        with self._changed:
            if not self._stopped:
                self._launch()
            self._changed.wait_for(lambda: self._waiting or self._start_error or not self.alive(), patience)
            ready, error = self._waiting, self._start_error
        if not ready:
            error = error or _document("Runtime.ExitError", f"Error: {self._how_it_ended()}")
            self.stop()
            raise StartError(error)

    def alive(self) -> bool:
        """Say whether it can take another invocation."""
        return self._process is not None and self._process.poll() is None

    def invoke(self, invocation: Invocation, timeout: float) -> Answer:
        """Hand over one invocation and wait for its answer; end the process when there is none in time.

        Parameters
        ----------
        invocation
            What to do.
        timeout
            The function's timeout, in seconds.
        """
        with self._changed:
            self._under_way = invocation.request_id
            self._to_hand_out = invocation, int((time.time() + timeout) * 1000)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answers or not self.alive(), timeout)
            self._under_way, self._to_hand_out = None, None
            answer = self._answers.pop(invocation.request_id, None)
            alive = self.alive()
        if answer is not None:
            return answer
        if alive:
            self.stop()
            kind, reason = "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds"
        else:
            kind, reason = "Runtime.ExitError", self._how_it_ended()
        return Answer(_document(kind, f"RequestId: {invocation.request_id} Error: {reason}"), failed=True)

    def stop(self) -> None:
        """End the process at once; an invocation under way is answered with an error."""
        with self._changed:
            self._stopped = True
            process, api = self._process, self._api
            self._changed.notify_all()
        if process is not None:
            process.kill()
            process.wait()
        if api is not None:
            api.shutdown()
            api.server_close()

    def next_invocation(self) -> tuple[Invocation, int] | None:
        """Wait for what to do next and until when (in ms since 1970); None when there is no more. For the API."""
        with self._changed:
            self._waiting = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._to_hand_out or self._stopped or not self.alive())
            handed_out, self._to_hand_out = self._to_hand_out, None
            return handed_out

    def answered(self, request_id: str, answer: Answer) -> None:
        """Take the answer to an invocation; one that comes too late is dropped. For the API."""
        with self._changed:
            if request_id == self._under_way:
                self._answers[request_id] = answer
                self._changed.notify_all()

    def failed_to_start(self, document: bytes) -> None:
        """Take the error that the code's loading ended in. For the API."""
        with self._changed:
            self._start_error = document
            self._changed.notify_all()

    def _launch(self) -> None:
        self._api = _RuntimeApi(self)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env={**self._variables, "AWS_LAMBDA_RUNTIME_API": f"{_HOST}:{self._api.server_port}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        for work in (partial(self._api.serve_forever, 0.05), partial(self._tell_of_the_end, self._process)):
            threading.Thread(target=work, daemon=True).start()

    def _tell_of_the_end(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        with self._changed:
            self._changed.notify_all()

    def _how_it_ended(self) -> str:
        code = None if self._process is None else self._process.poll()
        if code is None:
            return "Runtime was not ready in time"
        if code == 0:
            return "Runtime exited without providing a reason"
        if code < 0:
            return f"Runtime exited with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        return f"Runtime exited with error: exit status {code}"


def _document(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class _RuntimeApi(ThreadingHTTPServer):
    """The Runtime API of one process."""

    daemon_threads = True

    def __init__(self, function: FunctionProcess) -> None:
        super().__init__((_HOST, 0), _Request)
        self.function = function

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a connection breaks when its process ends, and `invoke` tells of that."""


class _Request(BaseHTTPRequestHandler):
    """One connection of a runtime client; it keeps it open for all its calls."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet
    server: _RuntimeApi

    def do_GET(self) -> None:
        """Hand out the next invocation."""
        if self.path != f"{_API}invocation/next":
            self._reply(404)
            return
        handed_out = self.server.function.next_invocation()
        if handed_out is None:
            self.close_connection = True
            self._reply(410)
            return
        invocation, deadline = handed_out
        head = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        self._reply(200, invocation.payload.encode(), head)

    def do_POST(self) -> None:
        """Take an answer, or the error of a start."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.path[len(_API) :].split("/") if self.path.startswith(_API) else []
        if parts == ["init", "error"]:
            self.server.function.failed_to_start(body)
        elif len(parts) == 3 and parts[0] == "invocation":
            self.server.function.answered(parts[1], Answer(body, failed=parts[2] == "error"))
        else:
            self._reply(404)
            return
        self._reply(202, b'{"status":"OK"}', {"Content-Type": "application/json"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: the function's own log is what matters."""

    def _reply(self, status: int, body: bytes = b"", head: Mapping[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (head or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
