"""Alerts to people: short JSON with ids and codes, published to a topic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Alerts:
    """Publishes to one topic."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, subject: str, content: Mapping[str, Any]) -> None:
        """Publish an alert.

        Parameters
        ----------
        subject
            At most 100 characters, the line that people see first.
        content
            Ids, amounts and codes; no personal data.
        """
        self._client.publish(TopicArn=self._topic_arn, Subject=subject, Message=json.dumps(content, indent=2))
