"""The fixture of pytest-terraform that applies the root, once for the whole run.

It is a module of its own because pytest-terraform makes the fixture while a plugin is configured
(see `pytest_configure` of conftest.py).
"""

from __future__ import annotations

from pytest_terraform import terraform
from pytest_terraform import tf as plugin

from scripts import terraform_tree

plugin.LazyModuleDir.value = str(terraform_tree.TREE.parent)

# Stopping the emulator is the teardown: a destroy would only cost time.
terraform(terraform_tree.TREE.name, scope="session", name="applied_root", teardown=terraform.TEARDOWN_OFF)
