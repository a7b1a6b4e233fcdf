"""The parameter that holds the policy document, with its versions."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.scoring.model import Model
from scripts.errors import CommandError
from scripts.policy.documents import Checked, RefusedError, checked


@dataclass(frozen=True)
class Version:
    """One version of the parameter.

    Parameters
    ----------
    number
        Given by Systems Manager, one more each time.
    text
        The document.
    at, by
        When it was written, and by whom.
    key_id, kind
        The key that encrypts it (empty: none of our own) and the type of the parameter.
    """

    number: int
    text: str
    at: datetime
    by: str
    key_id: str
    kind: str

    @property
    def content(self) -> dict[str, Any]:
        """The decoded document as far as it can be read; an empty one otherwise."""
        try:
            content = json.loads(self.text)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def document_version(self) -> str:
        """What the document calls itself, or "?"."""
        return str(self.content.get("version", "?"))


class Parameter:
    """Reads and writes the parameter.

    Parameters
    ----------
    client
        An SSM client.
    name
        The parameter's name.
    models
        The packaged models, which a document may name.
    """

    def __init__(self, client: Any, name: str, models: Mapping[str, Model]) -> None:
        self._client = client
        self.name = name
        self._models = models

    def versions(self) -> list[Version]:
        """Return all versions that Systems Manager keeps (the last hundred), the newest first."""
        try:
            found = list(self._history())
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                raise CommandError(f"there is no parameter {self.name!r}: deploy first, or name another.") from error
            raise CommandError(f"{self.name} cannot be read: {error}.") from error
        except BotoCoreError as error:
            raise CommandError(f"{self.name} cannot be read: {error}.") from error
        return sorted(found, key=lambda version: -version.number)

    def check(self, version: Version) -> Checked:
        """Check one version as the functions do."""
        return checked(version.text, f"version {version.number} of {self.name}", self._models)

    def check_newest(self, versions: list[Version]) -> Checked:
        """Check the newest version; whatever is wrong with it, an older one must not be taken for it."""
        try:
            return self.check(versions[0])
        except RefusedError as error:
            raise RefusedError(
                f"{error} If the functions take it, use a checkout that has what they have, the artifact above all;"
                " if they refuse it too, put a good document, or rollback --to one."
            ) from error

    def parsed(self, version: Version) -> Checked:
        """Check one version, but accept the artifacts that it names though this checkout may not have them."""
        source = f"version {version.number} of {self.name}"
        return checked(version.text, source, self._models, any_artifact=True)

    def newest_parsed(self, versions: list[Version]) -> tuple[Version, Checked]:
        """Return the newest version that is a document, whether or not this checkout has its artifacts."""
        for version in versions:
            try:
                return version, self.parsed(version)
            except RefusedError as error:
                print(f"policy: skipped: {error}", file=sys.stderr)
        raise RefusedError(f"{self.name} has no version that the functions take: put one.")

    def in_force(self, versions: list[Version]) -> tuple[Version, Checked]:
        """Return the newest version that is a document, which is what the functions decide by.

        Raises
        ------
        RefusedError
            If it names an artifact that this checkout does not have: the functions may have it.
        """
        version, _ = self.newest_parsed(versions)
        return version, self.check_newest([version])

    def numbered(self, versions: list[Version], number: int) -> Version:
        """Return the version of a number."""
        for version in versions:
            if version.number == number:
                return version
        raise CommandError(f"{self.name} keeps no version {number}: see history.")

    def put(self, text: str, versions: list[Version]) -> int:
        """Write a new version, encrypted as the last one is.

        Parameters
        ----------
        text
            The document, checked.
        versions
            The versions that the change was made from; should someone else have written meanwhile, it says so.
        """
        last = versions[0]
        # Without its key, Systems Manager may encrypt the new version with the account's default key.
        key = {"KeyId": last.key_id} if last.kind == "SecureString" and last.key_id else {}
        settings: dict[str, Any] = {"Type": last.kind, "Tier": "Intelligent-Tiering", **key}
        try:
            written = int(self._client.put_parameter(Name=self.name, Value=text, Overwrite=True, **settings)["Version"])
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"{self.name} cannot be written: {error}.") from error
        if written != last.number + 1:
            raise CommandError(
                f"written as version {written}, but someone else wrote versions {last.number + 1} to {written - 1}"
                " meanwhile, and this one overrules them: compare with history and diff."
            )
        return written

    def _history(self) -> Iterator[Version]:
        pages = self._client.get_paginator("get_parameter_history").paginate(Name=self.name, WithDecryption=True)
        for page in pages:
            for entry in page["Parameters"]:
                yield Version(
                    number=int(entry["Version"]),
                    text=entry["Value"],
                    at=entry["LastModifiedDate"],
                    by=entry.get("LastModifiedUser", "?"),
                    key_id=entry.get("KeyId", ""),
                    kind=entry["Type"],
                )
