"""`make requirements`: compile requirements/*.in into pinned and hashed files.

Usage: python -m scripts.requirements [--upgrade]
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from scripts import environments, paths

# The oldest Python each file must serve. Universal files hold markers for the newer ones;
# what goes into the zips and stands for the Lambda runtime is one set for all of them.
# LocalStack is for one Python only, and so are the functions that it runs.
_UNIVERSAL = {
    "tools": "3.9",
    "dev": "3.10",
    "ministack": "3.10",
    "checkov": "3.10",
    "audit": "3.10",
    "evaluate": "3.10",
    "spark": "3.10",
    "awscli": "3.10",
    "runtimes": "3.9",
    "warehouse": "3.10",
    "fuzz": "3.10",
}
_ONE_SET = {"lambda": "3.9", "runtime": "3.9", "localstack": "3.13", "functions": "3.13", "usual": "3.13"}
_AS_OF = {"localstack": "2026-03-01"}  # a version of the past, with what there was in its days


def main(arguments: Sequence[str]) -> int:
    """Compile every file; first what goes into the zips, because others are held to its pins."""
    upgrade = ["--upgrade"] if "--upgrade" in arguments else []
    for name, version in {**_ONE_SET, **_UNIVERSAL}.items():
        command = [
            str(environments.uv_program()), "pip", "compile", "--quiet", "--no-header",
            "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
            "--python-version", version, *(["--universal"] if name in _UNIVERSAL else []), *upgrade,
            *(["--exclude-newer", _AS_OF[name]] if name in _AS_OF else []),
            f"{name}.in", "--output-file", f"{name}.txt",
        ]  # fmt: skip
        status = subprocess.run(
            command, cwd=paths.REQUIREMENTS, env=environments.uv_environment(), check=False
        ).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
