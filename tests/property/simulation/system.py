"""What every simulated system has: time, a table of transactions, functions, clients that submit, and a sweeper."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from functools import partial
from random import Random
from typing import Any, Callable, ClassVar, Optional

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.aws.dynamo import from_item
from tests.property.simulation.clients import Network
from tests.property.simulation.errors import CrashError
from tests.property.simulation.functions import Function, Lambda
from tests.property.simulation.kernel import Kernel
from tests.property.simulation.queues import Queue
from tests.property.simulation.scenario import Saying, Scenario, Submission
from tests.property.simulation.tables import Database
from tests.property.simulation.virtual import Present

SWEEP_AFTER_SECONDS = 900
OPERATOR_SECONDS = 600.0
"""After so long somebody looks at what is left, and does as the system's guide says."""

LABEL_ATTEMPTS = 8
LONGEST = 400_000.0
"""So many virtual seconds a schedule may take until everything is settled."""


class Answer:
    """What a client was told."""

    def __init__(self, submission: Submission, status: int, body: Mapping[str, Any]) -> None:
        self.submission = submission
        self.status = status
        self.body = body


class System(ABC):
    """One schedule of a system. Those that there are make their services and wire them.

    Parameters
    ----------
    scenario, draw
        What it begins with, and where its chance comes from.
    trace
        Gets a line for each call.
    """

    functions: ClassVar[Mapping[str, Function]]
    network: Network

    def __init__(self, scenario: Scenario, draw: Random, trace: Optional[Callable[[str], None]] = None) -> None:
        self.scenario = scenario
        self.kernel = Kernel(draw)
        self._told = trace
        self.answers: list[Answer] = []
        self.taken: set[Saying] = set()
        """The labels that were answered with 200."""
        self._failures = Counter(scenario.failures)
        self._deadly = Counter(scenario.deadly)
        chances = scenario.chances
        self.database = Database(lambda: self.kernel.now, lambda: chances.lag_seconds * self.kernel.draw.random())
        services = {"dynamodb": self.database, **self._services()}
        self.transactions = self.database.tables["transactions"]
        self.network = Network(self.kernel, scenario.faults, services, self.tell if trace else None)
        self.runtime = Lambda(self.kernel, self.network.client, self.functions, chances.recycled, chances.skews)
        self._connect()
        self._plan()

    @abstractmethod
    def _services(self) -> Mapping[str, Any]:
        """Make the tables and what else there is; return all services but the tables, by their names in boto3."""

    @abstractmethod
    def _connect(self) -> None:
        """Connect the services with the functions."""

    def _plan(self) -> None:
        """Plan what happens to the system."""
        for submission in self.scenario.submissions:
            for delay in (0.0, *submission.repeats):
                self.kernel.later(submission.at + delay, partial(self._submit, submission, 1))
        for saying in self.scenario.labels:
            for delay in (0.0, *saying.repeats):
                self.kernel.later(saying.at + delay, partial(self._label, saying, 1))
        for at in self.scenario.sweeps:
            self.kernel.later(at, self._sweep)

    def run(self) -> None:
        """Run until everything is settled that can be."""
        Present.kernel, Present.deciding = self.kernel, self._deciding
        self.kernel.run(LONGEST)
        for _ in range(40):
            if any("received_shard" in row for row in self.transactions.rows.values()):
                self.kernel.later(SWEEP_AFTER_SECONDS, self._sweep)
            elif self._needs_an_operator():
                self.kernel.later(OPERATOR_SECONDS, self._operate)
            else:
                return
            self.kernel.run(LONGEST)

    def _needs_an_operator(self) -> bool:
        """Tell whether something is left that only people look after."""
        return False

    def _operate(self) -> None:  # noqa: B027 - most systems need nobody
        """Do as the system's guide tells people."""

    @property
    def met_a_limit(self) -> bool:
        """Whether something happened that the documentation names as a limit."""
        return False

    def rows(self, table: str = "transactions") -> dict[str, dict[str, Any]]:
        """Return the rows of a table by the first part of their key, as plain values."""
        return {str(key[0][1]): from_item(row) for key, row in self.database.tables[table].rows.items()}

    def items(self, table: str = "transactions") -> list[dict[str, Any]]:
        """Return all rows of a table, as plain values."""
        return [from_item(row) for row in self.database.tables[table].rows.values()]

    def request(self, submission: Submission) -> dict[str, Any]:
        """Return the request of a submission."""
        return submission.body()

    def tell(self, line: str) -> None:
        """Write a line of the trace."""
        if self._told is not None:
            self._told(f"{self.kernel.now:10.3f}  {line}")

    def _queue(self, name: str, seconds: float, dead: Optional[Queue] = None) -> Queue:
        return Queue(name, lambda: self.kernel.now, seconds, dead)

    def _chance(self, likely: float) -> Callable[[], bool]:
        return lambda: likely > 0.0 and self.kernel.draw.random() < likely

    def _submit(self, submission: Submission, attempt: int) -> None:
        event = {
            "body": json.dumps(self.request(submission)),
            "requestContext": {"requestId": f"{submission.transaction_id}-request"},
        }
        self.runtime.invoke("ingest", event, lambda outcome: self._answered(submission, attempt, outcome))

    def _answered(self, submission: Submission, attempt: int, outcome: Any) -> None:
        """Do as a client does: what was not answered, or answered with an error of ours, is sent again."""
        if isinstance(outcome, dict):
            body = json.loads(outcome["body"])
            self.answers.append(Answer(submission, outcome["statusCode"], body))
            self.tell(f"client: {submission.transaction_id} got {outcome['statusCode']} {body.get('status')}")
        elif not isinstance(outcome, CrashError):
            raise outcome
        if (isinstance(outcome, CrashError) or outcome["statusCode"] == 503) and attempt < submission.attempts:
            wait = self.kernel.draw.random() * 4.0**attempt
            self.kernel.later(wait, lambda: self._submit(submission, attempt + 1))

    def _label(self, saying: Saying, attempt: int) -> None:
        """Send a label until it is taken: the transaction may not be decided yet."""

        def end(outcome: Any) -> None:
            if isinstance(outcome, dict) and outcome["statusCode"] == 200:
                self.taken.add(saying)
            elif isinstance(outcome, Exception):
                raise outcome
            elif attempt < LABEL_ATTEMPTS:
                self.kernel.later(self.kernel.draw.random() * 4.0**attempt, lambda: self._label(saying, attempt + 1))

        event = {"body": json.dumps(saying.body()), "requestContext": {"requestId": "label"}}
        self.runtime.invoke("label", event, end)

    def _deciding(self, transaction_id: str) -> None:
        if self._deadly[transaction_id] > 0:
            self._deadly[transaction_id] -= 1
            raise CrashError("deciding it kills the function")
        if self._failures[transaction_id] > 0:
            self._failures[transaction_id] -= 1
            raise RuntimeError("a bug of ours")

    def _sweep(self) -> None:
        self.runtime.invoke("sweep", {}, _ended)


def _ended(outcome: Any) -> None:
    """Take the end of a sweep: what AWS kept it from, the next one does."""
    if isinstance(outcome, Exception) and not isinstance(outcome, (BotoCoreError, ClientError)):
        raise outcome
