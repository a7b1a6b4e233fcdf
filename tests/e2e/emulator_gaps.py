"""What the embedded emulator (MiniStack 1.5.33) does not do as AWS does: the one list, each with its reason.

A test that cannot hold there names its line: `@pytest.mark.skip(reason=GAPS["..."])`, or asserts what
the emulator does instead and names the line in a comment. docs/testing.md tells what covers each.
"""

from __future__ import annotations

GAPS = {
    "fifo-batches": "A FIFO event source mapping runs one batch at a time, so no load of several consumers arises.",
    "stream-retries": "A DynamoDB event source mapping ignores partial batch responses, bisection and bounded retries.",
    "success-destination": "The OnSuccess destination of asynchronous calls is never sent.",
    "target-dead-letters": "EventBridge has no retries and no dead-letter queue for targets.",
    "workflow-errors": "Step Functions sees every error of a function as Runtime.HandlerError and ignores "
    "MaxDelaySeconds and JitterStrategy.",
    "emf": "EMF lines of functions do not become metrics, so alarms on them never leave INSUFFICIENT_DATA.",
    "waf": "A web ACL is stored and not enforced.",
    "tracing": "X-Ray traces are not recorded.",
    "ttl-records": "Expired rows write no stream record.",
}

READ_BACK_GAPS: dict[str, set[str]] = {
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
    "aws_flow_log": {"delete/create"},
    "aws_security_group": {"egress"},
    "aws_sfn_state_machine": {"tracing_configuration"},
    "aws_vpc_endpoint": {"policy", "private_dns_enabled", "security_group_ids"},
    "aws_wafv2_web_acl": {"data_protection_config", "rule"},
}
"""What a second plan shows there although nothing has changed, by resource type.

The emulator gives back less, or something else, than was written; the values are attributes, or the
action where the whole resource would be replaced.
"""
