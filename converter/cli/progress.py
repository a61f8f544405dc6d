"""The bar of a scan: how many bytes of the logs are read, how fast, and how long it will take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from converter.cli.talk import console
from converter.logs import Reject
from converter.logs.parts import Part


class _Bar(Progress):
    """A bar that looks by itself how far the scan is, each time that it is drawn."""

    look: Callable[[], None] = staticmethod(lambda: None)

    def get_renderable(self) -> RenderableType:
        self.look()
        return super().get_renderable()


@contextmanager
def progress(items: Iterable[Part | Reject], read: Callable[[], int]) -> Iterator[None]:
    """One bar while this lasts; `read` gives the bytes that were read by now.

    Where the size of a part is not known, as that of standard input, there is no time left to show.
    """
    parts = [item for item in items if isinstance(item, Part)]
    size = sum(part.size for part in parts) if all(part.known for part in parts) else None
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with _Bar(*columns, console=console(), transient=True) as bar:
        task: TaskID = bar.add_task("scanning", total=size)
        bar.look = lambda: bar.update(task, completed=read())
        yield
