"""Alarms put on by hand: whether what they would tell reaches the people behind their topics."""

from __future__ import annotations

from tests.e2e.deployed import Deployed


def reaches_its_topic(deployed: Deployed, alarm: str, topic: str) -> bool:
    """Put an alarm on and off again; return whether a subscriber of its topic has read of it.

    Parameters
    ----------
    deployed
        The system.
    alarm, topic
        Their full names.
    """
    sns, cloudwatch = (deployed.client(service) for service in ("sns", "cloudwatch"))
    pages = sns.get_paginator("list_topics").paginate()
    (arn,) = [one["TopicArn"] for page in pages for one in page["Topics"] if one["TopicArn"].endswith(f":{topic}")]
    inbox = deployed.inbox(arn, f"inbox-{topic}")
    try:
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="put on by a test")
        message = deployed.messages(inbox, lambda one: alarm in one["Body"])
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="put off by a test")
    finally:
        deployed.close_inbox(inbox)
    return "put on by a test" in message["Body"]
