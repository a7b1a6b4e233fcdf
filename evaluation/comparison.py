"""Champion against challenger: both score the same labelled transactions, as the functions would have."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Callable, Optional

import numpy as np
from numpy.typing import NDArray

from evaluation import intervals
from evaluation.backtest_results import (
    BETTER,
    NO_DIFFERENCE,
    NOT_ENOUGH_LABELS,
    WORSE,
    Agreement,
    Amounts,
    Backtest,
    Input,
    ReasonCount,
    Side,
    Verdict,
)
from evaluation.contenders import Contender, names_of
from evaluation.curves import curves_of
from evaluation.intervals import Rows, Scored
from evaluation.labelled import LabelledSet, LabelledTransaction
from evaluation.proposal import propose
from evaluation.protocol import Flags
from evaluation.results import CARDS_A_DAY, Curves, Interval
from evaluation.simulator import DAY, Floats
from evaluation.stream import LABEL_DELAY, Event, replay
from pipeline.domain.decision import PolicyResult
from pipeline.domain.queued import Acceptance
from pipeline.domain.status import Status
from pipeline.domain.times import from_text
from pipeline.domain.transaction import canonical_decimal
from scripts.errors import CommandError

HEADLINE = "average_precision"
"""The figure that the verdict goes by: how well the scores rank, whatever the thresholds."""

REASONS_SHOWN = 12


@dataclass
class _Tally:
    """What one policy said, transaction by transaction."""

    contender: Contender
    scores: array[int] = field(default_factory=lambda: array("q"))
    alerts: bytearray = field(default_factory=bytearray)
    suspected: bytearray = field(default_factory=bytearray)
    given: Counter[str] = field(default_factory=Counter)
    with_alert: Counter[str] = field(default_factory=Counter)
    with_fraud: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)
    model_version: Optional[str] = None

    def add(self, result: PolicyResult, fraud: Optional[bool]) -> None:
        alert = result.outcome != Status.APPROVED
        self.scores.append(result.score)
        self.alerts.append(alert)
        self.suspected.append(result.outcome == Status.FRAUD_SUSPECTED)
        self.model_version = result.model_version
        for code, text in {reason.code: reason.text for reason in result.reasons}.items():
            self.texts[code] = text
            self.given[code] += 1
            self.with_alert[code] += alert
            self.with_fraud[code] += alert and fraud is True

    def scored(self) -> Scored:
        return Scored(np.array(self.scores, dtype=np.float64), _flags(self.alerts), _flags(self.suspected))

    def reasons(self) -> list[ReasonCount]:
        ranked = sorted(self.given, key=lambda code: (-self.with_alert[code], -self.given[code], code))
        return [
            ReasonCount(code, self.texts[code], self.given[code], self.with_alert[code], self.with_fraud[code])
            for code in ranked[:REASONS_SHOWN]
        ]


class _Sheet:
    """What is known of the compared transactions, a column each."""

    def __init__(self) -> None:
        self.known = bytearray()
        self.fraud = bytearray()
        self.account = array("q")
        self.day = array("q")
        self.thousandths = array("q")
        self.currency = array("q")
        self.accounts: dict[str, int] = {}
        self.currencies: dict[str, int] = {}
        self.first_day = self.last_day = ""

    def add(self, event: Event) -> None:
        transaction = event.acceptance.transaction
        self.known.append(event.fraud is not None)
        self.fraud.append(event.fraud is True)
        self.account.append(self.accounts.setdefault(event.acceptance.account_key, len(self.accounts)))
        self.day.append(event.arrives // DAY)
        self.thousandths.append(int(transaction.amount * 1000))
        self.currency.append(self.currencies.setdefault(transaction.currency, len(self.currencies)))
        self.last_day = event.acceptance.event_time[:10]
        self.first_day = self.first_day or self.last_day

    def rows(self) -> Rows:
        # Amounts of several currencies have no common unit: then there is no figure in amounts.
        value = np.array(self.thousandths, dtype=np.float64)
        return Rows(
            known=_flags(self.known),
            fraud=_flags(self.fraud),
            account=np.array(self.account, dtype=np.int64),
            day=np.array(self.day, dtype=np.int64),
            value=value if len(self.currencies) == 1 else np.full(len(value), np.nan),
        )


def _flags(values: bytearray) -> Flags:
    return np.frombuffer(bytes(values), dtype=np.bool_)


@dataclass(frozen=True)
class Options:
    """How to compare: from which event time on ("" for all of it), how many draws, and their seed."""

    since: str = ""
    draws: int = intervals.DRAWS
    seed: int = intervals.SEED


def compare(
    taken: LabelledSet,
    file: Path,
    champion: Contender,
    challenger: Contender,
    options: Options = Options(),
    watched: Callable[[Iterable[LabelledTransaction]], Iterable[LabelledTransaction]] = iter,
) -> Backtest:
    """Let both policies score every transaction in event order, and compare what they said.

    Parameters
    ----------
    taken
        The labelled transactions.
    file
        Where they are from.
    champion, challenger
        The policies.
    options
        How to compare.
    watched
        Sees the transactions go by, for a progress bar.

    Raises
    ------
    CommandError
        If there is no transaction to compare on.
    """
    sheet, digest = _Sheet(), hashlib.sha256()
    tallies = (_Tally(champion), _Tally(challenger))
    for event, features in replay(events_of(watched(taken), digest.update)):
        if event.acceptance.event_time < options.since:
            continue
        sheet.add(event)
        for tally in tallies:
            tally.add(tally.contender.result(features), event.fraud)
    if not sheet.known:
        raise CommandError(f"{file.name} has no transaction since {options.since}: nothing is left to compare.")
    return _Report(taken, file, sheet, tallies, options, digest.hexdigest()).backtest()


def events_of(taken: Iterable[LabelledTransaction], seen: Callable[[bytes], object]) -> Iterator[Event]:
    """Yield the arrivals: each when it happened; its label seven days later, or when it was confirmed after that."""
    for row, one in enumerate(taken):
        transaction = one.transaction
        seen(f"{transaction.fingerprint} {one.label} {one.confirmed_at}\n".encode())
        occurred_at = transaction.occurred_at
        assert occurred_at is not None  # they were taken by the flagship's schema
        arrives = _seconds(occurred_at)
        confirmed = _seconds(one.confirmed_at) if one.confirmed_at else 0
        yield Event(
            row=row,
            acceptance=Acceptance(transaction, occurred_at, f"line-{one.line}"),
            merchant_name=one.merchant_name,
            arrives=arrives,
            fraud=None if one.label == "unknown" else one.label == "fraud",
            labelled_at=max(arrives + LABEL_DELAY, confirmed),
        )


def _seconds(text: str) -> int:
    return int(from_text(text).timestamp())


class _Report:
    """Puts the figures together."""

    def __init__(
        self, taken: LabelledSet, file: Path, sheet: _Sheet, tallies: tuple[_Tally, _Tally], options: Options,
        fingerprint: str,
    ) -> None:  # fmt: skip
        self._taken, self._file, self._sheet, self._tallies = taken, file, sheet, tallies
        self._options, self._fingerprint = options, fingerprint
        self._rows = sheet.rows()
        self._scored = tuple(tally.scored() for tally in tallies)
        self._names = names_of(tallies[0].contender, tallies[1].contender)
        self._shortage = intervals.shortage(self._rows)

    def backtest(self) -> Backtest:
        figures, differences = self._figures()
        champion, challenger = (self._side(place, figures[place]) for place in (0, 1))
        known = self._rows.known
        return Backtest(
            verdict=self._verdict(differences[HEADLINE], champion, challenger),
            notes=list(self._notes()),
            input=self._input(),
            champion=champion,
            challenger=challenger,
            differences=differences,
            agreement=self._agreement(),
            amounts=self._amounts(),
            proposal=propose(
                self._tallies[1].contender.spec, self._scored[1].score[known], self._rows.fraud[known]
            ),
            curves=self._curves(),
            resampling={
                "draws": 0 if self._shortage else self._options.draws, "confidence": intervals.CONFIDENCE,
                "seed": self._options.seed,
            },
        )  # fmt: skip

    def _figures(self) -> tuple[list[dict[str, Interval]], dict[str, Interval]]:
        """Return both policies' figures, and the differences (challenger minus champion)."""
        rows = self._rows
        values = [intervals.figures_of(rows, scored) for scored in self._scored]
        if self._shortage:
            nothing: dict[str, Floats] = {name: np.full(1, np.nan) for name in values[0]}
            drawn = [nothing, nothing]
        else:
            draws = intervals.draws_of(rows.accounts, self._options.draws, self._options.seed)
            drawn = [intervals.resampled(rows, scored, draws) for scored in self._scored]
        differences = intervals.differences(values[1], values[0], drawn[1], drawn[0])
        return [intervals.intervals_of(*pair) for pair in zip(values, drawn)], differences

    def _side(self, place: int, figures: dict[str, Interval]) -> Side:
        tally = self._tallies[place]
        spec = tally.contender.spec
        return Side(
            name=self._names[place],
            policy=spec.name,
            kind=spec.kind,
            version=spec.version,
            model_version=tally.model_version,
            document=tally.contender.document.name,
            document_version=tally.contender.document_version,
            review=spec.thresholds.review,
            fraud=spec.thresholds.fraud,
            figures=figures,
            reasons=tally.reasons(),
        )

    def _verdict(self, difference: Interval, champion: Side, challenger: Side) -> Verdict:
        if self._shortage:
            return Verdict(NOT_ENOUGH_LABELS, f"{self._shortage} No verdict.")
        if difference.value == 0:
            return Verdict(NO_DIFFERENCE, f"No difference is shown: {challenger.name} and {champion.name} rank alike.")
        if difference.value is None or difference.low is None or difference.high is None:
            return Verdict(NOT_ENOUGH_LABELS, "Not enough labels: the figures are undefined in too many draws.")
        one, other = challenger.figures[HEADLINE].value, champion.figures[HEADLINE].value
        shown = (
            f"average precision {one:.3f} against {other:.3f}, a difference of {difference.value:+.3f}"
            f" ({100 * intervals.CONFIDENCE:.0f} % interval {difference.low:+.3f} to {difference.high:+.3f})"
        )
        if difference.low > 0:
            return Verdict(BETTER, f"The challenger {challenger.name} ranks better than {champion.name}: {shown}.")
        if difference.high < 0:
            return Verdict(WORSE, f"The challenger {challenger.name} ranks worse than {champion.name}: {shown}.")
        return Verdict(
            NO_DIFFERENCE,
            f"No difference is shown between the challenger {challenger.name} and {champion.name}: {shown}.",
        )

    def _notes(self) -> Iterator[str]:
        rows, sheet = self._rows, self._sheet
        unknown = int((~rows.known).sum())
        if unknown:
            yield (
                f"{unknown:,} of {len(rows.known):,} transactions have no label. Alert rates count them;"
                " everything else is measured on the labelled ones only."
            )
        fraudulent = len(np.unique(rows.account[rows.fraud]))
        if not self._shortage and fraudulent < intervals.FEWEST_FRAUDS:
            yield f"The frauds are of only {fraudulent} accounts: take the intervals as a rough guide."
        cards = _cards_a_day(rows)
        if cards < 2 * CARDS_A_DAY:
            yield (
                f"On a usual day {cards:,} accounts are active, so the {CARDS_A_DAY} highest scored cards"
                " of a day are most or all of them: card precision says little here."
            )
        if len(sheet.currencies) > 1:
            yield "Amounts of several currencies are not added up: they are shown by currency, without intervals."
        if any(tally.model_version for tally in self._tallies) and not self._options.since:
            yield (
                "If a model was trained on these transactions, its figures flatter: compare on later ones"
                " (SINCE=YYYY-MM-DD leaves earlier ones to the account states only)."
            )

    def _input(self) -> Input:
        taken, rows, problems = self._taken, self._rows, self._taken.problems
        known, fraud = int(rows.known.sum()), int(rows.fraud.sum())
        return Input(
            file=self._file.name,
            source=taken.source,
            fingerprint=self._fingerprint,
            transactions=len(taken),
            repeats=taken.repeats,
            skipped=problems.count,
            skipped_by_field=dict(sorted(problems.by_field.items())),
            problems=problems.lines(),
            warm_up=len(taken) - len(rows.known),
            fraud=fraud,
            genuine=known - fraud,
            unknown=len(rows.known) - known,
            accounts=rows.accounts,
            accounts_with_fraud=len(np.unique(rows.account[rows.fraud])),
            first_day=self._sheet.first_day,
            last_day=self._sheet.last_day,
        )

    def _agreement(self) -> list[Agreement]:
        rows, (champion, challenger) = self._rows, self._scored
        kinds = (rows.fraud, rows.known & ~rows.fraud, ~rows.known)
        return [
            Agreement(one, other, *(_count((champion.alert == one) & (challenger.alert == other) & k) for k in kinds))
            for one, other in ((True, True), (False, True), (True, False), (False, False))
        ]

    def _amounts(self) -> list[Amounts]:
        rows, sheet = self._rows, self._sheet
        thousandths, currency = np.array(sheet.thousandths), np.array(sheet.currency)
        found = []
        for name, number in sorted(sheet.currencies.items()):
            frauds = rows.fraud & (currency == number)
            sums = [_sum(thousandths[frauds & flags]) for flags in (frauds, *(one.alert for one in self._scored))]
            if frauds.any():
                found.append(Amounts(name, _count(frauds), *sums))
        return found

    def _curves(self) -> list[Curves]:
        known = self._rows.known
        return [
            curves_of(
                name, self._file.name, scored.score[known], self._rows.fraud[known],
                tally.contender.spec.kind, tally.contender.highest,
            )
            for name, scored, tally in zip(self._names, self._scored, self._tallies)
        ]  # fmt: skip


def _cards_a_day(rows: Rows) -> int:
    """Return the median number of accounts that are active on a day."""
    pairs = np.unique(rows.day * max(rows.accounts, 1) + rows.account) // max(rows.accounts, 1)
    return int(np.median(np.unique(pairs, return_counts=True)[1])) if len(pairs) else 0


def _count(flags: Flags) -> int:
    return int(flags.sum())


def _sum(thousandths: NDArray[np.int64]) -> str:
    """Return a sum of thousandths as decimal text; Python's integers do not overflow."""
    return canonical_decimal(Decimal(sum(thousandths.tolist())).scaleb(-3))
