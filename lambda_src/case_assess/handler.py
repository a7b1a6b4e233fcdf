"""Lambda entry point of `case_assess`: pure judgements on what `case_context` gathered, no AWS call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from pipeline.aws.observability import logger
from pipeline.domain.case import (
    CaseInputError,
    FlaggedTransaction,
    assess_account,
    assess_merchant,
    assessment,
    case_context,
    decide_action,
    flagged_transaction,
)

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

Judgement = Callable[[FlaggedTransaction, Mapping[str, Any]], "dict[str, Any]"]


def _account(transaction: FlaggedTransaction, event: Mapping[str, Any]) -> dict[str, Any]:
    return assess_account(transaction, case_context(event["context"])).to_document()


def _merchant(transaction: FlaggedTransaction, event: Mapping[str, Any]) -> dict[str, Any]:
    return assess_merchant(transaction, case_context(event["context"])).to_document()


def _decide(transaction: FlaggedTransaction, event: Mapping[str, Any]) -> dict[str, Any]:
    return decide_action(transaction, [assessment(one) for one in event["assessments"]]).to_document()


TASKS: dict[str, Judgement] = {"assess_account": _account, "assess_merchant": _merchant, "decide": _decide}


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do the named task.

    Raises
    ------
    CaseInputError
        If the task is unknown or its input malformed: a fault of ours, which the workflow records.
    """
    task = event.get("task", "")
    if task not in TASKS:
        raise CaseInputError(f"there is no task {task!r}")
    transaction = flagged_transaction(event["transaction"])
    found = TASKS[task](transaction, event)
    logger.info(
        "judged",
        task=task,
        transaction_id=transaction.transaction_id,
        account_id=transaction.account_id,
        correlation_id=transaction.correlation_id,
        **found,
    )
    return found
