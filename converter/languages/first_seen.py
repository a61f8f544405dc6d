"""First-seen rules (new terms): values whose first event within the history is a recent one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from converter.languages.correlated import span

_ESQL_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class FirstSeen:
    """Fields (in the schema's names) whose combination must be new; both spans in seconds."""

    fields: tuple[str, ...]
    history: int
    recent: int


def esql_first_seen(events: str, names: Sequence[str], first: FirstSeen) -> str:
    """`events` finds the base rule's events; it must carry no metadata, for STATS drops it."""
    known = " AND ".join(f"{name} IS NOT NULL" for name in names)
    return "\n".join(
        [
            events,
            f"| WHERE {known}",
            f"| STATS first_seen = MIN(@timestamp) BY {', '.join(names)}",
            f"| WHERE first_seen >= NOW() - {_esql(first.recent)}",
        ]
    )


def spl_first_seen(events: str, names: Sequence[str], first: FirstSeen) -> str:
    """`events` is the base rule's whole search."""
    number, unit = span(first.recent)
    return "\n".join(
        [
            events,
            f"| stats min(_time) as first_seen by {', '.join(names)}",
            f'| where first_seen>=relative_time(now(), "-{number}{unit}")',
        ]
    )


def window(first: FirstSeen) -> str:
    """The assumption under which such a query is right."""
    return f"the query is run over the last {_esql(first.history)}"


def _esql(seconds: int) -> str:
    number, unit = span(seconds)
    return f"{number} {_ESQL_UNITS[unit]}"
