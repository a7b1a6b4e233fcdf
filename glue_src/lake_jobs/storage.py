"""Where a lake lies: a bucket, or a folder that looks like one.

Spark reads and writes the data by URL; listing, small files and putting a finished file in the place of an old one
go through here, because each store has one way of doing that in a single step: S3 shows an object only once it is
complete, and a POSIX file system renames over what is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Protocol

from lake_jobs.errors import LakeJobError

_MOST_DELETED = 1000
"""How many objects S3 deletes in one call."""

_S3 = re.compile(r"s3://([^/]+)/*(.*?)/*")


@dataclass(frozen=True)
class Stored:
    """One object: its key within the lake, and its size in bytes."""

    key: str
    size: int


class Storage(Protocol):
    """A lake as the jobs use it; keys are those of the contract, without a leading slash."""

    def url(self, key: str) -> str:
        """Return what Spark reads and writes."""

    def list(self, prefix: str) -> list[Stored]:
        """Return the objects below a prefix that ends with a slash, in the order of their keys."""

    def read(self, key: str) -> Optional[bytes]:
        """Return an object's content, or None if there is no such object."""

    def write(self, key: str, content: bytes) -> None:
        """Write an object; readers see the old or the new content, never a part."""

    def replace(self, source: str, target: str) -> None:
        """Put the object `source` in the place of `target`, in one step for readers."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects."""


class LocalStorage:
    """A folder.

    Parameters
    ----------
    folder
        Its root; made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def url(self, key: str) -> str:
        """Return what Spark reads and writes."""
        return f"file://{self._folder / key}"  # not quoted: Hadoop takes it as it is

    def list(self, prefix: str) -> list[Stored]:
        """Return the files below a prefix, in the order of their keys."""
        files = (path for path in (self._folder / prefix).rglob("*") if path.is_file())
        found = [Stored(path.relative_to(self._folder).as_posix(), path.stat().st_size) for path in files]
        return sorted(found, key=lambda one: one.key)

    def read(self, key: str) -> Optional[bytes]:
        """Return a file's content, or None if there is no such file."""
        path = self._folder / key
        return path.read_bytes() if path.is_file() else None

    def write(self, key: str, content: bytes) -> None:
        """Write a file beside its place and rename it."""
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def replace(self, source: str, target: str) -> None:
        """Rename a file over another."""
        path = self._folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        (self._folder / source).replace(path)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete files, and the folders that they leave empty."""
        for key in keys:
            path = self._folder / key
            path.unlink(missing_ok=True)
            for parent in path.parents:
                if parent == self._folder or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()


class S3Storage:
    """A bucket, or what lies below a prefix of it.

    Parameters
    ----------
    client
        An S3 client.
    bucket
        Its name.
    prefix
        Where the lake begins; empty: at the top.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def url(self, key: str) -> str:
        """Return what Spark reads and writes."""
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def list(self, prefix: str) -> list[Stored]:
        """Return the objects below a prefix, in the order of their keys, without the markers of folders."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        objects = (one for page in pages for one in page.get("Contents", ()))
        return [
            Stored(one["Key"][len(self._prefix) :], one["Size"])
            for one in objects
            if not one["Key"].endswith(("/", "_$folder$"))
        ]

    def read(self, key: str) -> Optional[bytes]:
        """Return an object's content, or None if there is no such object."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
        except self._client.exceptions.NoSuchKey:
            return None
        content: bytes = answer["Body"].read()
        return content

    def write(self, key: str, content: bytes) -> None:
        """Put an object."""
        self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=content)

    def replace(self, source: str, target: str) -> None:
        """Copy an object over another within S3; what it came from is deleted with the rest of its prefix later."""
        self._client.copy_object(
            CopySource={"Bucket": self._bucket, "Key": self._prefix + source},
            Bucket=self._bucket,
            Key=self._prefix + target,
        )

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, a thousand a call."""
        names = [{"Key": self._prefix + key} for key in keys]
        for start in range(0, len(names), _MOST_DELETED):
            answer = self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": names[start : start + _MOST_DELETED], "Quiet": True}
            )
            if answer.get("Errors"):
                first = answer["Errors"][0]
                raise LakeJobError(f"S3 did not delete {first['Key']}: {first.get('Message', first['Code'])}")


def open_storage(location: str, region: Optional[str] = None) -> Storage:
    """Return the lake at a location.

    Parameters
    ----------
    location
        s3://bucket, s3://bucket/prefix, or a local folder.
    region
        The bucket's; None: the environment's.
    """
    found = _S3.fullmatch(location)
    if found:
        return S3Storage(_client("s3", region), *found.groups())
    if "://" in location:
        raise LakeJobError(f"a lake lies at s3://bucket or in a local folder, not at {location!r}.")
    return LocalStorage(Path(location))


def read_document(location: str, region: Optional[str] = None) -> str:
    """Return a text from wherever it lies.

    Parameters
    ----------
    location
        A local file, s3://bucket/key, or the ARN of a parameter of Systems Manager.
    region
        The bucket's; None: the environment's. An ARN has its own.
    """
    if location.startswith("arn:"):
        client = _client("ssm", location.split(":")[3])
        value: str = client.get_parameter(Name=location, WithDecryption=True)["Parameter"]["Value"]
        return value
    found = _S3.fullmatch(location)
    content = S3Storage(_client("s3", region), found.group(1)).read(found.group(2)) if found else _local(location)
    if content is None:
        raise LakeJobError(f"there is nothing at {location}.")
    return content.decode("utf-8")


def _local(location: str) -> Optional[bytes]:
    path = Path(location)
    return path.read_bytes() if path.is_file() else None


def _client(service: str, region: Optional[str]) -> Any:
    import boto3  # a lake in a folder needs none

    sdk: Any = boto3
    return sdk.client(service, region_name=region or None)
