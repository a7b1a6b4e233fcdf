"""What goes wrong in the simulation: the function dies, AWS refuses, nobody answers."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError


class CrashError(BaseException):
    """The function's environment is gone; nothing of ours may catch it."""


def refused(code: str, message: str = "", operation: str = "", **more: Any) -> ClientError:
    """Return the error of a service.

    Parameters
    ----------
    code, message, operation
        As the service names them.
    more
        What else its answer holds, such as `Item`.
    """
    status = 500 if code in ("InternalServerError", "InternalFailure", "ServiceUnavailable") else 400
    answer: Any = {
        "Error": {"Code": code, "Message": message or code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(answer, operation)
