"""LocalStack's Lambda runs Python functions as processes of this machine instead of containers.

Not emulated: the memory limit, the architecture, other runtimes than Python (one interpreter serves all versions),
and a /tmp of its own (TMPDIR and HOME are each function's own, the path /tmp is everybody's).
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from scripts.localstack.adapter import FUNCTION_PYTHON
from scripts.localstack.adapter.function_process import FunctionProcess, Invocation, StartError

_LOG = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"
_STARTS = threading.BoundedSemaphore(os.cpu_count() or 1)
"""A burst of calls starts a process for each; more at once than there are processors would starve those at work."""
_FOR_CONTAINERS = ("LOCALSTACK_", "EDGE_PORT")
"""What LocalStack tells the program that starts a function in its container; no function on AWS has it."""
_ON_LAMBDA = {"LANG": "en_US.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}


class ProcessExecutor(RuntimeExecutor):
    """One execution environment: a process, and a new one after a crash or a timeout."""

    def __init__(self, id: str, function_version: Any) -> None:  # noqa: A002 - LocalStack names it so
        super().__init__(id=id, function_version=function_version)
        self._folder = Path(tempfile.mkdtemp(prefix="function-"))
        self._log = self._folder / "log"
        self._log.touch()
        self._read = 0  # how much of the log was handed on, in bytes
        self._variables: dict[str, str] = {}
        self._process: FunctionProcess | None = None

    def start(self, env_vars: Mapping[str, object]) -> None:
        """Start the function with the environment that LocalStack made for it."""
        own = self.function_version.config.environment or {}
        self._variables = {
            name: str(value) for name, value in env_vars.items() if name in own or not name.startswith(_FOR_CONTAINERS)
        }
        self._start_process()

    def invoke(self, payload: Mapping[str, str]) -> InvocationResult:
        """Have one invocation done and return its result with its part of the log."""
        configuration = self.function_version.config
        request_id, started = payload["invoke-id"], time.monotonic()
        process = self._process
        if process is None or not process.alive():
            process = self._start_process()
        invocation = Invocation(request_id, payload["payload"], payload["invoked-function-arn"], payload["trace-id"])
        answer = process.invoke(invocation, configuration.timeout)
        milliseconds = (time.monotonic() - started) * 1000
        ended = "" if process.alive() else answer.payload.decode(errors="replace") + "\n"
        log = (
            f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}\n"
            f"{self._new_log()}{ended}END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {int(milliseconds) + 1} ms\tMemory Size: {configuration.memory_size} MB\t\n"
        )
        return InvocationResult(request_id, answer.payload, is_error=answer.failed, logs=log)

    def stop(self) -> None:
        """End the function and forget what it wrote."""
        if self._process is not None:
            self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def get_logs(self) -> str:
        """Return everything the function printed."""
        return self._log.read_text(errors="replace") if self._log.is_file() else ""

    def get_address(self) -> str:
        """Return where the function runs."""
        return _LOOPBACK

    def get_endpoint_from_executor(self) -> str:
        """Return where the function finds LocalStack."""
        return _LOOPBACK

    def get_runtime_endpoint(self) -> str:
        """Return where a container would report to; a process reports to its own Runtime API."""
        return f"http://{_LOOPBACK}:{config.GATEWAY_LISTEN[0].port}/_adapter/{self.id}"

    @classmethod
    def prepare_version(cls, function_version: Any) -> None:
        """Unpack the code and the layers of a function."""
        function_version.config.code.prepare_for_execution()
        for layer in function_version.config.layers:
            layer.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: Any) -> None:
        """Leave the unpacked code: it goes with LocalStack's folder."""

    def _start_process(self) -> FunctionProcess:
        configuration = self.function_version.config
        if not configuration.runtime.startswith("python"):
            raise ValueError(f"functions run as processes must be Python's, not {configuration.runtime}")
        code = Path(configuration.code.get_unzipped_code_location())
        layers = [Path(layer.code.get_unzipped_code_location()) for layer in configuration.layers]
        temporary = self._folder / "tmp"
        temporary.mkdir(exist_ok=True)
        variables = {
            **_ON_LAMBDA,
            "HOME": str(temporary),
            "TMPDIR": str(temporary),
            **self._variables,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{configuration.runtime}",
            "LAMBDA_TASK_ROOT": str(code),
            "PYTHONPATH": os.pathsep.join(_import_path(code, layers, self._variables.get("PYTHONPATH"))),
        }
        command = [os.environ[FUNCTION_PYTHON], "-m", "awslambdaric", configuration.handler]
        process = self._process = FunctionProcess(command, code, variables, self._log)
        try:
            with _STARTS:
                process.start(config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT)
        except StartError as error:
            _LOG.warning("%s did not start: %s\n%s", self.function_version.qualified_arn, error, self._new_log())
            raise StatusErrorException("the function did not start", payload=error.document) from error
        return process

    def _new_log(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._read)
            printed = log.read()
            self._read = log.tell()
        text = printed.decode(errors="replace")
        return text if not text or text.endswith("\n") else text + "\n"


def _import_path(code: Path, layers: list[Path], own: str | None) -> list[str]:
    """Return where the function imports from: its zip, then the layers, of which a later one hides an earlier."""
    return [str(code), *(str(layer / "python") for layer in reversed(layers)), *([own] if own else [])]


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Offers the executor as LAMBDA_RUNTIME_EXECUTOR=process."""

    name = "process"

    def load(self, *_: object, **__: object) -> type[ProcessExecutor]:
        """Return the executor."""
        return ProcessExecutor
