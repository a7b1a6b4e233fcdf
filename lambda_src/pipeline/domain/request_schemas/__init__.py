"""The published requests, each compiled into a validator (scripts/compile_schemas.py); one system has one of them."""

from __future__ import annotations

from importlib import import_module

from pipeline.domain.errors import SettingError
from pipeline.domain.schema import Validate
from pipeline.domain.times import from_unix
from pipeline.domain.transaction import OUR_NAMES, FieldNames, RequestForm

_NAMES_OF = {
    "flagship": OUR_NAMES,
    "merchant_api": OUR_NAMES,
    "stream_alerts": FieldNames(time="timestamp", read_time=from_unix),
    "securebank": FieldNames(account="customer_id", category="merchant_category", time="timestamp"),
}
NAMES = tuple(_NAMES_OF)


def request_schema(name: str) -> RequestForm:
    """Return a system's requests; no other validator is loaded, for that takes milliseconds of a start.

    Raises
    ------
    SettingError
        If there is no such schema.
    """
    if name not in _NAMES_OF:
        raise SettingError(f"there is no request schema {name!r}: REQUEST_SCHEMA must be one of {', '.join(NAMES)}")
    validate: Validate = import_module(f"{__name__}.{name}").validate
    return RequestForm(validate, _NAMES_OF[name])
