"""Install pinned pure-Python dependencies into a folder, once for each content of the requirements."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from scripts import environments, paths
from scripts.errors import CommandError

_OLDEST_RUNTIME = "3.9"
_FOLDERS = paths.BUILD / "dependencies"


def installed(name: str) -> Path:
    """Return a folder with the packages of `requirements/<name>.txt`, for Python 3.9 and later.

    The folder is made under another name and renamed when it is complete, so that an
    interrupted installation is never taken for a finished one.
    """
    requirements = paths.REQUIREMENTS / f"{name}.txt"
    content = hashlib.sha256(requirements.read_bytes() + environments.TOOLS.requirements.read_bytes())
    folder = _FOLDERS / f"{name}-{content.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    environments.ensure_uv()
    _FOLDERS.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{name}-unfinished-", dir=_FOLDERS))
    try:
        _install(requirements, unfinished)
        if not folder.is_dir():  # another command may have been faster
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _install(requirements: Path, folder: Path) -> None:
    command = [
        str(environments.uv_program()), "pip", "install", "--quiet",
        "--target", str(folder),
        "--python-version", _OLDEST_RUNTIME,
        "--only-binary", ":all:",
        "--require-hashes",
        "--link-mode", "copy",
        "-r", str(requirements),
    ]  # fmt: skip
    done = subprocess.run(command, env=environments.uv_environment(), check=False)
    if done.returncode:
        raise CommandError(
            f"{paths.shown(requirements)} could not be installed: is a package registry reachable?"
            " (uv's own message is above)"
        )
