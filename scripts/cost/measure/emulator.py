"""MiniStack with every call of the functions on record."""

from __future__ import annotations

from pathlib import Path

from scripts import environments, paths
from scripts.cost import watch
from scripts.ministack import MiniStack


class MeasuredMiniStack(MiniStack):
    """The embedded emulator, counting: `calls` holds a line for each call of a function."""

    @property
    def calls(self) -> Path:
        """Return the file of the calls, JSON lines."""
        return paths.BUILD / "cost" / "calls" / f"{self.name}.jsonl"

    def _command(self) -> list[str]:
        # -P: nothing in the folder we happen to be in is taken for a module.
        return [str(environments.MINISTACK.python), "-P", "-m", watch.__name__]

    def _server_environment(self, scratch: Path) -> dict[str, str]:
        return {
            **super()._server_environment(scratch),
            "PYTHONPATH": str(paths.ROOT),
            "AWS_EXECUTION_ENV": watch.FUNCTION,  # the functions inherit it, and their SDK sends it along
            watch.CALLS: str(self.calls),
        }
