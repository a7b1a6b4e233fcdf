"""Every configuration is valid and keeps what its own tests promise; each is a test of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts import module_docs, paths, root_modules, terraform_tree

EVERYWHERE = root_modules.names()


@pytest.fixture(scope="module")
def printed(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[list[str]]]]:
    """Begin with all configurations that are to be tested, two at a time; Terraform mostly waits for its provider."""
    terraform_tree.refresh()  # once, before two of them would
    chosen = [
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_a_configuration_is_valid_and_passes_its_own_tests.__name__
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {name: pool.submit(validate_and_test, name) for name in chosen}


def validate_and_test(name: str) -> list[str]:
    """Validate a configuration and return what each folder of its tests printed."""
    runner = root_modules.offline(name)
    runner.validate()
    return [runner.test(f"-test-directory={folder}") for folder in root_modules.folders_with_tests(name)]


@pytest.mark.timeout(3600)  # a hundred plans of a large root, while other tests want the processors, too
@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_configuration_is_valid_and_passes_its_own_tests(name: str, printed: dict[str, Future[list[str]]]) -> None:
    assert root_modules.folders_with_tests(name), f"{name} has no tests/*.tftest.hcl"
    for text in printed[name].result():
        assert "0 failed" in text, text
        assert "Success! 0 passed" not in text, f"{name} runs nothing"


@pytest.mark.parametrize("folder", module_docs.documented(), ids=paths.shown)
def test_the_readme_has_the_tables_of_its_inputs_and_outputs(folder: Path) -> None:
    readme = folder / "README.md"

    assert readme.read_text(encoding="utf-8") == module_docs.render(folder), "run `make docs`"
