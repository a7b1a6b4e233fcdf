"""What a person sees while something takes long."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scripts.terraform import Message

console = Console(stderr=True)


@contextlib.contextmanager
def applying(title: str = "terraform apply") -> Iterator[Callable[[Message], None]]:
    """Show how many resources are done; yields the `watch` argument of `Terraform.apply`."""
    columns = (
        TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[resource]}"),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=None, resource="", visible=False)

        def watch(message: Message) -> None:
            kind = message.get("type")
            if kind == "change_summary" and message["changes"]["operation"] == "plan":
                changes = message["changes"]
                progress.update(task, total=changes["add"] + changes["change"] + changes["remove"], visible=True)
            elif kind == "apply_complete" and message["hook"]["action"] != "read":
                progress.update(task, advance=1, resource=message["hook"]["resource"]["addr"])

        yield watch
        progress.update(task, resource="")
