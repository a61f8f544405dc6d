"""ES|QL's expressions made runnable: types are checked first, then each row gives a cell.

Null is an empty cell. A comparison is null unless both sides hold exactly one value; AND, OR and
NOT are three-valued (semantics: ES|QL 1, 2, 3).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from converter.errors import Unsupported
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.elastic_words import lower
from converter.languages.esql_arithmetic import arithmetic, minus
from converter.languages.esql_calls import compile_call
from converter.languages.esql_index import COMPARE, reaches_index
from converter.languages.esql_patterns import fits_anything, glob_matcher, only_wildcards
from converter.languages.esql_scope import Compiled, Record, Run, Scope, constant, decimal
from converter.languages.esql_syntax import like_pattern
from converter.languages.lucene_regexp_match import regexp_matcher


class Compiler:
    """Makes expressions runnable in one scope.

    `pushed`: the expression goes to the index as a whole, where normalized fields lower what they
    are compared with and some patterns mean something else (semantics: ES|QL 12).
    """

    def __init__(self, scope: Scope, pushed: bool = False) -> None:
        self.scope = scope
        self.pushed = pushed

    def compile(self, node: t.Expression) -> Compiled:
        """The expression's type and its cell for each row. Raises QueryError, Unsupported."""
        ways: dict[type, Callable[[Any], Compiled]] = {
            t.Const: lambda const: constant(const.value),
            t.Several: self._several,
            t.Column: self._column,
            t.Logic: self._logic,
            t.Negation: self._negation,
            t.IsNull: self._is_null,
            t.Infix: self._infix,
            t.Minus: lambda minus_: minus(self.compile(minus_.arg)),
            t.In: self._in,
            t.Like: self._like,
        }
        return ways.get(type(node), self._called)(node)

    def _is_null(self, node: t.IsNull) -> Compiled:
        run, denied = self.compile(node.arg).run, node.denied
        return Compiled("boolean", lambda record: (bool(run(record)) is denied,))

    def _called(self, node: t.Expression) -> Compiled:
        if isinstance(node, t.Cast):
            return compile_call(self, t.Call("::" + node.type, (node.arg,)))
        if isinstance(node, t.Match):
            return compile_call(self, t.Call("match", (node.arg, node.value)))
        if isinstance(node, t.Call):
            return compile_call(self, node)
        raise v.type_error("a length of time stands where a value is needed")

    def boolean(self, node: t.Expression) -> Compiled:
        """An expression that must be true, false or null."""
        compiled = self.compile(node)
        if compiled.type not in ("boolean", "null"):
            raise v.type_error(f"a condition is of type {compiled.type}")
        return compiled

    def _column(self, node: t.Column) -> Compiled:
        binding = self.scope.find(node)
        if binding.type == "unsupported":
            raise v.type_error(f"{node.name} is of a type that ES|QL does not read")
        return Compiled(binding.type, self.scope.reader(binding))

    def _several(self, node: t.Several) -> Compiled:
        kind = v.common_type([v.literal_type(item.value) for item in node.values], "a list")
        cell = tuple(item.value for item in node.values)
        return Compiled(kind, lambda record: cell)

    def _logic(self, node: t.Logic) -> Compiled:
        runs = [self.boolean(arg).run for arg in node.args]
        stop = node.op == "or"
        if t.Const(None) in node.args:
            return self._with_null(stop)
        return Compiled("boolean", lambda record: _joined(runs, record, stop))

    def _with_null(self, stop: bool) -> Compiled:
        """AND with a literal null is null as a whole to the engine."""
        if stop:
            what = "ES|QL: OR with a literal null is not held"
            raise Unsupported(what, next_step="leave the null out")
        return constant(None)

    def _negation(self, node: t.Negation) -> Compiled:
        if isinstance(node.arg, t.Negation):
            return self.boolean(node.arg.arg)
        if isinstance(node.arg, t.Infix) and isinstance(node.arg.right, t.Const):
            self._check_absent(node.arg.left, node.arg.op == "==", node.arg.right.value)
        return Compiled("boolean", _inverted(self.boolean(node.arg).run))

    def _truth(self, node: t.Infix) -> Compiled | None:
        """`f(x) == true` and the like are f(x) to the engine: it matters where that is a list."""
        value = node.right.value if isinstance(node.right, t.Const) else None
        if node.op not in ("==", "!=") or not isinstance(value, bool):
            return None
        if isinstance(node.left, t.Column | t.Const):
            self._check_absent(node.left, node.op == "!=", value)
            return None
        inner = self.compile(node.left)
        if inner.type != "boolean":
            return None
        return inner if value is (node.op == "==") else Compiled("boolean", _inverted(inner.run))

    def _check_absent(self, node: t.Expression, denied: bool, value: t.Scalar) -> None:
        """A node was seen to count rows without the field here; why is not known."""
        if not (self.pushed and denied and isinstance(value, bool)):
            return
        if self.mapped(node) != "boolean" or not isinstance(node, t.Column):
            return
        documents, field = self.scope.documents, self.scope.find(node).field
        if not any(value in documents.cell(doc, field) for doc in range(len(documents.docs))):
            what = f"ES|QL: NOT {node.name} == {value}, a value that no document has, is not held"
            raise Unsupported(what, next_step="compare with the other value")

    def _infix(self, node: t.Infix) -> Compiled:
        if node.op not in COMPARE:
            return arithmetic(node, self.compile)
        truth = self._truth(node)
        if truth:
            return truth
        left, right = self.paired(node.left, node.right)
        test = COMPARE[node.op]
        if "boolean" in (left.type, right.type) and node.op not in ("==", "!="):
            raise v.type_error(f"{node.op} does not compare booleans")
        a, b = self._lowered(node.left, left, right)
        return Compiled("boolean", lambda record: compared(test, a(record), b(record)))

    def paired(self, left: t.Expression, right: t.Expression) -> tuple[Compiled, Compiled]:
        """Both sides of a comparison, text literals read as the other side's type."""
        a, b = self.compile(left), self.compile(right)
        a, b = _as_type(left, a, b.type), _as_type(right, b, a.type)
        kind = v.common_type([a.type, b.type], "a comparison")
        if kind == "double" and a.type != b.type:
            a, b = decimal(a), decimal(b)
        return a, b

    def _lowered(self, node: t.Expression, a: Compiled, b: Compiled) -> tuple[Run, Run]:
        if self._normalized(node):
            return a.run, lambda record: tuple(lower(text) for text in b.run(record))
        return a.run, b.run

    def _normalized(self, node: t.Expression) -> bool:
        return self.pushed and self.mapped(node) == "lowercase"

    def mapped(self, node: t.Expression) -> str | None:
        """The field's type in the mapping where the expression is a field."""
        if not isinstance(node, t.Column):
            return None
        field = self.scope.find(node).field
        return self.scope.documents.index.type(field) if field else None

    def _in(self, node: t.In) -> Compiled:
        pairs = [self.paired(node.arg, item) for item in node.items]
        runs = [self._lowered(node.arg, a, b) for a, b in pairs]

        def run(record: Record) -> v.Cell:
            found = [compared(operator.eq, a(record), b(record)) for a, b in runs]
            return (True,) if (True,) in found else () if () in found else (False,)

        return Compiled("boolean", run)

    def _like(self, node: t.Like) -> Compiled:
        compiled = self.compile(node.arg)
        if compiled.type not in v.STRINGS and compiled.type != "null":
            raise v.type_error(f"LIKE and RLIKE read text, not {compiled.type}")
        tests = [self._pattern(node, pattern) for pattern in node.patterns]
        run = compiled.run
        if any(fits_anything(pattern, node.regexp) for pattern in node.patterns):
            return Compiled("boolean", lambda record: (bool(run(record)),))
        self._check_list(node)

        def matched(record: Record) -> v.Cell:
            cell = run(record)
            return (any(test(cell[0]) for test in tests),) if len(cell) == 1 else ()

        return Compiled("boolean", matched)

    def _pattern(self, node: t.Like, pattern: str) -> Callable[[str], bool]:
        """One pattern as a test; what goes to the index means more there, or less."""
        normalized = self._normalized(node.arg)
        if node.regexp:
            return regexp_matcher(lower(pattern) if normalized else pattern)
        pieces = like_pattern(pattern)
        if normalized:
            pieces = tuple(lower(part) if isinstance(part, str) else part for part in pieces)
        mapped = self.mapped(node.arg) if self.pushed else None
        if mapped == "wildcard" and only_wildcards(pieces):
            return lambda text: True
        if not pieces and mapped in _EXACT:
            return lambda text: False
        return glob_matcher(pieces)

    def _check_list(self, node: t.Like) -> None:
        """A list of patterns cannot go to the index of a wildcard field (semantics: ES|QL 12)."""
        if self.pushed and len(node.patterns) > 1 and self.mapped(node.arg) == "wildcard":
            raise v.type_error("a list of patterns on a field of type wildcard")


