"""SPL's `| where`: eval expressions, for what `search` cannot say (semantics: SPL 3, 4, 7, 10)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import ClassVar

from sigma.backends.splunk.splunk import SplunkBackend

from converter import predicate as p
from converter.errors import Unsupported
from converter.languages.arranging import Choice, TextTest
from converter.languages.emitter import Emitter, Rank, Said
from converter.languages.lucene_regexp import has_case
from converter.pipelines import Facts, Schema

_ORDERS: dict[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_BARE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORDS = frozenset({"AND", "AS", "BY", "FALSE", "IN", "LIKE", "NOT", "NULL", "OR", "TRUE", "XOR"})
_UNSAFE_NAME = re.compile(r"[\x00-\x1f'\"\\|`\[\]*?]")
_SPECIAL = re.compile(r"([.+?^$()\[\]{}\\])")
_PARTS = {
    "minute": "%M",
    "hour": "%H",
    "day": "%d",
    "weekday": "%w",
    "week": "%V",
    "month": "%m",
    "year": "%Y",
}


class Where(Emitter, SplunkBackend):
    """Three-valued: under NOT every test goes through if(), whose else branch takes null."""

    language: ClassVar[str] = "spl"
    name_of_language: ClassVar[str] = "SPL"
    schema: ClassVar[Schema] = "splunk"
    and_token: ClassVar[str] = "AND"

    def __init__(self, facts: Callable[[str], Facts], owner: Emitter) -> None:
        super().__init__(facts)
        self.assumptions, self.losses = owner.assumptions, owner.losses
        self.notes = owner.notes

    def negate(self, part: Said) -> Said:
        if part.total:
            return super().negate(part)
        return Said(f"if({part.text}, 1, 0)=0")

    def field_name(self, name: str) -> str:
        if _BARE.fullmatch(name) and name.upper() not in _WORDS:
            return name
        if _UNSAFE_NAME.search(name):
            self.refuse(f"no field can be called {name!r}", "rename the field in the pipeline")
        return f"'{name}'"

    def field_test(self, test: p.FieldTest, facts: Facts) -> Said:
        name = self.field_name(facts.name)
        match test:
            case p.Equals() | p.Glob():
                return self._text(test, name, facts.lists)
            case p.Regex():
                return self._match(name, _flagged(test.pattern, test.flags))
            case p.Cidr():
                return Said(f'cidrmatch("{test.network}", {name})', total=False)
            case p.Compare():
                return Said(f"tonumber({name}){test.op}{test.value}", total=False)
            case p.Exists():
                return Said(f"isnotnull({name})")
            case p.Null():
                return Said(f"isnull({name})")
            case p.TimePart():
                return self._time_part(test, name)
            case _:
                raise TypeError(f"{type(test).__name__} is no test of one field")

    def _time_part(self, test: p.TimePart, name: str) -> Said:
        part = f'tonumber(strftime({self._moment(test, name)}, "{_PARTS[test.part]}"))'
        if test.part == "weekday":  # %w counts from 0, Sunday
            days = [day for day in range(1, 8) if _ORDERS[test.op](day, test.value)]
            return self.join(Rank.OR, [Said(f"{part}={day % 7}", total=False) for day in days])
        return Said(f"{part}{'=' if test.op == '==' else test.op}{test.value}", total=False)

    def _moment(self, test: p.TimePart, name: str) -> str:
        """A time in the rule's zone, whatever that of the searching user.

        What strptime() reads in the user's zone strftime() writes in it, so that a text in UTC
        comes back as it was, and moved by an offset as the rule's zone has it.
        """
        if name == "_time":
            if test.zone:
                self.refuse(f"strftime() reads {name} in the user's zone", "test the time as text")
            self.assume("times are read in the time zone of the searching user")
            return name
        seconds = self.offset_of(test)
        self.assume(f"times are read as {name} has them, and it has them in UTC")
        moved = f"{seconds:+d}" if seconds else ""
        return f'strptime(substr({name}, 1, 19), "%Y-%m-%dT%H:%M:%S"){moved}'

    def any_of(self, choice: Choice) -> Said:
        facts = self.facts_of(choice.field)
        return self.join(Rank.OR, [self.field_test(test, facts) for test in choice.tests])

    def _text(self, test: TextTest, name: str, lists: bool) -> Said:
        """A comparison; match() where there can be several values, of which any serves."""
        pattern = test.pattern if isinstance(test, p.Glob) else (_plain(test.value),)
        cased = test.cased or not any(has_case(t) for t in pattern if isinstance(t, str))
        if pattern == (p.Wildcard.MANY,):
            return Said(f"isnotnull({name})")
        if not lists and all(isinstance(piece, str) for piece in pattern):
            text = "".join(map(str, pattern))
            if cased:
                return Said(f"{name}={_string(text)}", total=False)
            return Said(f"lower({name})={_string(self.lowered(text))}", total=False)
        return self._match(name, _regex(pattern, cased))

    def _match(self, name: str, regex: str) -> Said:
        return Said(f"match({name}, {_string(regex)})", total=False)

    def field_compare(self, test: p.FieldCompare, facts: Facts, other: Facts) -> Said:
        left, right = self.field_name(facts.name), self.field_name(other.name)
        if test.relation in ("<", "<=", ">", ">="):
            return Said(f"tonumber({left}){test.relation}tonumber({right})", total=False)
        name = left
        if not test.cased:
            left, right = f"lower({left})", f"lower({right})"
        if test.relation == "differs":
            self.notes["needs Splunk 8.0 or newer (mvmap)"] = None
            return Said(f"isnotnull(mvmap({name}, if({left}!={right}, 1, null())))")
        if test.relation == "contains":
            self.lose("widens", f"% and _ in {other.name} stand for any text or character")
        return Said(_COMPARED[test.relation].format(left=left, right=right), total=False)

    def keyword(self, test: p.Keyword | p.KeywordRegex) -> Said:
        self.lose("widens", "a search without a field reads the whole raw event, names included")
        if isinstance(test, p.KeywordRegex):
            return self._match("_raw", _flagged(test.pattern, test.flags))
        inner = tuple(piece for piece in test.pattern[1:-1])
        flags = ("" if test.cased else "i") + ("s" if len(inner) > 1 else "")
        return self._match("_raw", _flagged(_body(inner), flags))


_COMPARED = {
    "equals": "{left}={right}",
    "startswith": "substr({left}, 1, len({right}))={right}",
    "endswith": "substr({left}, -len({right}))={right}",
    "contains": 'like({left}, "%".{right}."%")',
}


def _plain(value: p.Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _flagged(pattern: str, flags: str) -> str:
    return f"(?{flags}){pattern}" if flags else pattern


def _regex(pattern: p.Pattern, cased: bool) -> str:
    """A glob as PCRE: anchored where no `*` stands; dot matches line breaks."""
    inner = list(pattern)
    start = end = ""
    if inner[0] is p.Wildcard.MANY:
        inner.pop(0)
    else:
        start = "^"
    if inner and inner[-1] is p.Wildcard.MANY:
        inner.pop()
    else:
        end = "$"
    flags = "" if cased else "i"
    flags += "s" if any(isinstance(piece, p.Wildcard) for piece in inner) else ""
    return (f"(?{flags})" if flags else "") + start + _body(tuple(inner)) + end


def _body(pattern: p.Pattern) -> str:
    wild = {p.Wildcard.MANY: ".*", p.Wildcard.ONE: "."}
    return "".join(
        wild[piece] if isinstance(piece, p.Wildcard) else _escaped(piece) for piece in pattern
    )


def _escaped(text: str) -> str:
    """A literal star or pipe stands in brackets (semantics: SPL 7)."""
    escaped = _SPECIAL.sub(r"\\\1", text)
    return escaped.replace("*", "[*]").replace("|", "[|]")


def _string(text: str) -> str:
    """An eval literal: every backslash doubled (semantics: SPL 7)."""
    if "```" in text:
        what = "SPL: a value holds three back-quotes, which begin a comment"
        raise Unsupported(what, next_step="put a `?` in place of one of them")
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
