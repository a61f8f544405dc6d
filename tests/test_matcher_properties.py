"""Laws that hold for every predicate and every event."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from converter import predicate as tree
from converter.casing import fold
from converter.matcher import compile_predicate, program
from converter.matcher.explain import Explanation, explain, flips
from converter.matcher.fields import every_value
from converter.matcher.globs import glob
from converter.matcher.telling import as_json, render
from converter.predicate import And, Equals, Glob, Not, Or, Predicate, Wildcard

MANY, ONE = Wildcard.MANY, Wildcard.ONE
NAMES = st.sampled_from(["a", "b", "a.b", "b.a", "a.b.c", "c"])
WORDS = st.one_of(st.text(alphabet="abAB*?\\ é", max_size=4), st.text(max_size=4))
SCALARS = st.one_of(
    WORDS,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from(["5", "10.0.0.1", "::1", "2024-01-01T05:00:00Z", "1e400", 1709289000]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=4)
ODD = st.one_of(
    VALUES,
    st.binary(max_size=3),
    st.decimals(),
    st.datetimes(),
    st.dates(),
    st.complex_numbers(),
    st.frozensets(st.integers(), max_size=2),
    st.dictionaries(st.tuples(st.integers()), st.integers(), min_size=1, max_size=1),
    st.builds(object),
    st.characters(categories=["Cs"]),
)
PATTERNS = st.lists(
    st.one_of(st.sampled_from([MANY, ONE]), st.text(alphabet="abA*é", min_size=1, max_size=3)),
    max_size=7,
).map(tuple)
TESTS: st.SearchStrategy[tree.Test] = st.one_of(
    st.builds(Equals, NAMES, st.one_of(WORDS, st.integers(0, 9), st.booleans()), st.booleans()),
    st.builds(Glob, NAMES, PATTERNS, st.booleans()),
    st.builds(tree.Regex, NAMES, st.sampled_from(["a", "^[ab]+$", ""]), st.sampled_from(["", "i"])),
    st.builds(tree.Cidr, NAMES, st.sampled_from(["10.0.0.0/8", "::/0"])),
    st.builds(tree.Compare, NAMES, st.sampled_from(["<", "<=", ">", ">="]), st.integers(-5, 5)),
    st.builds(tree.Exists, NAMES),
    st.builds(tree.Null, NAMES),
    st.builds(
        tree.FieldCompare,
        NAMES,
        st.sampled_from(["equals", "startswith", "endswith", "contains", "<", ">="]),
        NAMES,
        st.booleans(),
    ),
    st.builds(tree.TimePart, NAMES, st.sampled_from(["hour", "week"]), st.just("<"), st.just(9)),
    st.builds(tree.Keyword, PATTERNS, st.booleans()),
    st.builds(tree.KeywordRegex, st.just("a.?b"), st.just("s")),
)
PREDICATES: st.SearchStrategy[Predicate] = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, max_size=4).map(lambda args: And(tuple(args))),
        st.lists(inner, max_size=4).map(lambda args: Or(tuple(args))),
    ),
    max_leaves=8,
)


def plainly(predicate: Predicate, event: dict[str, Any]) -> bool:
    """The verdict by the definition of And, Or and Not, one test at a time."""
    if isinstance(predicate, And):
        return all(plainly(arg, event) for arg in predicate.args)
    if isinstance(predicate, Or):
        return any(plainly(arg, event) for arg in predicate.args)
    if isinstance(predicate, Not):
        return not plainly(predicate.arg, event)
    return program.compile_test(predicate)(event)


def fits(pattern: tree.Pattern, text: str) -> bool:
    """The slow reference: every split of the text is tried."""
    if not pattern:
        return text == ""
    head, rest = pattern[0], pattern[1:]
    if head is MANY:
        return any(fits(rest, text[at:]) for at in range(len(text) + 1))
    if head is ONE:
        return text != "" and fits(rest, text[1:])
    return text.startswith(str(head)) and fits(rest, text[len(str(head)) :])


@given(PREDICATES, EVENTS)
def test_compiled_is_plain(predicate: Predicate, event: dict[str, Any]) -> None:
    """The compiled row of steps gives the verdict that the tree's definition gives."""
    assert compile_predicate(predicate)(event) is plainly(predicate, event)


PIECES = st.text(alphabet="abA\0\u212a\xc9\xe9", max_size=3)
KEYWORDS = st.lists(PIECES, min_size=1, max_size=3)
TEXTS = st.recursive(
    st.text(alphabet="abAk\0\xe9", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("a"), inner),
    max_leaves=6,
)


@given(KEYWORDS, st.dictionaries(st.sampled_from("ab"), TEXTS, max_size=2))
def test_keywords_stand_in_one_value(words: list[str], event: dict[str, Any]) -> None:
    """Keywords are looked for in all values at once, and found only where one value holds one."""
    tests = [tree.Keyword(tuple(filter(None, (MANY, word, MANY)))) for word in words]
    texts = [fold(one) for one in every_value(event)]
    wanted = [any(fold(word) in one for one in texts) for word in words]
    assert [compile_predicate(one)(event) for one in tests] == wanted
    assert compile_predicate(Or(tuple(tests)))(event) is any(wanted)
    assert compile_predicate(And(tuple(tests)))(event) is all(wanted)


