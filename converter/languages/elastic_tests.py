"""Queries on fields as tests of a predicate, by what is known of each field.

Fields of unknown type are taken as keyword, beside numbers in comparisons, and `@timestamp`, which
is a date. Where Elasticsearch refuses a text for its type the error is QueryError, as there; what
a predicate cannot hold is Unsupported, by name (semantics: field types; Lucene 4-13).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network, summarize_address_range

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages.elastic_algebra import Bounds
from converter.languages.elastic_index import NUMBERS, TEXTS, WHOLE
from converter.languages.elastic_patterns import wildcard_pattern
from converter.languages.elastic_values import date_of, term_test
from converter.languages.elastic_words import words
from converter.languages.lucene_regexp import has_case
from converter.languages.lucene_regexp_parse import regexp_test
from converter.pipelines import Facts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATES = frozenset({"@timestamp"})
_UNPATTERNED = NUMBERS | {"boolean", "ip", "date"}


@dataclass(frozen=True, slots=True)
class Tests:
    """Answers as predicates. The empty name stands for all fields; `language` is for messages."""

    facts: Callable[[str], Facts]
    language: str

    def all_of(self, parts: Sequence[p.Predicate]) -> p.Predicate:
        return parts[0] if len(parts) == 1 else p.And(tuple(parts))

    def any_of(self, parts: Sequence[p.Predicate]) -> p.Predicate:
        return parts[0] if len(parts) == 1 else p.Or(tuple(parts))

    def negate(self, part: p.Predicate) -> p.Predicate:
        return part.arg if isinstance(part, p.Not) else p.Not(part)

    def targets(self, field: str | None) -> Sequence[str]:
        if field and "*" in field:
            raise self._refuse(f"the field name {field} stands for several", "name the field")
        return [field or ""]

    def match(self, field: str, text: str, every: bool) -> p.Predicate | None:
        if self.kind(field) not in TEXTS:
            return self.term(field, text)
        found = [p.Words(field, (word,)) for word in words(text)]
        if not found:
            return None
        return self.all_of(found) if every else self.any_of(found)

    def phrase(self, field: str, text: str, slop: int = 0) -> p.Predicate | None:
        if self.kind(field) not in TEXTS:
            return self.term(field, text)
        wanted = tuple(words(text))
        if slop and len(wanted) > 1:
            raise self._refuse("words in loose order (~)", "quote them in their order")
        return p.Words(field, wanted) if wanted else None

    def term(self, field: str, text: str) -> p.Predicate:
        """A whole value, by the field's type."""
        if not field:
            raise self._refuse(f"the word {text!r} searched in all fields", "name the field")
        kind = self.kind(field)
        if kind == "date":
            return self.range(field, Bounds(text, text))
        if kind in _UNPATTERNED:
            term_test(kind, text)
            return _typed(field, kind, text)
        return self._text(field, (text,))

    def prefix(self, field: str, text: str) -> p.Predicate:
        self._patterned(field, "prefixes")
        return self._text(field, (text, p.Wildcard.MANY))

    def analysed_prefix(self, field: str, text: str, every: bool) -> p.Predicate | None:
        del every
        return self.prefix(field, text)

    def wildcard(self, field: str, pattern: str) -> p.Predicate:
        return self.glob(field, wildcard_pattern(pattern))

    def glob(self, field: str, pattern: p.Pattern) -> p.Predicate:
        """A value by a pattern."""
        kind = self._patterned(field, "wildcards")
        if kind == "flattened" and not _is_prefix(pattern):
            what = f"a wildcard that is not at the end, on {field}, a key of a flattened field"
            raise self._refuse(what, "write whole values")
        return self._text(field, pattern)

    def regexp(self, field: str, regexp: str) -> p.Predicate:
        kind = self._patterned(field, "regular expressions")
        if kind == "flattened":
            what = f"a regular expression on {field}, a key of a flattened field"
            raise self._refuse(what, "write whole values")
        test = regexp_test(field, regexp, cased=kind != "lowercase")
        if isinstance(test, p.Equals | p.Glob):
            pattern = (str(test.value),) if isinstance(test, p.Equals) else test.pattern
            return text_test(field, pattern, test.cased)
        if not field and isinstance(test, p.Regex):
            return p.KeywordRegex(test.pattern, test.flags)
        return test

    def fuzzy(self, field: str, text: str, edits: int) -> p.Predicate:
        self._patterned(field, "fuzzy terms")
        if edits == 0:
            return self.term(field, text)
        raise self._refuse(f"a fuzzy term ({text}~)", "write its forms out")

    def range(self, field: str, bounds: Bounds, raw: bool = False) -> p.Predicate:
        del raw
        if not field:
            raise self._refuse("a range in all fields", "name the field")
        kind, known = self.kind(field), self.facts(field)
        if kind in TEXTS:
            raise self._refuse(f"a range on {field}, which is analysed text", "test another field")
        if bounds.low is None and bounds.high is None:
            return self.exists(field)
        if kind == "ip":
            return self._addresses(field, bounds)
        both = bounds.low is not None and bounds.high is not None
        if both and known.lists:
            raise self._refuse(f"a range of two ends on {field}, which can hold lists", "use one")
        ends = [(bounds.low, ">=" if bounds.with_low else ">")]
        ends += [(bounds.high, "<=" if bounds.with_high else "<")]
        return self.all_of([_end(field, kind, op, end) for end, op in ends if end is not None])

    def exists(self, field: str) -> p.Predicate:
        return p.Not(p.Null(field))

    def kind(self, field: str) -> str:
        """The field's type; keyword where it holds any text."""
        known = self.facts(field).type if field else "keyword"
        if known == "nested":
            raise self._refuse(f"{field}, which is nested", "test a plain field")
        if known == "unknown":
            return "date" if field in _DATES else "unknown"
        return known

    def _text(self, field: str, pattern: p.Pattern) -> p.Predicate:
        """A test of text; a field in lower case finds any case, of the query and of the value."""
        return text_test(field, pattern, self.kind(field) != "lowercase")

    def _patterned(self, field: str, what: str) -> str:
        kind = self.kind(field)
        if kind in _UNPATTERNED:
            raise QueryError.of("type", f"{field} is of type {kind} and takes no {what}")
        if kind in TEXTS:
            raise self._refuse(f"{what} on {field}, which is analysed text", "write whole words")
        return kind

    def _addresses(self, field: str, bounds: Bounds) -> p.Predicate:
        """A range of addresses as the networks that make it up."""
        if bounds.low is None or bounds.high is None:
            raise self._refuse(f"a range of addresses of one end on {field}", "write networks")
        parts = _networks(bounds.low, bounds.high, bounds.with_low, bounds.with_high)
        return self.any_of([p.Cidr(field, part) for part in parts])

    def _refuse(self, what: str, next_step: str) -> Unsupported:
        return Unsupported(f"{self.language}: {what}", next_step=next_step)


