"""A kept deployment comes back on another port, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import environments, inventory, paths, snapshot
from scripts.snapshot import About

OLD = "http://127.0.0.1:4000/000000000000/queue"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("main.tf", "modules/queue/main.tf", "modules/queue/README.md", "local.tfvars", "packages/a.zip"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for name in ("requirements/ministack.txt", "venv/ministack/" + environments.STAMP):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "PACKAGES", tmp_path / "packages")
    monkeypatch.setattr(paths, "REQUIREMENTS", tmp_path / "requirements")
    monkeypatch.setattr(paths, "VENVS", tmp_path / "venv")
    monkeypatch.setattr(snapshot, "FOLDER", tmp_path / "snapshots")
    monkeypatch.setattr(snapshot, "_terraform_version", lambda: "1.11.4")
    return tmp_path


@pytest.fixture
def kept(root: Path) -> About:
    (root / "state" / "blobs").mkdir(parents=True)
    (root / "state" / "sqs.json").write_text(f'{{"{OLD}": "http://localhost:4000/x", "number": 4000}}')
    (root / "state" / "blobs" / "code.zip").write_bytes(b"127.0.0.1:4000")
    (root / "terraform.tfstate").write_text(f'{{"url": "{OLD}"}}')
    about = About(4000, {"queue_url": OLD}, 61.5, {"sqs:list_queues": ["queue"]})
    snapshot.save("key", about, root / "state", root / "terraform.tfstate")
    return about


def test_addresses_move_to_the_new_port_everywhere_but_in_code(root: Path, kept: About) -> None:
    new = OLD.replace("4000", "5000")

    back = snapshot.restore("key", 5000, root / "new", root / "new.tfstate")

    assert back == About(5000, {"queue_url": new}, kept.apply_seconds, kept.inventory)
    assert (root / "new" / "sqs.json").read_text() == f'{{"{new}": "http://localhost:5000/x", "number": 4000}}'
    assert (root / "new.tfstate").read_text() == f'{{"url": "{new}"}}'
    assert (root / "new" / "blobs" / "code.zip").read_bytes() == b"127.0.0.1:4000"


def test_what_was_there_before_does_not_mix_with_what_comes_back(root: Path, kept: About) -> None:
    (root / "new").mkdir()
    (root / "new" / "dynamodb.json").write_text("{}")

    snapshot.restore("key", 5000, root / "new", root / "new.tfstate")

    assert not (root / "new" / "dynamodb.json").exists()


def test_an_unknown_key_has_nothing_and_a_damaged_one_is_refused(root: Path, kept: About) -> None:
    assert snapshot.restore("other", 5000, root / "new", root / "new.tfstate") is None

    (snapshot.FOLDER / "key" / "about.json").write_text("{")
    with pytest.raises(snapshot.SnapshotError):
        snapshot.restore("key", 5000, root / "new", root / "new.tfstate")


def test_only_the_newest_is_kept(root: Path, kept: About) -> None:
    snapshot.save("newer", kept, root / "state", root / "terraform.tfstate")

    assert [folder.name for folder in snapshot.FOLDER.iterdir()] == ["newer"]


@pytest.mark.parametrize(
    "changed", ["main.tf", "modules/queue/main.tf", "local.tfvars", "packages/a.zip", "requirements/ministack.txt"]
)
def test_whatever_is_deployed_is_part_of_the_key(root: Path, changed: str) -> None:
    before = snapshot.key(root / "local.tfvars", {})
    (root / changed).write_text("changed")

    assert snapshot.key(root / "local.tfvars", {}) != before


def test_documentation_is_not_part_of_the_key_but_the_emulators_settings_are(root: Path) -> None:
    before = snapshot.key(root / "local.tfvars", {})
    (root / "modules" / "queue" / "README.md").write_text("changed")

    assert snapshot.key(root / "local.tfvars", {}) == before
    assert snapshot.key(root / "local.tfvars", {"AUTH": "true"}) != before


def test_the_first_thing_that_did_not_come_back_is_named() -> None:
    before = {"sqs:list_queues": ["a", "b"], "lambda:list_functions": ["f"]}

    assert inventory.difference(before, dict(before)) is None
    assert inventory.difference(before, {**before, "sqs:list_queues": ["a"]}) == "sqs:list_queues: b"
    assert inventory.difference(before, {"sqs:list_queues": ["a", "b"]}) == "lambda:list_functions: f"
