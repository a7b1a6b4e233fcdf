"""The errors of faults, as the SDK reads them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.session import get_session

from scripts.soak.server.answers import ERRORS, answer


@pytest.mark.parametrize(("kind", "service"), ERRORS)
def test_the_sdk_reads_the_code_of_each_error(kind: str, service: str) -> None:
    error = ERRORS[kind, service]
    status, headers, body = answer(error)
    parser: Any = create_parser(get_session().get_service_model(service).metadata["protocol"])

    parsed = parser.parse({"status_code": status, "headers": headers, "body": body}, None)

    assert parsed["Error"]["Code"] == error.code
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == error.status
