"""The prefilter: no match is lost, whoever wrote the JSON and however."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter import predicate as p
from converter.logs.decoding import decode
from converter.matcher import compile_predicate
from converter.matcher.index import Index, Sample, hyperscan, native, plain
from converter.matcher.index.choosing import Chooser
from converter.matcher.index.needs import (
    NEVER,
    NOTHING,
    Every,
    Key,
    Member,
    Text,
    either,
    every,
    need,
)
from converter.matcher.index.spelling import odd_patterns

TEXTS = st.sampled_from([
    "AssumeRole", "C:\\Users\\bob\\x.exe", "a/b/c", 'say "hi"', "\u212aelvin", "\u017fecret",
    "kelvin", "SECRET", "/", '"', "5", "5.0", "1e5", "true", "null", "10.0.0.1", "{}:,",
    "tab\there", "\x01odd", "\\n", "\nnew", "\\",
    '{"a":"x"}', "naïve", "ss:x,y", "", "0", "-0", "e", "İx",
    "\\u0041", "http://a/b?c=d",
])  # fmt: skip
NAMES = st.sampled_from(
    ["a", "b", "a.b", "b.a", "key with blank", "sl/ash", "ké", "b.key with blank"]
)
NUMBERS = st.sampled_from(
    ["5", "5.0", "5e0", "50e-1", "-0", "0", "1e5", "100000.0", "1.10", "1e-05", "5E0", "50E-1"]
)
CASES = st.sampled_from([str, str.lower, str.upper, str.swapcase])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A text of the pool in any case, whole, cut, or two of them."""
    found = draw(CASES)(draw(TEXTS))
    if draw(st.booleans()):
        found += draw(TEXTS)
    start = draw(st.integers(0, 3)) if draw(st.booleans()) else 0
    return found[start:]


@st.composite
def patterns(draw: st.DrawFn) -> p.Pattern:
    """A text of the pool in pieces, with wildcards between, before and behind them."""
    found = draw(texts())
    cut = draw(st.integers(0, len(found)))
    gap = draw(st.sampled_from([p.Wildcard.MANY, p.Wildcard.ONE]))
    ends = draw(st.lists(st.booleans(), min_size=2, max_size=2))
    first, last = ([p.Wildcard.MANY] * one for one in ends)
    return p.tidy([*first, found[:cut], gap, found[cut + (gap is p.Wildcard.ONE) :], *last])


REGEXES = st.one_of(
    texts().map(re.escape),
    st.tuples(texts(), texts()).map(lambda two: "|".join(map(re.escape, two))),
    texts().map(lambda text: f"(?:{re.escape(text)})+x?"),
    st.sampled_from(["[aA]ssume", r"^C:\\", "(?i)users", r"\bbob", "[[:alpha:]]x", r"(?:ab){0}x"]),
)
FLAGS = st.sampled_from(["", "i"])
SCALARS = st.one_of(texts(), st.sampled_from([5, 5.0, 0, 100000, 1.1, 1e22, True, False]))
TESTS: st.SearchStrategy[p.Test] = st.one_of(
    st.builds(p.Equals, NAMES, SCALARS, st.booleans()),
    st.builds(p.Glob, NAMES, patterns(), st.booleans()),
    st.builds(p.Regex, NAMES, REGEXES, FLAGS),
    st.builds(p.Keyword, patterns(), st.booleans()),
    st.builds(p.KeywordRegex, REGEXES, FLAGS),
    st.builds(p.Cidr, NAMES, st.just("10.0.0.0/8")),
    st.builds(p.Compare, NAMES, st.sampled_from(["<", ">="]), st.integers(0, 5)),
    st.builds(p.Exists, NAMES),
    st.builds(p.Null, NAMES),
    st.builds(p.FieldCompare, NAMES, st.just("equals"), NAMES),
    st.builds(p.Words, NAMES, texts().map(lambda text: (text.lower(),))),
    st.builds(p.Single, NAMES),
)
PREDICATES: st.SearchStrategy[p.Predicate] = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(p.Not, inner),
        st.lists(inner, max_size=3).map(lambda args: p.And(tuple(args))),
        st.lists(inner, max_size=3).map(lambda args: p.Or(tuple(args))),
    ),
    max_leaves=5,
)


@st.composite
def spelled(draw: st.DrawFn, text: str) -> str:
    """A JSON string for the text, each character escaped or not, as a writer may do it."""
    out = []
    style = draw(st.sampled_from(["plain", "escaped", "mixed"]))
    for char in text:
        shown = json.dumps(char, ensure_ascii=style == "escaped")[1:-1]
        if char == "/" and style != "plain":
            shown = "\\/"
        if style == "escaped" or (style == "mixed" and draw(st.booleans())):
            units = char.encode("utf-16-be")
            shown = "".join(
                f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2)
            )
        out.append(shown)
    return f'"{"".join(out)}"'


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    """JSON of any value."""
    kind = draw(st.sampled_from(["text", "text", "number", "word", "list", "object"][: 4 + depth]))
    if kind == "text":
        return draw(spelled(draw(texts())))
    if kind == "number":
        return draw(NUMBERS)
    if kind == "word":
        return draw(st.sampled_from(["true", "false", "null"]))
    if kind == "list":
        rows = draw(st.lists(values(depth - 1), max_size=2))
        return f"[{draw(GAPS)}{','.join(rows)}]"
    return draw(objects(depth - 1))


