"""What each API demands of its callers, method by method: the plan has every operation of the document, none is open.

That the gateway then turns callers away, and that functions part tenants, is shown end to end (tests/e2e/access.py) and
by the functions' unit tests; docs/attacks.md tells which layer proves what.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import paths, planned, systems
from scripts.fuzz.rounds import operations
from scripts.planned import Plan
from tests.e2e.access import routes
from tests.e2e.api_document import read_document

OPEN_BY_DEFAULT = {"stream_alerts"}
"""Systems that ask for nothing unless they are told to, as their READMEs say."""


@pytest.mark.parametrize("system", systems.ALL)
def test_every_operation_of_the_document_is_planned_and_asks_for_the_key(
    system: str, plan_of: Callable[[str], Plan]
) -> None:
    root = systems.ALL[system].folder
    plan = plan_of(planned.FLAGSHIP if root == Path() else str(root))
    documented = {route.operation for route in routes(read_document(systems.ALL[system].api_document))}

    demanded = {
        method["operation_name"]: (method["authorization"], method["api_key_required"])
        for method in plan.resources("aws_api_gateway_method")
    }

    assert demanded == dict.fromkeys(documented, ("NONE", system not in OPEN_BY_DEFAULT))


@pytest.mark.parametrize("system", systems.ALL)
def test_every_operation_of_a_document_is_tried_with_bad_credentials(system: str) -> None:
    document = systems.ALL[system].api_document

    tried = [f"{route.verb} {route.path}" for route in routes(read_document(document))]

    assert len(tried) == len(set(tried)) == len(operations(paths.ROOT / document))
    assert not any("{" in path for path in tried)
