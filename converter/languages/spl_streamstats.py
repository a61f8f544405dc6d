"""Correlations as SPL streamstats: windows that slide with each event (semantics: SPL 13)."""

from __future__ import annotations

from converter.languages.arranging import any_rule
from converter.languages.correlated import Correlated, span
from converter.languages.emitter import Emitter

_COUNTED = {
    "event_count": "count",
    "value_count": "dc({value})",
    "value_sum": "sum({value})",
    "value_avg": "avg({value})",
    "value_median": "median({value})",
    "value_percentile": "perc{percentile}({value})",
}


def streamstats(search: Emitter, where: Emitter, correlated: Correlated) -> str:
    """The whole search; `search` says what finds the events, `where` tells the rules apart."""
    every = search.whole(any_rule([step.arranged for step in correlated.steps]))
    search.assume("a window holds at most 10,000 events")
    lines = [every, "| sort 0 _time", *_keys(where, correlated)]
    if correlated.type.startswith("temporal"):
        lines += _temporal(where, correlated)
    else:
        lines += _counted(where, correlated)
    return "\n".join(lines)


def _counted(where: Emitter, correlated: Correlated) -> list[str]:
    if correlated.counts_steps:
        where.refuse("a count of counts", "use a temporal correlation")
    value = _common(where, correlated, [step.value for step in correlated.steps])
    counted = _COUNTED[correlated.type].format(value=value, percentile=correlated.percentile)
    tests = [f"found{_spelt(operator)}{number}" for operator, number in correlated.conditions]
    if not tests:
        where.refuse("a correlation without a condition", "add `condition: {gte: ...}`")
    if any(operator not in (">", ">=") for operator, _ in correlated.conditions):
        where.lose("widens", "a window is judged at each event, also while it can still grow")
    window = f"{_window(correlated.timespan)} {counted} as found{_by(where, correlated)}"
    return [f"| streamstats {window}", f"| where {' AND '.join(tests)}"]


def _temporal(where: Emitter, correlated: Correlated) -> list[str]:
    if correlated.conditions:
        where.refuse("a temporal correlation with a count", "count with event_count")
    lines, tests = _steps(where, correlated)
    if correlated.type == "temporal_ordered":
        return [*lines, *_ordered(where, correlated, tests)]
    seen = ", ".join(f"rule_{n}=if({test}, 1, 0)" for n, test in enumerate(tests, 1))
    sums = " ".join(f"sum(rule_{n}) as rule_{n}" for n in range(1, len(tests) + 1))
    found = " AND ".join(f"rule_{n}>0" for n in range(1, len(tests) + 1))
    return [
        *lines,
        f"| eval {seen}",
        f"| streamstats {_window(correlated.timespan)} {sums}{_by(where, correlated)}",
        f"| where {found}",
    ]


def _steps(where: Emitter, correlated: Correlated) -> tuple[list[str], list[str]]:
    """What counts the events of each step that is a number of them; when each step happens."""
    lines, tests = [], []
    for n, step in enumerate(correlated.steps, 1):
        test = where.say(step.arranged).text
        if step.least > 1:
            window = f"{_window(step.timespan)} sum(is_{n}) as found_{n}{_by(where, correlated)}"
            lines += [f"| eval is_{n}=if({test}, 1, 0)", f"| streamstats {window}"]
            test = f"is_{n}=1 AND found_{n}>={step.least}"
        tests.append(test)
    return lines, tests


def _ordered(where: Emitter, correlated: Correlated, tests: list[str]) -> list[str]:
    """Each rule carries on the latest time at which the chain before it began."""
    lines = [f"| eval start_1=if({tests[0]}, _time, null())"]
    for n, test in enumerate(tests[1:], 2):
        window = f"{_window(correlated.timespan)} current=f max(start_{n - 1}) as before"
        lines.append(f"| streamstats {window}{_by(where, correlated)}")
        lines.append(f"| eval start_{n}=if({test}, before, null())")
    last = f"start_{len(tests)}"
    return [*lines, f"| where isnotnull({last}) AND _time-{last}<={correlated.timespan}"]


def _window(seconds: int) -> str:
    number, unit = span(seconds)
    return f"time_window={number}{unit}"


def _by(where: Emitter, correlated: Correlated) -> str:
    if not correlated.names:
        return ""
    where.assume("events without a group-by field are not grouped")
    return " by " + ", ".join(_groups(where, correlated))


def _groups(where: Emitter, correlated: Correlated) -> list[str]:
    groups = []
    for place, name in enumerate(correlated.names):
        fields = [step.keys[place] for step in correlated.steps]
        groups.append(column(where, fields[0] if len(set(fields)) == 1 else name))
    return groups


def column(where: Emitter, name: str) -> str:
    """A field after `by` and in functions of stats: in double quotes where it needs any."""
    plain = where.field_name(name)
    return f'"{plain[1:-1]}"' if plain.startswith("'") else plain


def _keys(where: Emitter, correlated: Correlated) -> list[str]:
    lines = []
    for place, name in enumerate(correlated.names):
        fields = [step.keys[place] for step in correlated.steps]
        if len(set(fields)) > 1:
            lines.append(f"| eval {where.field_name(name)}={_case(where, correlated, fields)}")
        if any(step.rule.facts(step.keys[place]).null_text for step in correlated.steps):
            shown = where.field_name(fields[0] if len(set(fields)) == 1 else name)
            lines.append(f'| where coalesce({shown}, "null")!="null"')
    values = [step.value for step in correlated.steps]
    if len(set(values)) > 1:
        lines.append(f"| eval value={_case(where, correlated, values)}")
    return lines


def _common(where: Emitter, correlated: Correlated, values: list[str]) -> str:
    if not values[0] and correlated.type != "event_count":
        step = "add `field:` to the condition"
        where.refuse(f"{correlated.type} without a field", step)
    return "value" if len(set(values)) > 1 else column(where, values[0]) if values[0] else ""


def _case(where: Emitter, correlated: Correlated, fields: list[str]) -> str:
    pairs = [
        f"{where.say(step.arranged).text}, {where.field_name(field)}"
        for step, field in zip(correlated.steps, fields, strict=True)
    ]
    return f"case({', '.join(pairs)})"


def _spelt(operator: str) -> str:
    return "=" if operator == "==" else operator
