"""The systems that can be deployed: which root each is, and what its local deployment needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scripts import aws_environment, paths
from scripts.errors import CommandError


@dataclass(frozen=True)
class Deployable:
    """A root module that can be deployed to the local AWS.

    Parameters
    ----------
    name
        What the user calls it: SYSTEM=name.
    folder
        Its root, relative to the repository's.
    api_document
        The description of its API, relative to the repository.
    variables
        The values of its variables for the local AWS, relative to the repository.
    region
        The AWS region that it is deployed to.
    """

    name: str
    folder: Path
    api_document: Path
    variables: Path
    region: str = aws_environment.REGION

    @property
    def variables_file(self) -> Path:
        """Return where the file with the local values lies.

        Raises
        ------
        CommandError
            If it is not there.
        """
        file = paths.ROOT / self.variables
        if not file.is_file():
            raise CommandError(f"{self.variables} is missing: it holds the local settings of {self.name}.")
        return file


def _example(name: str, region: str = aws_environment.REGION) -> Deployable:
    folder = Path("examples", name)
    return Deployable(name, folder, folder / "openapi.yaml", folder / "local.tfvars", region)


FLAGSHIP = Deployable("flagship", Path(), Path("api", "openapi.yaml"), Path("environments", "local.tfvars"))
MERCHANT_API = _example("merchant_api", "us-east-2")
STREAM_ALERTS = _example("stream_alerts")
SECUREBANK = _example("securebank")

ALL = {system.name: system for system in (FLAGSHIP, MERCHANT_API, STREAM_ALERTS, SECUREBANK)}


def named(name: str) -> Deployable:
    """Return a system by its name.

    Raises
    ------
    CommandError
        If there is none of that name.
    """
    if name not in ALL:
        *others, last = ALL
        raise CommandError(f"SYSTEM must be {', '.join(others)} or {last}, not {name}.")
    return ALL[name]
