"""Every type of resource that the repository's configurations make is known to the model."""

from __future__ import annotations

import re

import pytest

from scripts import paths
from scripts.cost import catalogue

_RESOURCE = re.compile(r'^resource "([a-z0-9_]+)"', re.MULTILINE)


def types_in_use() -> set[str]:
    files = [*paths.ROOT.glob("*.tf"), *paths.ROOT.glob("modules/*/*.tf"), *paths.ROOT.glob("examples/*/*.tf")]
    return {kind for file in files for kind in _RESOURCE.findall(file.read_text(encoding="utf-8"))}


def test_every_type_in_use_has_a_price_or_a_reason() -> None:
    assert types_in_use() - set(catalogue.METERS) - set(catalogue.free()) == set()


def test_nothing_is_both_priced_and_free() -> None:
    assert set(catalogue.METERS) & set(catalogue.free()) == set()


@pytest.mark.parametrize("kind", sorted(catalogue.free()))
def test_what_is_free_says_why(kind: str) -> None:
    assert catalogue.free()[kind].strip()
