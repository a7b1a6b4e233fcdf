"""Terraform works in a tree of links and leaves nothing among the sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import paths, terraform_tree


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    (root / "modules" / "queue" / "tests").mkdir(parents=True)
    (root / "examples" / "shop" / "tests").mkdir(parents=True)
    (root / "examples" / "mappings").mkdir()
    (root / "tests" / "e2e" / "probes").mkdir(parents=True)
    for name in (
        "main.tf",
        "modules/queue/main.tf",
        "modules/queue/tests/a.tftest.hcl",
        "examples/shop/main.tf",
        "examples/shop/openapi.yaml",
        "examples/shop/tests/names.tftest.hcl",
        "examples/mappings/a.toml",
    ):
        (root / name).write_text("# configuration\n")
    for name in ("tests/test_it.py", ".terraform.lock.hcl", "terraform.tfstate", "examples/shop/terraform.tfvars"):
        (root / name).write_text("not wanted\n")
    (root / "tests" / "root.tftest.hcl").write_text("# a test of the root\n")
    (root / "tests" / "e2e" / "probes" / "main.tf").write_text("# a root of tests\n")
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(paths, "PACKAGES", root / "build" / "packages")
    monkeypatch.setattr(terraform_tree, "TREE", root / "build" / "tree")
    return root


def files(tree: Path) -> set[str]:
    return {str(file.relative_to(tree)) for file in tree.rglob("*") if file.is_file()}


def test_the_tree_holds_the_configuration_and_neither_what_terraform_made_nor_settings_for_aws(root: Path) -> None:
    tree = terraform_tree.refresh()

    assert files(tree) == {
        "main.tf",
        "modules/queue/main.tf",
        "modules/queue/tests/a.tftest.hcl",
        "examples/shop/main.tf",
        "examples/shop/openapi.yaml",
        "examples/shop/tests/names.tftest.hcl",
        "examples/shop/backend_override.tf",
        "examples/mappings/a.toml",
        "tests/root.tftest.hcl",
        "tests/e2e/probes/main.tf",
        "tests/e2e/probes/backend_override.tf",
        "backend_override.tf",
    }
    assert (tree / "build" / "packages").resolve() == (root / "build" / "packages").resolve()


def test_a_file_that_is_gone_is_gone_from_the_tree_and_terraforms_own_files_stay(root: Path) -> None:
    tree = terraform_tree.refresh()
    (tree / ".terraform.lock.hcl").write_text("made by init")
    (root / "modules" / "queue" / "main.tf").unlink()

    terraform_tree.refresh()

    assert "modules/queue/main.tf" not in files(tree)
    assert ".terraform.lock.hcl" in files(tree)


@pytest.mark.parametrize("folder", [".", "examples/shop", "tests/e2e/probes"])
def test_local_runs_never_use_a_roots_own_backend(root: Path, folder: str) -> None:
    (root / folder / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n')

    tree = terraform_tree.refresh()

    assert 'backend "local"' in (tree / folder / "backend_override.tf").read_text()


def test_an_example_finds_the_packages_as_it_does_in_the_repository(root: Path) -> None:
    packages = root / "build" / "packages"
    packages.mkdir(parents=True)
    (packages / "ingest.zip").write_bytes(b"zip")

    tree = terraform_tree.refresh()

    assert (tree / "examples" / "shop" / "../../build/packages/ingest.zip").read_bytes() == b"zip"
