"""Run MiniStack with faults; its own interpreter does: python -P -m scripts.soak.server."""

from __future__ import annotations

import os
from pathlib import Path

from scripts.soak.control import FOLDER, Control

control = Control(Path(os.environ.pop(FOLDER)))
del os.environ["PYTHONPATH"]  # the functions inherit the environment, and this is not for them

from ministack import app  # noqa: E402 - it reads the environment

from scripts.soak.server import faults  # noqa: E402

faults.install(control)
app.main()
