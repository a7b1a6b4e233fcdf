"""Where things lie in this repository; everything that is made lies below `build/`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
REQUIREMENTS = ROOT / "requirements"
LAMBDA_SRC = ROOT / "lambda_src"

VENVS = BUILD / "venv"
PACKAGES = BUILD / "packages"
LOCAL = BUILD / "local"
TERRAFORM = BUILD / "terraform"
SCAN = BUILD / "scan"


def shown(path: Path) -> str:
    """Return `path` the way a reader at the repository's root would type it."""
    try:
        return str(path.relative_to(ROOT))
    except ValueError:
        return str(path)
