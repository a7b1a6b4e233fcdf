"""The operator's tool changes the policy document with care, and says clearly what it will not do."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.aws.drift import DriftTable
from pipeline.aws.dynamo import to_item
from pipeline.aws.policies import BASELINE
from pipeline.domain.evidence import stored_decision, whole_decision
from pipeline.domain.records import decision_attributes
from pipeline.domain.times import to_text
from pipeline.scoring.artifact import load
from pipeline.scoring.document import PolicyDocument, parse
from pipeline.scoring.drift import Breaker
from pipeline.scoring.engine import DecisionEngine
from scripts import paths
from scripts.policy import __main__ as policy
from scripts.policy import documents
from scripts.policy.changes import basis_points
from tests.factories import acceptance, account, merchant
from tests.unit.scoring import artifacts
from tests.unit.scoring.documents import content as complete
from tests.unit.scoring.documents import document, entry

NAME = "txn-test-policy"
ARTIFACT = artifacts.content()
SHA256 = ARTIFACT["sha256"]
CLOSED = Breaker(open=False, since=None, reasons=())
OPEN = Breaker(open=True, since="2026-11-20T08:00:00.000000Z", reasons=("ALERT_RATE:model",))

Run = Callable[..., int]


def content(**changes: Any) -> dict[str, Any]:
    return complete(SHA256, **changes)


class Ssm:
    """A parameter with its versions, as Systems Manager keeps them."""

    def __init__(self, *texts: str) -> None:
        self.entries: list[dict[str, Any]] = []
        self.meanwhile = 0
        for text in texts:
            self.put_parameter(Name=NAME, Value=text, Overwrite=True, Type="SecureString", KeyId="our-key")

    def get_paginator(self, operation: str) -> Ssm:
        assert operation == "get_parameter_history"
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        assert request["WithDecryption"]
        if not self.entries or request["Name"] != NAME:
            error = {"Error": {"Code": "ParameterNotFound", "Message": "no"}}
            raise ClientError(error, "GetParameterHistory")  # type: ignore[arg-type]
        for version in self.entries:
            yield {"Parameters": [version]}

    def put_parameter(self, **request: Any) -> dict[str, int]:
        assert request.pop("Overwrite")
        number = len(self.entries) + 1 + self.meanwhile
        at = datetime(2026, 11, 20, tzinfo=timezone.utc) + timedelta(hours=number)
        user = "arn:aws:iam::123456789012:user/op"
        self.entries.append({**request, "Version": number, "LastModifiedDate": at, "LastModifiedUser": user})
        return {"Version": number}

    @property
    def newest(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.entries[-1]["Value"])
        return document


class Dynamo:
    """Two tables: the drift breaker, and transactions."""

    def __init__(
        self, breaker: Breaker | None = None, row: dict[str, Any] | None = None, looked: timedelta = timedelta()
    ) -> None:
        self.items = {"transactions": row}
        if breaker is not None:
            now = to_text(datetime.now(timezone.utc) - looked)
            DriftTable(self, "drift").set_breaker(breaker, now, 1000, judged=True)  # type: ignore[arg-type]

    def update_item(self, **request: Any) -> None:
        values = request["ExpressionAttributeValues"]
        self.items["drift"] = {name[1:]: value for name, value in values.items()}

    def get_item(self, **request: Any) -> dict[str, Any]:
        item = self.items.get(request["TableName"])
        return {"Item": item} if item is not None else {}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "random.json").write_text(json.dumps(ARTIFACT))
    monkeypatch.setattr(policy, "models", lambda: documents.models(folder))
    monkeypatch.setenv("POLICY_PARAMETER", NAME)
    monkeypatch.setenv("DRIFT_TABLE", "drift")
    monkeypatch.setenv("TRANSACTIONS_TABLE", "transactions")


def run(*arguments: object, ssm: Ssm | None = None, dynamo: Dynamo | None = None) -> int:
    clients = {"ssm": ssm, "dynamodb": dynamo or Dynamo()}
    return policy.main([str(argument) for argument in arguments], clients.__getitem__)


def written(folder: Path, document: dict[str, Any], name: str = "policies.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(document))
    return file


def test_a_good_file_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", written(tmp_path, content())) == 0

    answer = capsys.readouterr().out
    assert "is good: version test-1, champion points" in answer
    assert re.search(r"policies points, weights, model, combined; 1,\d\d\d of 8,192 bytes", answer)


def test_the_shipped_document_is_good_for_the_packaged_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "models", documents.models)

    assert run("check", paths.ROOT / "policy_documents" / "flagship.json") == 0


def test_check_tells_which_list_entries_have_expired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [entry("account", "old", "2001-01-01T00:00:00Z"), entry("account", "new", "9998-01-01T00:00:00Z")]
    lists = {"allow": entries, "deny": []}

    assert run("check", written(tmp_path, content(lists=lists))) == 0
    answer = capsys.readouterr().out
    assert "the entry of account old has expired" in answer
    assert "account new" not in answer


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"champion": "nobody"}, "is refused: champion: 'nobody' is none of the policies."),
        ({"kill_switch": "no"}, "is refused: kill_switch: must be boolean."),
        ({"more": 1}, "is refused: more: is not a field of this document."),
    ],
)
def test_a_bad_file_is_refused_with_the_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], error: str
) -> None:
    file = written(tmp_path, content(**changes))

    assert run("check", file) == 1
    assert capsys.readouterr().err == f"policy: {file} {error}\n"


def test_space_between_the_parts_of_a_file_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "wide.json"
    file.write_text(json.dumps(content(note='a "quoted"  note'), indent=200))
    ssm = Ssm(json.dumps(content(version="test-0")))

    assert file.stat().st_size > 8192
    assert run("put", file, ssm=ssm) == 0
    assert ssm.newest["note"] == 'a "quoted"  note'


def test_a_model_that_is_not_packaged_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", written(tmp_path, complete("f" * 64))) == 1
    assert "policies.model.artifact: no model with this sha256 is packaged" in capsys.readouterr().err


def test_a_file_that_is_not_there_could_not_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", tmp_path / "none.json") == 2
    assert "none.json cannot be read: No such file" in capsys.readouterr().err


def test_show_prints_what_the_functions_decide_by(capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content()), json.dumps(content(champion="nobody")))

    assert run("show", ssm=ssm) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == content()
    assert f"{NAME}, version 1 of 2026-11-20 01:00:00, by arn:aws:iam::123456789012:user/op" in shown.err
    assert run("show", "--version", 2, ssm=ssm) == 0
    assert json.loads(capsys.readouterr().out)["champion"] == "nobody"
    assert run("show", "--version", 3, ssm=ssm) == 2


def test_history_tells_which_version_is_in_force_and_why_others_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = [content(), content(version="test-2", note="why not"), content(version="test-3", champion="nobody"), "{"]

    assert run("history", ssm=Ssm(*(text if isinstance(text, str) else json.dumps(text) for text in texts))) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["4", "3", "2", "1"]
    assert "refused: document: is no JSON" in lines[0]
    assert "refused: champion: 'nobody' is none of the policies" in lines[1]
    assert re.search(r"test-2 +in force  why not$", lines[2])
    assert re.search(r"test-1 +good$", lines[3])


def test_diff_names_each_path_that_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = content(version="test-2", challenger=None)
    changed["policies"]["points"]["thresholds"]["fraud"] = 60
    changed["note"] = "why"
    ssm = Ssm(json.dumps(content()))

    assert run("diff", written(tmp_path, changed), ssm=ssm) == 1
    assert capsys.readouterr().out.splitlines() == [
        'version: "test-1" -> "test-2"',
        'challenger: {"policy": "model", "share_basis_points": 0, "salt": "1"} -> null',
        "policies.points.thresholds.fraud: 50 -> 60",
        'note: (none) -> "why"',
    ]
    assert run("diff", written(tmp_path, content()), ssm=ssm) == 0


def test_put_writes_a_new_version_under_the_same_key_and_no_space_is_wasted(tmp_path: Path) -> None:
    ssm = Ssm(json.dumps(content()))
    changed = content(version="test-2", shadows=["weights"])

    assert run("put", written(tmp_path, changed), ssm=ssm) == 0

    last = ssm.entries[-1]
    assert json.loads(last["Value"]) == changed
    assert " " not in last["Value"]
    assert (last["Type"], last["KeyId"], last["Tier"]) == ("SecureString", "our-key", "Intelligent-Tiering")


def test_put_refuses_what_the_functions_would_refuse(tmp_path: Path) -> None:
    ssm = Ssm(json.dumps(content()))

    assert run("put", written(tmp_path, content(version="test-2", fallback="model")), ssm=ssm) == 1
    assert len(ssm.entries) == 1


def test_put_refuses_a_document_version_that_was_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content()), json.dumps(content(version="test-2")))

    assert run("put", written(tmp_path, content(shadows=[])), ssm=ssm) == 1
    assert "'test-1' was used by version 1 of the parameter" in (error := capsys.readouterr().err)
    assert "for instance 'test-3'" in error
    assert len(ssm.entries) == 2


def test_put_mends_a_parameter_that_holds_nothing_good(tmp_path: Path) -> None:
    ssm = Ssm("{}")

    assert run("put", written(tmp_path, content()), ssm=ssm) == 0
    assert ssm.newest["version"] == "test-1"


def test_a_write_that_someone_else_came_in_between_of_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ssm = Ssm(json.dumps(content()))
    ssm.meanwhile = 2

    assert run("put", written(tmp_path, content(version="test-2")), ssm=ssm) == 2
    assert "written as version 4, but someone else wrote versions 2 to 3 meanwhile" in capsys.readouterr().err


def test_a_share_needs_its_unit() -> None:
    assert [basis_points(text) for text in ("0%", "5%", "2.5%", "0.01%", "250bp", "100%")] == [
        0,
        500,
        250,
        1,
        250,
        10_000,
    ]
    for text in ("5", "0.05", "101%", "10001bp", "-1%", "2.555%", "1.5bp", "five", "5 %", ""):
        with pytest.raises(ValueError, match="must"):
            basis_points(text)


def test_promote_raises_the_share_under_the_next_name(capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content()))

    assert run("promote", "--share", "5%", "--reason", "two good weeks", ssm=ssm) == 0

    assert ssm.newest["challenger"] == {"policy": "model", "share_basis_points": 500, "salt": "1"}
    assert ssm.newest["version"] == "test-2"
    assert ssm.newest["note"] == "promote model to 5% of the accounts: two good weeks"
    assert "challenger.share_basis_points: 0 -> 500" in capsys.readouterr().out


def test_promote_can_name_another_challenger() -> None:
    ssm = Ssm(json.dumps(content(challenger=None)))

    assert run("promote", "--share", "1%", ssm=ssm) == 2
    assert run("promote", "--share", "1%", "--policy", "combined", "--salt", "autumn", ssm=ssm) == 0
    assert ssm.newest["challenger"] == {"policy": "combined", "share_basis_points": 100, "salt": "autumn"}


def test_promote_makes_the_challenger_the_champion_and_the_champion_a_shadow() -> None:
    ssm = Ssm(json.dumps(content()))

    assert run("promote", "--champion", "--as", "winter-1", ssm=ssm) == 0

    assert (ssm.newest["champion"], ssm.newest["challenger"]) == ("model", None)
    assert ssm.newest["shadows"] == ["points", "weights", "combined"]
    assert ssm.newest["version"] == "winter-1"


@pytest.mark.parametrize(
    "arguments", [("--share", "5%"), ("--champion",), ("--share", "0.01%", "--policy", "combined")]
)
def test_an_open_breaker_holds_every_promotion(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content()))

    assert run("promote", *arguments, ssm=ssm, dynamo=Dynamo(OPEN)) == 1
    assert "the drift breaker is open since 2026-11-20T08:00:00.000000Z (ALERT_RATE:model)" in capsys.readouterr().err
    assert len(ssm.entries) == 1


def test_an_open_breaker_also_holds_a_promotion_by_file(tmp_path: Path) -> None:
    ssm = Ssm(json.dumps(content()))
    file = written(tmp_path, content(version="test-2", champion="combined"))

    assert run("put", file, ssm=ssm, dynamo=Dynamo(OPEN)) == 1
    assert len(ssm.entries) == 1


def test_a_forced_promotion_is_recorded_with_its_reason() -> None:
    ssm = Ssm(json.dumps(content()))

    assert run("promote", "--share", "5%", "--force", "--reason", "sale", ssm=ssm, dynamo=Dynamo(OPEN)) == 0
    assert ssm.newest["note"] == "promote model to 5% of the accounts, forced past the drift breaker: sale"


def test_force_needs_a_reason() -> None:
    with pytest.raises(SystemExit) as stopped:
        run("promote", "--share", "5%", "--force", ssm=Ssm(json.dumps(content())))

    assert stopped.value.code == 2


def test_an_open_breaker_holds_nothing_that_is_no_promotion() -> None:
    ssm = Ssm(json.dumps(content(challenger={"policy": "model", "share_basis_points": 500, "salt": "1"})))
    dynamo = Dynamo(OPEN)

    assert run("promote", "--share", "1%", ssm=ssm, dynamo=dynamo) == 0  # fewer accounts
    assert run("kill", "on", ssm=ssm, dynamo=dynamo) == 0
    assert ssm.newest["challenger"]["share_basis_points"] == 100


def test_a_closed_breaker_or_none_holds_nothing() -> None:
    for dynamo in (Dynamo(), Dynamo(CLOSED)):
        assert run("promote", "--share", "5%", ssm=Ssm(json.dumps(content())), dynamo=dynamo) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"champion": "model", "challenger": None},
        {"champion": "combined", "challenger": None},  # of which the model is a part
        {"challenger": {"policy": "model", "share_basis_points": 500, "salt": "1"}},
    ],
)
def test_another_model_under_the_same_name_is_a_promotion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any]
) -> None:
    file = written(tmp_path, content(version="test-2", **changes))

    assert run("put", file, ssm=Ssm(elsewhere(**changes)), dynamo=Dynamo(OPEN)) == 1
    assert "the drift breaker is open" in capsys.readouterr().err


def test_other_parts_are_a_promotion_and_other_thresholds_are_none(tmp_path: Path) -> None:
    before = content(champion="combined")
    parts, thresholds = content(version="test-2", champion="combined"), content(version="test-2", champion="combined")
    parts["policies"]["combined"]["parts"]["points"] = 3000
    thresholds["policies"]["combined"]["thresholds"]["fraud"] = 600_000

    assert run("put", written(tmp_path, parts), ssm=Ssm(json.dumps(before)), dynamo=Dynamo(OPEN)) == 1
    assert run("put", written(tmp_path, thresholds), ssm=Ssm(json.dumps(before)), dynamo=Dynamo(OPEN)) == 0


@pytest.mark.parametrize(
    "after",
    [
        {"champion": "weights", "challenger": None},
        {"champion": "points"},  # with a challenger that only shadows
        {"champion": "points", "challenger": {"policy": "weights", "share_basis_points": 500, "salt": "1"}},
        {"champion": "model", "challenger": None, "kill_switch": True},
    ],
)
def test_an_open_breaker_never_holds_what_lets_rule_sets_decide(tmp_path: Path, after: dict[str, Any]) -> None:
    ssm = Ssm(json.dumps(content(champion="model", challenger=None)))

    assert run("put", written(tmp_path, content(version="test-2", **after)), ssm=ssm, dynamo=Dynamo(OPEN)) == 0


def test_a_promotion_is_held_while_the_kill_switch_is_on_too_for_it_would_begin_with_its_end(tmp_path: Path) -> None:
    ssm = Ssm(json.dumps(content(kill_switch=True)))
    promoted = content(version="test-2", champion="combined", challenger=None, kill_switch=True)

    assert run("put", written(tmp_path, promoted), ssm=ssm, dynamo=Dynamo(OPEN)) == 1
    assert run("kill", "off", ssm=ssm, dynamo=Dynamo(OPEN)) == 0


def test_a_promotion_to_champion_can_be_taken_back_while_the_breaker_is_open() -> None:
    ssm = Ssm(json.dumps(content(challenger={"policy": "model", "share_basis_points": 500, "salt": "1"})))

    assert run("promote", "--champion", ssm=ssm) == 0
    assert run("rollback", ssm=ssm, dynamo=Dynamo(OPEN)) == 0
    assert (ssm.newest["champion"], ssm.newest["challenger"]["share_basis_points"]) == ("points", 500)


def test_a_promotion_needs_a_look_of_drift_that_is_not_old(capsys: pytest.CaptureFixture[str]) -> None:
    old, unknown = Dynamo(CLOSED, looked=timedelta(hours=3, minutes=1)), Dynamo(CLOSED)
    del unknown.items["drift"]["looked_at"]  # type: ignore[union-attr]
    ssm = Ssm(json.dumps(content()))

    for dynamo in (old, unknown):
        assert run("promote", "--share", "5%", ssm=ssm, dynamo=dynamo) == 1
        assert "more than 3 hours ago" in capsys.readouterr().err
    assert run("promote", "--share", "5%", "--force", "--reason", "seen", ssm=ssm, dynamo=old) == 0
    assert run("promote", "--share", "6%", ssm=ssm, dynamo=Dynamo(CLOSED, looked=timedelta(hours=2))) == 0


def test_a_drift_that_has_never_run_holds_nothing_but_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("promote", "--share", "5%", ssm=Ssm(json.dumps(content())), dynamo=Dynamo()) == 0
    assert "warning: drift has never run" in capsys.readouterr().err


def test_the_kill_switch_is_one_word_and_twice_is_once(capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content(version="flagship")))

    assert run("kill", "on", "--reason", "model is mad", ssm=ssm) == 0
    assert (ssm.newest["kill_switch"], ssm.newest["version"]) == (True, "flagship-2")
    assert ssm.newest["note"] == "kill switch on: model is mad"
    assert run("kill", "on", ssm=ssm) == 0
    assert "nothing to change" in capsys.readouterr().out
    assert len(ssm.entries) == 2
    assert run("kill", "off", ssm=ssm) == 0
    assert (ssm.newest["kill_switch"], ssm.newest["version"]) == (False, "flagship-3")


def test_the_kill_switch_works_although_the_newest_version_is_refused() -> None:
    ssm = Ssm(json.dumps(content()), "{")

    assert run("kill", "on", ssm=ssm) == 0
    assert ssm.newest == {**content(), "kill_switch": True, "version": "test-2", "note": "kill switch on"}


DENIED = {"allow": [], "deny": [entry("account", "bad")]}


def elsewhere(**changes: Any) -> str:
    """Return a document whose artifact this checkout does not have."""
    return json.dumps(complete("f" * 64, **changes))


@pytest.mark.parametrize("switch", ["on", "off"])
def test_the_kill_switch_works_from_a_checkout_without_the_artifact(switch: str) -> None:
    newest = {"version": "test-2", "lists": DENIED, "kill_switch": switch == "off"}
    ssm = Ssm(json.dumps(content()), elsewhere(**newest), "{")

    assert run("kill", switch, ssm=ssm) == 0
    expected = json.loads(elsewhere(version="test-3", lists=DENIED, kill_switch=switch == "on"))
    assert ssm.newest == {**expected, "note": f"kill switch {switch}"}


@pytest.mark.parametrize("arguments", [("promote", "--share", "5%"), ("promote", "--champion"), ("rollback",)])
def test_no_older_document_is_changed_in_place_of_one_that_this_checkout_refuses(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    ssm = Ssm(json.dumps(content(shadows=[])), json.dumps(content()), elsewhere(version="test-3", lists=DENIED))

    assert run(*arguments, ssm=ssm) == 1
    error = capsys.readouterr().err
    assert "version 3 of txn-test-policy is refused: policies.model.artifact: no model with this sha256" in error
    assert "use a checkout that has what they have, the artifact above all" in error
    assert len(ssm.entries) == 3


def test_nothing_is_promoted_on_an_older_document_than_the_newest() -> None:
    ssm = Ssm(json.dumps(content()), json.dumps(content(version="test-2", more="of a newer release")))

    assert run("promote", "--share", "5%", ssm=ssm) == 1
    assert len(ssm.entries) == 2


def test_the_document_of_another_checkout_is_not_told_to_be_out_of_force(capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content()), elsewhere(version="test-2"))

    assert run("show", ssm=ssm) == 1
    assert run("show", "--version", 2, ssm=ssm) == 0
    capsys.readouterr()
    assert run("history", ssm=ssm) == 0
    newest, older = capsys.readouterr().out.splitlines()
    assert "in force unless the functions lack its artifact too: policies.model.artifact" in newest
    assert older.endswith("good")


def test_rollback_leaves_a_document_that_is_none_as_the_runbook_says() -> None:
    ssm = Ssm(json.dumps(content(shadows=[])), json.dumps(content(version="test-2")), "{")

    assert run("rollback", ssm=ssm) == 0
    assert ssm.newest["note"] == "rollback to test-1 (version 1)"


def test_rollback_keeps_kill_switch_and_lists_of_the_day() -> None:
    newest = content(version="test-2", champion="model", challenger=None, lists=DENIED)
    for where in ((), ("--to", 1)):
        ssm = Ssm(json.dumps(content()), json.dumps(newest))

        assert run("kill", "on", ssm=ssm) == 0
        assert run("rollback", *where, ssm=ssm) == 0
        assert (ssm.newest["champion"], ssm.newest["kill_switch"], ssm.newest["lists"]) == ("points", True, DENIED)


def test_a_rollback_after_a_rollback_does_not_bring_back_what_the_first_one_left() -> None:
    first, second, bad = content(shadows=[]), content(version="test-2"), content(version="test-3", champion="model")
    bad["challenger"] = None
    ssm = Ssm(*(json.dumps(document) for document in (first, second, bad)))

    assert run("rollback", ssm=ssm) == 0
    assert ssm.newest["note"] == "rollback to test-2 (version 2)"
    assert run("kill", "on", ssm=ssm) == 0  # nor after a change that a rollback does not take back
    assert run("rollback", ssm=ssm) == 0
    assert ssm.newest["note"] == "rollback to test-1 (version 1)"
    assert run("rollback", ssm=ssm) == 1


def test_a_note_alone_is_no_rollback(tmp_path: Path) -> None:
    ssm = Ssm(json.dumps(content(shadows=[])), json.dumps(content(version="test-2")))
    copied = content(version="test-3", shadows=["weights"], note="rollback to test-1 (version 1)")

    assert run("put", written(tmp_path, copied), ssm=ssm) == 0
    assert run("rollback", ssm=ssm) == 0
    assert ssm.newest["note"] == "rollback to test-2 (version 2)"


def test_rollback_goes_to_the_version_before_that_validates() -> None:
    good, bad = content(shadows=["model"]), content(version="test-2", champion="nobody")
    ssm = Ssm(json.dumps(good), json.dumps(bad), json.dumps(content(version="test-3")))

    assert run("rollback", ssm=ssm) == 0
    note = "rollback to test-1 (version 1)"
    assert ssm.newest == {**good, "version": "test-4", "note": note}


def test_rollback_goes_where_it_is_told_to() -> None:
    ssm = Ssm(*(json.dumps(content(version=f"test-{number}")) for number in (1, 2)), elsewhere(version="test-3"))

    assert run("rollback", "--to", 2, ssm=ssm) == 0
    assert ssm.newest["note"] == "rollback to test-2 (version 2)"
    assert run("rollback", "--to", 9, ssm=ssm) == 2


def test_without_an_earlier_version_there_is_no_rollback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rollback", ssm=Ssm(json.dumps(content()))) == 1
    assert "no version that the functions take" in capsys.readouterr().err


def test_a_rollback_that_promotes_is_held_by_the_breaker() -> None:
    ssm = Ssm(json.dumps(content(champion="combined")), json.dumps(content(version="test-2")))

    assert run("rollback", ssm=ssm, dynamo=Dynamo(OPEN)) == 1


def report(*proposals: dict[str, Any]) -> dict[str, Any]:
    return {"policies": [{"name": "x", "proposal": proposal} for proposal in proposals]}


def proposal(name: str, fraud: int, review: int | None = None) -> dict[str, Any]:
    return {"policy": name, "fragment": {"policies": {name: {"thresholds": {"review": review, "fraud": fraud}}}}}


def test_a_proposal_becomes_a_file_to_approve_not_a_version(tmp_path: Path) -> None:
    ssm = Ssm(json.dumps(content()))
    source, output = (
        written(tmp_path, report(proposal("model", 450_000, 200_000)), "report.json"),
        tmp_path / "new.json",
    )

    assert run("propose", "--from", source, "--output", output, ssm=ssm) == 0

    proposed = json.loads(output.read_text())
    assert proposed["policies"]["model"]["thresholds"] == {"review": 200_000, "fraud": 450_000}
    assert (proposed["version"], proposed["policies"]["model"]["version"]) == ("test-2", "2")
    assert len(ssm.entries) == 1
    assert run("put", output, ssm=ssm) == 0


def test_a_backtests_proposal_alone_is_enough(tmp_path: Path) -> None:
    source, output = written(tmp_path, proposal("model", 450_000)["fragment"], "proposal.json"), tmp_path / "new.json"

    assert run("propose", "--from", source, "--document", written(tmp_path, content()), "--output", output) == 0
    assert json.loads(output.read_text())["policies"]["model"]["thresholds"] == {"review": None, "fraud": 450_000}


@pytest.mark.parametrize(
    "report", [{}, [], 7, {"policies": {"model": {}}}, {"proposal": {"fragment": {"policies": 7}}}]
)
def test_a_report_without_a_proposal_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], report: Any) -> None:
    source = written(tmp_path, report, "report.json")
    arguments = ("--document", written(tmp_path, content()), "--output", tmp_path / "new.json")

    assert run("propose", "--from", source, *arguments) == 2
    assert "must propose thresholds exactly once; found: none" in capsys.readouterr().err


def test_of_several_proposals_one_is_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content()))
    source = written(tmp_path, report(proposal("model", 450_000), proposal("combined", 500_000)), "report.json")
    output = tmp_path / "new.json"

    assert run("propose", "--from", source, "--output", output, ssm=ssm) == 2
    assert "exactly once; found: combined, model" in capsys.readouterr().err
    assert run("propose", "--from", source, "--policy", "combined", "--output", output, ssm=ssm) == 0
    assert json.loads(output.read_text())["policies"]["combined"]["thresholds"]["fraud"] == 500_000


def test_an_artifact_proposes_the_thresholds_of_its_training(tmp_path: Path) -> None:
    artifact = written(tmp_path, ARTIFACT, "artifact.json")
    base = content()
    base["policies"]["model"]["thresholds"] = {"review": None, "fraud": 999_999}
    output = tmp_path / "new.json"

    assert run("propose", "--from", artifact, "--document", written(tmp_path, base), "--output", output) == 0
    assert json.loads(output.read_text())["policies"]["model"]["thresholds"] == ARTIFACT["thresholds"]


@pytest.mark.parametrize(("fraud", "field"), [(1_000_001, "fraud: can never be reached"), (1, "review: must be below")])
def test_a_proposal_that_the_functions_would_refuse_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], fraud: int, field: str
) -> None:
    source = written(tmp_path, report(proposal("model", fraud, 1)), "report.json")

    assert run("propose", "--from", source, "--document", written(tmp_path, content()), "--output", tmp_path / "n") == 1
    assert f"policies.model.thresholds.{field}" in capsys.readouterr().err
    assert not (tmp_path / "n").exists()


def test_adopt_adds_a_model_as_a_shadow_that_decides_nothing(tmp_path: Path) -> None:
    base = content(challenger=None, shadows=["weights"])
    del base["policies"]["model"], base["policies"]["combined"]
    file = written(tmp_path, base)

    assert run("adopt", tmp_path / "models" / "random.json", "--document", file, "--as", "flagship-1") == 0

    adopted = json.loads(file.read_text())
    assert (adopted["champion"], adopted["challenger"], adopted["version"]) == ("points", None, "flagship-1")
    assert adopted["shadows"] == ["weights", "model", "combined"]
    assert adopted["policies"]["model"] == {
        "kind": "model", "version": "1", "artifact": SHA256, "thresholds": ARTIFACT["thresholds"],
    }  # fmt: skip
    assert adopted["policies"]["combined"]["parts"] == {"model": 1, "points": 500, "weights": 5000}


def test_adopting_another_model_gives_what_changes_a_new_version(tmp_path: Path) -> None:
    file = written(tmp_path, complete("f" * 64))
    artifact = tmp_path / "models" / "random.json"

    assert run("adopt", artifact, "--document", file) == 0
    once = file.read_text()
    assert run("adopt", artifact, "--document", file) == 0

    adopted = json.loads(once)
    assert file.read_text() == once
    assert adopted["version"] == "test-2"
    versions = {name: spec["version"] for name, spec in adopted["policies"].items()}
    assert versions == {"points": "1", "weights": "1", "model": "2", "combined": "2"}
    assert adopted["policies"]["combined"]["thresholds"] == ARTIFACT["thresholds"]


def test_a_tampered_artifact_is_not_adopted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, before = written(tmp_path, content()), json.dumps(content())

    assert run("adopt", written(tmp_path, {**ARTIFACT, "base": 0}, "x.json"), "--document", file) == 1
    assert "x.json is refused: sha256: is not that of the content" in capsys.readouterr().err
    assert file.read_text() == before


def row(name: str = "Contest Winners") -> dict[str, Any]:
    engine = DecisionEngine(document(SHA256), {SHA256: load(json.dumps(ARTIFACT))})
    decision = engine.decide(acceptance(), account(), merchant(name))
    return {"transaction_id": "t1", **stored_decision(decision_attributes(decision))}


def in_base64(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "evidence": b64encode(row["evidence"]).decode()}


def in_wire_format(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row as `aws dynamodb get-item` prints it."""
    return {**to_item(row), "evidence": {"B": in_base64(row)["evidence"]}}


