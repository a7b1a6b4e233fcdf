"""What can be deployed is listed once, and a name that is not listed is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scripts import paths, systems
from scripts.demo import systems as demonstrable
from scripts.errors import CommandError


@pytest.mark.parametrize("system", systems.ALL.values(), ids=lambda system: system.name)
def test_each_system_is_where_it_says(system: systems.Deployable) -> None:
    root = paths.ROOT / system.folder

    assert (root / "main.tf").is_file()
    assert (paths.ROOT / system.api_document).is_file()
    assert system.variables_file.is_file()
    assert systems.named(system.name) is system


def test_an_unknown_name_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(
        CommandError, match="SYSTEM must be flagship, merchant_api, stream_alerts or securebank, not flagschiff"
    ):
        systems.named("flagschiff")


def test_missing_local_settings_are_named() -> None:
    nowhere = replace(systems.FLAGSHIP, variables=Path("environments", "none.tfvars"))

    with pytest.raises(CommandError, match=r"environments/none\.tfvars is missing"):
        _ = nowhere.variables_file


def test_what_can_be_deployed_can_be_demonstrated() -> None:
    assert set(demonstrable.ALL) == set(systems.ALL)
