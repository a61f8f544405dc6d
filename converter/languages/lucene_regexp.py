"""Sigma regular expressions and globs as Lucene regular expressions.

A Sigma regex is searched for, a Lucene regex matches the whole value; it has no anchors, flags,
look-around or word boundaries, and more operators (semantics: Lucene query_string 7, EQL 6,
ES|QL 6). Case-insensitive letters become classes of their lower-case and upper-case forms; the
few other characters that fold to the same letter (the Kelvin sign for k) are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TypeVar

from converter.errors import Unsupported
from converter.languages.lucene_effort import too_complex
from converter.predicate import Pattern, Wildcard, tidy
from converter.regexps.tree import (
    Alt,
    Chars,
    Dot,
    Edge,
    Items,
    Node,
    Repeat,
    Span,
    cases,
    choice,
    letter,
    read,
)

_T = TypeVar("_T")
_ANYTHING = Repeat((Dot(),), 0, None)
_OPERATORS = frozenset('.?+*|{}[]()"\\#@&<>~')
_CLASS_OPERATORS = frozenset("[]^-\\")
_LONGEST = 1000  # index.max_regex_length


@lru_cache(maxsize=4096)
def from_regex(pattern: str, flags: str = "") -> str:
    """The Lucene regex of exactly the values in which the pattern is found (flags "i", "m", "s").

    `/` and the quotes of a query language are left to the caller. Characters without a printable
    form, such as the tab and the line breaks of `\\s`, stand in the text as themselves. Lucene's
    `.` matches line breaks: without the flag s a value that holds some can match here and not in
    Sigma (see `dot_matches_newline`). Raises Unsupported, naming what Lucene cannot say, or when
    the result is more than Elasticsearch takes by default.
    """
    return _naming(pattern, lambda: _checked(_whole(read(pattern, flags))))


def dot_matches_newline(pattern: str, flags: str = "") -> bool:
    """Whether `from_regex` holds a `.` that Sigma keeps from line breaks and Lucene does not.

    Callers then name the assumption "values hold no line breaks". Raises Unsupported likewise.
    """
    return _naming(pattern, lambda: _holds_dot(_whole(read(pattern, flags))))


def from_glob(pattern: Pattern, cased: bool) -> str:
    """The Lucene regex of the values that fit the glob; Unsupported when it gets too large."""
    pieces = tidy(pattern)
    text = "".join(
        "".join(_spelt(char, cased) for char in piece) if isinstance(piece, str) else _WILD[piece]
        for piece in pieces
    )
    # Without `?` a glob's automaton is no larger than its text: no forecast is needed.
    if Wildcard.ONE in pieces and too_complex(_items(pieces, cased)):
        raise _too_many_states()
    return _short(text)


_WILD = {Wildcard.MANY: ".*", Wildcard.ONE: "."}


@cache
def _spelt(char: str, cased: bool) -> str:
    return _class(letter(char, cased))


def _items(pieces: Pattern, cased: bool) -> Items:
    items: list[Node] = []
    for piece in pieces:
        if isinstance(piece, str):
            items += [letter(char, cased) for char in piece]
        else:
            items.append(_ANYTHING if piece is Wildcard.MANY else Dot())
    return tuple(items)


def has_case(text: str) -> bool:
    """Whether the text holds a letter that has another case."""
    if text.isascii():
        return text.lower() != text.upper()
    return any(len(cases(char)) > 1 for char in text)


def _naming(pattern: str, task: Callable[[], _T]) -> _T:
    """The task's result; its errors say in which pattern."""
    try:
        return task()
    except RecursionError:
        error = Unsupported("the groups are nested too deeply", next_step="flatten the pattern")
    except Unsupported as found:
        error = found
    raise Unsupported(f"{error.what}, in /{pattern}/", next_step=error.next_step)


def _checked(items: Items) -> str:
    if too_complex(items):
        raise _too_many_states()
    return _short(_top(items))


def _short(text: str) -> str:
    if len(text) > _LONGEST:
        raise Unsupported(
            f"the Lucene regular expression has {len(text)} characters, more than {_LONGEST}",
            next_step="shorten the pattern, or compare with case",
        )
    return text


def _too_many_states() -> Unsupported:
    return Unsupported(
        "the regular expression has too many states for Lucene",
        next_step="lower the repetition bounds, or anchor the pattern",
    )


def _whole(items: Items) -> Items:
    """What is searched for, as what the whole value must be."""
    opened = _joined(_opened(_opened(items, Edge.START), Edge.END))
    if _holds_edge(opened):
        raise Unsupported(
            "Lucene's regular expressions have no anchors (^ or $) inside the pattern",
            next_step="move the anchors to the start or the end of the pattern",
        )
    return opened