GAPS = st.sampled_from(["", " ", "\n  ", "\t"])


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> str:
    """JSON of an object, keys in any order, with any space."""
    keys = draw(st.lists(NAMES, max_size=3, unique=True))
    gap = draw(GAPS)
    rows = [f"{draw(spelled(key))}{gap}:{gap}{draw(values(depth))}" for key in keys]
    return "{" + gap + f"{gap},{gap}".join(rows) + gap + "}"


ENGINES = {
    "re2": {"module": None},
    **({"hyperscan": {"module": module}} if (module := hyperscan()) else {}),
    **({"needles": {"native": built}} if (built := native()) else {}),
}
BY_ENGINE = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def found(index: Index, raw: bytes) -> tuple[int, ...]:
    """The rules of one record as a scan of many records finds them."""
    is_odd = any(re.search(one, raw) for one in odd_patterns(slash=index.slash))
    rules = index.rules_of(raw) if is_odd else index.rules(raw, index.scan(raw))
    return (*rules, *index.always)


@BY_ENGINE
@given(predicates=st.lists(PREDICATES, min_size=1, max_size=4), record=objects(), data=st.data())
def test_candidates_hold_every_match(
    engine: Any, predicates: list[p.Predicate], record: str, data: st.DataObject
) -> None:
    """A rule that matches a record is among its candidates, whatever sample chose the probes."""
    raw = record.encode("utf-8", "replace")
    event = decode(raw)
    needs = [need(one) for one in predicates]
    sample = Sample()
    for other in data.draw(st.lists(objects(), max_size=2)):
        sample.add(decode(other.encode()))
        sample.see([other.encode()])
    candidates = found(Index(dict(enumerate(needs)), sample, **engine), raw)
    for number, predicate in enumerate(predicates):
        if compile_predicate(predicate)(event):
            assert number in candidates


@BY_ENGINE
@given(test=TESTS, record=objects())
def test_each_probe_is_needed(engine: Any, test: p.Test, record: str) -> None:
    """Of a test that matches, all that it needs is found, not only what a choice would take."""
    raw = record.encode("utf-8", "replace")
    if compile_predicate(test)(decode(raw)):
        wanted = need(test)
        parts = (
            getattr(wanted, "args", (wanted,)) if not isinstance(wanted, type(NEVER)) else (wanted,)
        )
        assert found(Index(dict(enumerate(parts)), **engine), raw) == tuple(range(len(parts)))


@pytest.mark.parametrize(
    ("test", "wanted"),
    [
        (p.Equals("x.eventName", "StopLogging"), Member("eventName", "stoplogging", True, False)),
        (p.Equals("id", 4624), Member("id", "4624", True, True)),
        (p.Not(p.Null("e")), Key("e")),
        (p.Not(p.Equals("a", "long")), NOTHING),
        (p.Keyword((p.Wildcard.MANY, "a\\Whoami", p.Wildcard.MANY)), Text("\\whoami")),
        (p.Opaque("macro"), NEVER),
        (p.Or((p.Equals("a", "x"), p.Not(p.Equals("b", "y")))), NOTHING),
        (p.KeywordRegex("foo(?:bar|baz)?qux"), None),
    ],
)
def test_need(test: p.Predicate, wanted: Any) -> None:
    """A predicate needs the texts, keys and values without which it cannot be true."""
    expected = (
        need(p.And((p.KeywordRegex("foo"), p.KeywordRegex("qux")))) if wanted is None else wanted
    )
    assert need(test) == expected


def test_plain_undoes_choices() -> None:
    """Only what a writer may choose is changed: escapes, the slash, the two letters that fold."""
    raw = rb'{"\u0041\/b":"\\u0041 \u0022 \u000A \u00e9 \\\/ ' + "\u212a\u017f".encode() + b'"}'
    assert plain(raw) == rb'{"A/b":"\\u0041 \" \n \u00e9 \\/ ks"}'


def test_keys_that_are_as_usual_are_chosen_by_name() -> None:
    """Of keys that all rules ask for the last by name is taken, so that each run looks for it."""
    members = tuple(Member(f"key{at}", "value", whole=True, bare=False) for at in range(9))
    assert Chooser([Every(members)], Sample()).choice(Every(members)) == (members[-1],)


@given(st.lists(PREDICATES, min_size=2, max_size=4))
def test_shared_needs_are_chosen_for_as_others(predicates: list[p.Predicate]) -> None:
    """What several rules need, as one object or as several, is looked for in the same way."""
    common, *own = [need(one) for one in predicates]
    shared = [every((one, either((common, one)))) for one in own]
    apart = [pickle.loads(pickle.dumps(one)) for one in shared]
    found = [[Chooser(needs, Sample()).choice(one) for one in needs] for needs in (shared, apart)]
    assert found[0] == found[1]