@pytest.mark.parametrize("form", ["dynamodb", "row", "decision"])
def test_a_recorded_decision_replays_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    forms: dict[str, Any] = {
        "dynamodb": {"Item": in_wire_format(row())},
        "row": in_base64(row()),
        "decision": whole_decision(row()),
    }
    file = written(tmp_path, forms[form], "row.json")

    assert run("replay", "--decision", file, "--document", written(tmp_path, content())) == 0
    assert capsys.readouterr().out == "same: decided by document test-1, replayed by test-1\n"


def test_a_transaction_is_replayed_by_the_document_that_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    newer = content(version="test-2")
    newer["policies"]["points"]["thresholds"] = {"review": 10, "fraud": 20}
    ssm = Ssm(json.dumps(content()), json.dumps(newer))

    assert run("replay", "--transaction", "t1", ssm=ssm, dynamo=Dynamo(row=to_item(row()))) == 0
    assert "same: decided by document test-1, replayed by test-1" in capsys.readouterr().out


def decided_by(document: PolicyDocument) -> dict[str, Any]:
    engine = DecisionEngine(document, {SHA256: load(json.dumps(ARTIFACT)), "f" * 64: load(json.dumps(ARTIFACT))})
    decision = engine.decide(acceptance(), account(), merchant("Contest Winners"))
    return {"transaction_id": "t1", "decision": decision_attributes(decision)}


