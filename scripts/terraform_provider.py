"""Decide where Terraform takes the AWS provider from, quickly and once.

The registry is used when it can be reached; else a filesystem mirror on this machine. The
decision is kept in `build/terraform/provider.json` and made again when what it rests on
changes, or when `terraform init` fails in spite of it.
"""

from __future__ import annotations

import json
import os
import platform
import queue
import shutil
import ssl
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts import paths
from scripts.errors import CommandError

REGISTRY_HOST = "registry.terraform.io"
PROVIDER = "hashicorp/aws"
_SERIES = "5.100."
_PROBE_SECONDS = 5.0

_DECISION = paths.TERRAFORM / "provider.json"
_CLI_CONFIG = paths.TERRAFORM / "cli.tfrc"
_DOWNLOADS = paths.TERRAFORM / "plugins"


@dataclass(frozen=True)
class Source:
    """Where the provider comes from: `own` CLI configuration, `registry` or `mirror` (a folder)."""

    kind: str
    folder: str | None = None


def environment(source: Source, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `base` with the settings that make Terraform use `source`."""
    variables = dict(base)
    named = variables.get("TF_CLI_CONFIG_FILE")
    if named and not Path(named).is_file():
        del variables["TF_CLI_CONFIG_FILE"]  # Terraform would warn on every call
    if source.kind == "mirror":
        variables["TF_CLI_CONFIG_FILE"] = str(_CLI_CONFIG)
    elif source.kind == "registry":
        _DOWNLOADS.mkdir(parents=True, exist_ok=True)
        variables.setdefault("TF_PLUGIN_CACHE_DIR", str(_DOWNLOADS))
        # Without a committed lock file Terraform would download again to learn the checksums.
        variables.setdefault("TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE", "1")
    return variables


def choose(*, registry_failed: bool = False) -> Source:
    """Return the source to use, from the earlier decision while that still holds.

    Parameters
    ----------
    registry_failed
        True when `terraform init` has just failed with the registry: look for a mirror only.
    """
    if not registry_failed:
        kept = _kept()
        if kept is not None:
            return kept
        if _own_configuration():
            return _keep(Source("own"))
        if registry_reachable():
            return _keep(Source("registry"))
    mirror = find_mirror()
    if mirror is None:
        raise CommandError(
            f"the Terraform provider {PROVIDER} {_SERIES}x is out of reach: {REGISTRY_HOST} does not answer"
            " and no mirror holds it; set TF_PLUGIN_MIRROR to a folder made by `terraform providers mirror`."
        )
    return _keep(Source("mirror", str(mirror)))


def registry_reachable() -> bool:
    """Say within a few seconds whether the registry and its download host answer."""
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
    # In a thread, because resolving a name cannot be given a time limit.
    threading.Thread(target=lambda: answers.put(_probe()), daemon=True).start()
    try:
        return answers.get(timeout=_PROBE_SECONDS)
    except queue.Empty:
        return False


def find_mirror() -> Path | None:
    """Return the first mirror folder that holds the provider for this machine."""
    return next((folder for folder in mirror_candidates() if _holds_provider(folder)), None)


def mirror_candidates(base: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Yield the named mirror, the folders Terraform itself would search, and those below /opt."""
    if base.get("TF_PLUGIN_MIRROR"):
        yield Path(base["TF_PLUGIN_MIRROR"]).expanduser().absolute()
    home = Path.home()
    yield home / ".terraform.d" / "plugins"
    if sys.platform == "darwin":
        for library in (home / "Library", Path("/Library")):
            yield library / "Application Support" / "io.terraform" / "plugins"
    shared = base.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for data in (base.get("XDG_DATA_HOME") or str(home / ".local" / "share"), *shared.split(":")):
        yield Path(data) / "terraform" / "plugins"
    for registry in sorted(Path("/opt").glob(f"*/{REGISTRY_HOST}")):
        yield registry.parent


def _holds_provider(folder: Path) -> bool:
    provider = folder / REGISTRY_HOST / PROVIDER
    system = _platform()
    unpacked = provider.glob(f"{_SERIES}*/{system}/terraform-provider-*")
    packed = provider.glob(f"terraform-provider-aws_{_SERIES}*_{system}.zip")
    return any(unpacked) or any(packed)


def _platform() -> str:
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}_{architecture}"


def _probe() -> bool:
    system, _, architecture = _platform().partition("_")
    url = f"https://{REGISTRY_HOST}/v1/providers/{PROVIDER}/{_SERIES}0/download/{system}/{architecture}"
    try:
        with urllib.request.urlopen(url, timeout=_PROBE_SECONDS) as answer:
            download = str(json.load(answer)["download_url"])
        head = urllib.request.Request(download, method="HEAD")
        with urllib.request.urlopen(head, timeout=_PROBE_SECONDS):
            return True
    except urllib.error.URLError as error:
        # This Python may lack the certificates that Terraform has: let `terraform init` find out.
        return isinstance(error.reason, ssl.SSLCertVerificationError)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _own_configuration(base: Mapping[str, str] = os.environ) -> bool:
    """Say whether the user's CLI configuration says itself where providers come from."""
    file = Path(base.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")
    try:
        return "provider_installation" in file.read_text()
    except (OSError, UnicodeDecodeError):
        return False


def _basis() -> dict[str, object]:
    """Return what the decision rests on, as far as it can be seen without a network."""
    return {
        "mirror_setting": os.environ.get("TF_PLUGIN_MIRROR"),
        "own_configuration": _own_configuration(),
        "terraform": shutil.which("terraform"),
    }


def _kept() -> Source | None:
    try:
        kept = json.loads(_DECISION.read_text())
        source = Source(**kept["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if kept.get("basis") != _basis():
        return None
    if source.kind == "mirror" and not (
        source.folder and _holds_provider(Path(source.folder)) and _CLI_CONFIG.is_file()
    ):
        return None
    return source


def _keep(source: Source) -> Source:
    paths.TERRAFORM.mkdir(parents=True, exist_ok=True)
    if source.folder is not None:
        path = json.dumps(source.folder)  # a JSON string is an HCL string too
        _CLI_CONFIG.write_text(f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n")
    _DECISION.write_text(json.dumps({"source": asdict(source), "basis": _basis()}, indent=2) + "\n")
    return source
