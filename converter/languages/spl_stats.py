"""Aggregations of stats, eventstats and streamstats (SR: stats; semantics: SPL 13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from converter.errors import QueryError
from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_eval import is_true
from converter.languages.spl_search import Fields, refuse
from converter.languages.spl_syntax import expression

_SPAN = re.compile(r"(\d+)([a-z]+)")
_SECONDS = {
    **dict.fromkeys("s sec secs second seconds".split(), 1),
    **dict.fromkeys("m min mins minute minutes".split(), 60),
    **dict.fromkeys("h hr hrs hour hours".split(), 3600),
    **dict.fromkeys("d day days".split(), 86400),
}


@dataclass(frozen=True)
class Aggregate:
    """One function over the events of a group: its field or condition, and its name."""

    function: str
    field: str
    condition: t.Expression | None
    name: str


@dataclass(frozen=True)
class Stats:
    """The arguments of an aggregating command."""

    options: Mapping[str, str]
    aggregates: tuple[Aggregate, ...]
    by: tuple[str, ...]

    def key(self, event: Fields) -> tuple[str, ...] | None:
        """The group of an event; None where a field to group by is missing."""
        if any(field not in event for field in self.by):
            return None
        if any(isinstance(event[field], list) for field in self.by):
            refuse("grouping by a field of several values", "use mvexpand")
        return tuple(v.text(event[field]) for field in self.by)


def span(text: str) -> int:
    """A span of time in seconds."""
    found = _SPAN.fullmatch(text)
    if not found or found[2] not in _SECONDS:
        refuse(f"the span {text}", "give it in s, m, h or d")
    return int(found[1]) * _SECONDS[found[2]]


def read_stats(command: t.Command) -> Stats:
    """The arguments, read. Raises QueryError and Unsupported."""
    words = list(command.arguments)
    options: dict[str, str] = {}
    while len(words) > 2 and words[1].text == "=" and words[1].kind == "sign":
        options[words[0].text.lower()] = words[2].text
        words = words[3:]
    aggregates: list[Aggregate] = []
    while words and words[0].text.lower() != "by":
        aggregate, words = _aggregate(command, words)
        aggregates.append(aggregate)
        while words and words[0].text == ",":
            words = words[1:]
    by = tuple(word.text for word in words[1:] if word.text != ",")
    return Stats(options, tuple(aggregates), by)


def _aggregate(command: t.Command, words: list[t.Argument]) -> tuple[Aggregate, list[t.Argument]]:
    function, rest, inner = words[0], words[1:], ""
    name = function.text
    if rest and rest[0].text == "(":
        end = _closing(rest)
        inner = command.text[rest[0].end : rest[end].start].strip()
        name = f"{function.text}({inner})"
        rest = rest[end + 1 :]
    if len(rest) > 1 and rest[0].text.lower() == "as":
        name, rest = rest[1].text, rest[2:]
    condition = None
    if inner.lower().startswith("eval("):
        condition = expression(inner[5:-1])
    if function.text.lower() not in _FUNCTIONS or "*" in inner:
        refuse(f"the aggregation {function.text}({inner})", "use another function")
    return Aggregate(function.text.lower(), inner.strip("\"'"), condition, name), rest


def _closing(words: list[t.Argument]) -> int:
    depth = 0
    for n, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word.text, 0) if word.kind == "sign" else 0
        if not depth:
            return n
    raise QueryError("SPL: a parenthesis of an aggregation is not closed", next_step="close it")


def results(stats: Stats, events: Sequence[Fields], zone: str) -> dict[str, Any]:
    """What the functions give for one group; a function without a value gives no field."""
    out: dict[str, Any] = {}
    for aggregate in stats.aggregates:
        value = _result(aggregate, events, zone)
        if value is not None:
            out[aggregate.name] = value
    return out


def _result(aggregate: Aggregate, events: Sequence[Fields], zone: str) -> Any:
    if aggregate.condition is not None:
        if aggregate.function not in ("c", "count"):
            refuse(f"{aggregate.function}(eval(...))", "use count(eval(...))")
        return sum(is_true(aggregate.condition, event, zone) for event in events)
    if not aggregate.field:
        return len(events)
    if aggregate.function in ("earliest", "latest"):
        return _by_time(aggregate, events)
    held = [value for event in events for value in _values(event.get(aggregate.field))]
    return _FUNCTIONS[aggregate.function](held)


def _values(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _by_time(aggregate: Aggregate, events: Sequence[Fields]) -> Any:
    timed = [event for event in events if aggregate.field in event]
    if any(v.number(event.get("_time")) is None for event in timed):
        refuse(f"{aggregate.function}() of events without _time")
    pick = min if aggregate.function == "earliest" else max
    return pick(timed, key=lambda e: v.number(e["_time"]) or 0)[aggregate.field] if timed else None


def _numbers(held: Iterable[Any]) -> list[int | float]:
    return [number for value in held if (number := v.number(value)) is not None]


def _numeric(function: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def aggregate(held: list[Any]) -> Any:
        numbers = _numbers(held)
        return function(numbers) if numbers else None

    return aggregate


def _extreme(pick: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def aggregate(held: list[Any]) -> Any:
        numbers = _numbers(held)
        if not held:
            return None
        return pick(numbers) if len(numbers) == len(held) else pick([v.text(h) for h in held])

    return aggregate


def _distinct(held: list[Any]) -> int:
    return len({v.text(value) for value in held})


def _sorted(held: list[Any]) -> Any:
    found = sorted({v.text(value) for value in held})
    return found if len(found) > 1 else found[0] if found else None


def _listed(held: list[Any]) -> Any:
    found = [v.text(value) for value in held]
    return found if len(found) > 1 else found[0] if found else None


def _mean(numbers: list[Any]) -> float:
    return float(sum(numbers) / len(numbers))


_FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "avg": _numeric(_mean),
    "c": len,
    "count": len,
    "dc": _distinct,
    "distinct_count": _distinct,
    "earliest": len,
    "latest": len,
    "list": _listed,
    "max": _extreme(max),
    "mean": _numeric(_mean),
    "median": _numeric(median),
    "min": _extreme(min),
    "sum": _numeric(sum),
    "values": _sorted,
}
