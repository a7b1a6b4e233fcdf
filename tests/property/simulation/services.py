"""The small services: SNS, S3 and Systems Manager, which only keep what they are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from tests.property.simulation.errors import refused


@dataclass(frozen=True)
class Published:
    """One message of a topic."""

    topic: str
    subject: str
    text: str

    @property
    def content(self) -> Mapping[str, Any]:
        """The message as JSON."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass
class Topics:
    """SNS."""

    published: list[Published] = field(default_factory=list)

    def publish(self, TopicArn: str, Subject: str, Message: str) -> dict[str, Any]:  # noqa: N803
        """Publish a message."""
        if not 1 <= len(Subject) <= 100 or not Subject.isascii():
            raise refused("InvalidParameter", "the subject is too long, or no ASCII")
        self.published.append(Published(TopicArn, Subject, Message))
        return {"MessageId": f"published-{len(self.published)}"}


@dataclass
class Buckets:
    """S3."""

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    """Keys of objects that were overwritten with something else."""

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> dict[str, Any]:  # noqa: N803
        """Store an object, in place of what was there."""
        if self.objects.get((Bucket, Key), Body) != Body:
            self.changed.add(Key)
        self.objects[Bucket, Key] = Body
        return {}


@dataclass
class Parameters:
    """Systems Manager: the parameter that holds the policy document."""

    value: Callable[[], str]

    def get_parameter(self, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        """Return the newest version."""
        return {"Parameter": {"Name": Name, "Version": 1, "Value": self.value()}}

    def get_parameter_history(self, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        """Return all versions."""
        return {"Parameters": [self.get_parameter(Name, WithDecryption)["Parameter"]]}
