"""uv installs from where pip does."""

from __future__ import annotations

from pathlib import Path

from scripts import registry


def test_the_index_that_pip_knows_becomes_uvs() -> None:
    environment = registry.uv_environment({"index-url": "https://mirror.invalid/simple"}, {})

    assert environment["UV_DEFAULT_INDEX"] == "https://mirror.invalid/simple"


def test_settings_of_uvs_own_win() -> None:
    base = {"UV_INDEX_URL": "https://mine.invalid/simple"}

    environment = registry.uv_environment({"index-url": "https://mirror.invalid/simple"}, base)

    assert environment == base


def test_a_local_index_that_does_not_exist_is_left_out(tmp_path: Path) -> None:
    settings = {"extra-index-url": f"file://{tmp_path} file://{tmp_path}/missing", "find-links": f"{tmp_path}/none"}

    environment = registry.uv_environment(settings, {})

    assert environment["UV_INDEX"] == f"file://{tmp_path}"
    assert environment["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert "UV_FIND_LINKS" not in environment


def test_an_active_virtual_environment_is_not_uvs_target() -> None:
    assert registry.uv_environment({}, {"VIRTUAL_ENV": "/somewhere", "HOME": "/home"}) == {"HOME": "/home"}


def test_pips_environment_wins_over_its_files(tmp_path: Path) -> None:
    pip = tmp_path / "python"
    pip.write_text(
        "#!/bin/sh\necho \"global.index-url='https://file.invalid'\"\necho \":env:.index-url='https://env.invalid'\"\n"
    )
    pip.chmod(0o755)

    assert registry.pip_settings(pip) == {"index-url": "https://env.invalid"}
