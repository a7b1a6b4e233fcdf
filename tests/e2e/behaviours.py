"""What the end-to-end tests need of AWS, and which local AWS has it: the one list of what an emulator lacks.

A test that needs more than every emulator has says so, `@pytest.mark.needs("waf")`, and is skipped where that is
missing; where only a part of a test needs it, that part asks `deployed.provides(...)`. A behaviour counts as provided
once a test here has seen it. `proofs.py` reports what a run has proved; docs/testing.md shows `markdown()`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """One thing that AWS does and an emulator may not.

    Parameters
    ----------
    sentence
        What AWS does.
    otherwise
        What covers it where no emulator has it of its own, and what stays unproved; empty where one has it.
    """

    sentence: str
    otherwise: str = ""


BEHAVIOURS = {
    "api-keys": Behaviour("The gateway turns away a call without a key or with a wrong one."),
    "gateway-responses": Behaviour("What the gateway refuses itself has the documented form of an error."),
    "hostile-bodies": Behaviour("A body nested or numbered beyond all measure is refused like any bad body."),
    "fifo-order": Behaviour("A FIFO queue hands over the messages of a group in their order."),
    "three-receives": Behaviour("A message goes to the dead-letter queue after exactly three receives."),
    "stream-records": Behaviour("A table's stream hands each change to its functions."),
    "event-rules": Behaviour("A rule of the bus passes on what its pattern matches, and nothing else."),
    "case-starts": Behaviour("A rule starts a workflow with the event as its input."),
    "task-tokens": Behaviour("A workflow waits for an answer, and goes on without one when its time is over."),
    "typed-errors": Behaviour("A workflow tells the errors of a function apart."),
    "web-acl": Behaviour("A web ACL can be made and attached to an API."),
    "destroy": Behaviour("`terraform destroy` ends, and leaves nothing."),
    "queue-alarms": Behaviour("An alarm on the depth of a queue fires and reaches its topic."),
    "error-alarms": Behaviour("An alarm on a function's errors fires and reaches its topic."),
    "event-replays": Behaviour("The archive of the bus sends the events of a time to one rule once more."),
    "message-move": Behaviour("The messages of a FIFO dead-letter queue can be moved back, in their order."),
    "stream-partial-answers": Behaviour(
        "A stream's mapping begins again at the first record that a function names as failed."
    ),
    "stream-retry-bounds": Behaviour(
        "A stream's mapping ends its retries, and sends where the records lie to the on-failure destination; "
        "the shard goes on."
    ),
    "kinesis-mappings": Behaviour("A Kinesis stream hands its records to its functions, as a table's stream does."),
    "gateway-to-kinesis": Behaviour("The gateway puts what it takes on a stream by itself."),
    "user-pool-tokens": Behaviour("The gateway lets in the tokens of a user pool, and no others."),
    "athena-queries": Behaviour("Athena answers queries over the objects of a lake, by tables of the Glue catalogue."),
    "object-lock": Behaviour("Nobody deletes a locked version of an object before its time."),
    "async-destinations": Behaviour(
        "What became of an asynchronous call goes to its destination: of success, or of failure after its retries."
    ),
    "stream-bisection": Behaviour(
        "A stream's mapping halves a batch that fails as a whole, until the bad record is alone.",
        "contract tests: every mapping of a stream has it on; the halving is AWS's documentation in code, so when "
        "exactly AWS halves is unproved",
    ),
    "fifo-batches": Behaviour(
        "Several batches of a FIFO queue are worked on at once.",
        "unit tests let two consumers meet at one account; throughput with many consumers is unproved",
    ),
    "target-dead-letters": Behaviour(
        "The bus tries a target again, and then sends the event to a dead-letter queue.",
        "contract tests: each target has both; which errors EventBridge retries, and how long, is its documentation in "
        "code, so that it does is unproved",
    ),
    "retry-waits": Behaviour(
        "A workflow heeds the longest delay and the jitter of a retry.",
        "contract tests: each retry has both; the waits are unproved",
    ),
    "alarm-expressions": Behaviour(
        "An alarm on an expression of several metrics fires and reaches its topic.",
        "contract tests read the expressions; the evaluation is CloudWatch's documentation in code, so that CloudWatch "
        "agrees is unproved; alarms on a percentile are not evaluated at all",
    ),
    "emf": Behaviour(
        "Lines with embedded metrics become metrics, and alarms on them fire.",
        "end-to-end tests read the lines in the logs, contract tests the alarms' definitions; that alarms fire is "
        "unproved",
    ),
    "iam": Behaviour("A call that no policy allows is refused."),
    "network": Behaviour(
        "A function in a private network reaches only what its security groups and endpoints let through.",
        "contract tests: every action of a function passes the endpoint of its service; that the network stops the "
        "rest is unproved",
    ),
    "waf": Behaviour(
        "A web ACL blocks what its rules match.", "contract tests: it is attached; its blocking is unproved"
    ),
    "tracing": Behaviour("X-Ray records traces.", "contract tests: tracing is on everywhere; traces are unproved"),
    "experiments": Behaviour(
        "AWS FIS injects faults into calls, and an alarm stops it.",
        "contract tests: templates, their role, the functions' extension; that AWS does what they say is unproved",
    ),
    "ttl-records": Behaviour(
        "An expired row writes a stream record.",
        "nothing: the table whose rows expire has no reader of its stream",
    ),
}

_EVERYWHERE = frozenset(
    {
        "api-keys",
        "fifo-order",
        "three-receives",
        "stream-records",
        "kinesis-mappings",
        "event-rules",
        "case-starts",
        "task-tokens",
        "object-lock",
    }
)
_EMBEDDED = _EVERYWHERE | {
    "gateway-responses",
    "hostile-bodies",
    "web-acl",
    "destroy",
    "event-replays",
    "athena-queries",
}
_LOCALSTACK = _EVERYWHERE | {
    "typed-errors",
    "queue-alarms",
    "error-alarms",
    "stream-partial-answers",
    "stream-retry-bounds",
    "async-destinations",
    "gateway-to-kinesis",
}
_ADDED = frozenset({"event-replays", "target-dead-letters", "alarm-expressions", "stream-bisection"})

PROVIDED = {
    "embedded": _EMBEDDED | {"user-pool-tokens"},
    "embedded-strict": _EMBEDDED | {"iam"},
    "localstack-host": _LOCALSTACK | _ADDED | {"message-move", "web-acl", "destroy"},
    # As far as known from host mode, without what its adapter puts right or adds (adapter/).
    "localstack-container": _LOCALSTACK,
    "localstack-given": _LOCALSTACK,
}
"""What each kind of emulator has, by `Emulator.kind`."""

MODELLED: dict[str, frozenset[str]] = {"localstack-host": _ADDED}
"""What an emulator has only because this project added it as AWS documents it, by `Emulator.kind`.

