"""The report on grants: what it reads of policies, what it takes for a use, and what it fails on."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from scripts import paths, systems
from scripts.errors import CommandError
from scripts.iam_report import deployments, grants, output, reasons
from scripts.iam_report.calls import UNIT, Call, covers
from scripts.iam_report.deployments import Deployment
from scripts.iam_report.grants import RESOURCE, TRUST, Grant
from scripts.iam_report.judgement import EXCUSED, IN_UNIT_TESTS, UNUSED, USED, Verdict, judge, wide
from scripts.iam_report.reasons import Reason, Reasons

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/txn-dev-accounts"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:txn-dev-transactions.fifo"
HOLDER = "module.process.aws_iam_role_policy.this"
SETTLE = Grant(HOLDER, "Settle", "dynamodb:UpdateItem", TABLE, role="txn-dev-process")
CALL = Call("txn-dev-process", "dynamodb:UpdateItem", TABLE, "e2e-strict")
WHY = "Somebody else uses it, and that is tested elsewhere."


def reason(
    action: str = "dynamodb:UpdateItem", holder: str = HOLDER, statement: str = "*", system: str = "*"
) -> Reason:
    return Reason(system, (holder,), statement, frozenset({action}), WHY)


def judged(*granted: Grant, calls: tuple[Call, ...] = (), units: tuple[Call, ...] = (), **written: Any) -> Verdict:
    """Judge the grants of one system, whose role txn-dev-process runs the function process."""
    of_system = Deployment("flagship", list(granted), {"txn-dev-process": "process"}, frozenset(calls), 60.0)
    return judge([of_system], units, Reasons(**written))


def problems(verdict: Verdict) -> list[str]:
    return [output.line(finding) for finding in verdict.findings]


def states(verdict: Verdict) -> list[str]:
    return [one.state for one in verdict.grants]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def resource(kind: str, address: str = "x.this", **values: Any) -> grants.Resource:
    return {"type": kind, "address": address, "values": values}


class TestUnused:
    def test_a_grant_that_no_call_used_fails_and_is_named(self) -> None:
        verdict = judged(SETTLE)

        assert states(verdict) == [UNUSED]
        assert problems(verdict) == [f"flagship: {HOLDER}, Settle: dynamodb:UpdateItem on {TABLE}: used by no test"]

    def test_a_grant_that_a_recorded_call_used_passes(self) -> None:
        verdict = judged(SETTLE, calls=(CALL,))

        assert (states(verdict), verdict.findings) == ([USED], [])

    @pytest.mark.parametrize(
        "call",
        [
            Call("txn-dev-ingest", CALL.action, TABLE, CALL.suite),
            Call(CALL.principal, "dynamodb:PutItem", TABLE, CALL.suite),
            Call(CALL.principal, CALL.action, TABLE + "-2", CALL.suite),
        ],
        ids=["another role", "another action", "another table"],
    )
    def test_another_call_is_no_use(self, call: Call) -> None:
        assert states(judged(SETTLE, calls=(call,))) == [UNUSED]

    def test_what_only_a_unit_test_of_the_roles_function_did_is_told_apart(self) -> None:
        call = Call("function:process", CALL.action, "arn:aws:dynamodb:us-east-1:000000000000:table/accounts", UNIT)

        verdict = judged(SETTLE, units=(call,))

        assert (states(verdict), verdict.findings) == ([IN_UNIT_TESTS], [])

    @pytest.mark.parametrize(
        ("function", "resource"),
        [
            ("process", "arn:aws:dynamodb:us-east-1:000000000000:table/account"),
            ("process", "arn:aws:dynamodb:us-east-1:000000000000:table/accounts/index/by-day"),
            ("ingest", "arn:aws:dynamodb:us-east-1:000000000000:table/accounts"),
        ],
    )
    def test_a_unit_test_of_something_else_is_no_use(self, function: str, resource: str) -> None:
        assert states(judged(SETTLE, units=(Call(f"function:{function}", CALL.action, resource, UNIT),))) == [UNUSED]

    def test_an_ordered_queue_may_be_a_plain_one_in_a_unit_test(self) -> None:
        send = Grant(HOLDER, "Send", "sqs:SendMessage", QUEUE, role="txn-dev-process")
        call = Call("function:process", "sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:transactions", UNIT)

        assert states(judged(send, units=(call,))) == [IN_UNIT_TESTS]

    def test_a_service_uses_what_the_policy_of_a_resource_lets_it(self) -> None:
        let_in = Grant("q", "Rules", "sqs:SendMessage", QUEUE, RESOURCE, principals=("events.amazonaws.com",))
        calls = [Call(service, "sqs:SendMessage", QUEUE, "e2e-strict") for service in ("events.amazonaws.com", "sns")]

        assert states(judged(let_in, calls=(calls[0],))) == [USED]
        assert states(judged(let_in, calls=(calls[1],))) == [UNUSED]

    def test_an_accounts_root_stands_for_its_roles_and_for_no_service(self) -> None:
        grant = Grant("k", "Account", "kms:Decrypt", "*", RESOURCE, principals=("arn:aws:iam::123456789012:root",))
        of_role, of_service = (Call(who, "kms:Decrypt", "key", "e2e") for who in ("txn-dev", "sns.amazonaws.com"))

        assert states(judged(grant, calls=(of_role,))) == [USED]
        assert states(judged(grant, calls=(of_service,))) == [UNUSED]

    def test_a_role_that_acted_was_taken(self) -> None:
        trust = Grant("r", "Trust", "sts:AssumeRole", "*", TRUST, "txn-dev-process", ("lambda.amazonaws.com",))

        assert states(judged(trust, calls=(CALL,))) == [USED]
        assert states(judged(trust)) == [UNUSED]

    def test_whoever_calls_a_service_goes_through_its_endpoint(self) -> None:
        through = Grant("e", "Own", "dynamodb:UpdateItem", "*", RESOURCE, principals=("*",))

        assert states(judged(through, calls=(CALL,))) == [USED]


class TestReasons:
    def test_a_reason_excuses_a_grant(self) -> None:
        verdict = judged(SETTLE, unused=(reason(),))

        assert (states(verdict), verdict.findings) == ([EXCUSED], [])
        assert verdict.grants[0].because == WHY

    def test_a_reason_for_a_grant_that_is_used_fails(self) -> None:
        (problem,) = problems(judged(SETTLE, calls=(CALL,), unused=(reason(),)))

        assert "e2e-strict used it" in problem

    def test_a_reason_for_what_nothing_grants_fails(self) -> None:
        (problem,) = problems(judged(SETTLE, calls=(CALL,), unused=(reason("dynamodb:Scan"),)))

        assert "nothing grants dynamodb:Scan" in problem

    @pytest.mark.parametrize(
        "other", [reason(holder="module.relay.*"), reason(statement="Other"), reason(system="stream_alerts")]
    )
    def test_a_reason_for_something_else_excuses_nothing(self, other: Reason) -> None:
        assert states(judged(SETTLE, unused=(other,))) == [UNUSED]

    def test_brackets_of_an_address_are_no_pattern(self) -> None:
        granted = Grant('module.functions["sweep"].x', "S", "dynamodb:UpdateItem", TABLE, role="r")

        assert states(judged(granted, unused=(reason(holder='module.functions["sweep"].*'),))) == [EXCUSED]
        assert states(judged(granted, unused=(reason(holder="module.functions[*].*"),))) == [EXCUSED]

    def test_a_reason_for_what_is_not_wide_fails(self) -> None:
        (problem,) = problems(judged(SETTLE, calls=(CALL,), wide=(reason(),)))

        assert "is not: narrow the reason" in problem

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ('[[unused]]\nholders = ["a"]\nstatement = "b"\nactions = ["c"]', "needs actions, because"),
            (
                '[[unused]]\nholders = ["a"]\nstatement = "b"\nactions = ["c"]\nbecause = "no idea"',
                "no reason in words",
            ),
            ("[[excused]]", "there are only unused and wide"),
            ("[[unused", "no valid TOML"),
        ],
    )
    def test_a_file_that_gives_no_reasons_is_refused(self, tmp_path: Path, text: str, complaint: str) -> None:
        (tmp_path / "reasons.toml").write_text(text)

        with pytest.raises(CommandError, match=complaint):
            reasons.read(tmp_path / "reasons.toml")

    def test_the_files_own_reasons_can_be_read(self) -> None:
        assert reasons.read().unused


class TestWide:
    @pytest.mark.parametrize("action", ["dynamodb:*", "dynamodb:Get*", "*", "s3:?utObject"])
    def test_a_wildcard_in_an_action_fails(self, action: str) -> None:
        verdict = judged(Grant(HOLDER, "S", action, TABLE, role="r"), unused=(reason(action),))

        assert ["a wildcard for actions" in problem for problem in problems(verdict)] == [True]

    @pytest.mark.parametrize(
        ("action", "resource"),
        [
            ("dynamodb:GetItem", "*"),
            ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/*"),
            ("dynamodb:GetItem", "arn:aws:dynamodb:*:123456789012:table/accounts"),
            ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:txn-*"),
            ("s3:PutObject", "arn:aws:s3:::archive*/events"),
            ("ssm:GetParameter", "arn:aws:ssm:us-east-1:123456789012:parameter/txn/*"),
            ("ec2:CreateNetworkInterface", "arn:aws:ec2:us-east-1:123456789012:*/*"),
        ],
    )
    def test_a_resource_that_aws_lets_be_narrower_fails(self, action: str, resource: str) -> None:
        verdict = judged(Grant(HOLDER, "S", action, resource, role="r"), unused=(reason(action),))

        assert ["a wildcard for resources" in problem for problem in problems(verdict)] == [True]

    @pytest.mark.parametrize(
        ("action", "resource"),
        [
            ("xray:PutTraceSegments", "*"),
            ("dynamodb:ListStreams", "*"),
            ("s3:PutObject", "arn:aws:s3:::archive/*"),
            ("logs:PutLogEvents", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/txn:*"),
            ("states:StopExecution", "arn:aws:states:us-east-1:123456789012:execution:cases:*"),
            ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/v1/GET/*"),
            ("events:PutRule", "arn:aws:events:us-east-1:123456789012:rule/txn-dev/*"),
        ],
    )
    def test_what_cannot_be_narrower_or_lies_below_a_named_resource_passes(self, action: str, resource: str) -> None:
        assert wide(Grant(HOLDER, "S", action, resource, role="r")) is None

    def test_an_action_without_resources_is_granted_on_none(self) -> None:
        granted = Grant(HOLDER, "S", "xray:PutTraceSegments", TABLE, role="r")

        assert "takes no resource" in (wide(granted) or "")

    def test_a_reason_excuses_what_is_wide_and_stays_in_the_report(self) -> None:
        granted = Grant(HOLDER, "S", "dynamodb:GetItem", "*", role="r")

        verdict = judged(granted, unused=(reason("dynamodb:GetItem"),), wide=(reason("dynamodb:GetItem"),))

        assert verdict.findings == []
        assert verdict.grants[0].wide_because == WHY

    def test_in_a_keys_policy_everything_is_the_key(self) -> None:
        assert wide(Grant("module.encryption.aws_kms_key.this", "S", "kms:Decrypt", "*", RESOURCE)) is None

    @pytest.mark.parametrize("action", ["dynamodb:Guess", "guess:GetItem"])
    def test_an_action_that_aws_has_not_is_a_mistake(self, action: str) -> None:
        assert wide(Grant(HOLDER, "S", action, TABLE, role="r")) == "AWS has no such action"


class TestGrants:
    def test_each_action_on_each_resource_is_a_grant_and_a_denial_is_none(self) -> None:
        text = policy(
            {"Sid": "Two", "Effect": "Allow", "Action": ["a:X", "a:Y"], "Resource": ["r1", "r2"]},
            {"Effect": "Allow", "Action": "a:Z", "Resource": "r"},
            {"Effect": "Deny", "Action": "a:*", "Resource": "*"},
        )

        found = grants.read([resource("aws_iam_role_policy", role="txn", policy=text)])

        assert [(one.statement, one.action, one.resource, one.role) for one in found] == [
            ("#2", "a:Z", "r", "txn"),
            ("Two", "a:X", "r1", "txn"),
            ("Two", "a:X", "r2", "txn"),
            ("Two", "a:Y", "r1", "txn"),
            ("Two", "a:Y", "r2", "txn"),
        ]

    def test_what_is_said_by_exclusion_is_everything(self) -> None:
        text = policy({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "r"})

        (found,) = grants.read([resource("aws_iam_role_policy", role="txn", policy=text)])

        assert (found.action, found.resource) == ("*", "*")
        assert wide(found) is not None

    def test_who_is_let_in_is_read_from_policies_of_resources(self) -> None:
        text = policy(
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE, "Principal": {"Service": ["b", "a"]}},
        )

        (found,) = grants.read([resource("aws_sqs_queue", policy=text)])

        assert (found.kind, found.principals, found.role) == (RESOURCE, ("a", "b"), "")

    def test_a_permission_of_a_function_is_read_with_the_functions_arn(self) -> None:
        arn = "arn:aws:lambda:us-east-1:123456789012:function:txn-ingest"
        about = {"statement_id": "gateway", "action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com"}

        (found,) = grants.read(
            [
                resource("aws_lambda_function", function_name="txn-ingest", arn=arn),
                resource("aws_lambda_permission", function_name="txn-ingest", qualifier="live", **about),
            ]
        )

        assert (found.resource, found.principals) == (f"{arn}:live", ("apigateway.amazonaws.com",))

    def test_a_policy_of_awss_own_fails_without_a_reason(self) -> None:
        attached = resource("aws_iam_role_policy_attachment", role="r", policy_arn="arn:aws:iam::aws:policy/x/Much")
        (found,) = grants.read([attached])

        assert "a policy of AWS's own" in problems(judged(found))[0]
        assert judged(found, wide=(reason("Much", "x.this"),)).findings == []

    def test_a_policy_in_an_unknown_place_is_not_passed_over(self) -> None:
        text = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})

        with pytest.raises(CommandError, match="does not know the policy in its policy"):
            grants.read([resource("aws_secretsmanager_secret_policy", policy=text)])


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("*", "anything", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/events/1.json", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::bb/events", False),
        ("arn:aws:s3:::b?", "arn:aws:s3:::b1", True),
        ("arn:aws:s3:::b[1]", "arn:aws:s3:::b1", False),
        (TABLE, TABLE, True),
        (TABLE, f"{TABLE}/index/x", False),
    ],
)
def test_a_pattern_covers_as_iam_reads_it(pattern: str, arn: str, expected: bool) -> None:
    assert covers(pattern, arn) is expected


class TestRecordings:
    @pytest.fixture
    def kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Keep a deployment of the flagship, of version 1, and return the folder; its calls lie in calls/."""
        monkeypatch.setattr("scripts.snapshot.key", lambda *_: "1")
        text = policy({"Sid": "Settle", "Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": TABLE})
        resources = [
            {
                "mode": "managed",
                **resource("aws_iam_role_policy", HOLDER, role="txn-dev-process", policy=text, x="secret"),
            },
            {
                "mode": "managed",
                **resource(
                    "aws_lambda_function",
                    function_name="txn-dev-process",
                    arn="arn",
                    role="arn:aws:iam::123456789012:role/txn-dev-process",
                    handler="process.handler.handler",
                    environment=[{"variables": {"TOKEN": "secret"}}],
                ),
            },
        ]
        planned = [{**resources[0], "values": {"policy": text}}]
        state = {"values": {"root_module": {"child_modules": [{"resources": resources}]}}}
        plan = {"planned_values": {"root_module": {"resources": planned}}}
        deployments.keep(systems.FLAGSHIP, "e2e-flagship", state, plan, tmp_path)
        return tmp_path

    def record(self, folder: Path, name: str = "e2e-flagship", *, allowed: bool = True) -> None:
        entry = {"principal": CALL.principal, "action": CALL.action, "resource": CALL.resource, "suite": CALL.suite}
        (folder / "calls").mkdir(exist_ok=True)
        (folder / "calls" / f"{name}.jsonl").write_text(json.dumps({**entry, "allowed": allowed}) + "\n")

    def load(self, folder: Path) -> Deployment:
        return deployments.load(systems.FLAGSHIP, folder, folder / "calls")

    def test_a_deployment_is_read_with_the_calls_recorded_of_it(self, kept: Path) -> None:
        self.record(kept)
        os.utime(kept / "calls" / "e2e-flagship.jsonl", (1000, 1000))

        found = self.load(kept)

        assert (found.grants, found.calls) == ([SETTLE], frozenset({CALL}))
        assert found.functions == {"txn-dev-process": "process"}
        assert found.age_seconds > 3600

    def test_a_policy_that_the_emulator_does_not_give_back_is_read_from_the_plan(self, kept: Path) -> None:
        self.record(kept)

        assert self.load(kept).grants == [SETTLE]

    def test_nothing_secret_is_kept(self, kept: Path) -> None:
        assert "secret" not in (kept / "e2e-flagship.json").read_text()

    def test_a_call_that_was_refused_is_no_use(self, kept: Path) -> None:
        self.record(kept, allowed=False)

        assert self.load(kept).calls == frozenset()

    def test_without_a_recording_the_user_is_told_what_to_run(self, kept: Path) -> None:
        with pytest.raises(CommandError, match="no calls of flagship are recorded: run `make strict-test` first"):
            self.load(kept)

    def test_a_recording_of_an_older_version_is_not_used(self, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.record(kept)
        monkeypatch.setattr("scripts.snapshot.key", lambda *_: "2")

        with pytest.raises(CommandError, match="flagship has changed since its calls were recorded"):
            self.load(kept)

    def test_a_broken_recording_is_named(self, kept: Path) -> None:
        self.record(kept)
        (kept / "calls" / "e2e-flagship.jsonl").write_text("{}\n")

        with pytest.raises(CommandError, match=r"e2e-flagship\.jsonl is no recording"):
            self.load(kept)


class TestOutput:
    def test_the_totals_and_each_finding_are_printed(self) -> None:
        console = Console(width=200, record=True, file=io.StringIO())

        output.show(console, judged(SETTLE), {"flagship": 7200.0})

        printed = console.export_text()
        assert "recorded 2 h ago: flagship" in printed
        assert f"{HOLDER}, Settle: dynamodb:UpdateItem on {TABLE}: used by no test" in printed
        assert "1 grants: 0 used, 0 unit tests only, 0 with a reason, 1 unused; 1 findings" in printed

    def test_programs_read_the_same(self, tmp_path: Path) -> None:
        output.write(judged(SETTLE), {"flagship": 60.4}, tmp_path / "iam" / "report.json")

        report = json.loads((tmp_path / "iam" / "report.json").read_text())
        assert report["totals"] == {"grants": 1, "used": 0, "unit_tests_only": 0, "with_a_reason": 0, "unused": 1}
        assert report["grants"][0]["grant"]["action"] == "dynamodb:UpdateItem"
        assert report["findings"][0]["problem"] == "used by no test"
        assert report["recordings"] == {"flagship": {"age_seconds": 60}}


def test_what_is_recorded_lies_below_build() -> None:
    assert paths.BUILD in deployments.FOLDER.parents
