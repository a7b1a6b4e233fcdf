"""The policy document: refreshed without a deployment, refused with the field named, and never lost."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pipeline.aws import policies
from pipeline.aws.observability import logger
from pipeline.aws.policies import PolicyStore, PolicyUnavailableError
from pipeline.scoring.model import Model
from scripts import paths
from tests.factories import acceptance, account, merchant, policy_text
from tests.unit.functions.conftest import Faulty
from tests.unit.scoring import artifacts, documents

REFRESH = 60
OUT = EndpointConnectionError(endpoint_url="local")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter")


class World:
    """A parameter in the local AWS, a clock, and what was counted and logged."""

    def __init__(self, ssm: Any) -> None:
        self.ssm = Faulty(ssm)
        self._plain = ssm
        self.name = f"policy-{uuid.uuid4().hex[:8]}"
        self.time = 1000.0
        self.counted: list[str] = []
        self.errors: list[dict[str, Any]] = []

    def put(self, text: str) -> None:
        self._plain.put_parameter(Name=self.name, Value=text, Type="SecureString", Overwrite=True)

    def store(self, *models: Model) -> PolicyStore:
        return PolicyStore(
            self.ssm, self.name, {model.description.sha256: model for model in models}, REFRESH, lambda: self.time
        )

    def later(self) -> None:
        """Let the time of refreshing come."""
        self.time += REFRESH

    def said(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Return what was counted and logged since the last call."""
        found = self.counted[:], self.errors[:]
        self.counted.clear()
        self.errors.clear()
        return found


