"""Runs statements in Redshift by the Data API: no connection into the network is needed, and no password is seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from scripts.errors import CommandError
from scripts.warehouse.sql import Statement

_POLL_SECONDS = 1.0
_ENDED = frozenset({"FINISHED", "FAILED", "ABORTED"})
_ONCE = ("CREATE ROLE", "CREATE USER")
"""What Redshift has no IF NOT EXISTS for."""


@dataclass(frozen=True)
class Warehouse:
    """What the module `warehouse` tells of itself (its output `installation`).

    Parameters
    ----------
    workgroup_name, cluster_identifier
        Which one it is; the other is None.
    database_name
        Its database.
    admin_secret_arn
        The secret with the administrator's password, which the Data API reads by itself.
    glue_database_name
        Glue database of the lake.
    lake_role_arn
        Role under which Redshift reads the lake.
    loader_role_name
        Role of the schedule that loads.
    """

    workgroup_name: Optional[str]
    cluster_identifier: Optional[str]
    database_name: str
    admin_secret_arn: str
    glue_database_name: str
    lake_role_arn: str
    loader_role_name: str

    @property
    def placeholders(self) -> dict[str, str]:
        """Return the values for the SQL."""
        return {
            "glue_database": self.glue_database_name,
            "lake_role_arn": self.lake_role_arn,
            "loader_role_name": self.loader_role_name,
        }

    @property
    def target(self) -> dict[str, str]:
        """Return how the Data API is told which warehouse is meant."""
        place = (
            {"WorkgroupName": self.workgroup_name}
            if self.workgroup_name
            else {"ClusterIdentifier": self.cluster_identifier or ""}
        )
        return {**place, "Database": self.database_name, "SecretArn": self.admin_secret_arn}


def run(
    data: Any, warehouse: Warehouse, statement: Statement, text: str, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Run a statement to its end; say whether it changed anything that is known to be there once only.

    Raises
    ------
    CommandError
        If it failed, with Redshift's own message.
    """
    identifier = data.execute_statement(**warehouse.target, Sql=text, StatementName=statement.place)["Id"]
    answer = data.describe_statement(Id=identifier)
    while answer["Status"] not in _ENDED:
        sleep(_POLL_SECONDS)
        answer = data.describe_statement(Id=identifier)
    if answer["Status"] == "FINISHED":
        return True
    message = answer.get("Error", answer["Status"])
    if statement.text.startswith(_ONCE) and "already exists" in message:
        return False
    raise CommandError(f"{statement.place} ({statement.title} ...): {message}")