_EXACT = frozenset({"keyword", "lowercase", "wildcard", "constant_keyword"})


def _as_type(node: t.Expression, compiled: Compiled, kind: str) -> Compiled:
    if isinstance(node, t.Const) and isinstance(node.value, str) and v.takes_text(kind):
        cell = (v.from_text(node.value, kind),)
        return Compiled(kind, lambda record: cell)
    return compiled


def compared(test: Callable[[Any, Any], bool], left: v.Cell, right: v.Cell) -> v.Cell:
    """A comparison of two cells: null unless each holds one value."""
    return (test(left[0], right[0]),) if len(left) == 1 == len(right) else ()


def _joined(runs: Sequence[Run], record: Record, stop: bool) -> v.Cell:
    """AND (stop: False) or OR (stop: True), two at a time from the left; a list gives null."""
    result = runs[0](record)
    for run in runs[1:]:
        cell = run(record)
        if len(result) > 1 or len(cell) > 1:
            result = ()
        elif (stop,) in (result, cell):
            result = (stop,)
        else:
            result = cell if result else ()
    return result


def _inverted(run: Run) -> Run:
    def inverse(record: Record) -> v.Cell:
        cell = run(record)
        return (not cell[0],) if len(cell) == 1 else ()

    return inverse


def compile_where(scope: Scope, node: t.Expression) -> Callable[[Record], bool]:
    """The test of a WHERE: true only where the condition is. Raises QueryError, Unsupported."""
    parts = node.args if isinstance(node, t.Logic) and node.op == "and" else (node,)
    runs = []
    for part in parts:
        whole = Compiler(scope)
        runs.append(Compiler(scope, reaches_index(whole.mapped, part)).boolean(part).run)
    return lambda record: all(run(record) == (True,) for run in runs)
