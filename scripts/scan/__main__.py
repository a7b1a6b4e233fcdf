"""Scan, print and fail: python -m scripts.scan.

Fails when a check failed, a file could not be read, a check is skipped without a reason in words, a secret lies in a
file, or docs/controls.md tells something else. The skips are printed: each is a decision that somebody must judge.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from scripts import paths
from scripts.controls import page
from scripts.errors import CommandError
from scripts.scan import checkov, planned, secrets
from scripts.scan.findings import Findings, findings
from scripts.scan.output import problems, show


def scan() -> tuple[Findings, Findings]:
    """Return what was found in source and plans, and what secrets there are; leave the reports in build/scan/."""
    shutil.rmtree(paths.SCAN, ignore_errors=True)
    paths.SCAN.mkdir(parents=True)
    # Terraform mostly waits while it plans; checkov reads the files meanwhile.
    with ThreadPoolExecutor(max_workers=1) as beside:
        source = beside.submit(checkov.source, paths.ROOT, paths.SCAN)
        leaks = beside.submit(secrets.found, paths.ROOT, paths.SCAN / "secrets")
        plans = planned.scan(paths.SCAN / "plans")
        return findings(source.result()) + plans, leaks.result()


def main(arguments: Sequence[str]) -> int:
    """Scan, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.scan", description="Look for mistakes and secrets.")
    parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160)
    try:
        console.print("scan: source, plans of the roots, secrets ...")
        found, leaks = scan()
    except CommandError as error:
        print(f"scan: {error}", file=sys.stderr)
        return 1
    show(found, console)
    problems(console, "Secret", leaks.failed)
    console.print(f"secrets: {len(leaks.failed)} found, {len(leaks.skips)} explained")
    page.remember(found)
    outdated = page.complaints(found)
    problems(console, "docs/controls.md", outdated)
    console.print(f"reports: {paths.shown(paths.SCAN)}/")
    return 0 if found.clean and not leaks.failed and not outdated else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
