"""Who may do what: MiniStack's own evaluation, asked for every caller, role and service, each answer on record."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core import iam_evaluator, responses
from ministack.services import iam

from scripts.strict.server import PROBE, alarms, keys
from scripts.strict.server.record import Record

_NOBODY = "*"  # how MiniStack names the caller that is a service: no statement for an IAM principal is for it


class Decisions:
    """Decides with the emulator's policies and keeps the record.

    Parameters
    ----------
    record
        Where each decision about a role or a service is noted.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._about_requests = iam_evaluator.enforce

    def watch(self) -> None:
        """Note what MiniStack decides about requests, and decide about the keys that they need as well."""
        iam_evaluator.enforce = self.enforce
        alarms.name_each()

    def enforce(
        self,
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return None where a request is allowed, for all that it is about, else what MiniStack answers it with."""
        if alarms.BETWEEN in resource_arn:
            each = resource_arn.split(alarms.BETWEEN)
            answers = [self.enforce(access_key_id, iam_action, service, region, arn, service_context) for arn in each]
            return next((answer for answer in answers if answer is not None), None)
        denied = self._about_requests(access_key_id, iam_action, service, region, resource_arn, service_context)
        if isinstance(denied, iam_evaluator.AuthError):
            return denied
        caller = iam_evaluator.resolve_caller_identity(access_key_id) or {}
        _, is_role, session = str(caller.get("userArn")).partition(":assumed-role/")
        role, _, function = session.partition("/")
        if is_role and not function.startswith(PROBE):
            self._record.note(role, iam_action, resource_arn, allowed=denied is None)
        if denied is None:
            for use in keys.uses(iam_action, resource_arn):
                denied = denied or self.enforce(access_key_id, use.action, "kms", region, use.key_arn, use.context)
        return denied

    def role_may(self, role_arn: str, action: str, resource_arn: str, context: Mapping[str, str] | None = None) -> bool:
        """Say whether a role may do what a service does as it, with the key that it takes.

        Parameters
        ----------
        role_arn
            The role.
        action, resource_arn, context
            What it does, to what, and the keys of conditions.
        """
        account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
        with _in_scope_of(resource_arn, account):
            question = _question(action, resource_arn, context)
            question.principal_arn = f"arn:aws:sts::{account}:assumed-role/{name}/service"
            question.principal_type, question.principal_account = "AssumedRole", account
            limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
            answer = iam_evaluator.evaluate(question, iam_evaluator._gather_role_policies(name, account), *limits)
            service = action.partition(":")[0]
            found = iam_evaluator._resource_policy(service, resource_arn)
            if found is not None:
                required = service in iam_evaluator._POLICY_REQUIRED
                answer = iam_evaluator.combine_resource_policy(answer, question, *found, required, limits)
            allowed = bool(answer.decision == "Allow")
            self._record.note(name, action, resource_arn, allowed=allowed)
            return allowed and all(
                self.role_may(role_arn, use.action, use.key_arn, use.context) for use in keys.uses(action, resource_arn)
            )

    def service_may(
        self,
        service: str,
        action: str,
        resource_arn: str,
        source_arn: str,
        context: Mapping[str, str] | None = None,
    ) -> bool:
        """Say whether a resource's own policy lets a service in, on behalf of the resource `source_arn`."""
        account = source_arn.split(":")[4]
        source = {"aws:sourcearn": source_arn, "aws:sourceaccount": account, "aws:sourceowner": account}
        source.update(context or {})
        with _in_scope_of(resource_arn, account):
            allowed = self._lets_in(service, action, resource_arn, source)
            for use in keys.uses(action, resource_arn) if allowed else []:
                # A service that acts in its own name comes through none.
                own = {key: value for key, value in use.context.items() if "encryptioncontext" in key}
                allowed = allowed and self._lets_in(service, use.action, use.key_arn, {**source, **own})
            return allowed

    def may_assume(self, service: str, role_arn: str, source_arn: str = "") -> bool:
        """Say whether a role trusts a service, on behalf of the resource `source_arn`."""
        account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
        trust = (iam._roles.get_scoped(account, None, name) or {}).get("AssumeRolePolicyDocument")
        source = {"aws:sourceaccount": account, **({"aws:sourcearn": source_arn} if source_arn else {})}
        question = _question("sts:AssumeRole", role_arn, source)
        return bool(iam_evaluator.evaluate_resource_policy(trust, question, service=service).decision == "Allow")

    def _lets_in(self, service: str, action: str, resource_arn: str, context: Mapping[str, str]) -> bool:
        policy, _ = iam_evaluator._resource_policy(action.partition(":")[0], resource_arn) or (None, None)
        question = _question(action, resource_arn, context)
        allowed = iam_evaluator.evaluate_resource_policy(policy, question, service=service).decision == "Allow"
        self._record.note(service, action, resource_arn, allowed=allowed)
        return bool(allowed)


def _question(action: str, resource_arn: str, context: Mapping[str, str] | None) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=_NOBODY,
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource_arn,
        region=_region_of(resource_arn),
        secure_transport=True,  # services talk to each other by TLS
        service_context={key.lower(): value for key, value in (context or {}).items()},
    )


def _region_of(arn: str) -> str:
    """Return the region that an ARN names, or the one being worked in."""
    return (arn.split(":") + [""] * 4)[3] or str(responses.get_region())


@contextlib.contextmanager
def _in_scope_of(resource_arn: str, account: str) -> Iterator[None]:
    """Look at the account and region of a resource: a thread of the emulator's own may be in none."""
    tokens = (
        responses._request_account_id.set(account),
        responses._request_region.set(_region_of(resource_arn)),
    )
    try:
        yield
    finally:
        responses._request_account_id.reset(tokens[0])
        responses._request_region.reset(tokens[1])
