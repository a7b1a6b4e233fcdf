"""Arguments of the commands behind the make targets: a mistake is answered with one line, in make's words."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

USAGE = 2
"""The exit status for wrong arguments."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints name the variables of make and say how a call looks.

    The description's epilog is that call: "With make: make demo COUNT=5000."
    """

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, without the usage."""
        in_make = re.sub(r"--([a-z][a-z-]*)", lambda option: option.group(1).replace("-", "_").upper(), message)
        hint = f" {self.epilog}" if self.epilog and message.startswith(("argument", "the following")) else ""
        self.exit(USAGE, f"{self.prog}: {in_make.rstrip('.')}.{hint}\n")
