"""ES|QL text to a predicate: the events that its WHERE keeps.

EVAL and RENAME are read through; commands that leave the events as they are (KEEP, DROP, SORT, a
last LIMIT, GROK and the like) change nothing. From the first command that makes other rows of
events (STATS, MV_EXPAND, ...) the rest of the text is one Opaque test, named by that text.
"""

from __future__ import annotations

from collections.abc import Callable

from converter import predicate as p
from converter.languages import esql_tree as t
from converter.languages.esql_conditions import CONDITIONS, condition, matched
from converter.languages.esql_index import COMPARE
from converter.languages.esql_measures import measured
from converter.languages.esql_patterns import glob_matcher
from converter.languages.esql_print import printed
from converter.languages.esql_subject import (
    Case,
    Subject,
    cases,
    columns,
    combined,
    constant,
    moves,
    refuse,
    subject_of,
    substituted,
)
from converter.languages.esql_syntax import like_pattern, parse_query
from converter.languages.esql_tests import compared, liked
from converter.languages.esql_truth import (
    NEVER,
    Truth,
    about,
    both,
    conjunction,
    disjunction,
    either,
    negated,
    total,
)
from converter.languages.esql_values import type_error
from converter.languages.lucene_regexp_match import regexp_matcher
from converter.pipelines import Facts

Know = Callable[[str], Facts]
_HARMLESS = frozenset({"COMPLETION", "DISSECT", "ENRICH", "GROK", "LOOKUP JOIN", "RERANK"})
_BOOLEAN = (t.Logic, t.Negation, t.IsNull, t.Like, t.In, t.Match)


def parse(text: str, facts: Callable[[str], Facts]) -> p.Predicate:
    """The events that the query keeps, in the fields' names.

    Raises QueryError where the text is no ES|QL or its types do not fit, Unsupported for what a
    predicate cannot hold, by its name.
    """
    try:
        return _parse(text, facts)
    except RecursionError:
        raise refuse("a query nested so deeply", "simplify it") from None


def _parse(text: str, facts: Know) -> p.Predicate:
    query = parse_query(text)
    if isinstance(query.source, t.Row):
        raise refuse("ROW", "ask an index with FROM")
    if query.settings:
        raise refuse(f"SET {query.settings[0][0]}", "leave the setting out")
    names: dict[str, t.Expression | None] = {}
    found: list[p.Predicate] = []
    for place, command in enumerate(query.commands):
        if isinstance(command, t.Where):
            test = substituted(command.test, names) if names else command.test
            found.append(_Reader(facts).truth(test).true)
        elif _changes_rows(command, query.commands[place + 1 :]):
            found.append(p.Opaque(" ".join(query.tails[place].split())))
            break
        else:
            _note(command, names)
    return both(found)


def _changes_rows(command: t.Command, rest: tuple[t.Command, ...]) -> bool:
    """Whether what follows can no longer be asked of each event."""
    if isinstance(command, t.Stats):
        return True
    harmless = isinstance(command, t.Other) and command.name in _HARMLESS
    if isinstance(command, t.Other) and not harmless:
        return True
    tested = any(isinstance(later, t.Where | t.Stats) for later in rest)
    return tested and (harmless or isinstance(command, t.Limit | t.MvExpand))


def _note(command: t.Command, names: dict[str, t.Expression | None]) -> None:
    if isinstance(command, t.Eval):
        for field in command.fields:
            names[field.name] = substituted(field.value, names)
    elif isinstance(command, t.Rename):
        for old, new in command.pairs:
            names[new] = substituted(t.Column(old), names)
            names[old] = None


