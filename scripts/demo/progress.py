"""Shows how a run goes: live on a terminal, as plain lines where the output is kept."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Callable

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

ANALYSE = "analyse"
STAGES = ("set up", "seed", "send", "settle", ANALYSE, "check", "stop", "report")
"""The stages of a run; not every system has something to analyse."""
_LINE_EVERY_SECONDS = 5.0
_RATE_OVER_SECONDS = 6.0
_BAR_WIDTH = 60


@dataclass
class Counters:
    """What is counted while a run goes.

    Parameters
    ----------
    sent, settled
        Transactions so far.
    flagged
        Those among them that were flagged; None where nothing counts them on the way.
    to_settle
        How many will be settled in the end, as far as is known.
    rate
        Transactions sent a second; once all are sent, settled a second.
    """

    sent: int = 0
    settled: int = 0
    flagged: int | None = None
    to_settle: int = 0
    rate: float = 0.0

    def text(self) -> str:
        """Return the counters as a line."""
        flagged = "" if self.flagged is None else f" · flagged {self.flagged:,}"
        settled = f"settled {self.settled:,} of about {self.to_settle:,}"
        return f"sent {self.sent:,} · {settled}{flagged} · {self.rate:,.0f}/s"


class Progress:
    """The stages of a run and its counters; a context manager.

    Parameters
    ----------
    console
        Where to show them.
    clock
        Seconds, never going back.
    check
        Called at every step; may raise to end the run.
    stages
        The names of the stages to come.
    program
        Begins each line.
    """

    def __init__(
        self,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        check: Callable[[], None] = lambda: None,
        stages: Sequence[str] = STAGES,
        program: str = "demo",
    ) -> None:
        self._program = program
        self._stages = stages
        self.seconds: dict[str, float] = {}
        self.counters = Counters()
        self._console = console
        self._clock = clock
        self._check = check
        self._began = clock()
        self._stage = ""
        self._stage_began = self._began
        self._note = ""
        self._next_line = 0.0
        self._spinner = Spinner("dots", style="cyan")
        # Drawn by its own thread: a stage that waits for another program still shows its time.
        self._live = Live(get_renderable=self.picture, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Progress:
        """Begin to draw, if there is somewhere to draw."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing whatever happened."""
        self._live.stop()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show that stage `name` is under way; keep how long it takes."""
        self._check()
        self._stage, self._note, self._stage_began = name, "", self._clock()
        if not self._console.is_terminal:
            self._line(f"{name} ...")
        try:
            yield
        finally:
            self.seconds[name] = self._clock() - self._stage_began
            if not self._console.is_terminal:
                self._line(f"{name}: {self.seconds[name]:.1f} s")

    def note(self, text: str) -> None:
        """Say what the stage is doing just now."""
        self._note = text
        if not self._console.is_terminal:
            self._line(f"  {text}")

    def detail(self, text: str) -> None:
        """Say what the stage is doing, where it says so often: not every text becomes a line."""
        self._check()
        self._note = text
        if not self._console.is_terminal and self._clock() >= self._next_line:
            self._next_line = self._clock() + _LINE_EVERY_SECONDS
            self._line(f"  {text}")

    def update(self, counters: Counters, note: str = "") -> None:
        """Show new counters, and what is still waited for."""
        self._check()
        self.counters, self._note = counters, note
        if not self._console.is_terminal and self._clock() >= self._next_line:
            self._next_line = self._clock() + _LINE_EVERY_SECONDS
            self._line(f"  {counters.text()}{f' · {note}' if note else ''}")

    def _line(self, text: str) -> None:
        elapsed = self._clock() - self._began
        self._console.print(f"{self._program} {elapsed:6.1f} s  {text}", highlight=False, markup=False, soft_wrap=True)

    def picture(self) -> RenderableType:
        """Return what a terminal shows now."""
        stages = Table.grid(padding=(0, 1))
        for name in self._stages:
            if name in self.seconds:
                stages.add_row(Text("✓", "green"), name, Text(f"{self.seconds[name]:.1f} s", "dim"))
            elif name == self._stage:
                seconds = self._clock() - self._stage_began
                stages.add_row(self._spinner, Text(name, "bold"), Text(f"{seconds:.0f} s  {self._note}"))
            else:
                stages.add_row("", Text(name, "dim"), "")
        counters = self.counters
        if not counters.to_settle:
            return stages
        bar = ProgressBar(
            total=counters.to_settle, completed=min(counters.settled, counters.to_settle), width=_BAR_WIDTH
        )
        flagged = [] if counters.flagged is None else [("flagged ", "dim"), (f"{counters.flagged:,}   ", "yellow")]
        numbers = Text.assemble(
            ("sent ", "dim"), f"{counters.sent:,}   ",
            ("rate ", "dim"), f"{counters.rate:,.0f}/s   ",
            ("settled ", "dim"), f"{counters.settled:,}   ",
            *flagged,
            ("elapsed ", "dim"), f"{self._clock() - self._began:.0f} s",
        )  # fmt: skip
        picture = Table.grid()
        for part in (stages, Text(), bar, numbers):
            picture.add_row(part)
        return picture


class Rate:
    """A rate over the last few seconds.

    Parameters
    ----------
    clock
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def of(self, count: int) -> float:
        """Note the count so far and return how fast it grows, per second."""
        now = self._clock()
        self._seen.append((now, count))
        while now - self._seen[0][0] > _RATE_OVER_SECONDS:
            self._seen.popleft()
        began, before = self._seen[0]
        return (count - before) / (now - began) if now > began else 0.0
