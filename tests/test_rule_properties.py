"""Laws of the Sigma specification, on rules and events of any shape."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from test_matcher_properties import EVENTS
from test_raise_sigma import HEADER, lowered

from converter.casing import fold
from converter.matcher import EventTest, compile_predicate
from converter.matcher.pairs import any_contains, any_ends, any_starts
from converter.predicate import normal

CORPUS = (
    "a A ß ẞ ss SS İ i I ı σ Σ ς ﬁ fi ǆ ǅ Ǆ é É e\u0301 ÿ Ÿ K \u212a å \u212b µ μ ſ s Ω \u2126 "
    "ა Ა ᏸ Ᏸ \U00010400 \U00010428 \U0001e900 ŉ ΐ \u1fd3 Ж ж * ? \\ \u200d \ud800"
).split()
TEXTS = st.lists(st.sampled_from([*CORPUS, " "]), max_size=4).map("".join)
VALUES = st.one_of(TEXTS, st.integers(0, 9), st.booleans())
FIELDS = st.sampled_from(["a", "b", "a.b", "c"])
ITEMS = st.one_of(
    st.tuples(FIELDS, st.lists(st.one_of(VALUES, st.none()), min_size=1, max_size=3)),
    st.tuples(
        FIELDS.flatmap(lambda name: st.sampled_from([f"{name}|contains", f"{name}|endswith"])),
        st.lists(VALUES, min_size=1, max_size=3),
    ),
    st.tuples(FIELDS.map(lambda name: f"{name}|exists"), st.booleans()),
    st.tuples(FIELDS.map(lambda name: f"{name}|gt"), st.integers(-3, 3)),
)
SELECTIONS = st.lists(ITEMS, min_size=1, max_size=2).map(dict)


def escaped(text: str) -> str:
    """The text as a rule writes it when it means just the text."""
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def matcher(condition: str, **selections: Any) -> EventTest:
    """The test of a rule with these selections."""
    detection = {**selections, "condition": condition}
    return compile_predicate(lowered(HEADER | {"detection": detection}))


@given(SELECTIONS, SELECTIONS, EVENTS)
def test_de_morgan(one: Any, two: Any, event: dict[str, Any]) -> None:
    """Not of an or is the and of the negations; not of an and the or of them; twice not is none."""
    pairs = [
        ("not (s_1 or s_2)", "not s_1 and not s_2"),
        ("not (s_1 and s_2)", "not s_1 or not s_2"),
        ("not (not s_1)", "s_1 and (s_2 or not s_2)"),
        ("not 1 of s_*", "not s_1 and not s_2"),
        ("not all of s_*", "not s_1 or not s_2"),
    ]
    for left, right in pairs:
        verdict = matcher(left, s_1=one, s_2=two)(event)
        assert verdict is matcher(right, s_1=one, s_2=two)(event), (left, right)


@given(SELECTIONS, SELECTIONS, SELECTIONS)
def test_selectors(one: Any, two: Any, three: Any) -> None:
    """`all of` is and, `1 of` and `any of` are or; `them` is every name but the underscored."""
    named = {"s_1": one, "s_2": two, "_s": three}
    said = {
        "all of s_*": "s_1 and s_2",
        "1 of s_*": "s_1 or s_2",
        "any of them": "s_2 or s_1",
        "all of them": "s_2 and s_1",
        "1 of _s*": "_s",
    }
    for selector, plain in said.items():
        body = {"detection": named | {"condition": selector}}
        other = {"detection": named | {"condition": plain}}
        assert normal(lowered(HEADER | body)) == normal(lowered(HEADER | other))


@given(TEXTS, EVENTS)
def test_contains_is_stars(text: str, event: dict[str, Any]) -> None:
    """Contains, startswith and endswith are the value with stars, escapes and all."""
    value = escaped(text)
    for modifier, starred in (
        ("contains", f"*{value}*"),
        ("startswith", f"{value}*"),
        ("endswith", f"*{value}"),
    ):
        for cased in ("", "|cased"):
            left = lowered(HEADER | {"detection": {"s": {f"a{cased}|{modifier}": value}} | IN_S})
            right = lowered(HEADER | {"detection": {"s": {f"a{cased}": starred}} | IN_S})
            assert normal(left) == normal(right)
            assert compile_predicate(left)(event) is compile_predicate(right)(event)


IN_S = {"condition": "s"}


@given(TEXTS, TEXTS, TEXTS)
def test_text_in_text(before: str, text: str, after: str) -> None:
    """A text is found in what holds it, with case; without case it is found if folding finds it."""
    whole = before + text + after
    cased = matcher("s", s={"a|cased|contains": escaped(text)})
    plain = matcher("s", s={"a|contains": escaped(text)})
    assert cased({"a": whole})
    for found in (whole, whole.upper(), whole.lower(), whole.swapcase()):
        assert cased({"a": found}) is (text in found)
        assert plain({"a": found}) is (fold(text) in fold(found))
        assert plain({"a": found}) or not cased({"a": found})


@given(TEXTS, TEXTS)
def test_equality_without_case(one: str, two: str) -> None:
    """Equality is that of folded texts, the same both ways, and no normalising of Unicode."""
    verdict = matcher("s", s={"a": escaped(one)})({"a": two})
    assert verdict is (fold(one) == fold(two))
    assert verdict is matcher("s", s={"a": escaped(two)})({"a": one})
    assert matcher("s", s={"a|fieldref": "b"})({"a": one, "b": two}) is verdict
    exact = matcher("s", s={"a|cased": escaped(one)})({"a": two})
    assert exact is (one == two)


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
def test_fields_with_fields(ones: list[str], others: list[str]) -> None:
    """Two lists are compared as every pair of them would be."""
    pairs = [(one, other) for one in ones for other in others]
    assert any_contains(ones, others) is any(other in one for one, other in pairs)
    assert any_starts(ones, others) is any(one.startswith(other) for one, other in pairs)
    assert any_ends(ones, others) is any(one.endswith(other) for one, other in pairs)


@given(st.lists(VALUES, min_size=1, max_size=4), EVENTS)
def test_lists_of_values(wanted: list[Any], event: dict[str, Any]) -> None:
    """A list is any of its values, with `all` each of them; `neq` is none of them."""
    said = [escaped(one) if isinstance(one, str) else one for one in wanted]
    each = [matcher("s", s={"a|contains": one})(event) for one in said]
    assert matcher("s", s={"a|contains": said})(event) is any(each)
    assert matcher("s", s={"a|contains|all": said})(event) is all(each)
    assert matcher("s", s={"a|contains|neq": said})(event) is not any(each)
