"""Let uv use the package registry that pip is configured for. Standard library only.

uv does not read pip's configuration. A machine whose only registry is named there would
otherwise install uv itself and then fail at everything else. Several indexes are searched
together (pip's way); that is safe because every requirement is pinned by hash.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_OWN_SETTINGS = ("UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_NO_INDEX")


def pip_settings(python: Path | str = sys.executable) -> dict[str, str]:
    """Return pip's effective settings by option name (`index-url`), environment over files."""
    answer = subprocess.run(
        [str(python), "-m", "pip", "config", "list"], capture_output=True, text=True, timeout=60, check=False
    )
    settings: dict[str, str] = {}
    environment: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        key, separator, quoted = line.partition("=")
        section, _, option = key.partition(".")
        if not separator or section not in ("global", "install", ":env:"):
            continue
        (environment if section == ":env:" else settings)[option] = quoted.strip().strip("'\"")
    return {**settings, **environment}


def uv_environment(settings: Mapping[str, str], base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which uv sees the registry that pip sees.

    Parameters
    ----------
    settings
        What `pip_settings` found.
    base
        The environment to start from. Settings of uv's own in it win over pip's.
    """
    environment = {name: value for name, value in base.items() if name != "VIRTUAL_ENV"}
    if not any(name in base for name in _OWN_SETTINGS):
        extra = [url for url in settings.get("extra-index-url", "").replace("\\n", " ").split() if _usable(url)]
        if "index-url" in settings:
            environment["UV_DEFAULT_INDEX"] = settings["index-url"]
        if extra:
            environment["UV_INDEX"] = " ".join(extra)
            environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
            environment["UV_NO_INDEX"] = "1"
    links = [link for link in settings.get("find-links", "").replace("\\n", " ").split() if _usable(link)]
    if links:
        environment.setdefault("UV_FIND_LINKS", ",".join(links))
    if "cert" in settings:
        environment.setdefault("SSL_CERT_FILE", settings["cert"])
    if "trusted-host" in settings:
        environment.setdefault("UV_INSECURE_HOST", settings["trusted-host"].replace("\\n", " "))
    return environment


def _usable(location: str) -> bool:
    """Say whether a local folder exists; pip skips a missing one, uv fails on it."""
    if location.startswith(("http://", "https://")):
        return True
    return Path(location[len("file://") :] if location.startswith("file://") else location).is_dir()
