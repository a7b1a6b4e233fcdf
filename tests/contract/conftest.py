"""Fixtures that several contract tests share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from scripts import planned
from scripts.ministack import MiniStack
from scripts.planned import Plan


@pytest.fixture(scope="session")
def plan_of(emulator: MiniStack) -> Callable[[str], Plan]:
    """Return a root's plan by its folder; each is made once."""
    return cache(lambda root: planned.make(emulator, root))
