"""Where the provider comes from is decided quickly, once, and said clearly when nowhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import terraform_provider
from scripts.errors import CommandError
from scripts.terraform_provider import Source


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Make a mirror on call; decisions are kept in the test's folder, no other mirror is seen."""
    monkeypatch.setattr(terraform_provider, "_DECISION", tmp_path / "provider.json")
    monkeypatch.setattr(terraform_provider, "_CLI_CONFIG", tmp_path / "cli.tfrc")
    monkeypatch.setattr(terraform_provider, "_DOWNLOADS", tmp_path / "plugins")
    monkeypatch.setattr(terraform_provider, "registry_reachable", lambda: False)
    monkeypatch.delenv("TF_PLUGIN_MIRROR", raising=False)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "missing.tfrc"))
    folder = tmp_path / "mirror"
    monkeypatch.setattr(terraform_provider, "mirror_candidates", lambda: iter([tmp_path / "none", folder]))

    def make() -> Path:
        program = folder / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0" / terraform_provider._platform()
        program.mkdir(parents=True)
        (program / "terraform-provider-aws_v5.100.0").touch()
        return folder

    return make


def test_a_reachable_registry_is_used(mirror: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    mirror()
    monkeypatch.setattr(terraform_provider, "registry_reachable", lambda: True)

    assert terraform_provider.choose() == Source("registry")


def test_without_a_registry_the_mirror_is_used_and_remembered(
    mirror: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mirror()

    source = terraform_provider.choose()

    assert source == Source("mirror", str(folder))
    assert str(folder) in (tmp_path / "cli.tfrc").read_text()
    monkeypatch.setattr(terraform_provider, "registry_reachable", lambda: pytest.fail("asked again"))
    assert terraform_provider.choose() == source
    assert terraform_provider.environment(source, {})["TF_CLI_CONFIG_FILE"] == str(tmp_path / "cli.tfrc")


def test_a_mirror_that_vanished_is_not_used_from_memory(mirror: Callable[[], Path]) -> None:
    folder = mirror()
    terraform_provider.choose()
    (folder / "registry.terraform.io").rename(folder / "elsewhere")

    with pytest.raises(CommandError):
        terraform_provider.choose()


def test_nowhere_is_one_sentence(mirror: Callable[[], Path]) -> None:
    with pytest.raises(CommandError, match=r"out of reach.*set TF_PLUGIN_MIRROR") as refused:
        terraform_provider.choose()

    assert "\n" not in str(refused.value)


def test_a_registry_that_fails_half_way_gives_way_to_the_mirror(
    mirror: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mirror()
    monkeypatch.setattr(terraform_provider, "registry_reachable", lambda: True)
    terraform_provider.choose()

    assert terraform_provider.choose(registry_failed=True) == Source("mirror", str(folder))


def test_a_cli_configuration_that_does_not_exist_is_not_passed_on(mirror: Callable[[], Path]) -> None:
    assert "TF_CLI_CONFIG_FILE" not in terraform_provider.environment(
        Source("registry"), {"TF_CLI_CONFIG_FILE": "/does/not/exist"}
    )


def test_the_users_own_installation_settings_are_respected(
    mirror: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.tfrc"
    own.write_text('provider_installation {\n  network_mirror { url = "https://mirror.invalid/" }\n}\n')
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(own))

    source = terraform_provider.choose()

    assert source == Source("own")
    assert terraform_provider.environment(source, {"TF_CLI_CONFIG_FILE": str(own)})["TF_CLI_CONFIG_FILE"] == str(own)


def test_a_registry_that_never_answers_costs_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_provider, "_PROBE_SECONDS", 0.2)
    monkeypatch.setattr(terraform_provider, "_probe", threading.Event().wait)
    started = time.monotonic()

    assert not terraform_provider.registry_reachable()
    assert time.monotonic() - started < 5


def test_the_named_mirror_comes_first(tmp_path: Path) -> None:
    candidates = terraform_provider.mirror_candidates({"TF_PLUGIN_MIRROR": str(tmp_path)})

    assert next(candidates) == tmp_path
