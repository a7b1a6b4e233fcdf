"""The Kinesis that LocalStack starts in host mode: a Node.js program, pinned and hashed like every other package."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts import paths

VERSION = "0.5.2"
"""The version that LocalStack 4.14.0 looks for."""

_REQUIREMENTS = paths.REQUIREMENTS / "kinesis"
_LOCK = _REQUIREMENTS / "package-lock.json"
_FOLDERS = paths.BUILD / "dependencies"


def ensure() -> bool:
    """Install it once for each content of the lock file; say so and return False when that cannot be done.

    Whoever needs no Kinesis needs no Node.js either.
    """
    folder = _folder()
    if folder.is_dir():
        return True
    if not (shutil.which("node") and shutil.which("npm")):
        print("localstack: no Kinesis in this run: it needs Node.js (node and npm) on PATH.", file=sys.stderr)
        return False
    _FOLDERS.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="kinesis-unfinished-", dir=_FOLDERS))
    try:
        for file in _REQUIREMENTS.glob("*.json"):
            shutil.copy(file, unfinished)
        installed = subprocess.run(
            ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
            cwd=unfinished, env=os.environ, stdout=sys.stderr, check=False,
        ).returncode == 0  # fmt: skip
        if not installed:
            print("localstack: no Kinesis in this run: npm could not install it (its message is above).",
                  file=sys.stderr)  # fmt: skip
        elif not folder.is_dir():  # another command may have been faster
            unfinished.rename(folder)
        return installed
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def provide(root: Path) -> None:
    """Put it where a LocalStack with this FILESYSTEM_ROOT looks for it; without it LocalStack has no Kinesis."""
    if _folder().is_dir():
        place = root / "var/lib/localstack/lib/kinesis-local" / VERSION
        place.parent.mkdir(parents=True)
        place.symlink_to(_folder())


def _folder() -> Path:
    return _FOLDERS / f"kinesis-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]}"
