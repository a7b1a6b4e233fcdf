"""Whose transactions a caller may see, by the claims of their token."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from pipeline.domain.caller import Caller, caller_of

EVERYBODY = Caller(sees_all=True)
NOBODY = Caller(sees_all=False)


def test_without_a_token_all_customers_are_seen() -> None:
    assert caller_of(None) == EVERYBODY


def test_a_token_with_a_customer_sees_that_one_and_no_other() -> None:
    caller = caller_of({"custom:customer_id": "cust-1"})

    assert caller.may_see("cust-1")
    assert not caller.may_see("cust-2")
    assert not caller.may_see("CUST-1")
    assert not caller.may_see(None)


@pytest.mark.parametrize(
    "groups",
    ["operators", "readers,operators", "operators, readers", "[readers operators]", ["operators"], ["a", "operators"]],
)
def test_operators_see_all_whatever_customer_they_are(groups: Any) -> None:
    assert caller_of({"cognito:groups": groups}) == EVERYBODY
    assert caller_of({"cognito:groups": groups, "custom:customer_id": "cust-1"}).may_see("cust-2")


@pytest.mark.parametrize(
    "groups",
    ["", "operator", "Operators", "ex-operators", "operators2", "[]", None, [], [["operators"]], {"operators": 1}, 1],
)
def test_no_other_group_makes_an_operator(groups: Any) -> None:
    assert caller_of({"cognito:groups": groups}) == NOBODY


@pytest.mark.parametrize("claim", [None, "", " ", "*", "a b", "-a", "a" * 65, "cust-1\n", 1, True, ["cust-1"], {}])
def test_a_token_whose_customer_is_no_id_sees_nobody(claim: Any) -> None:
    caller = caller_of({"custom:customer_id": claim})

    assert caller == NOBODY
    assert not caller.may_see(claim)
    assert not caller.may_see(None)


@pytest.mark.parametrize("claims", [{}, {"sub": "user-1", "email": "a@b.example"}])
def test_a_token_of_no_tenant_sees_nobody(claims: dict[str, Any]) -> None:
    caller = caller_of(claims)

    assert not any(caller.may_see(customer) for customer in ("cust-1", "user-1", "", None))


@pytest.mark.parametrize("customer", ["cust-1", None])
def test_everybody_includes_all_of_them_together(customer: Optional[str]) -> None:
    assert EVERYBODY.may_see(customer)
