"""Submit transactions to an API at a steady rate and report how it answers; see docs/load.md and --help."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # this is run as a file, from anywhere

if __name__ == "__main__":
    try:
        from scripts.load.api import main
    except ModuleNotFoundError as missing:
        sys.exit(f"{missing.name} is missing: run `make setup`, then this with build/venv/dev/bin/python.")
    sys.exit(main(sys.argv[1:]))