def test_a_decision_of_the_packaged_rules_replays_without_the_parameter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, decided_by(parse(BASELINE)), "row.json")

    assert run("replay", "--decision", file, ssm=Ssm()) == 0
    assert capsys.readouterr().out.startswith("same: decided by document packaged-rules-1, ")


def test_the_name_of_the_packaged_rules_is_theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content()))

    assert run("put", written(tmp_path, content(version="packaged-rules-1")), ssm=ssm) == 1
    assert run("promote", "--share", "5%", "--as", "packaged-rules-1", ssm=ssm) == 1
    assert capsys.readouterr().err.count("is that of the packaged rules") == 2
    assert len(ssm.entries) == 1


def test_a_decision_by_the_rules_of_a_document_replays_by_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = elsewhere(champion="model", challenger=None)
    file = written(tmp_path, decided_by(parse(text).rules_only()), "row.json")

    assert run("replay", "--decision", file, ssm=Ssm(text)) == 0
    same = "same: decided by document test-1+rules, replayed by test-1+rules\n"
    assert capsys.readouterr().out == same
    known = written(tmp_path, content(champion="model", challenger=None))
    assert run("replay", "--decision", file, "--document", known) == 0
    assert capsys.readouterr().out == same


def test_a_replay_that_comes_out_otherwise_tells_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stricter = content(version="test-2")
    stricter["policies"]["points"]["thresholds"] = {"review": 10, "fraud": 20}
    file = written(tmp_path, in_base64(row()), "row.json")

    assert run("replay", "--decision", file, "--document", written(tmp_path, stricter)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "different: decided by document test-1, replayed by test-2",
        '  outcome: "REVIEW_REQUIRED" -> "FRAUD_SUSPECTED"',
        '  document_version: "test-1" -> "test-2"',
    ]


