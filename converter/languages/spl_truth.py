"""Eval conditions as predicates: where they are TRUE (semantics: SPL 3).

What NOT of a test gives where the field is missing is not documented. So NOT is only held where
the condition around it makes sure of the field, or where the test can never be NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from converter import predicate as p
from converter.errors import QueryError, Unsupported
from converter.languages import spl_tree as t
from converter.languages import spl_values as v
from converter.languages.spl_cases import Choice, Constant, Simple, choice, whichever
from converter.languages.spl_compare import compared, held_in, some_apart, two_fields
from converter.languages.spl_functions import like_pattern
from converter.languages.spl_regex import found, found_raw, text_test
from converter.languages.spl_search import refuse
from converter.languages.spl_search_meaning import FactsOf, field_meaning, meaning, negated, present
from converter.languages.spl_syntax import search

_NEVER_NULL = frozenset("isnull isnotnull true false searchmatch".split())


class OpenNot(Unsupported):
    """NOT of a test that can be NULL; a guard beside it may still settle it."""


@dataclass(frozen=True)
class Truths:
    """Reads conditions. `sure`: fields that the events at hand are known to have."""

    facts: FactsOf
    sure: frozenset[str] = frozenset()

    def having(self, fields: frozenset[str]) -> Truths:
        """The same with more fields known to be there."""
        return Truths(self.facts, self.sure | fields)

    def truth(self, node: t.Expression) -> p.Predicate:
        """Where the condition is TRUE. Raises Unsupported, by name."""
        match node:
            case t.All(args):
                return p.And(self._together(args, lambda truths, arg: truths.truth(arg), present))
            case t.Any(args):
                parts = self._together(args, lambda truths, arg: truths.truth(arg), _missing)
                return p.Or(parts)
            case t.Negation(arg):
                return self.denial(arg)
            case t.Binary("xor", left, right):
                return self._either(left, right)
            case t.Binary(op, left, right) if op in _COMPARISONS:
                return self._comparison(op, left, right)
            case t.Call(name, args) if name in _CONDITIONS:
                return _CONDITIONS[name](self, args)
            case t.Call("if" | "case" | "coalesce", _):
                return refuse("a choice in place of a condition", "compare it with a value")
            case _:
                return refuse("a value in place of a condition", "compare it")

    def denial(self, node: t.Expression) -> p.Predicate:
        """Where NOT of the condition is TRUE."""
        if self._never_null(node):
            return negated(self.truth(node))
        match node:
            case t.All(args):
                parts = self._together(args, lambda truths, arg: truths.denial(arg), _missing)
                return p.Or(parts)
            case t.Any(args):
                return p.And(self._together(args, lambda truths, arg: truths.denial(arg), present))
            case t.Negation(arg):
                self.denial(arg)
                return self.truth(arg)
            case _:
                what = "SPL: NOT of a test of a field that may be missing"
                step = "guard it with isnull() or coalesce(), or use if(..., 1, 0)=0"
                raise OpenNot(what, next_step=step)

    def _together(
        self,
        args: tuple[t.Expression, ...],
        read: Callable[[Truths, t.Expression], p.Predicate],
        assured: Callable[[p.Predicate], frozenset[str]],
    ) -> tuple[p.Predicate, ...]:
        """The parts of a group; what some of them make sure of settles the others."""
        done: dict[int, p.Predicate] = {}
        truths = self
        while len(done) < len(args):
            open_not: OpenNot | None = None
            before = len(done)
            for place, arg in enumerate(args):
                if place in done:
                    continue
                try:
                    done[place] = read(truths, arg)
                    truths = truths.having(assured(done[place]))
                except OpenNot as error:
                    open_not = error
            if len(done) == before and open_not is not None:
                raise open_not
        return tuple(done[place] for place in range(len(args)))

    def _never_null(self, node: t.Expression) -> bool:
        match node:
            case t.All(args) | t.Any(args):
                return all(self._never_null(arg) for arg in args)
            case t.Negation(arg):
                return self._never_null(arg)
            case t.Call(name, _) if name in _NEVER_NULL:
                return True
            case _:
                return self._valued(node)

    def _valued(self, node: t.Expression) -> bool:
        """Whether a value cannot be NULL."""
        match node:
            case t.Text() | t.Number():
                return True
            case t.Name(name):
                return name in self.sure
            case t.Call("if", (_, one, other)):
                return self._valued(one) and self._valued(other)
            case t.Call("coalesce", args):
                return any(self._valued(arg) for arg in args)
            case t.Call("match" | "like" | "in" | "cidrmatch" | "lower" | "upper", args):
                return all(self._valued(arg) for arg in args)
            case t.Call("mvcount", args):
                return self._valued(args[0])
            case t.Binary(op, left, right) if op in _COMPARISONS:
                return self._valued(left) and self._valued(right)
            case _:
                return False

    def _either(self, left: t.Expression, right: t.Expression) -> p.Predicate:
        one, other = self.truth(left), self.truth(right)
        return p.Or((p.And((one, self.denial(right))), p.And((self.denial(left), other))))

    def choice(self, node: t.Expression) -> Choice:
        """The simple values of a value."""
        return choice(node, self.truth)

    def _comparison(self, op: str, left: t.Expression, right: t.Expression) -> p.Predicate:
        fields = two_fields(op, left, right)
        if fields is not None:
            return fields
        return whichever(
            (p.And((one, other)), compared(op, a, b, self.facts))
            for one, a in self.choice(left)
            for other, b in self.choice(right)
        )

    def each(self, node: t.Expression, test: Callable[[Simple], p.Predicate]) -> p.Predicate:
        """A test of whichever simple value the value takes."""
        return whichever((condition, test(simple)) for condition, simple in self.choice(node))


_COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))


def _missing(predicate: p.Predicate) -> frozenset[str]:
    """Fields whose absence makes the predicate true: the rest of an OR may count on them."""
    if isinstance(predicate, p.Null):
        return frozenset((predicate.field,))
    if isinstance(predicate, p.Or):
        return frozenset[str]().union(*(_missing(arg) for arg in predicate.args))
    return frozenset()


def _text(node: t.Expression, function: str) -> str:
    if not isinstance(node, t.Text):
        refuse(f"{function}() with a pattern that is no constant", "write the pattern out")
    return node.text


def _count(args: tuple[t.Expression, ...], count: int, function: str) -> None:
    if len(args) != count:
        raise QueryError.of("type", f"SPL: {function}() takes {count} arguments")


def _match(truths: Truths, args: tuple[t.Expression, ...]) -> p.Predicate:
    _count(args, 2, "match")
    expression = _text(args[1], "match")

    def test(simple: Simple) -> p.Predicate:
        if isinstance(simple, Constant):
            hit = simple.value is not None and v.pcre(expression).search(v.text(simple.value))
            return p.TRUE if hit else p.FALSE
        if simple.change == "":
            raw = simple.name == "_raw"
            return found_raw(expression) if raw else found(simple.name, expression)
        glob = found(simple.name, expression) if simple.change == "lower" else None
        if not isinstance(glob, p.Glob | p.Equals) or not _small(glob):
            refuse(f"match() of {simple.change}()", "write (?i) in the expression")
        return _caseless(glob)

    return truths.each(args[0], test)


def _small(test: p.Glob | p.Equals) -> bool:
    pieces = test.pattern if isinstance(test, p.Glob) else (str(test.value),)
    return all(piece == piece.lower() for piece in pieces if isinstance(piece, str))


def _caseless(test: p.Glob | p.Equals) -> p.Predicate:
    if isinstance(test, p.Glob):
        return p.Glob(test.field, test.pattern)
    return p.Equals(test.field, test.value)


def _like(truths: Truths, args: tuple[t.Expression, ...]) -> p.Predicate:
    _count(args, 2, "like")
    holds = held_in(*args)
    if holds is not None:
        return holds
    pattern = like_pattern(_text(args[1], "like"))
    texts = [piece for piece in pattern if isinstance(piece, str)]

    def test(simple: Simple) -> p.Predicate:
        if isinstance(simple, Constant):
            fits = simple.value is not None and v.fits(v.text(simple.value), pattern, True)
            return p.TRUE if fits else p.FALSE
        if simple.change == "":
            return text_test(simple.name, pattern, cased=True)
        if simple.change not in ("lower", "upper"):
            refuse(f"like() of {simple.change}", "test the field itself")
        folded = str.lower if simple.change == "lower" else str.upper
        fits = all(piece == folded(piece) for piece in texts)
        return text_test(simple.name, pattern, cased=False) if fits else p.FALSE

    return truths.each(args[0], test)


def _in(truths: Truths, args: tuple[t.Expression, ...]) -> p.Predicate:
    tests = [truths.truth(t.Binary("=", args[0], arg)) for arg in args[1:]]
    return p.Or(tuple(tests))


def _cidrmatch(truths: Truths, args: tuple[t.Expression, ...]) -> p.Predicate:
    _count(args, 2, "cidrmatch")
    network = _text(args[0], "cidrmatch")
    if not v.is_network(network):
        raise QueryError.of("type", f"SPL: {network!r} is no network", "write it as CIDR")

    def test(simple: Simple) -> p.Predicate:
        if isinstance(simple, Constant):
            inside = v.in_network(v.text(simple.value), network)
            return p.TRUE if inside else p.FALSE
        if simple.change:
            refuse(f"cidrmatch() of {simple.change}()", "test the field itself")
        return p.Cidr(simple.name, network)

    return truths.each(args[1], test)


def _isnotnull(truths: Truths, args: tuple[t.Expression, ...]) -> p.Predicate:
    _count(args, 1, "isnotnull")
    apart = some_apart(args[0])
    if apart is not None:
        return apart
    return truths.each(args[0], _there)


def _isnull(truths: Truths, args: tuple[t.Expression, ...]) -> p.Predicate:
    _count(args, 1, "isnull")
    return truths.each(args[0], lambda simple: negated(_there(simple)))


def _there(simple: Simple) -> p.Predicate:
    if isinstance(simple, Constant):
        return p.FALSE if simple.value is None else p.TRUE
    if simple.change == "find":
        return found(simple.name, simple.extra)
    if simple.change not in ("", "lower", "upper", "count"):
        refuse(f"isnull() of {simple.change}", "test the field itself")
    return p.Exists(simple.name)


def _searchmatch(truths: Truths, args: tuple[t.Expression, ...]) -> p.Predicate:
    _count(args, 1, "searchmatch")
    condition = search(_text(args[0], "searchmatch"))
    return meaning(condition, lambda f, op, value: field_meaning(f, op, value, truths.facts))


_CONDITIONS: Mapping[str, Callable[[Truths, tuple[t.Expression, ...]], p.Predicate]] = {
    "cidrmatch": _cidrmatch,
    "false": lambda truths, args: p.FALSE,
    "in": _in,
    "isnotnull": _isnotnull,
    "isnull": _isnull,
    "like": _like,
    "match": _match,
    "searchmatch": _searchmatch,
    "true": lambda truths, args: p.TRUE,
}
