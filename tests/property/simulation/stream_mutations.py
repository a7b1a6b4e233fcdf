"""Bugs that are planted into what the systems with streams have for themselves; see `mutations`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import detect.rows
from botocore.exceptions import BotoCoreError, ClientError
from detect.outbox import Outbox
from detect.rows import StreamedRows
from lake.writer import LakeWriter
from stream_failed.batches import FailedBatches
from stream_process.processor import StreamProcessor

from pipeline.aws import batch, labels, rows
from pipeline.aws.accounts import AccountTable
from pipeline.aws.alert_lease import AlertLeases, Lease
from pipeline.aws.dynamo import to_item
from pipeline.aws.insights import NO_INSIGHTS
from pipeline.aws.layout import Layout
from pipeline.aws.ledger import Ledger
from pipeline.aws.merchant_risk import MerchantRiskStore
from pipeline.domain import label
from pipeline.domain.errors import PipelineError
from pipeline.domain.label import Labelling
from pipeline.domain.merchant_risk import MerchantRisk
from tests.property.simulation.mutations import Mutation, without_condition


def _sends_without_a_lease() -> AbstractContextManager[Any]:
    """Take each message for the first of its transaction."""

    def mutated(leases: AlertLeases, transaction_id: str, timestamp: Any) -> Lease:
        return Lease(to_item({"transaction_id": transaction_id, "timestamp": timestamp}), leases._draw_owner())

    return patch.object(AlertLeases, "take", mutated)


def _marks_before_it_publishes() -> AbstractContextManager[Any]:
    """Say that an alert was sent before it is: who dies in between leaves nobody told."""
    real = AlertLeases.take

    def mutated(leases: AlertLeases, *given: Any) -> Any:
        lease = real(leases, *given)
        if lease is not None:
            leases.mark_sent(lease, "soon")
        return lease

    return patch.object(AlertLeases, "take", mutated)


def _alerts_new_decisions_only() -> AbstractContextManager[Any]:
    """Queue the alert of what was decided just now, and not of what comes again."""
    real = StreamedRows.settle

    def mutated(*given: Any) -> Any:
        settled = real(*given)
        if settled is None or settled.is_new:
            return settled
        return replace(settled, row={**settled.row, "status": "APPROVED"})

    return patch.object(StreamedRows, "settle", mutated)


def _decides_what_is_decided() -> AbstractContextManager[Any]:
    """Drop the condition that a row still waits."""
    real = rows.settle_row
    return patch.object(detect.rows, "settle_row", lambda *given: without_condition(real(*given)))


def _claims_ids_at_their_time() -> AbstractContextManager[Any]:
    """Claim an id for one timestamp only: at another one it is free."""
    real = Layout.claim_of

    def mutated(layout: Layout, acceptance: Any) -> dict[str, Any]:
        claim = real(layout, acceptance)
        return {**claim, "transaction_id": {"S": f"{claim['transaction_id']['S']} {acceptance.event_time}"}}

    return patch.object(Layout, "claim_of", mutated)


def _drops_poison() -> AbstractContextManager[Any]:
    """Pass over what is no transaction, and tell nobody."""
    return patch.object(Outbox, "set_aside", lambda *_: None)


def _counts_in_a_call_of_its_own() -> AbstractContextManager[Any]:
    """Add to the counters after the commit, and not in it."""
    real = Ledger.commit

    def mutated(ledger: Ledger, plans: Any, *given: Any) -> None:
        insights = ledger._insights
        with patch.object(ledger, "_insights", NO_INSIGHTS):
            real(ledger, plans, *given)
        for write in insights.commit_writes([change for plan in plans for change in plan.changes]):
            ledger._client.update_item(**write["Update"])

    return patch.object(Ledger, "commit", mutated)


def _claims_what_is_claimed() -> AbstractContextManager[Any]:
    """Take the id of what the gateway put on the stream, whosever it is."""
    real = rows.put_new
    return patch.object(rows, "put_new", lambda *given: {"Put": _bare(real(*given)["Put"])})


def _bare(put: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in put.items() if "Condition" not in name}


def _acknowledges_what_it_could_not_record() -> AbstractContextManager[Any]:
    """Take a given-up batch for recorded, whatever became of it."""
    real = FailedBatches.record

    def mutated(*given: Any) -> None:
        with suppress(BotoCoreError, ClientError, PipelineError):
            real(*given)

    return patch.object(FailedBatches, "record", mutated)


def _never_fences_a_stream() -> AbstractContextManager[Any]:
    """Take every batch for the first of its kind: what is given up is overtaken."""
    return patch.object(StreamProcessor, "_marked", lambda _, given: given.messages)


def _forgets_lines() -> AbstractContextManager[Any]:
    """Take lines that S3 did not take for written."""
    real = LakeWriter.write

    def mutated(*given: Any) -> None:
        real(*given)

    return patch.object(LakeWriter, "write", mutated)


def _leaves_the_fence_of_anothers_id() -> AbstractContextManager[Any]:
    """Fence a customer for a transaction whose id turns out to be another's, for ever: a bug that was here."""
    return patch.object(AccountTable, "lift_fence", lambda *_: None)


