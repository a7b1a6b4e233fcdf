"""`make warehouse`: register the lake's partitions and install the SQL in the Redshift of a deployed system.

Both can be repeated: what is there stays, views and procedures are replaced. Run it after the first apply, after each
change of sql/, and when the check of the partitions says that they end.

Usage: python -m scripts.warehouse [--directory examples/securebank] [--days-ahead 400] [--print]
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts import paths
from scripts.arguments import Parser
from scripts.errors import CommandError
from scripts.warehouse import partitions, sql
from scripts.warehouse.database import Warehouse, run

OUTPUT = "warehouse"
"""Output of the root in which the module's `installation` stands."""


def deployed(directory: Path) -> Warehouse:
    """Return the warehouse of the root in a folder, as its state tells.

    Raises
    ------
    CommandError
        If there is none.
    """
    done = subprocess.run(
        ["terraform", "output", "-json", OUTPUT], cwd=directory, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(f"terraform output failed in {paths.shown(directory)}: {done.stderr.strip()}")
    return read(json.loads(done.stdout))


def read(output: Any) -> Warehouse:
    """Return the warehouse that the root's output describes.

    Raises
    ------
    CommandError
        If the root has none, or its output is not the module's.
    """
    if output is None:
        raise CommandError("this system has no warehouse: switch it on and apply.")
    names = [field.name for field in dataclasses.fields(Warehouse)]
    if not isinstance(output, dict) or not set(names) <= set(output):
        raise CommandError(f"the output {OUTPUT} must be the output installation of the module warehouse.")
    return Warehouse(**{name: output[name] for name in names})


def main(arguments: Sequence[str]) -> int:
    """Install, say what was done, and return the exit status."""
    parser = Parser(prog="make warehouse", description="Install the SQL in the Redshift of a deployed system.")
    parser.add_argument("--directory", type=Path, default=paths.ROOT / "examples" / "securebank", help="the root")
    parser.add_argument("--days-ahead", type=int, default=400, help="register partitions up to so many days ahead")
    parser.add_argument("--print", action="store_true", help="print the SQL and change nothing")
    options = parser.parse_args(arguments)
    try:
        warehouse = deployed(options.directory)
        statements = sql.read()
        texts = [(statement, sql.filled(statement, warehouse.placeholders)) for statement in statements]
        if options.print:
            print(";\n\n".join(text for _, text in texts) + ";")
            return 0
        session: Any = boto3
        last_day = datetime.now(timezone.utc).date() + timedelta(days=options.days_ahead)
        read, database = sql.lake_tables(statements), warehouse.glue_database_name
        for table, count in partitions.register(session.client("glue"), database, read, last_day).items():
            print(f"warehouse: {table}: {count} partitions registered up to {last_day}")
        data = session.client("redshift-data")
        for statement, text in texts:
            done = run(data, warehouse, statement, text)
            print(f"warehouse: {statement.place}: {statement.title} ... {'done' if done else 'was there already'}")
    except (CommandError, ClientError, BotoCoreError) as error:
        print(f"warehouse: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
