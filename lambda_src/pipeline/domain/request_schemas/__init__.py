"""The published requests, each compiled into a validator (scripts/compile_schemas.py); one system has one of them."""

from __future__ import annotations

from importlib import import_module

from pipeline.domain.errors import SettingError
from pipeline.domain.schema import Validate

NAMES = ("flagship", "merchant_api", "stream_alerts")


def request_schema(name: str) -> Validate:
    """Return the validator of a system's requests; no other one is loaded, for that takes milliseconds of a start.

    Raises
    ------
    SettingError
        If there is no such schema.
    """
    if name not in NAMES:
        raise SettingError(f"there is no request schema {name!r}: REQUEST_SCHEMA must be one of {', '.join(NAMES)}")
    validate: Validate = import_module(f"{__name__}.{name}").validate
    return validate