class _Reader:
    """Reads conditions with what is known of the fields."""

    def __init__(self, facts: Know) -> None:
        self.facts = facts

    def truth(self, node: t.Expression) -> Truth:
        """When a condition is true and when it is false."""
        ways: dict[type, Callable[..., Truth]] = {
            t.Const: self._constant,
            t.Column: self._column,
            t.Logic: self._logic,
            t.Negation: lambda negation: negated(self.truth(negation.arg)),
            t.IsNull: self._is_null,
            t.Infix: self._infix,
            t.In: self._in,
            t.Like: self._like,
            t.Match: lambda match: matched(match.arg, match.value, (), self.facts),
            t.Call: self._call,
        }
        if type(node) not in ways:
            raise refuse(f"{printed(node)} as a condition")
        return ways[type(node)](node)

    def cases(self, node: t.Expression) -> list[Case]:
        """What an expression can stand for."""
        return cases(node, self.facts, self.truth)

    def _constant(self, node: t.Const) -> Truth:
        if node.value is None:
            return NEVER
        if not isinstance(node.value, bool):
            raise type_error(f"{node.value!r} is no condition")
        return total(p.TRUE if node.value else p.FALSE)

    def _column(self, node: t.Column) -> Truth:
        subject = subject_of(node.name, self.facts)
        if subject.facts.type not in ("boolean", "unknown"):
            raise type_error(f"{node.name} is {subject.facts.type}, no condition")
        if subject.lists:
            raise refuse(f"a list as a condition ({node.name})", "compare it with true")
        return Truth(p.Equals(node.name, True), p.Equals(node.name, False))

    def _logic(self, node: t.Logic) -> Truth:
        if t.Const(None) in node.args:
            if node.op == "or":
                raise refuse("OR with a literal null", "leave the null out")
            return NEVER
        join = conjunction if node.op == "and" else disjunction
        return join([self.truth(arg) for arg in node.args])

    def _is_null(self, node: t.IsNull) -> Truth:
        if isinstance(node.arg, t.Column):
            name = subject_of(node.arg.name, self.facts).name
            null, known = total(p.Null(name)), total(p.Exists(name))
            return known if node.denied else null
        if self._is_boolean(node.arg):
            null = total(self.truth(node.arg).null)
        else:
            found = self.cases(node.arg)
            null = total(either(both((*case.conditions, _missing(case))) for case in found))
        return negated(null) if node.denied else null

    def _is_boolean(self, node: t.Expression) -> bool:
        if isinstance(node, t.Infix):
            return node.op in COMPARE
        if isinstance(node, t.Call) and node.name in ("coalesce", "case"):
            values = node.args if node.name == "coalesce" else node.args[1::2]
            return any(map(self._is_boolean, values))
        if isinstance(node, t.Call):
            return node.name in CONDITIONS
        return isinstance(node, _BOOLEAN) or (
            isinstance(node, t.Const) and isinstance(node.value, bool)
        )

    def _infix(self, node: t.Infix) -> Truth:
        if node.op not in COMPARE:
            raise type_error(f"{printed(node)} is no condition")
        if moves(node):
            return about(p.Opaque(printed(node)), tuple(dict.fromkeys(columns(node))))
        wanted = constant(node.right)
        if wanted is not None and isinstance(wanted.value, bool) and self._is_boolean(node.left):
            truth = self.truth(node.left)
            return truth if wanted.value is (node.op == "==") else negated(truth)
        measure = measured(node, self)
        if measure is not None:
            return measure
        left, right = self.cases(node.left), self.cases(node.right)
        return combined(left, right, lambda a, b: compared(node.op, a.value, b.value))

    def _in(self, node: t.In) -> Truth:
        return disjunction([self._infix(t.Infix("==", node.arg, item)) for item in node.items])

    def _like(self, node: t.Like) -> Truth:
        def like(a: Case, _: Case) -> Truth:
            return liked(a.value, node) if isinstance(a.value, Subject) else _fixed(a.value, node)

        return combined(self.cases(node.arg), [Case((), t.Const(""))], like)

    def _call(self, node: t.Call) -> Truth:
        return condition(node, self)


def _missing(case: Case) -> p.Predicate:
    value = case.value
    if isinstance(value, Subject):
        known = p.Exists(value.name) in case.conditions
        return p.FALSE if known else p.Null(value.name)
    return p.TRUE if value.value is None else p.FALSE


def _fixed(value: t.Const, node: t.Like) -> Truth:
    """LIKE of a constant, as in COALESCE(f, "") LIKE "*"."""
    if value.value is None:
        return NEVER
    match = regexp_matcher if node.regexp else lambda text: glob_matcher(like_pattern(text))
    found = any(match(pattern)(str(value.value)) for pattern in node.patterns)
    return total(p.TRUE if found else p.FALSE)
