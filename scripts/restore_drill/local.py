"""The drill on a local AWS of its own: everything for real, the loss included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Any

from scripts import paths, terraform_tree
from scripts import stack as harness
from scripts.demo import generator
from scripts.demo.client import Sender, Sent, http_poster
from scripts.demo.flow import Stillness
from scripts.demo.model import Transaction
from scripts.demo.observe import Observer
from scripts.demo.stack import Stack, connect, emulator_name
from scripts.demo.system import System
from scripts.demo.systems import ALL as DEMONSTRABLE
from scripts.errors import CommandError
from scripts.ministack import MiniStack
from scripts.restore_drill import archive as archives
from scripts.restore_drill.report import Result
from scripts.restore_drill.steps import Say, Steps, rebuild
from scripts.restore_drill.systems import Drillable
from scripts.restore_drill.tables import Table
from scripts.systems import Deployable

HOW = (
    "CreateBackup and RestoreTableFromBackup of DynamoDB, as the emulator has them. Its RestoreTableToPointInTime gives"
    " back the present whatever time is asked for, so point-in-time recovery is drilled on AWS only."
)
FOLDER = paths.BUILD / "restore-drill"
"""Where reports lie."""
WORKERS = 8
PATIENCE_SECONDS = 120.0
"""How long nothing may move, and how long to wait for the archive, before the drill gives up."""
_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Parameters
    ----------
    before, after
        Transactions sent before the backup, and between it and the loss.
    seed
        Of the generator.
    """

    before: int
    after: int
    seed: int


def plan(system: Drillable, options: Options) -> list[str]:
    """Return what a drill would do, in sentences."""
    archive = f"the objects below {system.archive.prefix} in its archive" if system.archive else "nothing: no archive"
    return [
        "start a local AWS of the drill's own and deploy the system to it; nothing else is touched",
        f"send {options.before:,} transactions, back the table up, send {options.after:,} more, wait for rest",
        "note every row, then delete every row: the loss",
        "restore the backup into a second table",
        f"replay onto it what came after the backup, from {archive}",
        "reconcile: every row and every sum against what was noted",
        "put the result in the lost table's place (backup, delete, restore under the old name, terraform apply)",
        "send a transaction again and a new one, and see that the system takes both as it should",
        "write the report and stop the local AWS",
    ]


def drill(system: Drillable, deployable: Deployable, options: Options, say: Say) -> Result:
    """Run the drill; return what it reached."""
    steps = Steps(say)
    with MiniStack("restore-drill", region=deployable.region) as server:
        with steps.step("deploy"):
            stack = connect(harness.deploy(server, deployable))
        return _Drill(system, deployable, options, server, stack, steps).run()


