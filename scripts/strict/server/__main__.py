"""Run MiniStack; its own interpreter does: python -P -m scripts.strict.server."""

from __future__ import annotations

import os
from pathlib import Path

from scripts.strict.server import CALLS

calls = Path(os.environ.pop(CALLS))
del os.environ["PYTHONPATH"]  # the functions inherit the environment, and this is not for them

from ministack import app  # noqa: E402 - it reads the environment

from scripts.strict.server import services  # noqa: E402
from scripts.strict.server.decisions import Decisions  # noqa: E402
from scripts.strict.server.record import Record  # noqa: E402


def _only_the_port_given(host: str, port: int) -> bool:  # noqa: ARG001
    """Keep MiniStack from taking port 443 besides: that is for Cognito, and there is one for all."""
    return False


app._port_is_bindable = _only_the_port_given
decisions = Decisions(Record(calls))
decisions.watch()
services.hold_to_iam(decisions)
app.main()
