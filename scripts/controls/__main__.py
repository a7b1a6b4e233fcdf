"""Write docs/controls.md from the last scan: python -m scripts.controls."""

from __future__ import annotations

import sys

from scripts import paths
from scripts.controls import mapping, page
from scripts.errors import CommandError


def main() -> int:
    """Write the page; return the exit status."""
    try:
        passed, skips = page.last()
        controls = mapping.read()
        unknown = page.unknown({one.check for one in (*passed, *skips)}, controls)
        if unknown:
            raise CommandError("; ".join(unknown))
        page.PAGE.write_text(page.render(page.PAGE, (passed, skips), controls), encoding="utf-8")
    except CommandError as error:
        print(f"controls: {error}", file=sys.stderr)
        return 1
    print(f"controls: {paths.shown(page.PAGE)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
