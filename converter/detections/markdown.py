"""Markdown in which no text of a rule becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# What is markup within a line, addresses and mentions that become links, and :emoji: included.
_MARKS = re.compile(r"([\\`*_\[\]<>|&~$@]|:(?=[\w/])|(?<=www)\.)", re.IGNORECASE)


def text(value: object) -> str:
    """The value on one line, each mark escaped."""
    return _MARKS.sub(r"\\\1", " ".join(str(value).split()))


def code(value: object) -> str:
    """The value as code within a table: back-quotes and pipes, which would end it, are replaced."""
    return f"`{' '.join(str(value).split()).replace('`', chr(39)).replace('|', '¦')}`"


def link(label: str, path: str) -> str:
    """A link to a file; the label is Markdown already."""
    return f"[{label}](<{path}>)" if re.search(r"[\s()]", path) else f"[{label}]({path})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; `none` where it has no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return "None.\n"
    rule = f"| {' | '.join('---' for _ in head)} |"
    return "\n".join([f"| {' | '.join(map(text, head))} |", rule, *lines, ""])
