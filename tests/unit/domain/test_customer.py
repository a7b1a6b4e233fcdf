"""What a customer's row and the counters of a day say of decisions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.domain.account import Account
from pipeline.domain.customer import customer_attributes, decided_attributes, risk_level
from pipeline.domain.decision import Decision
from pipeline.domain.insights import counters_by_day
from pipeline.domain.settlement import Change, Plan, plan_hold, plan_settlement
from pipeline.domain.status import Status
from pipeline.domain.transaction import Location
from pipeline.scoring.document import full_score
from tests.factories import RECEIVED_AT, account, finder, merchant, queued
from tests.unit.scoring import documents

FIND = finder(merchant())


def decision(score: int = 0, outcome: Status = Status.APPROVED, full: int = 10) -> Decision:
    return Decision(
        score=score, full_score=full, outcome=outcome, policy="weights", policy_version="1", features={}, reasons=()
    )


class Told:
    """Decides as the test says, one transaction after the other."""

    def __init__(self, *decisions: Decision) -> None:
        self.decisions = list(decisions)

    def decide(self, acceptance: Any, account: Any, merchant: Any) -> Decision:
        return self.decisions.pop(0)


def settled(*items: Any, before: Account | None = None, decisions: tuple[Decision, ...] = ()) -> Plan:
    told = Told(*(decisions or (decision(),) * len(items)))
    return plan_settlement(before or account(), items, FIND, told)


class TestRisk:
    @pytest.mark.parametrize(
        ("score", "full", "risk"),
        [(0, 10, "0"), (8, 10, "0.8"), (9, 10, "0.9"), (10, 10, "1"), (11, 10, "1"), (1, 3, "0.333333"),
         (131_468, 1_000_000, "0.131468"), (2, 3, "0.666666"), (50, 100, "0.5")],
    )  # fmt: skip
    def test_it_is_exact_between_nought_and_one_and_never_rounds_up(self, score: int, full: int, risk: str) -> None:
        assert str(decision(score, full=full).risk) == risk

    def test_each_kind_of_policy_has_its_end_of_the_scale(self) -> None:
        policies = documents.document().policies

        assert {name: full_score(name, policies) for name in ("points", "weights", "model")} == {
            "points": 100,
            "weights": 10,
            "model": 1_000_000,
        }

    @pytest.mark.parametrize(
        ("score", "outcome", "level"),
        [
            (9, Status.FRAUD_SUSPECTED, "HIGH"),
            (0, Status.FRAUD_SUSPECTED, "HIGH"),  # by a list
            (8, Status.APPROVED, "MEDIUM"),
            (4, Status.APPROVED, "MEDIUM"),
            (1, Status.REVIEW_REQUIRED, "MEDIUM"),
            (3, Status.APPROVED, "LOW"),
            (0, Status.APPROVED, "LOW"),
        ],
    )
    def test_a_customers_level_is_that_of_the_latest_decision(self, score: int, outcome: Status, level: str) -> None:
        assert risk_level(decision(score, outcome)) == level
        plan = settled(queued("a"), queued("b"), decisions=(decision(9), decision(score, outcome)))
        assert customer_attributes(plan)["risk_level"] == level


class TestRows:
    def test_what_was_not_decided_shows_nothing(self) -> None:
        held = plan_hold(account(blocked_by="x"), [queued("a")])

        assert decided_attributes(held.changes[0], RECEIVED_AT) == {}
        assert customer_attributes(held) == {}
        assert counters_by_day(held.changes) == {}

    def test_a_decision_is_shown_at_a_glance(self) -> None:
        change = Change(queued("a"), Status.FRAUD_SUSPECTED, "SCORED", decision(9, Status.FRAUD_SUSPECTED))

        assert decided_attributes(change, RECEIVED_AT) == {
            "is_fraud": True,
            "risk_score": Decimal("0.9"),
            "processed_timestamp": RECEIVED_AT,
        }

    @pytest.mark.parametrize(
        ("latitude", "longitude"), [("-33.5", "151.25"), ("0", "-0.000001"), ("90", "-180"), ("0.1", "0")]
    )
    def test_the_last_place_reads_back_as_it_was_sent(self, latitude: str, longitude: str) -> None:
        plan = settled(queued("a", location=Location(Decimal(latitude), Decimal(longitude))))

        place = customer_attributes(plan)["last_location"]
        assert (str(place["latitude"]), str(place["longitude"])) == (latitude, longitude)

    def test_a_customer_who_was_never_anywhere_has_no_place(self) -> None:
        assert customer_attributes(settled(queued("a")))["last_location"] is None

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault of the numbers
    @given(
        st.lists(st.integers(1, 999_999_999_999_000).map(lambda n: Decimal(n).scaleb(-3)), min_size=1, max_size=12),
        st.integers(0, 12),
    )
    def test_count_sum_and_average_are_exact_wherever_a_batch_is_cut(self, amounts: list[Decimal], cut: int) -> None:
        items = [queued(f"t{place}", amount=amount, currency="KWD") for place, amount in enumerate(amounts)]
        whole = customer_attributes(settled(*items))
        before = settled(*items[:cut])
        later = settled(*items[cut:], before=before.after) if items[cut:] else before

        assert customer_attributes(later) == whole
        assert (whole["transaction_count"], whole["total_amount"]) == (len(amounts), sum(amounts))
        assert 0 <= sum(amounts) / len(amounts) - whole["average_amount"] < Decimal("0.000001")


class TestCounters:
    def test_each_decision_counts_in_its_own_day_and_currency(self) -> None:
        fraud = decision(9, Status.FRAUD_SUSPECTED)
        plan = settled(
            queued("a", amount="1.10"),
            queued("b", amount="2.20", category="travel"),
            queued("c", amount="3", currency="EUR", occurred_at="2026-11-19T23:59:59.999999Z"),
            queued("d", amount="4", merchant_id="nobody"),
            decisions=(decision(4), fraud, decision(10, Status.REVIEW_REQUIRED)),
        )

        assert counters_by_day(plan.changes) == {
            "2026-11-20": {
                "transactions": 2,
                "flagged": 1,
                "fraud": 1,
                "amount:USD": Decimal("3.3"),
                "fraud_amount:USD": Decimal("2.2"),
                "risk:4": 1,
                "risk:9": 1,
                "fraud_category:travel": 1,
            },
            "2026-11-19": {"transactions": 1, "flagged": 1, "fraud": 0, "amount:EUR": Decimal(3), "risk:10": 1},
        }

    def test_without_room_all_categories_share_a_counter(self) -> None:
        fraud = decision(9, Status.FRAUD_SUSPECTED)
        plan = settled(queued("a", category="x"), queued("b", category="y"), decisions=(fraud, fraud))

        counters = counters_by_day(plan.changes, by_category=False)["2026-11-20"]
        assert {name: value for name, value in counters.items() if "category" in name} == {"fraud_category:other": 2}

    def test_a_list_that_overrules_counts_as_its_outcome(self) -> None:
        listed = replace(decision(0, Status.FRAUD_SUSPECTED), decided_by="deny_list")

        counters = counters_by_day(settled(queued("a"), decisions=(listed,)).changes)["2026-11-20"]
        assert (counters["fraud"], counters["risk:0"]) == (1, 1)
