"""Publishing with a known end: taken, certainly not taken, or nobody knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from pipeline.aws.backoff import full_jitter
from pipeline.domain.errors import PipelineError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MAX_ATTEMPTS = 3

BEFORE_SENDING = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)
"""What the SDK raises before anything of the message has left."""


class NotSentError(PipelineError):
    """SNS certainly did not take the message."""


class Topic:
    """Publishes to one topic.

    Parameters
    ----------
    client
        An SNS client that makes ONE attempt a call: after an attempt that timed out, a second one of the
        SDK's own would send the message twice, or hide behind its refusal that the first was taken.
    arn
        The topic.
    sleep
        Waits the given seconds before a message that was certainly not taken is sent again.
    """

    def __init__(self, client: SNSClient, arn: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._arn = arn
        self._sleep = sleep

    def publish(self, subject: str, text: str) -> str:
        """Publish a message; return the id that SNS gave it.

        Raises
        ------
        NotSentError
            If it was certainly not taken. With any other exception it may have been.
        """
        for attempt in range(1, MAX_ATTEMPTS):
            try:
                return self._publish(subject, text)
            except NotSentError:
                self._sleep(full_jitter(attempt, base_seconds=0.1, cap_seconds=1.0))
        return self._publish(subject, text)

    def _publish(self, subject: str, text: str) -> str:
        try:
            return self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)["MessageId"]
        except BEFORE_SENDING as error:
            raise NotSentError(f"SNS was not reached: {type(error).__name__}") from error
        except ClientError as error:
            if not _is_refusal(error):
                raise
            raise NotSentError("SNS refused the message") from error


def _is_refusal(error: ClientError) -> bool:
    """Tell whether SNS refused, which it says by a status of 400 to 499; from 500 on it may have failed halfway."""
    return 400 <= int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)) < 500
