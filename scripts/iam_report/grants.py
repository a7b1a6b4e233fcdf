"""What the policies of a system grant, one action on one resource at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.errors import CommandError

Resource = dict[str, Any]
"""A resource of Terraform: its `address`, its `type` and its `values`."""
Statement = dict[str, Any]

ROLE, TRUST, RESOURCE, MANAGED = "role", "trust", "resource", "managed"

# Where policies stand, by the type of resource and its attribute, and what kind of policy it is.
_POLICIES = {
    ("aws_backup_vault_policy", "policy"): RESOURCE,
    ("aws_iam_role", "assume_role_policy"): TRUST,
    ("aws_iam_role_policy", "policy"): ROLE,
    ("aws_kms_key", "policy"): RESOURCE,
    ("aws_sqs_queue", "policy"): RESOURCE,
    ("aws_sns_topic_policy", "policy"): RESOURCE,
    ("aws_s3_bucket_policy", "policy"): RESOURCE,
    ("aws_cloudwatch_log_resource_policy", "policy_document"): RESOURCE,
    ("aws_vpc_endpoint", "policy"): RESOURCE,
}
NAMES = frozenset(
    {
        "action",
        "arn",
        "function_name",
        "handler",
        "name",
        "policy_arn",
        "principal",
        "qualifier",
        "role",
        "statement_id",
    }
)
"""What is read of a resource besides its policies."""
# What the provider only reads back; it stands in a resource of its own.
_READ_BACK = {("aws_sns_topic", "policy"), ("aws_s3_bucket", "policy")}


@dataclass(frozen=True, order=True)
class Grant:
    """One action that one statement of a policy allows on one resource.

    Parameters
    ----------
    holder
        Address of the Terraform resource that the policy stands in.
    statement
        The statement's Sid, or its place in the policy (#1).
    action, resource
        As the policy has them, patterns included. Of a managed policy: its ARN, and "*".
    kind
        What policy it is: of a role, of who may take a role (trust), of a resource, or managed by AWS.
    role
        Name of the role that it is granted to or, for trust, that may be taken; empty for other kinds.
    principals
        Who is let in by other policies than a role's.
    """

    holder: str
    statement: str
    action: str
    resource: str
    kind: str = ROLE
    role: str = ""
    principals: tuple[str, ...] = ()


def read(resources: Iterable[Resource]) -> list[Grant]:
    """Return all grants of a system's resources.

    Raises
    ------
    CommandError
        If a resource holds a policy where none is looked for: what is not read could grant anything.
    """
    listed = list(resources)
    functions = {
        found["values"]["function_name"]: found["values"]["arn"]
        for found in listed
        if found["type"] == "aws_lambda_function"
    }
    grants = {grant for resource in listed for grant in _documented(resource)}
    grants.update(_of_attachment(found) for found in listed if found["type"] == "aws_iam_role_policy_attachment")
    grants.update(_of_permission(found, functions) for found in listed if found["type"] == "aws_lambda_permission")
    return sorted(grants)


def holds_policy(resource: Resource) -> bool:
    """Say whether a resource grants anything, or could."""
    return resource["type"] in {"aws_iam_role_policy_attachment", "aws_lambda_permission"} or any(_documents(resource))


def is_policy(value: Any) -> bool:
    """Say whether a value is a policy's JSON."""
    return isinstance(value, str) and value.startswith("{") and '"Statement"' in value


def _of_attachment(resource: Resource) -> Grant:
    values = resource["values"]
    name = values["policy_arn"].rsplit("/", 1)[-1]
    return Grant(resource["address"], name, values["policy_arn"], "*", MANAGED, values["role"])


def _of_permission(resource: Resource, functions: Mapping[str, str]) -> Grant:
    values = resource["values"]
    function = functions.get(values["function_name"], values["function_name"])  # it may be an ARN already
    target = f"{function}:{values['qualifier']}" if values.get("qualifier") else function
    principals = (values["principal"],)
    return Grant(resource["address"], values["statement_id"], values["action"], target, RESOURCE, principals=principals)


def _documented(resource: Resource) -> Iterator[Grant]:
    values, holder = resource["values"], resource["address"]
    for attribute, document in _documents(resource):
        place = (resource["type"], attribute)
        if place in _READ_BACK:
            continue
        if place not in _POLICIES:
            raise CommandError(f"{holder}: scripts/iam_report does not know the policy in its {attribute}.")
        kind = _POLICIES[place]
        role = {ROLE: values.get("role"), TRUST: values.get("name")}.get(kind) or ""
        itself = values.get("arn") or "*" if kind == TRUST else "*"
        for number, statement in enumerate(_listed(document["Statement"]), start=1):
            if statement["Effect"] == "Allow":
                sid = statement.get("Sid") or f"#{number}"
                for action, target in _allowed(statement, itself):
                    yield Grant(holder, sid, action, target, kind, role, _principals(statement))


def _documents(resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each attribute that is a policy's JSON text, with the policy."""
    for attribute, value in resource["values"].items():
        if is_policy(value):
            yield attribute, json.loads(value)


def _allowed(statement: Statement, itself: str) -> Iterator[tuple[str, str]]:
    """Yield the actions and resources of a statement; whatever is said by exclusion is everything."""
    for action in _listed(statement["Action"]) if "NotAction" not in statement else ["*"]:
        for resource in _listed(statement.get("Resource", itself)) if "NotResource" not in statement else ["*"]:
            yield action, resource


def _principals(statement: Statement) -> tuple[str, ...]:
    named = statement.get("Principal", {})
    if isinstance(named, str):
        return (named,)
    return tuple(sorted(name for names in named.values() for name in _listed(names)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
