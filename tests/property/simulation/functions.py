"""Lambda: the real handlers, each environment with a state of its own that dies with it.

A module's imports and classes are made once. A new environment takes them over, and makes anew what is assigned and
defined in the module: settings, clients, caches, and the handler itself. That is all that a cold start of Lambda makes
anew and that has a state, at a tenth of the cost.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any, Callable, Optional

from scripts import paths
from tests.property.simulation.errors import CrashError
from tests.property.simulation.kernel import Kernel, Task

Handler = Callable[[Any, Any], Any]
End = Callable[[Any], None]


@dataclass(frozen=True)
class Function:
    """A function as deployed.

    Parameters
    ----------
    name
        The package below lambda_src.
    timeout_seconds
        After so long it is killed.
    settings
        Its environment variables.
    """

    name: str
    timeout_seconds: float
    settings: Mapping[str, str]


@dataclass
class Environment:
    """A function's environment: it serves one call after another until it dies."""

    handler: Handler
    skew: float = 0.0


@dataclass
class Lambda:
    """Calls functions, in an idle environment or in a new one.

    Parameters
    ----------
    kernel
        Time and turns.
    connect
        Makes the client of a function for a service; the arguments of the session's `create_client` follow.
    functions
        Those that are deployed.
    recycled
        How likely an idle environment is not used again.
    skews
        By how many seconds the clock of a new environment may be wrong.
    """

    kernel: Kernel
    connect: Callable[..., Any]
    functions: Mapping[str, Function]
    recycled: float = 0.0
    skews: tuple[float, ...] = (0.0,)
    calls: int = 0
    _idle: dict[str, list[Environment]] = field(default_factory=dict)

    def invoke(self, name: str, event: Any, end: End) -> None:
        """Call a function, and hand to `end` what it returns, or the error that it ends in."""
        function = self.functions[name]
        environment = self._environment(function)
        self.calls += 1
        task = Task(name, self.kernel.now + function.timeout_seconds)
        task.skew = environment.skew
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: self._left(task))

        def finish(outcome: Any) -> None:
            if not isinstance(outcome, CrashError):
                self._idle.setdefault(name, []).append(environment)
            end(outcome)

        self.kernel.start(task, lambda: environment.handler(event, context), finish)

    def _environment(self, function: Function) -> Environment:
        idle = self._idle.get(function.name)
        if idle and self.kernel.draw.random() >= self.recycled:
            return idle.pop()
        handler = _cold_start(function, lambda service, **options: self.connect(function.name, service, **options))
        return Environment(handler, self.kernel.draw.choice(self.skews))

    def _left(self, task: Task) -> float:
        return 1000.0 * (60.0 if task.deadline is None else max(0.0, task.deadline - self.kernel.now))


def _cold_start(function: Function, connect: Callable[..., Any]) -> Handler:
    """Return the handler of a new environment."""
    module, state = load(function.name)
    namespace = dict(vars(module))
    namespace["os"] = SimpleNamespace(environ=function.settings)
    Session.connect = staticmethod(connect)
    try:
        exec(state, namespace)  # noqa: S102
    finally:
        Session.connect = None
    handler: Handler = namespace["handler"]
    return handler


class Session:
    """Stands for the SDK's session where the functions make their clients: while an environment starts, for those."""

    connect: Optional[Callable[..., Any]] = None

    @classmethod
    def create_client(cls, service: str, **options: Any) -> Any:
        """Return a client."""
        if cls.connect is None:
            raise AssertionError("only a start of an environment makes clients")
        return cls.connect(service, **options)


@cache
def load(name: str) -> tuple[ModuleType, CodeType]:
    """Return a function's module, and the code of it that makes an environment's own state.

    The module is imported without what is its own state: there are no settings, and there is nobody to call.
    """
    module_name, file = f"{name}.handler", paths.LAMBDA_SRC / name / "handler.py"
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"no such function: {name}")
    module = importlib.util.module_from_spec(spec)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    state = [node for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign, ast.FunctionDef))]
    future, *others = (node for node in tree.body if node not in state and not _is_text(node))
    before = sys.modules.get(module_name)
    sys.modules[module_name] = module  # dataclasses look for themselves there
    try:
        exec(_compiled([future, *others], file), vars(module))  # noqa: S102
    finally:
        if before is None:
            del sys.modules[module_name]
        else:
            sys.modules[module_name] = before
    return module, _compiled([future, *state], file)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _compiled(nodes: list[ast.stmt], file: Path) -> CodeType:
    return compile(ast.Module(body=nodes, type_ignores=[]), str(file), "exec")