def _takes_the_first_of_a_batch() -> AbstractContextManager[Any]:
    """Of two bodies under one id, take the first for the one that stands: a bug that was here."""

    def mutated(queued: Any) -> dict[str, Any]:
        return {item.transaction_id: item for item in reversed(queued)}

    return patch.object(batch, "_standing", mutated)


def _counts_labels_without_a_mark() -> AbstractContextManager[Any]:
    """Count a label, and do not write down that it is counted."""
    real = MerchantRiskStore.save
    return patch.object(
        MerchantRiskStore, "save", lambda store, key, before, after, *_: real(store, key, before, after)
    )


def _learns_on_any_version() -> AbstractContextManager[Any]:
    """Drop the condition on the merchant's version: two learners overwrite each other."""
    real = MerchantRiskStore._risk_update
    return patch.object(MerchantRiskStore, "_risk_update", lambda *given: without_condition(real(*given)))


def _counts_repeats() -> AbstractContextManager[Any]:
    """Forget which decisions are counted."""
    real = MerchantRisk.counted
    return patch.object(MerchantRisk, "counted", lambda risk, *given: real(risk._replace(keys=()), *given))


def _lets_the_latest_label_stand() -> AbstractContextManager[Any]:
    """Let the label stand that came last, and not the one that was confirmed last."""
    real = label.apply_label

    def mutated(*given: Any) -> Labelling:
        labelling = real(*given)
        if labelling.attributes is None:
            return labelling
        return replace(labelling, attributes={**labelling.attributes, "label": labelling.attributes["labels"][-1]})

    return patch.object(labels, "apply_label", mutated)


def _writes_labels_over_others() -> AbstractContextManager[Any]:
    """Drop the condition that a row's labels are as they were read."""
    return patch.object(labels, "labels_unchanged", lambda _: ("attribute_exists(decision)", {}))


_MUTATIONS: Mapping[str, tuple[Mutation, ...]] = {
    "stream_alerts": (
        _sends_without_a_lease,
        _marks_before_it_publishes,
        _alerts_new_decisions_only,
        _decides_what_is_decided,
        _claims_ids_at_their_time,
        _drops_poison,
    ),
    "securebank": (
        _counts_in_a_call_of_its_own,
        _claims_what_is_claimed,
        _acknowledges_what_it_could_not_record,
        _never_fences_a_stream,
        _forgets_lines,
        _leaves_the_fence_of_anothers_id,
        _takes_the_first_of_a_batch,
    ),
    "labels": (
        _counts_labels_without_a_mark,
        _learns_on_any_version,
        _counts_repeats,
        _lets_the_latest_label_stand,
        _writes_labels_over_others,
    ),
}

STREAM_MUTATIONS: Mapping[str, tuple[str, Mutation]] = {
    mutation.__name__.lstrip("_").replace("_", " "): (system, mutation)
    for system, mutations in _MUTATIONS.items()
    for mutation in mutations
}
"""The system and the bug, by what it does."""
