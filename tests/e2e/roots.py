"""The fixtures of pytest-terraform that apply the roots, each once for the whole run.

They are in a module of their own because pytest-terraform makes them while a plugin is configured
(see `pytest_configure` of conftest.py). Where a root lies is said when it is applied (`deployed.applied`).
"""

from __future__ import annotations

from pytest_terraform import terraform

from scripts import terraform_tree

# Stopping the emulator is the teardown: a destroy would only cost time.
for folder in (terraform_tree.TREE.name, "merchant_api", "stream_alerts", "securebank", "probes"):
    terraform(folder, scope="session", name=f"applied_{folder}", teardown=terraform.TEARDOWN_OFF)
