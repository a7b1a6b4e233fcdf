"""A kept deployment comes back on another port, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import environments, inventory, paths, snapshot
from scripts.snapshot import About
from scripts.systems import FLAGSHIP, MERCHANT_API

OLD = "http://127.0.0.1:4000/000000000000/queue"
FILES = (
    "main.tf",
    "api/openapi.yaml",
    "environments/local.tfvars",
    "environments/prod.tfvars",
    "modules/queue/main.tf",
    "modules/queue/README.md",
    "policy_documents/points.json",
    "examples/merchant_api/main.tf",
    "examples/merchant_api/openapi.yaml",
    "examples/merchant_api/local.tfvars",
    "examples/merchant_api/README.md",
    "examples/merchant_api/tests/names.tftest.hcl",
    "packages/a.zip",
    "packages/a.py",
    "requirements/ministack.txt",
    f"venv/ministack/{environments.STAMP}",
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
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
    snapshot.save(FLAGSHIP, "key", about, root / "state", root / "terraform.tfstate")
    return about


def test_addresses_move_to_the_new_port_everywhere_but_in_code(root: Path, kept: About) -> None:
    new = OLD.replace("4000", "5000")

    back = snapshot.restore(FLAGSHIP, "key", 5000, root / "new", root / "new.tfstate")

    assert back == About(5000, {"queue_url": new}, kept.apply_seconds, kept.inventory)
    assert (root / "new" / "sqs.json").read_text() == f'{{"{new}": "http://localhost:5000/x", "number": 4000}}'
    assert (root / "new.tfstate").read_text() == f'{{"url": "{new}"}}'
    assert (root / "new" / "blobs" / "code.zip").read_bytes() == b"127.0.0.1:4000"


def test_what_was_there_before_does_not_mix_with_what_comes_back(root: Path, kept: About) -> None:
    (root / "new").mkdir()
    (root / "new" / "dynamodb.json").write_text("{}")

    snapshot.restore(FLAGSHIP, "key", 5000, root / "new", root / "new.tfstate")

    assert not (root / "new" / "dynamodb.json").exists()


def test_an_unknown_key_has_nothing_and_a_damaged_one_is_refused(root: Path, kept: About) -> None:
    assert snapshot.restore(FLAGSHIP, "other", 5000, root / "new", root / "new.tfstate") is None

    (snapshot.FOLDER / "flagship" / "key" / "about.json").write_text("{")
    with pytest.raises(snapshot.SnapshotError):
        snapshot.restore(FLAGSHIP, "key", 5000, root / "new", root / "new.tfstate")


def test_only_the_newest_of_each_system_is_kept(root: Path, kept: About) -> None:
    snapshot.save(MERCHANT_API, "other", kept, root / "state", root / "terraform.tfstate")
    snapshot.save(FLAGSHIP, "newer", kept, root / "state", root / "terraform.tfstate")

    found = {str(folder.relative_to(snapshot.FOLDER)) for folder in snapshot.FOLDER.glob("*/*")}
    assert found == {"flagship/newer", "merchant_api/other"}


def test_a_system_never_gets_the_deployment_of_another(root: Path, kept: About) -> None:
    assert snapshot.restore(MERCHANT_API, "key", 5000, root / "new", root / "new.tfstate") is None


OF_ALL = (
    "modules/queue/main.tf",
    "policy_documents/points.json",
    "packages/a.zip",
    "packages/a.py",
    "requirements/ministack.txt",
)
OF_THE_FLAGSHIP = ("main.tf", "api/openapi.yaml", "environments/local.tfvars")
OF_THE_EXAMPLE = tuple(f"examples/merchant_api/{name}" for name in ("main.tf", "openapi.yaml", "local.tfvars"))
OF_NONE = (
    "modules/queue/README.md",
    "environments/prod.tfvars",
    "examples/merchant_api/README.md",
    "examples/merchant_api/tests/names.tftest.hcl",
)


@pytest.mark.parametrize("changed", [*OF_ALL, *OF_THE_FLAGSHIP, *OF_THE_EXAMPLE, *OF_NONE])
def test_a_key_changes_with_what_the_system_is_made_from_and_with_nothing_else(root: Path, changed: str) -> None:
    before = [snapshot.key(system, {}) for system in (FLAGSHIP, MERCHANT_API)]
    (root / changed).write_text("changed")

    after = [snapshot.key(system, {}) for system in (FLAGSHIP, MERCHANT_API)]

    differs = [one != other for one, other in zip(before, after)]
    assert differs == [changed in OF_ALL + OF_THE_FLAGSHIP, changed in OF_ALL + OF_THE_EXAMPLE]


def test_the_emulators_settings_are_part_of_the_key(root: Path) -> None:
    assert snapshot.key(FLAGSHIP, {"AUTH": "true"}) != snapshot.key(FLAGSHIP, {})


def test_the_first_thing_that_did_not_come_back_is_named() -> None:
    before = {"sqs:list_queues": ["a", "b"], "lambda:list_functions": ["f"]}

    assert inventory.difference(before, dict(before)) is None
    assert inventory.difference(before, {**before, "sqs:list_queues": ["a"]}) == "sqs:list_queues: b"
    assert inventory.difference(before, {"sqs:list_queues": ["a", "b"]}) == "lambda:list_functions: f"
