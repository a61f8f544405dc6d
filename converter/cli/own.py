"""Files that a scan itself writes are none of its logs, though they may lie among them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from converter.cli.talk import plain
from converter.errors import LogError
from converter.logs import Reject
from converter.logs.parts import Part

_Id = tuple[int, int]


def spare_logs(file: str | None, items: Iterable[Part | Reject]) -> None:
    """Raises LogError where what is to be written anew is one of the logs."""
    mine = _id(file)
    if mine and any(_id(path) == mine for path in _paths(items)):
        what = f"{file} is one of the logs, and would be overwritten"
        raise LogError(what, next_step="name another file with --rejects")


def without_own(
    items: Sequence[Part | Reject], written: Iterable[str | int | None]
) -> list[Part | Reject]:
    """The items without what is written, by names or numbers of files; says what is left out."""
    own = {found for one in written if (found := _id(one)) is not None}
    mine = {path for path in _paths(items) if _id(path) in own}
    for path in sorted(mine):
        click.echo(f"left out: {plain(str(path))}, which this scan itself writes", err=True)
    return [one for one in items if isinstance(one, Reject) or one.file.path not in mine]


def _paths(items: Iterable[Part | Reject]) -> Iterator[Path]:
    return (one.file.path for one in items if isinstance(one, Part) and one.file.path)


def _id(file: str | int | Path | None) -> _Id | None:
    """What tells a regular file from all others; None where it is none."""
    try:
        found = os.stat(file) if file is not None else None
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if found and stat.S_ISREG(found.st_mode) else None
