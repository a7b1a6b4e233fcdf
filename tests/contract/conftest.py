"""Fixtures that several contract tests share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from scripts.ministack import MiniStack
from tests.contract import planned
from tests.contract.planned import Plan


@pytest.fixture(scope="session")
def plan_of(emulator: MiniStack) -> Callable[[str], Plan]:
    """Return a root's plan by its folder; each is made once."""
    return cache(lambda root: planned.make(emulator, root))
