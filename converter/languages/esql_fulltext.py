"""ES|QL's full-text functions: `:`, MATCH, MATCH_PHRASE, QSTR and KQL.

They are two-valued and see every value of a list (semantics: ES|QL 11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from converter.errors import QueryError, Unsupported
from converter.languages import esql_tree as t
from converter.languages import esql_values as v
from converter.languages.elastic_dates import date_maths
from converter.languages.elastic_words import lower, words
from converter.languages.esql_scope import Compiled, Compiling, Record

_SEARCHABLE_AFTER = frozenset({"where", "sort"})
_NO_MATCH_AFTER = frozenset({"limit", "stats", "mv_expand"})
Caller = Callable[[Compiling, t.Call], Compiled]
Test = Callable[[int], bool]


def _text(compiler: Compiling, node: t.Call) -> str:
    """The query of QSTR or KQL: text that no column decides."""
    if not node.args:
        raise v.type_error(f"{node.name.upper()} takes a query")
    if any(isinstance(arg, t.Options) for arg in node.args[1:]):
        what = f"ES|QL: options of {node.name.upper()} are not held"
        raise Unsupported(what, next_step="leave them out")
    if has_column(node.args[0]):
        raise v.type_error(f"the query of {node.name.upper()} must be a constant")
    cell = compiler.compile(node.args[0]).run(Record(-1, {}))
    if len(cell) != 1 or not isinstance(cell[0], str):
        raise v.type_error(f"the query of {node.name.upper()} must be text")
    return cell[0]


def has_column(node: t.Expression) -> bool:
    """Whether an expression looks at a column."""
    if isinstance(node, t.Call):
        return any(has_column(arg) for arg in node.args)
    if isinstance(node, t.Infix):
        return has_column(node.left) or has_column(node.right)
    return isinstance(node, t.Column)


def _search(module: str) -> Caller:
    def caller(compiler: Compiling, node: t.Call) -> Compiled:
        _check_place(compiler, node.name, compiler.scope.after - _SEARCHABLE_AFTER)
        documents = compiler.scope.documents
        evaluate = import_module(module).evaluate
        found = frozenset(evaluate(_text(compiler, node), documents.index.mapping, documents.docs))
        return Compiled("boolean", lambda record: (record.doc in found,))

    return caller


def _check_place(compiler: Compiling, name: str, before: set[str]) -> None:
    if before:
        what = f"ES|QL: {name.upper()} cannot stand after {sorted(before)[0].upper()}"
        raise QueryError.of("other", what, "move it before")


def _match(compiler: Compiling, node: t.Call) -> Compiled:
    _check_place(compiler, node.name, compiler.scope.after & _NO_MATCH_AFTER)
    if len(node.args) not in (2, 3):
        raise v.type_error(f"{node.name.upper()} takes a field and a value")
    column = node.args[0].arg if isinstance(node.args[0], t.Cast) else node.args[0]
    if not isinstance(column, t.Column):
        raise v.type_error(f"{node.name.upper()} takes a field")
    field = compiler.scope.find(column).field
    wanted = node.args[1]
    if not field or not isinstance(wanted, t.Const) or wanted.value is None:
        raise v.type_error(f"{node.name.upper()} takes a field of the index and a value")
    every = node.name == "match" and _every_word(node)
    test = _test(compiler, field, wanted.value, node.name == "match_phrase", every)
    return Compiled("boolean", lambda record: (record.doc >= 0 and test(record.doc),))


def _every_word(node: t.Call) -> bool:
    options = node.args[2] if len(node.args) == 3 else t.Options(())
    entries = dict(options.entries) if isinstance(options, t.Options) else {}
    operator = entries.pop("operator", t.Const("OR"))
    if entries:
        what = f"ES|QL: MATCH with {sorted(entries)[0]} is not held"
        raise Unsupported(what, next_step="leave the option out")
    return isinstance(operator, t.Const) and str(operator.value).upper() == "AND"


def _test(compiler: Compiling, field: str, value: Any, phrase: bool, every: bool) -> Test:
    index, docs = compiler.scope.documents.index, compiler.scope.documents.docs
    kind = index.type(field)
    if kind in ("text", "match_only_text"):
        sought = words(_as_text(value))
        return lambda doc: _finds(index.tokens(docs[doc], field), sought, phrase, every)
    cell = compiler.scope.documents.cell
    if kind == "date":
        low, high = _day(value)
        return lambda doc: any(low <= date <= high for date in cell(doc, field))
    if kind == "ip" and "/" in str(value):
        return lambda doc: any(v.in_network(address, str(value)) for address in cell(doc, field))
    try:
        wanted = _term(value, kind or "")
    except (QueryError, ValueError):
        return lambda doc: False  # a value that does not fit the type finds nothing
    return lambda doc: wanted in cell(doc, field)


def _finds(tokens: Sequence[Sequence[str]], sought: list[str], phrase: bool, every: bool) -> bool:
    if not sought:
        return False
    if phrase:
        size = len(sought)
        return any(list(line[n : n + size]) == sought for line in tokens for n in range(len(line)))
    held = {word for line in tokens for word in line}
    return (all if every else any)(word in held for word in sought)


def _as_text(value: Any) -> str:
    return v.as_text(v.literal_type(value))(value)


def _day(value: Any) -> tuple[int, int]:
    try:
        text = str(value)
        return date_maths(text), date_maths(text, up=True)
    except ValueError:
        return 1, 0


def _term(value: Any, kind: str) -> Any:
    if kind == "lowercase":
        return lower(_as_text(value))
    if kind in ("ip", "boolean"):
        return v.from_text(_as_text(value), kind)
    if v.column_type(kind) in v.NUMBERS:
        return float(value) if isinstance(value, str) and "." in value else _number(value)
    return _as_text(value)


def _number(value: Any) -> int | float:
    return int(value) if isinstance(value, str) else value


FULL_TEXT: Mapping[str, Caller] = {
    "match": _match,
    "match_phrase": _match,
    "qstr": _search("converter.languages.lucene_engine"),
    "kql": _search("converter.languages.kql_engine"),
}
