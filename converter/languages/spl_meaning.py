"""An SPL search as a predicate: which events pass it (semantics: SPL 1-14).

What stands after the last filter only shows the events or counts them; it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from converter import predicate as p
from converter.languages import spl_tree as t
from converter.languages.spl_cases import Constant, Simple, choice, whichever
from converter.languages.spl_commands import options, renames
from converter.languages.spl_regex import found, found_raw
from converter.languages.spl_search import holds, refuse
from converter.languages.spl_search_meaning import (
    FactsOf,
    field_meaning,
    meaning,
    negated,
    present,
)
from converter.languages.spl_syntax import read
from converter.languages.spl_truth import Truths
from converter.pipelines import Facts

_SHOWING = frozenset("outputlookup collect sendalert fieldformat reverse".split())
_MAKING = frozenset(
    "addtotals bin bucket chart convert dedup eventstats fillnull filldown highlight iplocation "
    "lookup makemv mvcombine mvexpand nomv rare rename replace rex sichart sistats spath stats "
    "streamstats timechart top transaction transpose untable xyseries".split()
)
_GROUP = re.compile(r"\(\?P?<(\w+)>")
_AFTER = "leave it out, or filter before it"


def parse(text: str, facts: Callable[[str], Facts] = Facts) -> p.Predicate:
    """The events that the search gives, as a predicate; two-valued, Splunk's rules made explicit.

    Macros and subsearches are Opaque. Raises QueryError where the text is no SPL, and Unsupported,
    by name, for what a predicate cannot hold or the documentation does not settle.
    """
    try:
        return _parse(text, facts)
    except RecursionError:
        refuse("a query nested this deeply", "write it flatter")


def _parse(text: str, facts: FactsOf) -> p.Predicate:
    pipeline = read(text)
    if pipeline.generated:
        refuse("a query that begins with a generating command", "begin with search terms")
    reader = _Reader(facts)
    for stage in pipeline.stages:
        reader.take(stage)
    return p.And(tuple(reader.passed)) if len(reader.passed) != 1 else reader.passed[0]


@dataclass
class _Reader:
    """What has to hold so far, and what the columns at this place of the pipeline are.

    `columns`: the columns that are not simply fields of the event. `closed`: no others are left.
    `unknown`: columns whose content is not known, and `blurred` that this is true of all, each
    with the command that did it.
    """

    facts: FactsOf
    passed: list[p.Predicate] = field(default_factory=list)
    columns: dict[str, t.Expression] = field(default_factory=dict)
    closed: bool = False
    unknown: dict[str, str] = field(default_factory=dict)
    blurred: str = ""

    def take(self, stage: t.Stage) -> None:
        """One stage. Raises Unsupported for a filter of what is not known."""
        match stage:
            case t.Search(condition):
                self._filter(meaning(condition, self._of_field), condition)
            case t.Where(condition):
                self._filter(self._truths().truth(self.resolved(condition)), condition)
            case t.Matching():
                self._filter(self._matching(stage), None)
            case t.Eval(assignments):
                for name, value in assignments:
                    self._assign(name, value)
            case t.Macro(text):
                self.passed.append(p.Opaque(text))
                self.blurred = self.blurred or f"the macro {text}"
            case t.Command():
                self._command(stage)

    def _filter(self, predicate: p.Predicate, condition: t.Expression | None) -> None:
        if self.blurred and condition is not None and predicate != p.TRUE:
            refuse(f"a filter behind {self.blurred}", _AFTER)
        self.passed.append(predicate)

    def _truths(self) -> Truths:
        sure = frozenset[str]().union(*(present(predicate) for predicate in self.passed))
        return Truths(self.facts, sure)

    def column(self, name: str) -> t.Expression:
        """What a column is, said of the event's own fields."""
        if self.blurred:
            refuse(f"a filter behind {self.blurred}", _AFTER)
        if name in self.unknown:
            refuse(f"a filter of {name}, which {self.unknown[name]} made", _AFTER)
        if name in self.columns:
            return self.columns[name]
        return t.Call("null", ()) if self.closed else t.Name(name)

    def resolved(self, node: t.Expression) -> t.Expression:
        """An eval expression said of the event's own fields."""
        match node:
            case t.Name(name):
                return self.column(name)
            case t.All(args):
                return t.All(tuple(self.resolved(arg) for arg in args))
            case t.Any(args):
                return t.Any(tuple(self.resolved(arg) for arg in args))
            case t.Call(name, args):
                return t.Call(name, tuple(self.resolved(arg) for arg in args))
            case t.Negation(arg):
                return t.Negation(self.resolved(arg))
            case t.Binary(op, left, right):
                return t.Binary(op, self.resolved(left), self.resolved(right))
            case _:
                return node

    def _of_field(self, name: str, op: str, value: t.Value) -> p.Predicate:
        held = self.column(name)
        if isinstance(held, t.Name):
            return field_meaning(held.name, op, value, self.facts)
        return whichever(
            (condition, self._of_simple(name, simple, op, value))
            for condition, simple in choice(held, self._truths().truth)
        )

    def _of_simple(self, name: str, simple: Simple, op: str, value: t.Value) -> p.Predicate:
        if isinstance(simple, Constant):
            fields = {} if simple.value is None else {name: simple.value}
            return p.TRUE if holds(t.FieldTest(name, op, value), fields) else p.FALSE
        if simple.change:
            refuse(f"`search` of {name}, made by {simple.change}()", "use `where`")
        return field_meaning(simple.name, op, value, self.facts)

    def _matching(self, stage: t.Matching) -> p.Predicate:
        held = self.column(stage.field)
        if not isinstance(held, t.Name):
            refuse(f"regex of {stage.field}, which eval made", "use `where match(...)`")
        if stage.negated and self.facts(held.name).lists:
            refuse("regex != where the field can hold several values", "use mvfind()")
        raw = held.name == "_raw"
        test = found_raw(stage.pattern) if raw else found(held.name, stage.pattern)
        return negated(test) if stage.negated else test

    def _assign(self, name: str, value: t.Expression) -> None:
        if self.blurred:
            return
        touched = [n for n in sorted(t.names(value)) if n in self.unknown]
        if touched:
            self.unknown[name] = self.unknown[touched[0]]
            return
        made = self.resolved(value)
        self.unknown.pop(name, None)
        self.columns[name] = made

    def _command(self, command: t.Command) -> None:
        known = _COMMANDS.get(command.name)
        if known is not None and not self.blurred:
            known(self, command)
        elif command.name in _MAKING or known is not None:
            self.blurred = self.blurred or f"the command {command.name}"
        elif command.name not in _SHOWING:
            refuse(f"the command {command.name}, which may filter", _AFTER)


