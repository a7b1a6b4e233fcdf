"""Run MiniStack; its own interpreter does: python -P -m scripts.cost.watch."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from scripts.cost.watch import CALLS, FUNCTION

_FILE = Path(os.environ.pop(CALLS))
_FILE.parent.mkdir(parents=True, exist_ok=True)
del os.environ["PYTHONPATH"]  # the functions inherit the environment, and this is not for them

from ministack import app  # noqa: E402 - it reads the environment

_calls = _FILE.open("a", encoding="utf-8", buffering=1)  # each line at once: whatever ends the server loses none
_dispatch = app._dispatch_service_request  # noqa: SLF001 - this takes its place


async def _written_down(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
) -> Any:
    """Answer a request as MiniStack does, and note it if a function made it."""
    if FUNCTION in headers.get("user-agent", ""):
        call = {"method": method, "path": path, "target": headers.get("x-amz-target", ""), "bytes": len(body)}
        if not path.strip("/"):  # the services that speak JSON; what goes to S3 is counted, not kept
            call["body"] = body.decode("utf-8", "replace")
        _calls.write(json.dumps(call) + "\n")
    return await _dispatch(method, path, headers, body, query, request_id)


app._dispatch_service_request = _written_down  # noqa: SLF001
app.main()