@pytest.fixture
def world(aws: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World(aws("ssm"))
    monkeypatch.setattr(policies, "count", made.counted.append)
    monkeypatch.setattr(logger, "error", lambda message, **more: made.errors.append({"message": message, **more}))
    made.put(policy_text(version="one"))
    yield made
    aws("ssm").delete_parameters(Names=[made.name])


def version(store: PolicyStore) -> str:
    return store.engine().document.version


class TestRefreshing:
    def test_the_document_is_read_once_until_it_is_due(self, world: World) -> None:
        store = world.store()

        assert [version(store) for _ in range(5)] == ["one"] * 5
        assert world.ssm.calls == ["get_parameter"]

    def test_a_new_document_decides_without_a_deployment(self, world: World) -> None:
        store = world.store()
        before = store.engine()
        world.put(policy_text(version="two"))

        assert version(store) == "one"
        world.later()
        assert version(store) == "two"
        assert before.document.version == "one"  # a batch that began goes on by what it began with
        assert world.said() == ([], [])

    def test_a_document_that_stays_the_same_is_not_read_anew(self, world: World) -> None:
        store = world.store()
        before = store.engine()

        world.later()

        assert store.engine() is before

    @pytest.mark.parametrize("error", [OUT, DENIED])
    def test_when_the_parameter_is_out_of_reach_the_last_good_one_goes_on(self, world: World, error: Exception) -> None:
        store = world.store()
        store.engine()
        world.ssm.fail("get_parameter", error)
        world.later()

        assert version(store) == "one"
        assert world.said()[0] == ["PolicyRefreshFailed"]
        assert world.ssm.calls == ["get_parameter"] * 2
        world.put(policy_text(version="two"))
        world.later()
        assert version(store) == "two"

    def test_a_refused_document_is_named_and_the_running_one_stays(self, world: World) -> None:
        store = world.store()
        store.engine()
        world.put(policy_text(version="two", champion="nobody"))
        world.later()

        assert version(store) == "one"
        counted, (error,) = world.said()
        assert counted == ["PolicyRefreshFailed"]
        assert (error["field"], error["parameter_version"]) == ("champion", 2)
        assert "nobody" in error["reason"]

    @pytest.mark.parametrize(
        "text", ["{", "[]", "null", '"text"', "{}", policy_text(version="x" * 65), policy_text(surplus=1)]
    )
    def test_nothing_that_can_be_in_a_parameter_stops_what_decides(self, world: World, text: str) -> None:
        store = world.store()
        store.engine()
        world.put(text)
        world.later()

        assert version(store) == "one"
        assert world.said()[0] == ["PolicyRefreshFailed"]

    def test_a_bug_in_reading_a_document_stops_nothing(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        store = world.store()
        store.engine()
        world.put(policy_text(version="two"))
        monkeypatch.setattr(policies, "parse", lambda _: 1 / 0)
        world.later()

        assert version(store) == "one"
        assert world.said()[1][0]["reason"] == "ZeroDivisionError"

    def test_a_document_that_stays_refused_is_counted_each_time_and_logged_once(self, world: World) -> None:
        store = world.store()
        store.engine()
        world.put("{}")
        for _ in range(3):
            world.later()
            store.engine()

        counted, errors = world.said()
        assert (counted, len(errors)) == (["PolicyRefreshFailed"] * 3, 1)

    def test_after_a_refused_document_a_good_one_is_taken(self, world: World) -> None:
        store = world.store()
        store.engine()
        world.put("{}")
        world.later()
        store.engine()
        world.put(policy_text(version="three"))
        world.later()

        assert version(store) == "three"

    def test_a_document_that_names_a_model_we_do_not_have_is_refused(self, world: World) -> None:
        store = world.store(artifacts.model(1))
        store.engine()
        world.put(json.dumps(documents.content(artifacts.model(2).description.sha256)))
        world.later()

        assert version(store) == "one"
        assert world.said()[1][0]["field"] == "policies.model.artifact"

    def test_a_document_with_a_model_decides_by_it(self, world: World) -> None:
        model = artifacts.model()
        world.put(json.dumps(documents.content(model.description.sha256, champion="model", challenger=None)))

        decision = world.store(model).engine().decide(acceptance(), account(), merchant())

        assert (decision.policy, decision.model_version) == ("model", model.version)


class TestStarting:
    def test_with_an_invalid_newest_version_the_newest_that_validates_is_taken(self, world: World) -> None:
        for text in (policy_text(version="two"), "{}", policy_text(champion="nobody")):
            world.put(text)

        store = world.store()

        assert version(store) == "two"
        counted, errors = world.said()
        assert "PolicyRefreshFailed" in counted
        assert "PolicyFallback" not in counted
        assert [error["parameter_version"] for error in errors] == [4, 3]
        assert world.ssm.calls == ["get_parameter", "get_parameter_history"]

    def test_the_history_is_read_to_its_end(self, world: World) -> None:
        for _ in range(60):
            world.put("{}")

        assert version(world.store()) == "one"

    def test_a_start_that_went_back_takes_the_next_good_one(self, world: World) -> None:
        world.put("{}")
        store = world.store()
        store.engine()
        world.put(policy_text(version="three"))
        world.later()

        assert version(store) == "three"

    @pytest.mark.parametrize("error", [OUT, DENIED])
    def test_when_the_parameter_is_out_of_reach_the_packaged_rules_decide(self, world: World, error: Exception) -> None:
        world.ssm.fail("get_parameter", error)
        store = world.store()

        decision = store.engine().decide(acceptance(amount="6000"), account(), merchant())

        assert (decision.policy, decision.document_version, decision.score) == ("points", "packaged-rules-1", 40)
        assert world.said()[0] == ["PolicyRefreshFailed", "PolicyFallback"]

    def test_the_packaged_rules_are_the_published_ones(self) -> None:
        shipped = json.loads((paths.ROOT / "policy_documents" / "flagship.json").read_text())
        packaged = json.loads(policies.BASELINE)

        assert packaged["policies"]["points"] == shipped["policies"]["points"]
        assert packaged["routes"] == shipped["routes"]

    def test_the_packaged_rules_give_way_as_soon_as_the_parameter_can_be_read(self, world: World) -> None:
        world.ssm.fail("get_parameter", OUT, times=2)
        store = world.store()
        seen = [version(store), version(store)]
        world.later()
        seen.append(version(store))
        world.later()
        seen.append(version(store))

        assert seen == ["packaged-rules-1"] * 3 + ["one"]
        assert world.said()[0] == ["PolicyRefreshFailed", "PolicyFallback"] * 2

    def test_where_no_version_validates_the_packaged_rules_decide(self, world: World, aws: Any) -> None:
        aws("ssm").delete_parameter(Name=world.name)
        world.put("{}")
        world.put("[]")
        store = world.store()

        assert version(store) == "packaged-rules-1"
        assert world.said()[0].count("PolicyFallback") == 1
        world.put(policy_text(version="three"))
        world.later()
        assert version(store) == "three"

    def test_where_there_is_no_parameter_the_packaged_rules_decide(self, world: World, aws: Any) -> None:
        aws("ssm").delete_parameter(Name=world.name)

        assert version(world.store()) == "packaged-rules-1"

    def test_who_needs_a_real_document_is_told_that_there_is_none(self, world: World) -> None:
        world.ssm.fail("get_parameter", OUT)
        store = world.store()

        with pytest.raises(PolicyUnavailableError):
            store.document()
        world.later()
        assert store.document().version == "one"


class TestStartingWithoutTheModel:
    """The packages hold another model than every version of the parameter names."""

    @pytest.fixture(autouse=True)
    def no_version_validates(self, world: World, aws: Any) -> None:
        aws("ssm").delete_parameter(Name=world.name)
        world.put(self.naming_a_model(version="older"))
        world.put(self.naming_a_model(version="newest", deny=[documents.entry("account", "acc")]))

    @staticmethod
    def naming_a_model(version: str, deny: list[dict[str, str]] | None = None, **changes: Any) -> str:
        lists = {"allow": [], "deny": deny or []}
        return json.dumps(
            documents.content("f" * 64, version=version, lists=lists, champion="model", challenger=None, **changes)
        )

    def test_the_rules_lists_and_routes_of_the_newest_document_decide(self, world: World) -> None:
        decision = world.store(artifacts.model()).engine().decide(acceptance(amount="10001"), account(), merchant())

        assert (decision.document_version, decision.decided_by) == ("newest+rules", "deny_list")
        assert decision.routes == ("high_value",)
        counted, errors = world.said()
        assert counted.count("PolicyFallback") == 1
        assert (errors[-1]["field"], errors[-1]["parameter_version"]) == ("policies.model.artifact", 2)

    def test_an_invalid_newest_version_is_passed_over(self, world: World) -> None:
        world.put("{}")

        assert version(world.store()) == "newest+rules"

    def test_each_refresh_tries_again(self, world: World) -> None:
        store = world.store()
        seen = [version(store)]
        world.later()
        seen.append(version(store))
        world.ssm.fail("get_parameter", OUT)
        world.later()
        seen.append(version(store))
        world.put(self.naming_a_model(version="third"))
        world.later()
        seen.append(version(store))
        assert world.said()[0].count("PolicyFallback") == 4
        world.put(policy_text(version="good"))
        world.later()
        seen.append(version(store))

        assert seen == ["newest+rules"] * 3 + ["third+rules", "good"]
        assert world.said() == ([], [])

    def test_an_older_version_that_validates_is_taken_as_it_is(self, world: World, aws: Any) -> None:
        aws("ssm").delete_parameter(Name=world.name)
        world.put(policy_text(version="good"))
        world.put(self.naming_a_model(version="newest"))

        assert version(world.store()) == "good"

    def test_an_older_kill_switch_does_not_bring_its_old_lists_back(self, world: World, aws: Any) -> None:
        aws("ssm").delete_parameter(Name=world.name)
        world.put(self.naming_a_model(version="killed", kill_switch=True))
        world.put(self.naming_a_model(version="newest"))

        assert version(world.store()) == "newest+rules"

    def test_a_document_whose_kill_switch_is_on_is_taken_as_it_is(self, world: World) -> None:
        world.put(self.naming_a_model(version="killed", kill_switch=True))

        assert version(world.store()) == "killed"
        assert world.said() == ([], [])

    def test_who_needs_the_models_is_told_that_they_are_missing(self, world: World) -> None:
        world.put(self.naming_a_model(version="third"))

        with pytest.raises(PolicyUnavailableError):
            world.store().document()
