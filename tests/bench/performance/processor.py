"""Processor time of an emulator and of all functions that it runs, from Linux's process table.

Unlike times on the clock it hardly depends on what else the machine does.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

_PROC = Path("/proc")
_PARENT, _TIMES = 1, slice(11, 15)
"""Places behind the name in /proc/PID/stat: the parent; own time, the kernel's for it, and both of ended children."""


def seconds_of(endpoint: str) -> float | None:
    """Return the seconds so far of the emulator behind an endpoint and of all its children; None where none is told."""
    if not _PROC.is_dir():
        return None
    stats = {pid: stat for pid in _processes() if (stat := _stat(pid))}
    children = defaultdict(list)
    for pid, stat in stats.items():
        children[int(stat[_PARENT])].append(pid)
    wanted = f"GATEWAY_PORT={urlsplit(endpoint).port}\0".encode()
    told = {pid for pid in stats if wanted in _environment(pid)}  # the emulator, and who inherits its environment
    tree = [pid for pid in told if int(stats[pid][_PARENT]) not in told]
    for pid in tree:  # it grows on the way
        tree += children[pid]
    ticks = sum(int(ticks) for pid in tree for ticks in stats[pid][_TIMES])
    return ticks / os.sysconf("SC_CLK_TCK") if tree else None


def _processes() -> list[int]:
    return sorted(int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _stat(pid: int) -> list[str]:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:  # it has just ended
        return []
    return text[text.rindex(")") + 2 :].split()


def _environment(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:  # ended, or not ours
        return b""