def _opened(items: Items, edge: Edge) -> Items:
    """The items with their anchors at this edge taken off, and `.*` where there was none."""
    inward = list(items if edge is Edge.START else reversed(items))
    if inward and inward[0] is edge:
        while inward and inward[0] is edge:
            del inward[0]
    elif _anchored(items, edge):
        inward[:1] = _turned(_opened_group(inward[0], edge), edge)
    else:
        inward.insert(0, _ANYTHING)
    return _turned(inward, edge)


def _turned(items: Items | list[Node], edge: Edge) -> Items:
    return tuple(items if edge is Edge.START else reversed(items))


def _opened_group(node: Node, edge: Edge) -> Items:
    """The options with an anchor each on its own, the others together behind one `.*`."""
    options = _options(node)
    bare = choice(option for option in options if not _anchored(option, edge))
    parts = dict.fromkeys(option if _anchored(option, edge) else bare for option in options)
    return choice(_opened(part, edge) for part in parts)


def _options(node: Node) -> tuple[Items, ...]:
    if isinstance(node, Alt):
        return node.options
    if isinstance(node, Repeat) and (node.low, node.high) == (0, 1):
        inner = _options(node.body[0]) if len(node.body) == 1 else ()
        return (*(inner or (node.body,)), ())
    return ()


def _anchored(items: Items, edge: Edge) -> bool:
    """Whether the sequence has the anchor there, or its outermost group does in some option."""
    if not items:
        return False
    node = items[0 if edge is Edge.START else -1]
    return node is edge or any(_anchored(option, edge) for option in _options(node))


def _inner(node: Node) -> tuple[Items, ...]:
    if isinstance(node, Alt):
        return node.options
    return (node.body,) if isinstance(node, Repeat) else ()


def _holds_edge(items: Items) -> bool:
    return any(isinstance(n, Edge) or any(map(_holds_edge, _inner(n))) for n in items)


def _holds_dot(items: Items) -> bool:
    return any(n == Dot(breaks=False) or any(map(_holds_dot, _inner(n))) for n in items)


def _joined(items: Items) -> Items:
    """The items with each run of any characters said once: `.*` beside `.{2,5}` is `.{2,}`."""
    out: list[Node] = []
    for item in items:
        node = _joined_inside(item)
        both = _dots(out[-1], node) if out else None
        if both is None:
            out.append(node)
        else:
            out[-1] = both
    return tuple(out)


def _joined_inside(node: Node) -> Node:
    if isinstance(node, Alt):
        return Alt(tuple(_joined(option) for option in node.options))
    return Repeat(_joined(node.body), node.low, node.high) if isinstance(node, Repeat) else node


def _dots(one: Node, other: Node) -> Node | None:
    """Two neighbours as one run of any characters, where both are and one has no end."""
    first, second = _run(one), _run(other)
    if first is None or second is None or None not in (first.high, second.high):
        return None
    parts = (first, second)
    breaks = any(_breaks(part) for part in parts if part.high is None)
    breaks = breaks and all(_breaks(part) for part in parts if part.low)
    return Repeat((Dot(breaks),), first.low + second.low, None)


def _breaks(run: Repeat) -> bool:
    return run.body == (Dot(),)


def _run(node: Node) -> Repeat | None:
    if isinstance(node, Dot):
        return Repeat((node,), 1, 1)
    if isinstance(node, Repeat) and len(node.body) == 1 and isinstance(node.body[0], Dot):
        return node
    return None


def _top(items: Items) -> str:
    if len(items) == 1 and isinstance(items[0], Alt):
        return "|".join(_sequence(option) for option in items[0].options)
    return _sequence(items)


def _sequence(items: Items) -> str:
    return "".join(_text(node) for node in items)


def _text(node: Node) -> str:
    if isinstance(node, Chars):
        return _class(node)
    if isinstance(node, Alt):
        return f"({_top((node,))})"
    if isinstance(node, Repeat):
        return _operand(node.body) + _bounds(node.low, node.high)
    return "."


def _operand(body: Items) -> str:
    simple = len(body) == 1 and not isinstance(body[0], Repeat)
    return _text(body[0]) if simple else f"({_sequence(body)})"


def _bounds(low: int, high: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    if short:
        return short
    if low == high:
        return f"{{{low}}}"
    return f"{{{low},}}" if high is None else f"{{{low},{high}}}"


def _class(chars: Chars) -> str:
    low, high = chars.spans[0]
    if low == high and len(chars.spans) == 1 and not chars.negated:
        return _escaped(low, _OPERATORS)
    return f"[{'^' if chars.negated else ''}{''.join(map(_span, chars.spans))}]"


def _span(span: Span) -> str:
    low, high = (_escaped(code, _CLASS_OPERATORS) for code in span)
    return low if low == high else f"{low}{'-' if span[1] - span[0] > 1 else ''}{high}"


def _escaped(code: int, operators: frozenset[str]) -> str:
    return f"\\{chr(code)}" if chr(code) in operators else chr(code)
