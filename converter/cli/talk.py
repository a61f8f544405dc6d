"""Talking to people on stderr: errors, tables, progress."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from converter.errors import PolysigmaError
from converter.queries import FIDELITIES

T = TypeVar("T")


def console() -> Console:
    """stderr, wide enough for a table when it is no terminal."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else 100, highlight=False)


def tell_errors(errors: Iterable[PolysigmaError]) -> int:
    """Prints each error on its own line; how many there were."""
    count = 0
    for error in errors:
        click.echo(f"error: {error}", err=True)
        count += 1
    return count


def with_progress(items: Iterable[T], total: int, label: str) -> Iterator[T]:
    """The items, under a progress bar when stderr is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    with Progress(console=console(), transient=True) as progress:
        yield from progress.track(items, total, description=label)


def fidelity_table(counts: Mapping[str, Counter[str]]) -> Table:
    """How many queries of each language are how faithful."""
    shown = [word for word in FIDELITIES if any(counter[word] for counter in counts.values())]
    table = Table("language", *shown, title="queries by fidelity", title_justify="left")
    for language, counter in counts.items():
        table.add_row(language, *(str(counter[word]) for word in shown))
    return table
