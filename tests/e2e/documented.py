"""Runs the commands of a README as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping

from scripts import environments, paths
from scripts.systems import Deployable
from tests.e2e.deployed import Deployed


def run_commands(
    deployed: Deployed, system: Deployable, section: str, replaced: Mapping[str, str] | None = None
) -> str:
    """Run a section's shell blocks as one script and return what they print; fail where one fails.

    Only the host that AWS gives the API is replaced by the local one, and what the reader has to fill in.

    Parameters
    ----------
    deployed, system
        The system, and what it is.
    section
        The heading; sections below it with headings of their own are not run.
    replaced
        What the reader fills in: the README's examples, and what stands for them here.
    """
    readme = (paths.ROOT / system.folder / "README.md").read_text(encoding="utf-8")
    text = re.split(r"\n##+ ", readme.split(f"\n## {section}\n")[1])[0]
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    for example, given in (replaced or {}).items():
        assert example in commands, f"the commands of {section} name no {example}"
        commands = commands.replace(example, given)
    runner = deployed.terraform
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands.replace("$(terraform output -raw api_endpoint)", deployed.api)],
        cwd=runner.module_dir,
        env={
            **deployed.environment,
            "PATH": f"{environments.ensure(environments.AWSCLI).folder / 'bin'}:{os.environ['PATH']}",
            "TF_DATA_DIR": str(runner.work_dir),
            "TF_CLI_ARGS_output": f"-state={runner.state_path}",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
