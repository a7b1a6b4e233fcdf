"""`make iam-report`: every action granted, and the test that used it or the reason why none can.

Usage: python -m scripts.iam_report

Reads what `make strict-test` recorded of the deployed systems and `make unit` of the functions. Fails when a grant is
used by no test and excused by no reason, when it is wider than AWS asks for, or when a reason excuses nothing.
"""

from __future__ import annotations

import sys
import time

from rich.console import Console

from scripts.errors import CommandError
from scripts.iam_report import calls, deployments, output, reasons
from scripts.iam_report.judgement import judge


def main() -> int:
    """Make the report; return the exit status."""
    try:
        found = deployments.load_all()
        of_units = sorted(calls.FOLDER.glob(f"{calls.UNIT}-*.jsonl"))
        if not of_units:
            raise CommandError("no calls of the functions' unit tests are recorded: run `make unit` first.")
        verdict = judge(found, (call for file in of_units for call in calls.read(file)), reasons.read())
    except CommandError as error:
        print(f"iam-report: {error}", file=sys.stderr)
        return 1
    ages = {deployment.system: deployment.age_seconds for deployment in found}
    ages["unit tests of the functions"] = time.time() - min(file.stat().st_mtime for file in of_units)
    output.show(Console(), verdict, ages)
    output.write(verdict, ages)
    return 1 if verdict.findings else 0


if __name__ == "__main__":
    sys.exit(main())