@pytest.mark.parametrize(
    ("stored", "error"),
    [
        ({"transaction_id": "t1"}, "holds no decision with its features"),
        ({"decision": {"score": 1}}, "holds no decision with its features"),
        ({"decision": {"features": {"amount": "1"}}}, "cannot be replayed by this release: 'account_bucket'"),
        ({"Item": {"decision": 7}}, "is no row as DynamoDB writes it"),
        ({"decision": {"score": 1}, "evidence": "AgA="}, "must begin with version 1, not 02"),
        ({"decision": {"score": 1}, "evidence": "no base64"}, "holds evidence that this release cannot read"),
        ({"decision": {"score": 1}, "evidence": 7}, "the evidence must be binary"),
        ([], "holds no decision"),
    ],
)
def test_what_cannot_be_replayed_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stored: Any, error: str
) -> None:
    file = written(tmp_path, stored, "row.json")

    assert run("replay", "--decision", file, "--document", written(tmp_path, content())) == 2
    assert error in capsys.readouterr().err


def test_a_document_that_is_gone_has_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    ssm = Ssm(json.dumps(content(version="test-9")))

    assert run("replay", "--transaction", "t1", ssm=ssm, dynamo=Dynamo(row=to_item(row()))) == 2
    assert "keeps no document 'test-1' any more" in capsys.readouterr().err


