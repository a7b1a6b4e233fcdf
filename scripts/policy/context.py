"""What every command works with, and where it finds the names of deployed resources."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from pipeline.scoring.model import Model
from scripts import paths
from scripts.errors import CommandError
from scripts.policy.documents import Checked, checked, read_text
from scripts.policy.parameter import Parameter

# Option: the variable that the functions read, and the output of Terraform that tells the name.
_RESOURCES = {
    "parameter": ("POLICY_PARAMETER", "policy_parameter_name"),
    "drift_table": ("DRIFT_TABLE", "drift_table_name"),
    "transactions_table": ("TRANSACTIONS_TABLE", "transactions_table_name"),
}


@dataclass(frozen=True)
class Context:
    """What the commands work with.

    Parameters
    ----------
    arguments
        Those of the command line.
    client
        Makes the client of a service.
    models
        The packaged models.
    environment
        Where names of resources are looked up that the command line does not give.
    now
        The time, for the expiry of list entries.
    """

    arguments: argparse.Namespace
    client: Callable[[str], Any]
    models: Mapping[str, Model]
    environment: Mapping[str, str]
    now: Callable[[], datetime]

    def resource(self, option: str) -> str:
        """Return the name of a resource, or say how to give it."""
        variable, output = _RESOURCES[option]
        name = getattr(self.arguments, option) or self.environment.get(variable)
        if not name:
            flag = option.replace("_", "-")
            raise CommandError(f"give --{flag} or set {variable}: terraform output -raw {output} tells the name.")
        return str(name)

    def parameter(self) -> Parameter:
        """Return the parameter that holds the document."""
        return Parameter(self.client("ssm"), self.resource("parameter"), self.models)

    def checked_file(self, file: Path) -> Checked:
        """Return a file's document, checked as the functions do."""
        return checked(read_text(file), paths.shown(file), self.models)


def context(arguments: argparse.Namespace, client: Callable[[str], Any], models: Mapping[str, Model]) -> Context:
    """Return the context of a command line."""
    return Context(arguments, client, models, os.environ, lambda: datetime.now(timezone.utc))
