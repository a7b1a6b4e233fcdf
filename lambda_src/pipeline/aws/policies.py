"""The policy document in force: read from its parameter, refreshed without a deployment, never lost.

| what happens | what decides |
|---|---|
| a new version validates | the new one, within the refresh time |
| it does not, or the parameter is out of reach | the last good one goes on |
| the same while a container starts | the newest version of the parameter's history that validates |
| there is none, but one that only names a model we do not have | that one's rules, lists and routes, until then |
| there is none at all, or the parameter is out of reach | the packaged rules alone, until a refresh succeeds |
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.observability import count, logger
from pipeline.domain.errors import PipelineError
from pipeline.scoring.document import PolicyDocument, PolicyDocumentError, UnpackagedModelError, parse
from pipeline.scoring.engine import DecisionEngine, unpackaged

if TYPE_CHECKING:
    from pipeline.scoring.model import Model

READ_TIMEOUT_SECONDS = 1.0
"""Accounts wait while the document is read, and there is always something else to decide by."""

BASELINE = json.dumps(
    {
        "schema": 1,
        "version": "packaged-rules-1",
        "champion": "points",
        "challenger": None,
        "shadows": [],
        "fallback": "points",
        "kill_switch": False,
        "policies": {
            "points": {
                "kind": "points",
                "version": "1",
                "points": {"HIGH_AMOUNT": 30, "SUSPICIOUS_MERCHANT": 40, "UNUSUAL_CURRENCY": 20, "ROUND_AMOUNT": 10},
                "thresholds": {"review": 30, "fraud": 50},
            }
        },
        "lists": {"allow": [], "deny": []},
        "routes": {"high_value": {"amount_above": 10000}},
        "drift": {"psi_max_thousandths": 250, "alert_rate_max_basis_points": 500, "minimum_decisions": 500},
    }
)
"""What decides while no document can be had, the published rules: better than accounts that pile up."""


class PolicyUnavailableError(PipelineError):
    """There is no policy document whose models are packaged, and rules alone are of no use here."""


@dataclass(frozen=True)
class _WithoutModels:
    """A version of the parameter that only names a model which is not packaged, and its rules alone."""

    version: int
    field: str
    engine: DecisionEngine


class PolicyStore:
    """Keeps the engine that decides.

    Parameters
    ----------
    client
        An SSM client.
    parameter
        Name of the parameter that holds the document.
    models
        The packaged models by the sha256 of their artifacts.
    refresh_seconds
        How long a document is taken for the newest.
    monotonic
        The clock of that, in seconds.
    """

    def __init__(
        self,
        client: Any,
        parameter: str,
        models: Mapping[str, Model],
        refresh_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._parameter = parameter
        self._models = models
        self._refresh_seconds = refresh_seconds
        self._monotonic = monotonic
        self._due: Optional[float] = None
        self._engine: Optional[DecisionEngine] = None
        self._version: Optional[int] = None
        self._refused: set[int] = set()
        self._without_models: Optional[_WithoutModels] = None

    def engine(self) -> DecisionEngine:
        """Return the engine in force; the first call reads the document, later ones when it is due."""
        now = self._monotonic()
        if self._engine is None or self._due is None or now >= self._due:
            self._due = now + self._refresh_seconds
            self._engine = self._refreshed()
        return self._engine

    def document(self) -> PolicyDocument:
        """Return the document in force, for those who have to do with a real one or nothing.

        Raises
        ------
        PolicyUnavailableError
            If only rules can be had: the packaged ones, or those of a document that names a model we do not have.
        """
        document = self.engine().document
        if self._version is None:
            raise PolicyUnavailableError("there is no policy document that can be read, or its models are not packaged")
        return document

    def _refreshed(self) -> DecisionEngine:
        try:
            newest = self._client.get_parameter(Name=self._parameter, WithDecryption=True)["Parameter"]
            if self._version is not None and newest["Version"] == self._version and self._engine is not None:
                return self._engine
            engine = self._take(newest)
            if engine is None and self._version is None:
                engine = self._newest_that_validates()
        except (BotoCoreError, ClientError) as error:
            count("PolicyRefreshFailed")
            logger.error("the policy document is out of reach", parameter=self._parameter, cause=type(error).__name__)
            engine = None
        return engine or self._last_good()

    def _last_good(self) -> DecisionEngine:
        if self._version is not None and self._engine is not None:
            return self._engine
        count("PolicyFallback")
        if self._without_models is not None:
            logger.error(
                "the rules of the policy document decide: it names a model that is not packaged",
                parameter=self._parameter,
                parameter_version=self._without_models.version,
                field=self._without_models.field,
            )
            return self._without_models.engine
        logger.error("the packaged rules decide: there is no policy document", parameter=self._parameter)
        return DecisionEngine(parse(BASELINE), {})

    def _newest_that_validates(self) -> Optional[DecisionEngine]:
        """Go back through the parameter's history, for a container that starts while its newest version is refused."""
        for version in sorted(self._history(), key=lambda one: -int(one["Version"])):
            engine = None if version["Version"] in self._refused else self._take(version)
            if engine is not None:
                return engine
        return None

    def _history(self) -> Iterator[Mapping[str, Any]]:
        token: dict[str, Any] = {}
        while True:
            page = self._client.get_parameter_history(Name=self._parameter, WithDecryption=True, **token)
            yield from page["Parameters"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _take(self, parameter: Mapping[str, Any]) -> Optional[DecisionEngine]:
        """Return the engine of one version of the parameter and remember it, or None if it is refused."""
        version = int(parameter["Version"])
        try:
            document = parse(parameter["Value"])
            try:
                engine = DecisionEngine(document, self._models)
            except UnpackagedModelError as error:
                self._keep_without_models(version, document, error.field)
                raise
        except Exception as error:  # noqa: BLE001
            # Whatever is wrong with a document, a bug of ours in reading it included, must not stop what decides.
            self._refuse(version, error)
            return None
        newer = self._without_models
        if newer is not None and newer.version > version and unpackaged(document, self._models):
            return None  # it only passes because its kill switch is on: the newer one's rules and lists are better
        self._version = version
        self._refused.clear()
        self._without_models = None
        logger.info("policy document in force", document=engine.document.version, parameter_version=version)
        return engine

    def _keep_without_models(self, version: int, document: PolicyDocument, field: str) -> None:
        """Keep the newest of such documents, for a container that finds nothing better."""
        if self._without_models is None or version >= self._without_models.version:
            self._without_models = _WithoutModels(version, field, DecisionEngine(document.rules_only(), self._models))

    def _refuse(self, version: int, error: Exception) -> None:
        count("PolicyRefreshFailed")
        if version in self._refused:  # it was said once; the metric goes on
            return
        self._refused.add(version)
        named = isinstance(error, PolicyDocumentError)
        logger.error(
            "the policy document is refused",
            parameter=self._parameter,
            parameter_version=version,
            field=error.field if isinstance(error, PolicyDocumentError) else "document",
            reason=error.reason if isinstance(error, PolicyDocumentError) else type(error).__name__,
            exc_info=not named,
        )