def _is_prefix(pattern: p.Pattern) -> bool:
    """Whether the pattern has no wildcard but one `*` at its end."""
    *start, end = pattern or ("",)
    return p.Wildcard.ONE is not end and not any(isinstance(x, p.Wildcard) for x in start)


def _networks(low: str, high: str, with_low: bool, with_high: bool) -> list[str]:
    try:
        first, last = ip_address(low) + (not with_low), ip_address(high) - (not with_high)
        if int(first) > int(last):
            return []
        return [str(network) for network in summarize_address_range(first, last)]
    except (ValueError, TypeError):
        raise QueryError.of("type", f"{low} and {high} are no range of addresses") from None


def text_test(field: str, pattern: p.Pattern, cased: bool = True) -> p.Predicate:
    """A test of text, for all fields where none is named; case counts where there are letters."""
    pattern = p.tidy(pattern)
    cased = cased and any(isinstance(piece, str) and has_case(piece) for piece in pattern)
    if not field:
        return p.Keyword(pattern, cased)
    if all(isinstance(piece, str) for piece in pattern):
        return p.Equals(field, "".join(map(str, pattern)), cased)
    return p.Glob(field, pattern, cased)


def _typed(field: str, kind: str, text: str) -> p.Predicate:
    """A whole value of a number, boolean or address, which the text is known to be."""
    if kind == "boolean":
        return p.Equals(field, text == "true")
    if kind == "ip":
        if "/" in text:
            return p.Cidr(field, str(ip_network(text, strict=False)))
        return p.Equals(field, str(ip_address(text)))
    value = _number(text)
    if kind in WHOLE and isinstance(value, float):
        return p.FALSE
    return p.Equals(field, value)


def _number(text: str) -> int | float:
    """A number that has passed `term_test`."""
    value = Decimal(text.strip().rstrip("dDfF"))
    return int(value) if value == value.to_integral_value() else float(value)


def _end(field: str, kind: str, op: str, end: str) -> p.Predicate:
    order: p.Order = ">=" if op == ">=" else ">" if op == ">" else "<=" if op == "<=" else "<"
    if kind == "date":
        return p.Compare(field, order, _moment(end, up=op in (">", "<=")))
    if kind == "boolean":
        term_test(kind, end)
        kept = [one for one in (False, True) if _stands(one, op, end == "true")]
        return p.Or(tuple(p.Equals(field, one) for one in kept))
    if kind in NUMBERS:
        term_test(kind, end)
        return p.Compare(field, order, _number(end))
    if kind == "unknown" and _is_number(end):
        return p.Compare(field, order, _number(end))
    return p.Compare(field, order, end)


def _stands(left: bool, op: str, right: bool) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def _is_number(text: str) -> bool:
    try:
        term_test("long", text)
    except QueryError:
        return False
    return True


def _moment(text: str, up: bool) -> str:
    if text.startswith("now"):
        what = "a date that counts from `now`"
        raise Unsupported(what, next_step="leave time to the rule's schedule")
    try:
        moment = _EPOCH + timedelta(milliseconds=date_of(text, up))
    except OverflowError:
        raise QueryError.of("parse", f"{text!r} is no date of a calendar") from None
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"
