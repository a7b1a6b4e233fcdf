"""`make setup`: build the environments that were asked for. Standard library only, Python 3.9+.

Usage: python -m scripts.bootstrap [dev] [ministack] [checkov] [audit] [evaluate] [spark] [warehouse] [fuzz]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

if sys.version_info < (3, 9):  # noqa: UP036 - run by whatever Python the machine has
    sys.exit("setup: Python 3.9 or newer is needed to begin; name one with `make PYTHON=python3.x setup`.")

from scripts import environments
from scripts.errors import CommandError


def main(names: Sequence[str]) -> int:
    """Build or reuse each named environment; return the exit status."""
    try:
        for name in names or ("dev", "ministack"):
            if name not in environments.ALL:
                raise CommandError(f"there is no environment {name!r}; known: {', '.join(environments.ALL)}.")
            environments.ensure(environments.ALL[name])
    except CommandError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; what was unfinished is built again next time.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
