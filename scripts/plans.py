"""Plans of the deployable roots, made with the real provider against the bare local AWS; nothing is applied."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from scripts import root_modules
from scripts.errors import CommandError
from scripts.ministack import MiniStack
from scripts.terraform import environment


def make(emulator: MiniStack, root: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what `terraform show -json` tells of a root's plan.

    Parameters
    ----------
    emulator
        Answers what the data sources of the root ask.
    root
        The root's folder, relative to the repository.

    Raises
    ------
    CommandError
        If Terraform refuses.
    """
    runner = root_modules.offline(root)  # initialises the data folder
    file = runner.data / "contract.tfplan"
    env = {**environment(emulator.environment), "TF_DATA_DIR": str(runner.data)}

    def run(*command: str) -> str:
        done = subprocess.run(
            ["terraform", *command], cwd=runner.folder, env=env, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise CommandError(f"terraform {command[0]} failed in {root}:\n{done.stderr}")
        return done.stdout

    state = runner.data / "contract.tfstate"
    given = runner.data / "contract.tfvars.json"
    given.write_text(json.dumps(variables or {}), encoding="utf-8")
    run("plan", "-no-color", "-input=false", "-lock=false", f"-state={state}", f"-var-file={given}", f"-out={file}")
    content: dict[str, Any] = json.loads(run("show", "-json", str(file)))
    return content
