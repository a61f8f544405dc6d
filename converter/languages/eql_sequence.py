"""Correlations as EQL sequences: sliding windows, in order (semantics: EQL 8, 11)."""

from __future__ import annotations

from converter.languages.correlated import Correlated, Step, least, span
from converter.languages.emitter import Emitter

_MOST_RUNS = 100


def sequence(emitter: Emitter, correlated: Correlated) -> str:
    """The whole query. Raises Unsupported where a sequence cannot say it."""
    if correlated.type == "temporal_ordered":
        steps = [_step(emitter, step, correlated) for step in correlated.steps]
        if len(steps) < 2:
            emitter.refuse("a sequence has at least two steps", "name a second rule")
        return _head(emitter, correlated) + "\n" + "\n".join(steps)
    if correlated.type != "event_count":
        what = f"{correlated.type} is no sequence of events"
        emitter.refuse(what, "use SPL, or ES|QL in part")
    return _runs(emitter, correlated)


def _count(emitter: Emitter, step: Step, correlated: Correlated) -> str:
    """How often the step's event must come; one span holds the whole sequence."""
    if step.least == 1:
        return ""
    if step.least > _MOST_RUNS:
        emitter.refuse(f"a sequence counts at most {_MOST_RUNS} events", "use SPL")
    why = "the counted events and what follows them must fit into one span"
    emitter.lose("narrows" if step.timespan >= correlated.timespan else "both", why)
    return f" with runs={step.least}"


def _runs(emitter: Emitter, correlated: Correlated) -> str:
    if correlated.counts_steps:
        emitter.refuse("a sequence cannot count counts", "use temporal_ordered")
    count = least(correlated.conditions)
    if count is None or not 2 <= count <= _MOST_RUNS:
        what = f"a sequence counts at least 2 and at most {_MOST_RUNS} events, and no other way"
        emitter.refuse(what, "use SPL, or ES|QL in part")
    if not correlated.same_keys:
        emitter.refuse("the rules call the key differently", "use SPL, or ES|QL in part")
    tests = [emitter.say(step.arranged) for step in correlated.steps]
    events = " or ".join(
        f"({test.text})" if len(tests) > 1 and test.rank else test.text for test in tests
    )
    head = _head(emitter, correlated, correlated.steps[0].keys)
    return f"{head}\n  [any where {events}] with runs={count}"


def _head(emitter: Emitter, correlated: Correlated, keys: tuple[str, ...] = ()) -> str:
    number, unit = span(correlated.timespan)
    by = f" by {', '.join(map(emitter.field_name, keys))}" if keys else ""
    emitter.assume("events of one sequence have different times")
    if correlated.names:
        emitter.assume("events without a group-by field are not grouped")
    return f"sequence{by} with maxspan={number}{unit}"


def _step(emitter: Emitter, step: Step, correlated: Correlated) -> str:
    by = f" by {', '.join(map(emitter.field_name, step.keys))}" if step.keys else ""
    runs = _count(emitter, step, correlated)
    return f"  [any where {emitter.say(step.arranged).text}]{by}{runs}"
