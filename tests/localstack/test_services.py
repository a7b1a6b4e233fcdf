"""Services that LocalStack lacks and the adapter routes: what Terraform makes of them can be made, read and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(10, func_only=True)

VISIBLE = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "acl"}
RATE = {
    "Name": "rate",
    "Priority": 1,
    "Statement": {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}},
    "Action": {"Block": {}},
    "VisibilityConfig": VISIBLE,
}


def stage_of_an_api(gateway: Any) -> str:
    """Deploy an API without an operation; return the ARN of its stage."""
    api = gateway.create_rest_api(name="guarded")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    operation = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**operation, authorizationType="NONE")
    gateway.put_integration(**operation, type="MOCK")
    gateway.create_deployment(restApiId=api, stageName="live")
    return f"arn:aws:apigateway:{gateway.meta.region_name}::/restapis/{api}/stages/live"


def test_a_web_acl_is_attached_to_the_stage_of_an_api_and_taken_away_again(aws: Callable[[str], Any]) -> None:
    firewall, stage = aws("wafv2"), stage_of_an_api(aws("apigateway"))
    acl = firewall.create_web_acl(
        Name="acl", Scope="REGIONAL", DefaultAction={"Allow": {}}, Rules=[RATE], VisibilityConfig=VISIBLE
    )["Summary"]

    firewall.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=stage)

    attached = firewall.get_web_acl_for_resource(ResourceArn=stage)["WebACL"]
    assert attached["ARN"] == acl["ARN"]
    assert [rule["Name"] for rule in attached["Rules"]] == ["rate"]
    firewall.disassociate_web_acl(ResourceArn=stage)
    assert "WebACL" not in firewall.get_web_acl_for_resource(ResourceArn=stage)
    firewall.delete_web_acl(Name="acl", Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    assert firewall.list_web_acls(Scope="REGIONAL")["WebACLs"] == []


def test_a_budget_tells_what_it_was_made_with(aws: Callable[[str], Any]) -> None:
    budgets, account = aws("budgets"), aws("sts").get_caller_identity()["Account"]
    budget = {"BudgetName": "monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    passed = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    mail = {"SubscriptionType": "EMAIL", "Address": "operations@example.com"}
    budgets.create_budget(AccountId=account, Budget={**budget, "BudgetLimit": {"Amount": "100", "Unit": "USD"}})
    named = {"AccountId": account, "BudgetName": "monthly"}

    budgets.create_notification(**named, Notification=passed, Subscribers=[mail])

    assert budgets.describe_budget(**named)["Budget"]["BudgetLimit"]["Amount"] == "100"
    (told,) = budgets.describe_notifications_for_budget(**named)["Notifications"]
    assert budgets.describe_subscribers_for_notification(**named, Notification=told)["Subscribers"] == [mail]
    budgets.delete_budget(**named)
    assert budgets.describe_budgets(AccountId=account)["Budgets"] == []
