"""Every configuration is valid and keeps what its own tests promise; each is a test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import module_docs, paths, root_modules

EVERYWHERE = root_modules.names()


@pytest.mark.parametrize("name", EVERYWHERE)
def test_terraform_validate(name: str) -> None:
    root_modules.offline(name).validate()


@pytest.mark.parametrize("name", EVERYWHERE)
def test_terraform_test(name: str) -> None:
    folders = root_modules.folders_with_tests(name)
    assert folders, f"{name} has no tests/*.tftest.hcl"

    runner = root_modules.offline(name)
    for folder in folders:
        printed = runner.test(f"-test-directory={folder}")
        assert "0 failed" in printed, printed
        assert "Success! 0 passed" not in printed, f"{name}/{folder} runs nothing"


@pytest.mark.parametrize("folder", module_docs.documented(), ids=paths.shown)
def test_the_readme_has_the_tables_of_its_inputs_and_outputs(folder: Path) -> None:
    readme = folder / "README.md"

    assert readme.read_text(encoding="utf-8") == module_docs.render(folder), "run `make docs`"
