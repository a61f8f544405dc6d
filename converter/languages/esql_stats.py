"""Correlations as ES|QL STATS over fixed buckets: what crosses a bucket's edge is missed."""

from __future__ import annotations

from converter.languages.correlated import Correlated, span
from converter.languages.emitter import Emitter, Rank, Said

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_RISING = (">", ">=")


def stats(emitter: Emitter, correlated: Correlated, source: str) -> str:
    """The whole query. Raises Unsupported where buckets would be wrong in both directions."""
    if correlated.counts_steps:
        what = "buckets cannot tell when a number of events was reached"
        emitter.refuse(what, "use SPL, or EQL in part")
    if correlated.type.startswith("temporal"):
        return _temporal(emitter, correlated, source)
    if any(operator not in _RISING for operator, _ in correlated.conditions):
        what = "fixed buckets cannot say a condition that a smaller window meets more easily"
        emitter.refuse(what, "use SPL")
    if correlated.type not in ("event_count", "value_count"):
        what = f"{correlated.type} over fixed buckets is not that of a sliding window"
        emitter.refuse(what, "use SPL")
    events = emitter.join(Rank.OR, [emitter.say(step.arranged) for step in correlated.steps])
    lines = [source, f"| WHERE {events.text}", *_keys(emitter, correlated)]
    counted = "COUNT(*)"
    if correlated.type == "value_count":
        counted = f"COUNT_DISTINCT({_value(emitter, correlated)})"
        emitter.lose("both", "COUNT_DISTINCT is approximate for many values")
    lines.append(f"| STATS found = {counted} BY {_by(emitter, correlated)}")
    tests = [f"found {operator} {number}" for operator, number in correlated.conditions]
    lines.append(f"| WHERE {' AND '.join(tests)}")
    return _narrowed(emitter, lines)


def _temporal(emitter: Emitter, correlated: Correlated, source: str) -> str:
    ordered = correlated.type == "temporal_ordered"
    if ordered and len(correlated.steps) > 2:
        emitter.refuse("more than two rules in order cannot be told from times", "use EQL or SPL")
    if correlated.conditions:
        emitter.refuse("a temporal correlation with a count", "use SPL")
    tests = [emitter.say(step.arranged) for step in correlated.steps]
    every = emitter.join(Rank.OR, tests)
    lines = [source, f"| WHERE {every.text}", *_keys(emitter, correlated)]
    counts = _ordered(tests) if ordered else _counted(tests)
    lines.append(f"| STATS {', '.join(counts)} BY {_by(emitter, correlated)}")
    found = ["first_1 <= last_2"] if ordered else [f"rule_{n + 1} > 0" for n in range(len(tests))]
    lines.append(f"| WHERE {' AND '.join(found)}")
    return _narrowed(emitter, lines)


def _counted(tests: list[Said]) -> list[str]:
    return [f"rule_{n} = COUNT(*) WHERE {test.text}" for n, test in enumerate(tests, 1)]


def _ordered(tests: list[Said]) -> list[str]:
    first, last = tests
    return [
        f"first_1 = MIN(@timestamp) WHERE {first.text}",
        f"last_2 = MAX(@timestamp) WHERE {last.text}",
    ]


def _keys(emitter: Emitter, correlated: Correlated) -> list[str]:
    """One name for what the rules call differently."""
    lines = []
    for place, name in enumerate(correlated.names):
        fields = [step.keys[place] for step in correlated.steps]
        if len(set(fields)) > 1:
            lines.append(
                f"| EVAL {emitter.field_name(name)} = {_case(emitter, correlated, fields)}"
            )
    known = [f"{name} IS NOT NULL" for name in _groups(emitter, correlated)]
    if known:
        emitter.assume("events without a group-by field are not grouped")
        lines.append(f"| WHERE {' AND '.join(known)}")
    return lines


def _case(emitter: Emitter, correlated: Correlated, fields: list[str]) -> str:
    pairs = [
        f"{emitter.say(step.arranged).text}, {emitter.field_name(field)}"
        for step, field in zip(correlated.steps, fields, strict=True)
    ]
    return f"CASE({', '.join(pairs)})"


def _value(emitter: Emitter, correlated: Correlated) -> str:
    values = [step.value for step in correlated.steps]
    if len(set(values)) == 1:
        return emitter.field_name(values[0])
    return _case(emitter, correlated, values)


def _by(emitter: Emitter, correlated: Correlated) -> str:
    number, unit = span(correlated.timespan)
    bucket = f"bucket = BUCKET(@timestamp, {number} {_UNITS[unit]})"
    return ", ".join([bucket, *_groups(emitter, correlated)])


def _groups(emitter: Emitter, correlated: Correlated) -> list[str]:
    """The columns to group by: the rules' own where they agree, else the common name."""
    names = []
    for place, name in enumerate(correlated.names):
        fields = {step.keys[place] for step in correlated.steps}
        names.append(emitter.field_name(fields.pop() if len(fields) == 1 else name))
    return names


def _check_full_text(emitter: Emitter, lines: list[str]) -> None:
    """Full-text functions stand in WHERE and STATS ... WHERE alone, and not after EVAL."""
    searching = [line for line in lines if "QSTR(" in line]
    changed = [line.startswith("| EVAL") or "CASE(" in line for line in lines]
    if any(changed) and any("QSTR(" in line for line in lines[changed.index(True) :]):
        what = "a flattened key is searched by QSTR(), which does not stand in EVAL, nor after it"
        emitter.refuse(what, "correlate rules that call the fields alike")
    if any(line.startswith("| STATS") for line in searching):
        emitter.notes["needs Elasticsearch 8.19, or 9.1 or newer (QSTR in STATS ... WHERE)"] = None


def _narrowed(emitter: Emitter, lines: list[str]) -> str:
    _check_full_text(emitter, lines)
    emitter.lose("narrows", "events on both sides of a bucket's edge are counted apart")
    if any(line.startswith("| STATS") and " WHERE " in line for line in lines):
        emitter.notes["needs Elasticsearch 8.16 or newer (STATS ... WHERE)"] = None
    return "\n".join(lines)