def test_what_is_not_named_is_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("POLICY_PARAMETER")

    assert run("show", ssm=Ssm()) == 2
    assert (
        "give --parameter or set POLICY_PARAMETER: terraform output -raw policy_parameter_name"
        in capsys.readouterr().err
    )


def test_a_parameter_that_is_not_there_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "--parameter", "other", ssm=Ssm(json.dumps(content()))) == 2
    assert capsys.readouterr().err == "policy: there is no parameter 'other': deploy first, or name another.\n"


def test_it_works_against_a_real_parameter_store(aws: Any, tmp_path: Path) -> None:
    ssm = aws("ssm")
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    ssm.put_parameter(Name=NAME, Value=documents.pretty(content()), Type="SecureString", KeyId=key)

    assert policy.main(["promote", "--share", "5%"], {"ssm": ssm, "dynamodb": Dynamo()}.__getitem__) == 0
    assert policy.main(["rollback"], {"ssm": ssm, "dynamodb": Dynamo()}.__getitem__) == 0

    kept = ssm.get_parameter_history(Name=NAME, WithDecryption=True)["Parameters"]
    assert [json.loads(entry["Value"])["version"] for entry in kept] == ["test-1", "test-2", "test-3"]
    assert {entry["KeyId"] for entry in kept} == {key}
    assert {entry["Type"] for entry in kept} == {"SecureString"}
