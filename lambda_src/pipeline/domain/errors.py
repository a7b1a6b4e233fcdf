"""The failures that the pipeline tells apart; each is one sentence and one consequence."""

from __future__ import annotations


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
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class AccountStateError(PipelineError):
    """An account's stored state cannot be read; scoring on a guess is worse than waiting for an operator."""


class SettingError(PipelineError):
    """A setting of the function is missing or malformed; the function must not start."""


class VersionConflictError(PipelineError):
    """Someone else changed the account or the transaction since it was read; read again and retry."""


class UndeliveredError(PipelineError):
    """AWS took only a part of what was sent, also after retries; the rest must be delivered again."""
