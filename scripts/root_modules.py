"""The folders that Terraform can be run in: the root, the modules and the examples."""

from __future__ import annotations

from pathlib import Path

from scripts import aws_environment, paths, terraform_tree
from scripts.terraform import Terraform

_TESTS = "*.tftest.hcl"


def names(root: Path = paths.ROOT) -> list[str]:
    """Return every folder that holds a configuration, relative to `root` (`.` is the root itself)."""
    folders = {file.parent for pattern in ("*.tf", "modules/*/*.tf", "examples/*/*.tf") for file in root.glob(pattern)}
    return sorted(str(folder.relative_to(root)) for folder in folders)


def folders_with_tests(name: str, root: Path = paths.ROOT) -> list[str]:
    """Return the folders of Terraform tests of a configuration, relative to it."""
    folder = root / name
    return sorted({str(file.parent.relative_to(folder)) for file in (folder / "tests").rglob(_TESTS)})


def offline(name: str) -> Terraform:
    """Return Terraform for one of the folders, initialised, with AWS out of reach.

    Tests plan with mocks or with dummy credentials. Whatever calls AWS nevertheless
    reaches a closed port of this machine, at once and only once.
    """
    tree = terraform_tree.refresh()
    data = paths.TERRAFORM / "data" / ("root" if name == "." else name)
    environment = {**aws_environment.local("http://127.0.0.1:9"), "AWS_MAX_ATTEMPTS": "1"}
    runner = Terraform(tree / name, data, environment)
    runner.init()
    return runner