A test of it shows how the product meets such an AWS; it proves nothing of AWS itself.
"""

Gaps = dict[str, set[str]]

_EMBEDDED_GAPS: Gaps = {
    "aws_api_gateway_usage_plan": {"quota_settings"},
    "aws_cloudwatch_composite_alarm": {"delete/create"},
    "aws_cloudwatch_metric_alarm": {
        "actions_enabled",
        "alarm_actions",
        "alarm_description",
        "dimensions",
        "extended_statistic",
        "ok_actions",
        "period",
        "statistic",
        "treat_missing_data",
    },
    "aws_default_network_acl": {"egress", "ingress"},
    "aws_flow_log": {"delete/create", "create/delete"},
    "aws_glue_job": {"execution_property", "tags_all"},
    "aws_glue_trigger": {"predicate"},
    "aws_kinesis_stream": {"tags_all"},
    "aws_security_group": {"egress"},
    "aws_sfn_state_machine": {"tracing_configuration"},
    "aws_vpc_endpoint": {"policy", "private_dns_enabled", "security_group_ids"},
    "aws_wafv2_web_acl": {"data_protection_config"},
}
_LOCALSTACK_GAPS: Gaps = {
    "aws_budgets_budget": {"tags_all"},
    "aws_cloudwatch_composite_alarm": {"tags_all"},
    "aws_cloudwatch_event_bus": {"dead_letter_config", "kms_key_identifier"},
    "aws_cloudwatch_metric_alarm": {"tags_all"},
    "aws_glue_job": {"execution_class"},
    "aws_kinesis_stream": {"tags_all"},
    "aws_lambda_function": {"kms_key_arn"},
    "aws_sfn_state_machine": {"tracing_configuration"},
    "aws_vpc_endpoint": {"policy"},
    "aws_vpc_security_group_ingress_rule": {"description"},
    "aws_wafv2_web_acl": {"data_protection_config"},
}
READ_BACK_GAPS = {kind: _EMBEDDED_GAPS if kind.startswith("embedded") else _LOCALSTACK_GAPS for kind in PROVIDED}
"""What a second plan shows although nothing has changed, by kind of emulator and resource type.

The emulator gives back less, or something else, than was written; the values are attributes, or the
action where the whole resource would be replaced.
"""


def is_provided(kind: str, behaviour: str) -> bool:
    """Say whether a kind of emulator has a behaviour; a name that is in no list is a mistake.

    Raises
    ------
    KeyError
        If there is no such emulator or behaviour.
    """
    if behaviour not in BEHAVIOURS:
        raise KeyError(f"no such behaviour: {behaviour}")
    return behaviour in PROVIDED[kind]


def markdown() -> str:
    """Return the table for docs/testing.md."""
    kinds = {"embedded": "embedded", "embedded-strict": "strict", "localstack-host": "LocalStack"}
    lines = [
        f"| behaviour | what AWS does | {' | '.join(kinds.values())} | where none has it |",
        f"| --- | --- | {' | '.join('---' for _ in kinds)} | --- |",
    ]
    for key, behaviour in BEHAVIOURS.items():
        has = " | ".join(_has(kind, key) for kind in kinds)
        lines.append(f"| `{key}` | {behaviour.sentence} | {has} | {behaviour.otherwise} |")
    return "\n".join(line.replace("|  |", "| |") for line in lines)


def _has(kind: str, behaviour: str) -> str:
    if behaviour in MODELLED.get(kind, ()):
        return "modelled"
    return "yes" if is_provided(kind, behaviour) else "no"


if __name__ == "__main__":
    print(markdown())
