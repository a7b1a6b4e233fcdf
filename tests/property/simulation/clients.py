"""What the functions take for the SDK: clients that retry like the SDK, and whose every attempt can go wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any, Callable, Optional

from botocore.exceptions import ClientError, ReadTimeoutError

from scripts import paths
from tests.property.simulation.errors import CrashError, refused
from tests.property.simulation.faults import CRASHES, Fault, Faults, Point
from tests.property.simulation.kernel import Kernel

RETRIED = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Errors that botocore's standard mode tries again, of those that the services here answer."""

LONGEST_LATE_SECONDS = 90.0
"""A request that nobody waits for any more takes effect within this time."""

STALL_SECONDS = (30.0, 700.0)

_OURS = (str(paths.LAMBDA_SRC), str(paths.ROOT / "scripts"))


class Network:
    """The way of every call to its service.

    Parameters
    ----------
    kernel, faults, services
        Time and turns, what goes wrong, and who is called: objects with boto3's operations, by service.
    trace
        Gets a line for each call.
    """

    def __init__(
        self,
        kernel: Kernel,
        faults: Faults,
        services: Mapping[str, Any],
        trace: Optional[Callable[[str], None]] = None,
    ) -> None:
        self._kernel = kernel
        self._faults = faults
        self._services = services
        self._trace = trace
        self.seen: set[Point] = set()
        self.struck: set[tuple[Point, Fault]] = set()
        self.doubtful: list[tuple[str, Mapping[str, Any]]] = []
        """Calls that have or may have had their effect although the caller was told otherwise, or not at all."""
        self.strikes: list[tuple[float, str]] = []
        """When which function was struck."""
        self.hindered: list[tuple[Point, Mapping[str, Any]]] = []
        """The calls that were struck."""
        self._tokens = 0

    def client(self, function: str, service: str, **options: Any) -> Client:
        """Return a client as the SDK's session does."""
        return Client(self, function, service, options["config"])

    def token(self) -> str:
        """Return a new token for a transaction, as the SDK makes it: one for all attempts at a call."""
        self._tokens += 1
        return f"token-{self._tokens}"

    def attempt(self, point: Point, service: str, arguments: dict[str, Any], patience: float) -> Any:
        """Make one attempt at a call from within a task."""
        kernel = self._kernel
        kernel.pause(self._latency())
        self.seen.add(point)
        fault = self._faults.strike(point, service, kernel.now)
        if fault is not None:
            self.struck.add((point, fault))
            self.strikes.append((kernel.now, point.function))
            self.hindered.append((point, arguments))
        if fault is Fault.STALL:
            self._stall()
        self._tell(point, arguments, fault)
        effect = partial(getattr(self._services[service], point.operation), **arguments)
        if fault is None or fault is Fault.STALL:
            return effect()
        return self._strike(fault, point, effect, arguments, patience)

    def _strike(
        self, fault: Fault, point: Point, effect: Callable[[], Any], arguments: dict[str, Any], patience: float
    ) -> Any:
        if fault is Fault.PARTLY:
            return _part_of(point.operation, effect, arguments)
        if fault is Fault.CONFLICT:
            return self._conflict(point.operation, effect, arguments)
        if fault in (Fault.CRASH_AFTER, Fault.TIMEOUT_AFTER):
            self.doubtful.append((point.operation, arguments))
            _unanswered(effect)
        elif fault in (Fault.CRASH_LATE, Fault.TIMEOUT_LATE):
            self.doubtful.append((point.operation, arguments))
            self._kernel.later(self._kernel.draw.random() * LONGEST_LATE_SECONDS, lambda: _unanswered(effect))
        if fault in CRASHES:
            raise CrashError(fault.value)
        if fault is Fault.THROTTLE:
            raise refused("ThrottlingException", operation=point.operation)
        if fault is Fault.SERVER_ERROR:
            raise refused("InternalServerError", operation=point.operation)
        self._kernel.pause(patience)
        raise ReadTimeoutError(endpoint_url="simulation")

    def _conflict(self, operation: str, effect: Callable[[], Any], arguments: dict[str, Any]) -> Any:
        if operation == "transact_write_items":
            reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * (len(arguments["TransactItems"]) - 1)]
            raise refused("TransactionCanceledException", operation=operation, CancellationReasons=reasons)
        if operation in ("put_item", "update_item"):
            raise refused("TransactionConflictException", operation=operation)
        return effect()

    def _stall(self) -> None:
        """Stand still past every timeout: Lambda has given the function up, but it does not know."""
        task = self._kernel.current
        if task is not None:
            task.deadline = None
        least, most = STALL_SECONDS
        self._kernel.pause(least + self._kernel.draw.random() * (most - least))

    def _latency(self) -> float:
        chance = self._kernel.draw.random()
        return 0.004 + 0.03 * chance if chance < 0.97 else chance

    def backoff(self, attempt: int) -> None:
        """Wait as the SDK does before another attempt."""
        self._kernel.pause(self._kernel.draw.random() * min(2.0 ** (attempt - 1), 20.0))

    def _tell(self, point: Point, arguments: Mapping[str, Any], fault: Optional[Fault]) -> None:
        if self._trace is None:
            return
        self._trace(f"{point}{f'  ** {fault.value} **' if fault else ''}  {_short(arguments)}")


