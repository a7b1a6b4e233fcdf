"""The failures that the pipeline tells apart; each is one sentence and one consequence."""

from __future__ import annotations

from typing import Optional


class PipelineError(Exception):
    """Base of all errors of the pipeline."""


class InvalidTransactionError(PipelineError):
    """The request does not describe a transaction; the sender has to change it.

    Parameters
    ----------
    field
        Path of the offending field, dots between levels ("location.latitude"); "body" for the whole.
    reason
        One sentence that says what is expected.
    logged_field
        What logs and tables name instead of `field`, where that holds a name of the sender's own: it may be
        anything, a card number included.
    """

    def __init__(self, field: str, reason: str, logged_field: Optional[str] = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.logged_field = field if logged_field is None else logged_field


class MerchantUnreadableError(PipelineError):
    """A merchant's row holds something else than a merchant; whatever it is to let through, an operator has to say.

    Parameters
    ----------
    merchant_id, attribute
        Which row, and what in it.
    reason
        What is expected there.
    """

    def __init__(self, merchant_id: str, attribute: str, reason: str) -> None:
        super().__init__(f"merchant {merchant_id}: {attribute} {reason}")
        self.merchant_id = merchant_id
        self.attribute = attribute
        self.reason = reason


class AccountStateError(PipelineError):
    """An account's stored state cannot be read; scoring on a guess is worse than waiting for an operator."""


class SettingError(PipelineError):
    """A setting of the function is missing or malformed; the function must not start."""


class VersionConflictError(PipelineError):
    """Someone else changed the account or the transaction since it was read; read again and retry."""


class FailureUnrecordedError(PipelineError):
    """The transaction is given up already, and nobody has recorded that so far; until then it must be delivered again.

    Parameters
    ----------
    transaction_id
        Which one.
    """

    def __init__(self, transaction_id: str) -> None:
        super().__init__(f"transaction {transaction_id} is given up, and its failure is not recorded so far")
        self.transaction_id = transaction_id


class ItemTooLargeError(PipelineError):
    """A row cannot take what is to be added to it; less detail may still fit."""


class UndeliveredError(PipelineError):
    """AWS took only a part of what was sent, also after retries; the rest must be delivered again."""


class BatchStuckError(PipelineError):
    """The first record of a stream's batch cannot be done yet; Lambda has to part it from the others."""
