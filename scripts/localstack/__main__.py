"""Say which LocalStack will be used, and get what it takes: what `make localstack-test` does first.

Usage: python -m scripts.localstack
"""

from __future__ import annotations

import sys

from scripts.errors import CommandError
from scripts.localstack.choice import choose
from scripts.localstack.served import ServedLocalStack


def main() -> int:
    """Prepare the LocalStack that is chosen; return the exit status."""
    try:
        chosen = choose()
        if isinstance(chosen, ServedLocalStack):
            chosen.prepare()
        else:
            chosen.start()
    except CommandError as error:
        print(f"localstack: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("localstack: interrupted; what was unfinished is made again next time.", file=sys.stderr)
        return 130
    print(f"localstack: {chosen.how}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