class Client:
    """A client of one service, as the functions use it."""

    def __init__(self, network: Network, function: str, service: str, config: Any) -> None:
        self._network = network
        self._function = function
        self._service = service
        self._attempts = config.retries["total_max_attempts"]
        self._patience = config.read_timeout
        self.meta = SimpleNamespace(region_name="simulation")

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(self._call, operation)

    def _call(self, operation: str, **arguments: Any) -> Any:
        point = Point(self._function, operation, _place())
        if operation == "transact_write_items":
            arguments.setdefault("ClientRequestToken", self._network.token())
        for attempt in range(1, self._attempts + 1):
            try:
                return self._network.attempt(point, self._service, arguments, self._patience)
            except (ClientError, ReadTimeoutError) as error:
                again = isinstance(error, ReadTimeoutError) or error.response["Error"]["Code"] in RETRIED
                if not again or attempt == self._attempts:
                    raise
            self._network.backoff(attempt)
        raise AssertionError("the last attempt answers or raises")


def _place() -> str:
    """Return the file that calls, of the functions' code or of the operator's tool."""
    frame = sys._getframe(2)
    while frame.f_back is not None and not frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    file = frame.f_code.co_filename
    return next((file.removeprefix(folder).lstrip("/") for folder in _OURS if file.startswith(folder)), file)


def _unanswered(effect: Callable[[], Any]) -> None:
    """Let a call have its effect; what the service answers reaches nobody."""
    try:
        effect()
    except ClientError:
        return


def _part_of(operation: str, effect: Callable[[], Any], arguments: dict[str, Any]) -> Any:
    """Do the first half of what a call holds, as a service does that is short of capacity."""
    if operation == "batch_get_item":
        name, wish = next(iter(arguments["RequestItems"].items()))
        middle = len(wish["Keys"]) // 2
        done = {**arguments["RequestItems"], name: {**wish, "Keys": wish["Keys"][:middle]}}
        answer = effect.func(RequestItems={one: part for one, part in done.items() if part["Keys"]})  # type: ignore[attr-defined]
        return {**answer, "UnprocessedKeys": {name: {**wish, "Keys": wish["Keys"][middle:]}}}
    if operation == "put_events":
        entries = arguments["Entries"]
        taken = len(entries) // 2
        answer = effect.func(Entries=entries[:taken]) if taken else {"Entries": []}  # type: ignore[attr-defined]
        failed = [{"ErrorCode": "InternalFailure"} for _ in entries[taken:]]
        return {"Entries": [*answer["Entries"], *failed], "FailedEntryCount": len(failed)}
    return effect()


def _short(arguments: Mapping[str, Any]) -> str:
    text = str({name: value for name, value in arguments.items() if "Expression" not in name})
    return text if len(text) <= 300 else f"{text[:300]}…"