def _sort(reader: _Reader, command: t.Command) -> None:
    first = command.arguments[0].text if command.arguments else ""
    if first.isdigit() and int(first):
        refuse(f"sort of the first {first} only", "write sort 0")


def _rename(reader: _Reader, command: t.Command) -> None:
    pairs = renames(command)
    if any("*" in name for pair in pairs for name in pair):
        reader.blurred = "a rename with wildcards"
        return
    for old, new in pairs:
        unknown = reader.unknown.pop(old, "")
        held = t.Name(old) if unknown else reader.column(old)
        reader.columns[old] = t.Call("null", ())
        reader.columns[new] = held
        reader.unknown.pop(new, None)
        if unknown:
            reader.unknown[new] = unknown


def _fields(reader: _Reader, command: t.Command) -> None:
    names = [word.text for word in command.arguments if word.text not in (",", "+")]
    removing = names[:1] == ["-"]
    if any("*" in name for name in names):
        reader.blurred = f"the command {command.name} with wildcards"
    elif removing:
        for name in names[1:]:
            reader.columns[name] = t.Call("null", ())
    else:
        inner = [] if command.name == "table" else ["_time", "_raw"]
        kept = [name for name in (*names, *inner) if name not in reader.unknown]
        reader.columns = {name: reader.column(name) for name in kept}
        reader.closed = True


def _fillnull(reader: _Reader, command: t.Command) -> None:
    named, rest = options(command)
    value = named["value"].text if "value" in named else "0"
    if not rest:
        reader.blurred = "fillnull of all fields"
        return
    for word in rest:
        if word.text not in reader.unknown:
            held = reader.column(word.text)
            reader.columns[word.text] = t.Call("coalesce", (held, t.Text(value)))


def _rex(reader: _Reader, command: t.Command) -> None:
    named, rest = options(command)
    if set(named) - {"field"} or len(rest) != 1:
        reader.blurred = "the command rex"
        return
    for name in _GROUP.findall(rest[0].text):
        reader.unknown[name] = "the command rex"


def _spath(reader: _Reader, command: t.Command) -> None:
    named, _ = options(command)
    if "output" in named:
        reader.unknown[named["output"].text] = "the command spath"
    else:
        reader.blurred = "the command spath"


_COMMANDS: Mapping[str, Callable[[_Reader, t.Command], None]] = {
    "fields": _fields,
    "fillnull": _fillnull,
    "rename": _rename,
    "rex": _rex,
    "sort": _sort,
    "spath": _spath,
    "table": _fields,
}
