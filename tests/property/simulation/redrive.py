"""The flagship with people who release its quarantined accounts by the operator's tool, while everything goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, Optional

from botocore.exceptions import BotoCoreError, ClientError

from scripts.errors import CommandError
from scripts.redrive.books import Books, Run
from scripts.redrive.pace import Pace
from scripts.redrive.place import of
from scripts.redrive.release import Releaser
from scripts.redrive.senders import sender
from scripts.redrive.unrecorded import refuse_unrecorded
from tests.property.simulation.clients import Network
from tests.property.simulation.errors import CrashError
from tests.property.simulation.faults import Fault, Faults, Point
from tests.property.simulation.flagship import Flagship
from tests.property.simulation.kernel import Kernel, Task
from tests.property.simulation.queues import queue_url
from tests.property.simulation.scenario import Chances, Release, Scenario, Submission, drawn

TOOL = "redrive"
"""Who calls, in the place of a function's name."""

FAILS_ONCE = 4
"""So many vain attempts to decide use up a message's three receives: the first time, its batch is tried as well."""

_SDK = SimpleNamespace(retries={"total_max_attempts": 5}, read_timeout=60.0)
_PLACE = of(
    "flagship",
    {
        "transactions_table_name": "transactions",
        "accounts_table_name": "accounts",
        "transaction_queue_url": queue_url("transactions.fifo"),
        "transaction_dead_letter_queue_url": queue_url("dead.fifo"),
    },
)


class Operators:
    """People who start the tool, on machines that each keep a journal, and start it again after a crash.

    Parameters
    ----------
    kernel, network
        Time, and the way to AWS.
    """

    def __init__(self, kernel: Kernel, network: Network) -> None:
        self._kernel = kernel
        self._network = network
        self._journals: dict[int, set[str]] = defaultdict(set)
        self._at_work: set[int] = set()

    def start(self, release: Release, attempt: int = 1) -> None:
        """Start a run, unless the machine is at one: the journal is that one's."""
        if release.machine in self._at_work:
            return
        self._at_work.add(release.machine)
        task = Task(TOOL, None)
        token = f"run-{self._kernel.new_name()}"
        self._kernel.start(task, partial(self._run, release, token), partial(self._ended, release, attempt))

    def _run(self, release: Release, token: str) -> None:
        journal, kernel = self._journals[release.machine], self._kernel
        known = set(journal)

        def client(service: str) -> Any:
            return self._network.client(TOOL, service, config=_SDK)

        refuse_unrecorded(client("sqs"), _PLACE.dead_letters_url)
        books = Books(client("dynamodb"), _PLACE)
        pace = Pace(0.2, release.patience_seconds, kernel.utc, lambda: kernel.now, self._look_away)
        run = Run(token, "operator:ana-7", "")
        releaser = Releaser(books, sender(_PLACE, client), run, pace, lambda *_: journal.add(token))
        for account_id in sorted(each.account_id for each in books.blocked() if each.quarantined_at):
            releaser.release(account_id, books.died_over(account_id, known, any_run=release.takes_over))

    def _look_away(self, seconds: float) -> None:
        """Wait longer than is asked for: looks at what is not decided so far cost time, and show nothing."""
        self._kernel.pause(5.0 * seconds)

    def _ended(self, release: Release, attempt: int, outcome: Any) -> None:
        self._at_work.discard(release.machine)
        if isinstance(outcome, (CrashError, BotoCoreError, ClientError, CommandError)):
            if attempt < 3:
                self._kernel.later(300.0 * self._kernel.draw.random(), lambda: self.start(release, attempt + 1))
        elif outcome is not None:
            raise outcome


class Redrive(Flagship):
    """One schedule of the flagship in which accounts are released."""

    def _plan(self) -> None:
        super()._plan()
        self.operators = Operators(self.kernel, self.network)
        for release in self.scenario.releases:
            self.kernel.later(release.at, partial(self.operators.start, release))

    def _needs_an_operator(self) -> bool:
        """Tell whether a run is over and has left an account behind."""
        return any("released_by" in row for row in self.rows("accounts").values())

    def _operate(self) -> None:
        self.operators.start(Release(self.kernel.now, machine=-1, takes_over=True))


@dataclass
class Since:
    """Strikes from a time on: the faults before it would be used up before anybody releases anything."""

    at: float
    faults: Faults

    def strike(self, point: Point, service: str, now: float) -> Optional[Fault]:
        """Return what happens to the attempt at hand."""
        return self.faults.strike(point, service, now) if now >= self.at else None


def of_redrive(draw: Random) -> Scenario:
    """Return a scenario in which a transaction fails, once or for ever, and operators come, early and late."""
    given = drawn(draw)
    failing = draw.choice(given.submissions).transaction_id
    releases = tuple(_release(draw) for _ in range(draw.choice((1, 1, 2, 3))))
    return replace(
        given,
        submissions=tuple(_perhaps_meanwhile(draw, one, releases) for one in given.submissions),
        failures={**given.failures, failing: draw.choice((FAILS_ONCE, FAILS_ONCE, FAILS_ONCE + 1, 2 * FAILS_ONCE, 99))},
        releases=releases,
        faults=Since(min(one.at for one in releases), given.faults) if draw.random() < 0.6 else given.faults,
    )


def _release(draw: Random) -> Release:
    return Release(
        draw.choice((300.0, 900.0, 2000.0)) * (0.5 + draw.random()),
        machine=draw.randrange(2),
        takes_over=draw.random() < 0.3,
        patience_seconds=draw.choice((2.0, 60.0, 300.0)),
    )


def _perhaps_meanwhile(draw: Random, one: Submission, releases: tuple[Release, ...]) -> Submission:
    if draw.random() < 0.6:
        return one
    return replace(one, at=draw.choice(releases).at + draw.choice((0.2, 2.0, 60.0)) * draw.random())


_FAILED, _SECOND, _THIRD, _MEANWHILE, _LATER = (
    Submission(f"t{n}", "acc-0", at) for n, at in enumerate((0.0, 0.1, 0.2, 700.15, 725.0))
)

FLOWS: Mapping[str, Scenario] = {
    "released": Scenario(
        (_FAILED, _SECOND, _THIRD, _MEANWHILE, _LATER),
        failures={"t0": FAILS_ONCE},
        releases=(Release(700.0), Release(1300.0)),
    ),
    "released, and the index lags": Scenario(
        (_FAILED, _SECOND, _MEANWHILE),
        failures={"t0": FAILS_ONCE},
        releases=(Release(700.0),),
        chances=Chances(lag_seconds=60.0),
    ),
    "released by two at once": Scenario(
        (_FAILED, _SECOND), failures={"t0": FAILS_ONCE}, releases=(Release(700.0), Release(700.1, 1, takes_over=True))
    ),
    "released, and fails again": Scenario(
        (_FAILED, _SECOND), failures={"t0": 2 * FAILS_ONCE}, releases=(Release(700.0), Release(2000.0))
    ),
}
"""Ways of a release; faults strike the tool's calls there, for those of the functions are struck elsewhere."""
