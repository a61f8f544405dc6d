"""Talking to people on stderr: errors, tables, progress."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from converter.errors import PolysigmaError

# What draws tables and bars is slow to import: where it is used, it is imported.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

T = TypeVar("T")

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+"
)
"""Controls of terminals, of lines and of the direction of writing, and halves of characters."""


def plain(text: str) -> str:
    """The text on one line, without what a terminal would obey or hide."""
    return _UNSEEN.sub(" ", text)


def console() -> Console:
    """stderr, wide enough for a table when it is no terminal; texts are shown as they are."""
    from rich.console import Console  # noqa: PLC0415

    width = None if sys.stderr.isatty() else 100
    return Console(stderr=True, width=width, highlight=False, markup=False, emoji=False)


def tell_errors(errors: Iterable[PolysigmaError]) -> int:
    """Prints each error on its own line; how many there were."""
    count = 0
    for error in errors:
        click.echo(plain(f"error: {error}"), err=True)
        count += 1
    return count


def with_progress(items: Iterable[T], total: int, label: str) -> Iterator[T]:
    """The items, under a progress bar when stderr is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=console(), transient=True) as progress:
        yield from progress.track(items, total, description=label)


def tell_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table; without lines, and as wide as it is, where stderr is no terminal."""
    cells = [[plain(str(cell)) for cell in row] for row in rows]
    if not sys.stderr.isatty():
        _tell_plainly([columns, *cells])
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table(*columns, title_justify="left")
    for row in cells:
        table.add_row(*row)
    console().print(table)


def _tell_plainly(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip(), err=True)


def fidelity_table(counts: Mapping[str, Counter[str]]) -> Table:
    """How many queries of each language are how faithful."""
    from rich.table import Table  # noqa: PLC0415

    from converter.queries import FIDELITIES  # noqa: PLC0415

    shown = [word for word in FIDELITIES if any(counter[word] for counter in counts.values())]
    table = Table("language", *shown, title="queries by fidelity", title_justify="left")
    for language, counter in counts.items():
        table.add_row(language, *(str(counter[word]) for word in shown))
    return table
