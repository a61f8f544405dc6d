"""Events that matched rules, in; matches of correlations and first-seen rules, out.

The engine knows events, times and rules, no files and no clock. Events are judged in the order of
their times, whatever the order in which they come; of equal times, the first to come is first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush, nsmallest
from typing import Any, NamedTuple

from converter.errors import StateError
from converter.matcher.correlation.first_seen import AnyOf, FirstSeen
from converter.matcher.correlation.node import Counts, Kind, Limits, Node, Running, Setting
from converter.matcher.correlation.occurrence import Occurrence, Place, packed
from converter.matcher.correlation.state import Reading, Writing
from converter.matcher.correlation.windows import Windows
from converter.matcher.fields import Event
from converter.matcher.times import instant

_ALWAYS = 2**63
_RUNNING: Mapping[Kind, Callable[[Node, Setting], Running]] = {
    "window": Windows,
    "any": AnyOf,
    "first_seen": FirstSeen,
}
Target = tuple[int, int]  # a node, and which of its steps
_Waiting = tuple[Place, int, Occurrence, tuple[Target, ...]]


class Found(NamedTuple):
    """A match: the rule's node, and what it is made of."""

    node: Node
    match: Occurrence


class Engine:
    """The correlations and first-seen rules of one run.

    `nodes` are in an order in which each comes after those it refers to. `lateness` (microseconds):
    an event may come so much later than one with a later time, and matches are given as soon as
    that is past; beyond it an event is late: counted and left out. None: everything waits for
    `finish`, or until `limits.pending` events wait, and no event is late before. `pack`: events are
    plain JSON values, of which text takes less room.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        limits: Limits | None = None,
        lateness: int | None = None,
        *,
        pack: bool = False,
    ) -> None:
        self.nodes = tuple(nodes)
        self.counts = Counts()
        self._limits, self._lateness = limits or Limits(), lateness
        self._pack = pack
        again = frozenset(rule for node in self.nodes if node.temporal for rule in node.inputs)
        setting = Setting(self._limits, self.counts, again)
        self._running = [_RUNNING[node.kind](node, setting) for node in self.nodes]
        self._events, self._matches = _targets(self.nodes)
        self._pending: list[_Waiting] = []
        self._inboxes: list[list[_Waiting]] = [[] for _ in self.nodes]
        self._decided = self._newest = self._crowded = -_ALWAYS
        self._next = 0

    def add(
        self, event: Event, rules: Iterable[str], time: str | None, file: str = "", record: int = 0
    ) -> list[Found]:
        """An event that matched the rules with these ids; what is decided by now comes back."""
        targets = tuple(target for rule in rules for target in self._events.get(rule, ()))
        if not targets:
            return []
        moment = instant(time)
        if moment is None:
            self.counts.untimed += 1
            return []
        if moment < self._decided:
            self.counts.late += moment >= self._crowded
            self.counts.crowded += moment < self._crowded
            return []
        place = Place(moment, self._next)
        self._next += 1
        one = Occurrence(place, packed(event) if self._pack else event, file, record, time)
        heappush(self._pending, (place, 0, one, targets))
        self._newest = max(self._newest, moment)
        return self._overdue()

    def finish(self, *, more: bool = False) -> list[Found]:
        """What the events so far decide.

        `more`: others will come (the state is saved), so windows that can still grow stay open, and
        events within the lateness still wait.
        """
        if more:
            return self._advance(self._newest - (self._lateness or 0))
        found = self._advance(_ALWAYS)
        for at, node in enumerate(self.nodes):
            found += self._take(at, _ALWAYS)
            found += self._sent(at, node, self._running[at].close())
        return sorted(found, key=_order)

    def waiting(self) -> tuple[int, int]:
        """How many events wait to be put in order, and how many windows wait for their close."""
        inner = sum(len(inbox) for inbox in self._inboxes)
        return len(self._pending) + inner, sum(one.open() for one in self._running)

    def _overdue(self) -> list[Found]:
        if self._lateness is not None:
            self._decided = max(self._decided, self._newest - self._lateness)
            overdue = self._pending[0][0].time <= self._decided
            return self._advance(self._decided) if overdue else []
        if len(self._pending) <= self._limits.pending:
            return []
        tenth = nsmallest(len(self._pending) // 10 + 1, self._pending, key=_place)
        self._crowded = tenth[-1][0].time
        return self._advance(self._crowded)

    def _advance(self, to: int) -> list[Found]:
        """Everything up to this time is decided."""
        self._decided = max(self._decided, to)
        while self._pending and self._pending[0][0].time <= to:
            place, _, one, targets = heappop(self._pending)
            for at, step in targets:
                heappush(self._inboxes[at], (place, self._count(), one, ((at, step),)))
        found: list[Found] = []
        for at in range(len(self.nodes)):
            found += self._take(at, to)
        return sorted(found, key=_order)

    def _take(self, at: int, to: int) -> list[Found]:
        """One node takes what its inbox holds up to the time at which nothing below is open."""
        node, inbox, running = self.nodes[at], self._inboxes[at], self._running[at]
        limit = to - node.delay
        found: list[Found] = []
        while inbox and inbox[0][0].time <= limit:
            place = inbox[0][0]
            here: list[tuple[Occurrence, int]] = []
            while inbox and inbox[0][0] == place:
                _, _, one, ((_, step),) = heappop(inbox)
                here.append((one, step))
            found += self._sent(at, node, running.enter(here))
        while len(inbox) > self._limits.pending:
            heappop(inbox)
            self.counts.evicted_events += 1
        return found + self._sent(at, node, running.sweep(limit))

    def _sent(self, at: int, node: Node, matches: Iterator[Occurrence]) -> list[Found]:
        found: list[Found] = []
        for match in matches:
            new = match.before is None
            if new:
                found.append(Found(node, match))
            for parent, step in self._matches.get(node.rule.id, ()):
                if new or self.nodes[parent].temporal:
                    item = (match.place, self._count(), match, ((parent, step),))
                    heappush(self._inboxes[parent], item)
        return found

    def _count(self) -> int:
        self._next += 1
        return self._next

    def state(self) -> dict[str, Any]:
        """All that a later run needs to go on, as JSON data."""
        table = Writing()
        rules = {
            node.digest: {
                "title": node.rule.title,
                "inbox": self._saved(self._inboxes[at], table),
                "kept": self._running[at].save(table),
            }
            for at, node in enumerate(self.nodes)
        }
        pending = self._saved(self._pending, table)
        clock = [self._decided, self._newest, self._next]
        return {"clock": clock, "rules": rules, "pending": pending, "events": table.rows}

    def restore(self, state: Mapping[str, Any]) -> list[str]:
        """Goes on from a state; says the titles of rules whose state it leaves out, being changed.

        Raises StateError for a state of other rules, or for data that is none.
        """
        try:
            saved = state["rules"]
            known = {node.digest: at for at, node in enumerate(self.nodes)}
            if saved and not saved.keys() & known.keys():
                step = "scan with the rules it was saved with, or name another file"
                raise StateError("the state belongs to other rules", next_step=step)
            return self._load(state, known)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            what = f"no state of a scan ({type(error).__name__})"
            raise StateError(what, next_step="remove the file, and begin anew") from None

    def _load(self, state: Mapping[str, Any], known: Mapping[str, int]) -> list[str]:
        table = Reading(state["events"])
        self._decided, self._newest, self._next = map(int, state["clock"])
        for digest, data in state["rules"].items():
            if digest in known:
                at = known[digest]
                self._running[at].load(data["kept"], table)
                self._inboxes[at] = self._loaded(data["inbox"], table, known)
        self._pending = self._loaded(state["pending"], table, known)
        gone = [data["title"] for digest, data in state["rules"].items() if digest not in known]
        return sorted(str(title) for title in gone)

    def _saved(self, waiting: Sequence[_Waiting], table: Writing) -> list[Any]:
        return [
            [count, table.number(one), [[self.nodes[at].digest, step] for at, step in targets]]
            for _, count, one, targets in sorted(waiting, key=lambda item: item[:2])
        ]

    def _loaded(self, data: Any, table: Reading, known: Mapping[str, int]) -> list[_Waiting]:
        found: list[_Waiting] = []
        for count, number, targets in data:
            one = table.occurrence(number)
            mine = tuple((known[digest], step) for digest, step in targets if digest in known)
            if mine:
                found.append((one.place, count, one, mine))
        heapify(found)
        return found


def _targets(nodes: Sequence[Node]) -> tuple[dict[str, list[Target]], dict[str, list[Target]]]:
    """For each rule's id: where its events go, and where its matches as a node go.

    The events of a first-seen rule go to its own node only; other rules see what is new of them.
    """
    events: dict[str, list[Target]] = {}
    matches: dict[str, list[Target]] = {}
    own = {node.rule.id for node in nodes}
    for at, node in enumerate(nodes):
        for step, rule in enumerate(node.inputs):
            inward = rule == node.rule.id or rule not in own
            (events if inward else matches).setdefault(rule, []).append((at, step))
    return events, matches


def _place(waiting: _Waiting) -> Place:
    return waiting[0]


def _order(found: Found) -> Place:
    return found.match.place
