"""No policy names an IAM action that AWS does not have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from policy_sentry.querying.actions import get_actions_for_service

from scripts import paths

ACTION = re.compile(r'"(?!aws:)([a-z0-9-]+):([A-Z][A-Za-z]+)"')  # aws:... are keys of conditions, of no service
SOURCES = sorted([*paths.ROOT.glob("*.tf"), *paths.ROOT.glob("modules/*/*.tf"), *paths.ROOT.glob("examples/*/*.tf")])
NAMED = {
    (file, f"{service}:{action}")
    for file in SOURCES
    for line in file.read_text(encoding="utf-8").splitlines()
    if not line.strip().startswith("variable ")  # the keys of conditions look alike
    for service, action in ACTION.findall(line)
}


def test_the_search_finds_actions() -> None:
    assert len({action for _, action in NAMED}) > 20


@pytest.mark.parametrize(
    ("file", "action"),
    sorted(NAMED),
    ids=[f"{file.relative_to(paths.ROOT)}-{action}" for file, action in sorted(NAMED)],
)
def test_the_action_is_in_the_iam_catalogue(file: Path, action: str) -> None:
    known = {name.lower() for name in get_actions_for_service(action.split(":", maxsplit=1)[0])}

    assert action.lower() in known
