"""An audit fails on what can be mended, and on silence; it tells of the rest."""

from __future__ import annotations

from typing import Any

from scripts import audit, paths
from scripts.audit import Acceptance


def package(*fixes: str, name: str = "urllib3") -> dict[str, Any]:
    vulnerability = {"id": "PYSEC-1", "aliases": ["CVE-2026-1"], "fix_versions": list(fixes)}
    return {"name": name, "version": "1.0", "vulns": [vulnerability]}


def test_a_weakness_with_a_fix_fails_and_is_named_with_it() -> None:
    found = audit.read("dev.txt", [package("1.1")])

    assert audit.failures(found, []) == ["dev.txt: urllib3 1.0: PYSEC-1, CVE-2026-1, fixed in 1.1"]


def test_a_weakness_without_a_fix_is_told_and_does_not_fail() -> None:
    found = audit.read("dev.txt", [package()])

    assert [str(one) for one in found.weaknesses] == ["dev.txt: urllib3 1.0: PYSEC-1, CVE-2026-1, without a fix"]
    assert audit.failures(found, []) == []


def test_an_acceptance_is_about_its_file_and_its_weaknesses_by_any_name() -> None:
    here, there = audit.read("a.txt", [package("1.1")]), audit.read("b.txt", [package("1.1")])
    written = [Acceptance("a.txt", ("CVE-2026-1",), "runs in tests only")]

    assert audit.failures(here, written) == []
    assert len(audit.failures(there, written)) == 1
    assert len(audit.failures(here, [Acceptance("a.txt", ("CVE-2026-2",), "another one")])) == 1


def test_a_package_of_which_the_registry_tells_nothing_fails() -> None:
    found = audit.read("dev.txt", [{"name": "boto3", "skip_reason": "not found on the registry"}, package(name="x")])

    assert audit.failures(found, []) == ["dev.txt: boto3: not found on the registry"]


def test_what_is_accepted_is_a_file_that_there_is_with_a_reason_and_never_what_is_shipped() -> None:
    for one in audit.accepted():
        assert (paths.REQUIREMENTS / one.file).is_file()
        assert one.file != "lambda.txt"
        assert len(one.because.split()) > 8
