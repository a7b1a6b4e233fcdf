"""Run Terraform so that it ends with whoever called it. Standard library only, run as a program.

    python terraform_child.py TERRAFORM ARGUMENT...

For callers that are not ours (pytest-terraform): they kill Terraform at once when they are
interrupted, and its provider would stay behind and listen for ever. Here the caller kills this
process instead; the kernel then asks Terraform to stop, and Terraform takes its provider along.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def _stop_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main(command: Sequence[str]) -> int:
    """Run the command to its end and return its exit status; pass an interruption on."""
    process = subprocess.Popen(
        command,
        start_new_session=True,  # else Ctrl-C reaches it twice, which means: do not tidy up
        preexec_fn=_stop_with_parent,  # noqa: PLW1509 - single-threaded here
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: process.terminate())
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
