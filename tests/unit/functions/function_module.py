"""Load a function's handler as Lambda does: its settings in the environment, its module fresh."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest

from scripts import aws_environment
from scripts.ministack import MiniStack


def load_handler(package: str, monkeypatch: pytest.MonkeyPatch, emulator: MiniStack, **settings: str) -> ModuleType:
    """Return the module `<package>.handler`, wired to the emulator and configured with `settings`."""
    environment = {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": aws_environment.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": aws_environment.SECRET_KEY,
        **settings,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, f"{package}.handler", raising=False)
    return importlib.import_module(f"{package}.handler")
