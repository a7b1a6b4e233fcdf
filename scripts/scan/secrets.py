"""Look for secrets in every file: what is found fails unless its line says what it is."""

from __future__ import annotations

from pathlib import Path

from scripts.scan import checkov
from scripts.scan.findings import Findings, exempt


def found(root: Path, folder: Path) -> Findings:
    """Return the secrets below `root` as failures, and as skips what a comment on the line explains.

    checkov writes no value into its report but the first characters.
    """
    total = Findings()
    for report in checkov.secrets(root, folder):
        results = report["results"]
        skips = tuple(
            exempt(record, (record["check_result"].get("suppress_comment") or "").strip())
            for record in results["skipped_checks"]
        )
        failed = tuple(
            f"{record['check_name']} in {record['file_path'].lstrip('/')}:{record['file_line_range'][0]}"
            for record in results["failed_checks"]
        )
        total += Findings(failed=failed, skips=skips)
    return total + Findings(
        failed=tuple(f"{one.title} in {one.file}: skipped without a reason" for one in total.unexplained)
    )
