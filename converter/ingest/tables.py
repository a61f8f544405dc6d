"""Field tables: where each raw value goes, as YAML beside this module (`tables/<source>.yml`).

A table has up to four sections, all `raw path: target` or `raw path: [targets]`:
`copies` (as it is), `texts` (as Java prints it), `dates` (as Elasticsearch writes times),
`longs` (whole numbers). Further keys belong to the module of that source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from converter.ingest.document import Document, Path, at, put
from converter.ingest.java_map import java_text
from converter.ingest.moments import iso_moment

_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)


def whole_number(value: object) -> int | None:
    """The integer that a number or its text is, else None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value) if value == int(value) else None
    return int(value) if isinstance(value, str) and _WHOLE.fullmatch(value) else None


def _as_is(value: object) -> object:
    return value


CONVERTERS: Mapping[str, Callable[[object], object]] = {
    "copies": _as_is,
    "texts": java_text,
    "dates": iso_moment,
    "longs": whole_number,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a table: read `source`, convert, set every target."""

    source: Path
    targets: tuple[Path, ...]
    convert: Callable[[object], object]


@cache
def table(name: str) -> Mapping[str, Any]:
    """The YAML of one source's table."""
    text = files("converter.ingest").joinpath("tables", f"{name}.yml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def steps(name: str) -> tuple[Step, ...]:
    """The rows of the four sections, in the order of the table."""
    return tuple(
        Step(path(raw), tuple(path(t) for t in _several(targets)), CONVERTERS[section])
        for section, rows in table(name).items()
        if section in CONVERTERS
        for raw, targets in rows.items()
    )


def path(dotted: str) -> Path:
    """A dotted name as a path."""
    return tuple(dotted.split("."))


def _several(targets: str | list[str]) -> list[str]:
    return [targets] if isinstance(targets, str) else targets


def fill(document: Document, record: Document, name: str) -> None:
    """Carry out a table: for each raw value that is there, set its targets; the first wins."""
    for step in steps(name):
        value = at(record, step.source)
        if value is not None:
            converted = step.convert(value)
            for target in step.targets:
                put(document, target, converted)
