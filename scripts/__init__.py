"""Commands of this repository: run them as `python -m scripts.NAME` from its root."""

from __future__ import annotations

import sys
from pathlib import Path

_LIBRARY = str(Path(__file__).resolve().parent.parent / "lambda_src")

# Tools use the functions' own library: what they check, the functions check.
if _LIBRARY not in sys.path:
    sys.path.append(_LIBRARY)