@given(PREDICATES, EVENTS)
def test_normal_form(predicate: Predicate, event: dict[str, Any]) -> None:
    """A predicate and its normal form agree on every event."""
    assert compile_predicate(tree.normal(predicate))(event) is compile_predicate(predicate)(event)


@given(st.lists(TESTS, max_size=4).map(tuple), EVENTS)
def test_de_morgan(tests: tuple[tree.Test, ...], event: dict[str, Any]) -> None:
    """Not of an Or is the And of the negations, and the other way round."""
    negated: tuple[Predicate, ...] = tuple(Not(test) for test in tests)
    for left, right in ((Not(Or(tests)), And(negated)), (Not(And(tests)), Or(negated))):
        assert compile_predicate(left)(event) is compile_predicate(right)(event)


@given(PREDICATES, EVENTS)
def test_double_negation(predicate: Predicate, event: dict[str, Any]) -> None:
    """Two negations are none, one is the opposite, also over missing fields."""
    verdict = compile_predicate(predicate)(event)
    assert compile_predicate(Not(Not(predicate)))(event) is verdict
    assert compile_predicate(Not(predicate))(event) is not verdict


@given(PATTERNS, st.text(alphabet="abA*é", max_size=12))
def test_glob_reference(pattern: tree.Pattern, text: str) -> None:
    """A glob gives what trying every split gives."""
    assert glob(pattern)(text) is fits(pattern, text)


@given(st.lists(st.sampled_from(["ab", "a", "bb", ONE, MANY]), max_size=12), st.data())
def test_glob_of_many_pieces(pieces: list[Any], data: st.DataObject) -> None:
    """A text made from a pattern fits it."""
    filled = [
        data.draw(st.text(alphabet="ab", max_size=3))
        if piece is MANY
        else data.draw(st.sampled_from("ab"))
        if piece is ONE
        else piece
        for piece in pieces
    ]
    assert glob(tuple(pieces))("".join(filled))


@given(WORDS, WORDS)
def test_contains(part: str, text: str) -> None:
    """A pattern of text between two stars is `in` on folded text."""
    matches = compile_predicate(Glob("f", (MANY, part, MANY)))
    assert matches({"f": text}) is (fold(part) in fold(text))


@given(WORDS, WORDS)
def test_equals_without_wildcards(wanted: str, text: str) -> None:
    """A pattern without wildcards, equals, and one of a set say the same."""
    event = {"f": [text]}
    verdict = fold(wanted) == fold(text)
    assert compile_predicate(Glob("f", (wanted,)))(event) is verdict
    assert compile_predicate(Equals("f", wanted))(event) is verdict
    assert compile_predicate(Or((Equals("f", wanted), Equals("f", wanted))))(event) is verdict


@given(PREDICATES, st.dictionaries(st.sampled_from("abc"), ODD))
def test_odd_events(predicate: Predicate, event: dict[str, Any]) -> None:
    """No event makes a predicate or its explanation raise, whatever Python object it holds."""
    whole = explain(predicate, event)
    assert compile_predicate(predicate)(event) is whole.verdict
    assert json.loads(json.dumps(as_json(whole)))["verdict"] is whole.verdict
    assert all(line.isprintable() for line in render(whole))


def flipped(node: Explanation, changed: frozenset[str]) -> bool:
    """The verdict if the tests with these texts gave the opposite."""
    parts = [flipped(arg, changed) for arg in node.args]
    if node.kind == "test":
        return node.verdict is not (node.text in changed)
    if node.kind == "not":
        return not parts[0]
    return all(parts) if node.kind == "all" else any(parts)


def places(node: Explanation) -> list[str]:
    """The text of every test, as often as it stands in the tree."""
    if node.kind == "test":
        return [node.text]
    return [text for arg in node.args for text in places(arg)]


@given(PREDICATES, EVENTS)
def test_flips(predicate: Predicate, event: dict[str, Any]) -> None:
    """Changing the named tests changes the verdict, and leaving one of them out does not."""
    whole = explain(predicate, event)
    texts = places(whole)
    assume(len(texts) == len(set(texts)))
    changed = frozenset(node.text for node in flips(whole))
    assert flipped(whole, changed) is not (whole.verdict if changed else not whole.verdict)
    for text in changed:
        assert flipped(whole, changed - {text}) is whole.verdict


@given(PREDICATES, EVENTS)
def test_decisive(predicate: Predicate, event: dict[str, Any]) -> None:
    """The decisive tests alone force the verdict: all the others may change at once."""
    whole = explain(predicate, event)
    decisive: set[str] = set()
    stack = [whole]
    while stack:
        node = stack.pop()
        stack.extend(node.args)
        if node.kind == "test" and node.decisive:
            decisive.add(node.text)
    others = frozenset(set(places(whole)) - decisive)
    if not any(text in decisive for text in others):
        assert flipped(whole, others) is whole.verdict
