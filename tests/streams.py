"""Rules and streams of the correlation tests, from their short form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from converter.matcher.correlation import (
    Engine,
    Found,
    Limits,
    packed,
    plan_of,
    unpacked,
)
from converter.matcher.rules import readings
from converter.pipelines import Pipelines
from converter.rules import Rule, RuleSet

PIPELINES = Pipelines()


def identifier(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def rule(number: int, name: str, **more: Any) -> Rule:
    """A rule, or with `correlation` one of those."""
    data = {"title": name, "id": identifier(number), "name": name, **more}
    kind = "correlation" if "correlation" in more else "rule"
    return Rule(f"{name}.yml", name, 0, kind, data, "")


def base(number: int, name: str, **more: Any) -> Rule:
    """A rule for events that do what it is named."""
    detection = {"s": {"does": name}, "condition": "s"}
    return rule(number, name, logsource={"product": "tests"}, detection=detection, **more)


def rules_of(case: Mapping[str, Any]) -> RuleSet:
    """The rules of a case, the one it is about last."""
    if "new_terms" in case:
        return RuleSet((base(1, "seen", polysigma={"new_terms": case["new_terms"]}),), ())
    others: dict[str, Any] = case.get("others", {})
    bodies = [*others.values(), case["correlation"]]
    names = sorted({name for body in bodies for name in body["rules"]} - others.keys())
    first_seen = case.get("first_seen", {})
    extra = {name: {"polysigma": {"new_terms": terms}} for name, terms in first_seen.items()}
    made = [base(n, name, **extra.get(name, {})) for n, name in enumerate(names, 1)]
    made += [rule(n, name, correlation=body) for n, (name, body) in enumerate(others.items(), 100)]
    return RuleSet((*made, rule(200, "outermost", correlation=case["correlation"])), ())


def stream_of(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of a case; `t` is a time of one day."""
    return [
        {"time": f"2026-01-01T{event['t']}Z", **event} if "t" in event else event
        for event in case["events"]
    ]


class Run:
    """The one rule of a case over its events, in one run or several."""

    def __init__(
        self, rules: RuleSet, limits: Limits | None = None, lateness: int | None = None
    ) -> None:
        self.nodes = plan_of(rules.rules[-1], rules, PIPELINES, "native").nodes
        self._limits, self._lateness = limits, lateness
        self._inputs = [(one.rule.id, one) for one in readings(rules.rules[-1], rules, PIPELINES)]
        self.engine = self._engine()
        self.found: list[Found] = []

    def _engine(self) -> Engine:
        return Engine(self.nodes, self._limits, self._lateness)

    def add(self, events: Iterable[dict[str, Any]], first: int = 1) -> None:
        for number, event in enumerate(events, first):
            does = event.get("does", "seen")
            names = does if isinstance(does, list) else [does]
            ids = [key for key, one in self._inputs if one.rule.name in names]
            time = event.get("time")
            written = None if time is None else str(time)
            self.found += self.engine.add(event, ids, written, "f", number)

    def pause(self) -> None:
        """The end of a run whose state is saved, and the beginning of the next."""
        self.found += self.engine.finish(more=True)
        saved = packed(self.engine.state())
        self.engine = self._engine()
        assert self.engine.restore(unpacked(saved)) == []
        assert packed(self.engine.state()) == saved

    def end(self) -> list[list[int]]:
        """The event numbers of each match of the outermost rule, in the order of matches."""
        self.found += self.engine.finish()
        mine = [one.match for one in self.found if one.node is self.nodes[-1]]
        return [sorted(one.record for one in match.single()) for match in mine]
