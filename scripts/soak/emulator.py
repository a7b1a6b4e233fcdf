"""MiniStack with faults that can be switched on and off while it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

from scripts import environments, paths
from scripts.ministack import MiniStack
from scripts.soak import server
from scripts.soak.control import FOLDER, Control


class FaultyMiniStack(MiniStack):
    """The embedded emulator; without a fault switched on it behaves as ever, so its kept deployments serve here too."""

    how = "the embedded emulator with faults"

    @property
    def control(self) -> Control:
        """Return what switches the faults."""
        return Control(self.folder / "faults")

    @property
    def _objects(self) -> Path:
        return self.folder / "objects"

    def start(self) -> FaultyMiniStack:
        """Start it and wait until it answers."""
        if self._claim is None:  # not again at a restart: what struck before it counts
            self.claim()
            self.log.write_bytes(b"")
            self.control.reset()
            shutil.rmtree(self._objects, ignore_errors=True)
        super().start()
        return self

    def restart_from_saved_state(self) -> None:
        """Stop it, which saves its state, and start it with that state."""
        self.restart(self.folder / "emulator")

    def _command(self) -> list[str]:
        return [str(environments.MINISTACK.python), "-P", "-m", server.__name__]

    def _server_environment(self, scratch: Path) -> dict[str, str]:
        return {
            **super()._server_environment(scratch),
            "PYTHONPATH": str(paths.ROOT),
            FOLDER: str(self.folder / "faults"),
            "S3_PERSIST": "1",  # else a restart keeps the buckets and loses what is in them
            "S3_DATA_DIR": str(self._objects),
        }
