"""The operator's tool, run as operators do: on the outputs of a root."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from scripts import paths
from tests.e2e.deployed import Deployed


def redrive(deployed: Deployed, system: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool on a deployed system.

    Parameters
    ----------
    deployed, system
        The system, and its name.
    folder, arguments
        Where the file of outputs is written, and what the tool gets besides.
    """
    outputs = folder / "outputs.json"
    outputs.write_text(json.dumps({name: {"value": value} for name, value in deployed.outputs.items()}))
    return subprocess.run(
        [sys.executable, "-m", "scripts.redrive", "--system", system, "--outputs", str(outputs), *arguments],
        cwd=paths.ROOT,
        env=dict(deployed.environment),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