class _Drill:
    """One local drill."""

    def __init__(
        self,
        system: Drillable,
        deployable: Deployable,
        options: Options,
        server: MiniStack,
        stack: Stack,
        steps: Steps,
    ) -> None:
        self._system = system
        self._deployable = deployable
        self._options = options
        self._server = server
        self._stack = stack
        self._steps = steps
        self._demo: System = DEMONSTRABLE[system.name]
        self._observer: Observer = stack.observer(self._demo)
        self._bucket = stack.output(system.archive.bucket) if system.archive else None
        self._s3 = stack.client("s3")
        name = stack.output(system.table)
        self._table = self._named(name)
        self._second = self._named(f"{name}-restored")
        # Sent last, so that the backup finds some of them undecided, as it would at any time.
        self._waiting = options.before // 10
        # One more than asked for: the one that is new after the restore.
        count = options.before + options.after + 1
        acceptable = (one for one in generator.transactions(count, options.seed) if one.expected == "accepted")
        self._transactions: Iterator[Transaction] = acceptable

    def run(self) -> Result:
        steps = self._steps
        self._observer.prepare(generator.merchants())
        with steps.step("send before the backup"):
            first = self._send(self._options.before - self._waiting)
            if not _await(lambda: self._observer.waiting() == 0):
                raise CommandError("transactions wait for their decision, and nothing moves.")
            self._send(self._waiting)
        with steps.step("back up"):
            backup, restored_to = self._table.back_up("restore-drill")
        with steps.step("send after the backup"):
            self._send(self._options.after)
        with steps.step("come to rest"):
            self._rest()
        before = self._table.read()

        failed_at = datetime.now(timezone.utc)
        with steps.step("lose"):
            self._table.empty()
        with steps.step("restore"):
            self._second.restore_from(backup)
        with steps.step("replay and reconcile"):
            rebuilt = rebuild(
                self._system,
                self._second,
                before,
                self._stack.client("s3"),
                self._bucket,
                restored_to,
                PATIENCE_SECONDS,
            )
        with steps.step("put in its place"):
            self._put_in_place()
        with steps.step("serve again"):
            service = self._serve(first[0].transaction)
        return Result(
            system=self._system.name,
            where=f"local AWS ({emulator_name()})",
            table=self._table.name,
            restored_as=self._second.name,
            how=HOW,
            restored_to=restored_to,
            failed_at=failed_at,
            whole_at=rebuilt.whole_at,
            rows_before=len(before),
            rows_restored=rebuilt.restored,
            changes_replayed=rebuilt.changes,
            unreadable_lines=rebuilt.unreadable,
            reconciliation=rebuilt.reconciliation,
            has_archive=self._system.archive is not None,
            in_service_at=datetime.now(timezone.utc),
            service=service,
            seconds=steps.seconds,
        )

    def _named(self, name: str) -> Table:
        return Table(self._stack.client("dynamodb"), name, self._system.key)

    def _send(self, count: int) -> list[Sent]:
        """Send so many transactions; all have to be accepted."""
        poster = partial(
            http_poster, self._stack.api_endpoint.rstrip("/") + self._demo.submit_path, self._stack.api_key
        )
        names = {merchant.merchant_id: merchant.name for merchant in generator.merchants()}
        sender = Sender(poster, lambda one: self._demo.body(one, names.get(one.merchant_id)), WORKERS)
        sender.start(islice(self._transactions, count))
        sender.done.wait()
        sent = sender.result()
        refused = [one for one in sent if one.status not in (200, 202)]
        if refused:
            raise CommandError(f"the API answered {refused[0].status} to {refused[0].transaction.transaction_id}.")
        return sent

    def _rest(self) -> None:
        """Wait until nothing waits for a decision and nothing has moved for long enough."""
        still, began = Stillness(time.monotonic), time.monotonic()
        while True:
            pulse = self._observer.pulse()
            quiet = still.seconds((pulse, self._marks()))
            if not pulse.waiting and quiet >= self._system.quiet_seconds:
                return
            if quiet > PATIENCE_SECONDS or time.monotonic() - began > 10 * PATIENCE_SECONDS:
                raise CommandError(f"{pulse.waiting:,} transactions wait for their decision, and nothing moves.")
            time.sleep(_LOOK_EVERY_SECONDS)

    def _marks(self) -> int:
        """Return a number that moves with every change of a row's status."""
        return sum(int(row.get("revision", 0)) for row in self._table.read().values())

    def _put_in_place(self) -> None:
        """Let the second table take the lost one's name, then let Terraform give it what a restore leaves out."""
        whole, _ = self._second.back_up("restore-drill-whole")
        self._table.delete()
        self._table.restore_from(whole)
        self._second.delete()
        runner = harness.terraform(self._server, self._deployable)
        runner.init(*terraform_tree.state_arguments(harness.state_folder(self._server, self._deployable)))
        runner.workspace(harness.WORKSPACE)
        runner.apply(f"-var-file={self._deployable.variables_file}")

    def _serve(self, old: Transaction) -> dict[str, bool]:
        """Send one transaction again and a new one; return what was seen."""
        rows = self._table.read()
        was = _row_of(rows, old.transaction_id)
        self._transactions, rest = iter([old]), self._transactions
        self._send(1)
        unmoved = _row_of(self._table.read(), old.transaction_id) == was
        self._transactions = rest
        (new,) = self._send(1)
        new_id = new.transaction.transaction_id
        decided = _await(lambda: "decided_at" in (_row_of(self._table.read(), new_id) or {}))
        seen = {
            "a transaction of before the backup, sent again, is known and not decided twice": unmoved,
            "a new transaction is accepted and decided": decided,
        }
        if self._system.archive is not None and decided:
            seen["its decision reaches the archive: the new stream has its readers"] = _await(
                lambda: self._archived(new_id)
            )
        return seen

    def _archived(self, transaction_id: str) -> bool:
        assert self._system.archive is not None
        assert self._bucket is not None
        now = datetime.now(timezone.utc)
        found = archives.changes_since(self._s3, self._bucket, self._system.archive, now)
        return any(
            change.attributes.get("transaction_id") == transaction_id
            for changes in found.changes.values()
            for change in changes
        )


def _row_of(rows: dict[tuple[str, ...], dict[str, Any]], transaction_id: str) -> dict[str, Any] | None:
    return next((row for row in rows.values() if row["transaction_id"] == transaction_id), None)


def _await(condition: Callable[[], bool]) -> bool:
    """Say whether a condition comes true in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_EVERY_SECONDS)
    return True
