"""Which type of Kibana rule says a rule: the simplest that is proved, by a fixed order.

Order: new_terms for what was not seen before and threshold for counts, each in KQL, then Lucene;
else query in KQL, query in Lucene, eql, esql. A proved one comes before one that nothing decides or
that can match too much, and that before one that can miss something. `polysigma: kibana:` chooses
otherwise.

Types and their limits: https://www.elastic.co/docs/solutions/security/detect-and-alert/
create-detection-rule
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from converter.errors import Unsupported
from converter.packages.content import Content, Entry
from converter.packages.metadata import schedule
from converter.queries import Query
from converter.rules.correlations import seconds

_LANGUAGES = {"kql": "kuery", "lucene": "lucene", "eql": "eql", "esql": "esql"}
_SIMPLE = ("kql", "lucene")
_WIDER = "can match more than the rule"
_MOST_TERMS = 3
_MOST_GROUPS = 5


@dataclass(frozen=True)
class Shape:
    """A rule as one type of Kibana rule.

    `fields` are those that only this type has. `reach` is how far back, in seconds, each run must
    look; `losses` say how its answers can differ from the rule's.
    """

    type: str
    query: Query
    reach: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    losses: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The language, as Kibana calls it."""
        return _LANGUAGES[self.query.language]

    @property
    def rank(self) -> int:
        """0 where it is proved, 1 where it misses nothing that is known of, else 2."""
        lost = [*self.losses, *(self.query.notes if self.query.fidelity == "partial" else ())]
        if not lost and self.query.fidelity == "proved":
            return 0
        return 1 if all(loss.startswith((_WIDER, "needs ")) for loss in lost) else 2


def choose(entry: Entry, content: Content) -> Shape:
    """The best shape, or the one that the rule asks for. Unsupported, with why, where none is."""
    found = [shape for shape in _shapes(entry, content) if shape.query.text]
    wanted = entry.rule.extra.get("kibana")
    wanted = wanted if isinstance(wanted, dict) else {}
    for key in ("type", "language"):
        if key in wanted:
            found = [shape for shape in found if getattr(shape, key) == wanted[key]]
    if found:
        return min(found, key=lambda shape: shape.rank)
    what = f"no Kibana rule says it: {_why(entry)}"
    if wanted:
        what = "no Kibana rule of the type or language that `polysigma: kibana:` asks for says it"
    raise Unsupported(what, path=entry.rule.path, next_step="see out/report.json for each language")


def _why(entry: Entry) -> str:
    query = entry.queries.get("esql") or next(iter(entry.queries.values()), None)
    return query.notes[0] if query and query.notes else "no language has a query for it"


def _shapes(entry: Entry, content: Content) -> Iterator[Shape]:
    interval, lookback = schedule(entry.rule)
    if "new_terms" in entry.rule.extra:
        yield from _new_terms(entry, interval + lookback)
    elif entry.correlation:
        yield from _threshold(entry, content, interval)
    else:
        for language in _SIMPLE:
            if language in entry.queries:
                yield Shape("query", entry.queries[language], interval + lookback)
    reach = _reach(entry, interval, lookback)
    for language in ("eql", "esql"):
        if language in entry.queries:
            yield Shape(language, entry.queries[language], reach)


def _reach(entry: Entry, interval: int, lookback: int) -> int:
    """A window, or a history, must fit into one run whole, wherever it began."""
    if entry.correlation:
        return max(interval + lookback, interval + entry.correlation.timespan)
    terms = entry.rule.extra.get("new_terms")
    history = seconds(terms.get("history")) if isinstance(terms, dict) else None
    return max(interval + lookback, history or 0)


def _new_terms(entry: Entry, reach: int) -> Iterator[Shape]:
    names = entry.names["ecs"].new_terms
    types = {facts.name: facts.type for facts in entry.names["ecs"].about}
    flattened = len(names) > 1 and any(types.get(name) == "flattened" for name in names)
    terms = entry.rule.extra["new_terms"]
    history = seconds(terms.get("history")) if isinstance(terms, dict) else None
    if not 0 < len(names) <= _MOST_TERMS or flattened or not history:
        return
    fields = {"new_terms_fields": list(names), "history_window_start": f"now-{_plain(history)}"}
    for language in _SIMPLE:
        if language in entry.base:
            yield Shape("new_terms", entry.base[language], reach, fields)


def _plain(time: int) -> str:
    return f"{time // 86400}d" if time % 86400 == 0 else f"{time // 60}m"


def _threshold(entry: Entry, content: Content, interval: int) -> Iterator[Shape]:
    """A count of one rule's events, or of different values in them, of at least so many."""
    body = entry.correlation
    names = entry.names["ecs"]
    if body is None or body.type not in ("event_count", "value_count") or len(body.rules) != 1:
        return
    base = content.by_id.get(body.rules[0].id)
    least = _least(body.conditions)
    complete = len(names.group_by) == len(body.group_by) <= _MOST_GROUPS
    if base is None or base.correlation or base.base or not least or not complete:
        return
    threshold: dict[str, Any] = {"field": list(names.group_by), "value": least}
    if body.type == "value_count":
        if len(names.counts) != 1 or names.counts[0] in names.group_by:
            return
        threshold["value"] = 1
        threshold["cardinality"] = [{"field": names.counts[0], "value": least}]
    loss = (
        f"{_WIDER}: events are counted over each whole search of "
        f"{(body.timespan + interval) // 60} minutes, not over {body.timespan // 60}"
    )
    for language in _SIMPLE:
        if language in base.queries:
            reach = body.timespan + interval
            yield Shape(
                "threshold", base.queries[language], reach, {"threshold": threshold}, (loss,)
            )


def _least(conditions: tuple[tuple[str, int | float], ...]) -> int:
    """N where the conditions are: at least N; else nothing."""
    if len(conditions) != 1 or not isinstance(conditions[0][1], int):
        return 0
    operator, number = conditions[0]
    return {">=": int(number), ">": int(number) + 1}.get(operator, 0)
