"""The usual handler deployed (tests/bench/baseline): the same way in as the flagship's, on an emulator of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts import package, paths, terraform_tree
from scripts import stack as harness
from scripts.demo.stack import Stack, connect
from scripts.ministack import MiniStack
from scripts.terraform import Terraform

FOLDER = Path("tests", "bench", "baseline")
PACKAGE = paths.BUILD / "bench" / "usual.zip"
_SOURCES = {name: Path(__file__).with_name(name) for name in ("usual.py", "usual_submit.py")}


@contextmanager
def start() -> Iterator[Stack]:
    """Deploy it, and stop it afterwards."""
    PACKAGE.parent.mkdir(parents=True, exist_ok=True)
    package.write(_SOURCES, "usual", PACKAGE)
    with MiniStack("bench-usual") as server:
        server.claim()
        state = server.folder / "terraform"
        shutil.rmtree(state, ignore_errors=True)  # a fresh emulator knows none of what it lists
        runner = Terraform(
            terraform_tree.refresh() / FOLDER,
            server.folder / ".terraform" / FOLDER.name,
            server.environment,
            {"package_path": str(PACKAGE)},
        )
        runner.init(*terraform_tree.state_arguments(state))
        runner.apply()
        yield connect(harness.Stack(server.endpoint, runner.output(), 0.0))
