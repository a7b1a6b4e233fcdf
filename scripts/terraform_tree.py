"""A tree of links to the configuration, in which Terraform may leave what it likes.

Terraform writes its lock file beside the configuration, and one written from a mirror
would break `terraform init` on other platforms. So local runs happen in
`build/terraform/tree`: real folders, each file a link to the real one. An override file
in each root keeps state on this machine whatever backend the root is given.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from scripts import paths

TREE = paths.TERRAFORM / "tree"

_LEFT_OUT_AT_ROOT = frozenset({"build", "docs", "scripts", "lambda_src", "glue_src", "requirements"})
_TERRAFORM = (".tf", ".tftest.hcl")
_FOLDERS_OF_ROOTS = (Path("examples"), Path("tests", "bench"), Path("tests", "e2e"))
_BACKEND = "backend_override.tf"
_LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'
_MADE_BY_TERRAFORM = (".terraform", "terraform.tfstate", _BACKEND)
_OF_SOMEBODYS_OWN = ("terraform.tfvars", ".auto.tfvars")  # read unasked: a local run would deploy it instead of its own


def refresh() -> Path:
    """Bring the tree up to date with the repository and return its root."""
    wanted = configuration()
    for relative in wanted:
        link, target = TREE / relative, paths.ROOT / relative
        if not (link.is_symlink() and link.readlink() == target):
            link.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                link.unlink()
            link.symlink_to(target)
    _remove_stale(wanted)
    _link_packages()
    for root in _roots(wanted):
        backend = TREE / root / _BACKEND
        if not backend.is_file() or backend.read_text() != _LOCAL_BACKEND:  # another Terraform may be reading it
            backend.write_text(_LOCAL_BACKEND)
    return TREE


def state_arguments(folder: Path) -> list[str]:
    """Return the arguments of `init` that keep a root's state below `folder`, one file a workspace."""
    return [
        "-reconfigure",
        f"-backend-config=path={folder / 'terraform.tfstate'}",
        f"-backend-config=workspace_dir={folder}",
    ]


def configuration() -> set[Path]:
    """Return every file that Terraform could read, relative to the repository's root."""
    root, wanted = paths.ROOT, set()
    for folder, folders, files in os.walk(root):
        here = Path(folder).relative_to(root)
        hidden_or_made = {name for name in folders if name.startswith(".") or name == "__pycache__"}
        left_out = frozenset() if here.parts else _LEFT_OUT_AT_ROOT
        folders[:] = [name for name in folders if name not in hidden_or_made | left_out]
        endings = _TERRAFORM if here.parts[:1] == ("tests",) else ("",)  # the root's: mostly Python
        kept = [
            name for name in files if not name.startswith(_MADE_BY_TERRAFORM) and not name.endswith(_OF_SOMEBODYS_OWN)
        ]
        wanted |= {here / name for name in kept if name.endswith(endings)}
    return wanted


def _roots(wanted: set[Path]) -> set[Path]:
    """Return the folders that can be deployed: the repository's root, the examples, and the roots of tests."""
    folders = {file.parent for file in wanted if file.suffix == ".tf"}
    return {folder for folder in folders if folder == Path() or folder.parent in _FOLDERS_OF_ROOTS}


def _remove_stale(wanted: set[Path]) -> None:
    for folder, folders, files in os.walk(TREE):
        folders[:] = [name for name in folders if name != ".terraform"]
        for name in files:
            link = Path(folder) / name
            if link.is_symlink() and link.relative_to(TREE) not in wanted:
                link.unlink()


def _link_packages() -> None:
    """Let `build/packages/...` in the configuration mean the real packages."""
    paths.PACKAGES.mkdir(parents=True, exist_ok=True)
    link = TREE / paths.PACKAGES.relative_to(paths.ROOT)
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(paths.PACKAGES)
