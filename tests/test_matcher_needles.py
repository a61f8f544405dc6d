"""Native code finds what regular expressions find, and says the same of it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.logs import Frame
from converter.matcher.index import Hit, Index, Sample, native
from converter.matcher.index.engines import Hyperscan, hyperscan
from converter.matcher.index.expressions import expressions
from converter.matcher.index.needles import Ends, Needle, Needles, needles_of
from converter.matcher.index.needs import Foreign, Key, Member, Probe, Text, Value
from converter.matcher.index.spelling import odd_patterns, odd_texts
from converter.scan.spots import ODD, Lines, hit

found = native()
if found is None:
    pytest.skip("the native code was not built for this machine", allow_module_level=True)
MODULE = found

WORDS = st.sampled_from([
    "ab", "abc", "ba", "a/b", "a/b/a", 'a"b', "a\\b", "\\b", "5", "5.0", "50", "-0", "-5", "true",
    "kelvin", "s", "[", "b ", "abcabcabcabcabcabcabcabcabcabcabcabcabc",
])  # fmt: skip
LONGER = WORDS.filter(lambda word: len(word) > 1)
KEYS = st.sampled_from(["k", "ab", "x y", "K"])
PROBES: st.SearchStrategy[Probe] = st.one_of(
    st.builds(Text, LONGER),
    st.builds(Value, LONGER),
    st.builds(Key, KEYS),
    st.builds(Member, KEYS, WORDS, st.booleans(), st.booleans()),
)
PIECES = st.one_of(
    WORDS, KEYS, WORDS.map(str.upper),
    st.sampled_from([
        '"', ":", ",", "}", " ", "\t", "\n", "\r\n", "}\n", '{"k":"', "\\/", '\\"', "\\\\", ".",
        '"k":', '"ab" : "', "[", "é", "\u212a", "\u017f", "\\u0041", "\\u212A", "\\u00e9", "1e5",
        "." * 40, '","', "5.", "-0", "\x00",
    ]),
)  # fmt: skip
DATA = st.lists(PIECES, max_size=40).map(lambda pieces: "".join(pieces).encode())


def regular(patterns: dict[int, bytes], data: bytes) -> set[Hit]:
    """What Hyperscan finds."""
    module = hyperscan()
    if module is None:
        pytest.skip("there is no hyperscan for this machine")
    return {*Hyperscan(module, patterns).scan(data)} if patterns else set()


@given(probes=st.lists(PROBES, min_size=1, max_size=12), data=DATA, sample=DATA)
@settings(max_examples=500)
def test_needles_are_where_their_expressions_are(
    probes: list[Probe], data: bytes, sample: bytes
) -> None:
    """Each place and number is the same, whatever the sample."""
    numbered = dict(enumerate(expressions(probes)))
    made = [needle for number, one in numbered.items() for needle in needles_of(number, one.probes)]
    assert {one.number for one in made} == {*numbered}
    patterns = {number: one.pattern for number, one in numbered.items()}
    seen = Needles(MODULE, made, sample).scan(data)
    assert {*seen} == regular(patterns, data)
    assert len({*seen}) == len(seen) or any(isinstance(one, Value) for one in probes)


@pytest.mark.parametrize("slash", [True, False])
@given(data=DATA)
def test_odd_spellings_are_the_same(slash: bool, data: bytes) -> None:
    """The texts that hide others are those that the expressions fit."""
    one = Needles(MODULE, [Needle(0, text) for text in odd_texts(slash=slash)])
    ends = {match.end() for odd in odd_patterns(slash=slash) for match in re.finditer(odd, data)}
    assert {end for end, _ in one.scan(data)} == ends


@given(
    data=st.lists(PIECES, max_size=60).map(lambda pieces: "".join(pieces).encode() + b"\n"),
    heads=st.lists(st.sampled_from(['{"k":1}', '{"ab": 2}', '{ "k":3}']), max_size=3),
    returns=st.booleans(),
)
@settings(max_examples=300)
def test_lines_are_odd_as_expressions_say(data: bytes, heads: list[str], returns: bool) -> None:
    """So are the lines that begin or end in another way than those that were learned."""
    frame = Frame([head.encode() + b"\r" * returns for head in heads])
    made = Needles(MODULE, [], b"", Ends(frame.begins, frame.returns, 7))
    spots, count, several = made.lines(data, [])
    odd = regular(dict(enumerate(frame.odd()[0])), data)
    if not data.startswith(frame.begins):
        odd.add((1, 0))
    lines = [data.count(b"\n", 0, end - 1) for end, _ in odd]
    seen = {data.count(b"\n", 0, start) for _, start, _, _ in spots}
    assert seen == {*lines} - {data.count(b"\n")}
    assert several == len(spots)
    assert count == data.count(b"\n")


@given(
    probes=st.lists(PROBES, max_size=6),
    data=st.lists(PIECES, max_size=60).map(lambda pieces: "".join(pieces).encode()),
    more=st.lists(st.tuples(st.integers(1, 200), st.sampled_from([ODD, 50])), max_size=4),
)
@settings(max_examples=300)
def test_lines_are_those_of_their_hits(probes: list[Probe], data: bytes, more: list[Hit]) -> None:
    """Each line has the hits that end in it, and the number of others before it."""
    data = b"{" + data.replace(b"\n", b"}\n{") + b"}\n"
    numbered = enumerate(expressions(probes))
    made = [needle for number, one in numbered for needle in needles_of(number, one.probes)]
    one = Needles(MODULE, made, b"", Ends((b"{",), False, ODD))
    hits = sorted([*one.scan(data), *more])
    wanted = list(hit(Lines(data), [one for one in hits if one[0] <= len(data)]))
    total = data.count(b"\n")
    odd = sum(mine is None for *_, mine in wanted)
    assert one.lines(data, more) == (wanted, total, odd)


@pytest.mark.parametrize("size", range(70))
def test_needles_are_found_at_every_place(size: int) -> None:
    """Also at the beginning and the end of the data, which is looked at in steps."""
    one = Needles(MODULE, [Needle(3, b"ab"), Needle(4, b"xyz")])
    assert one.scan(b"." * size + b"AB") == [(size + 2, 3)]
    assert one.scan(b"xyz" + b"." * size) == [(3, 4)]
    assert one.scan(b"a" * size + b"xy") == []


def test_many_needles_share_their_places() -> None:
    """More needles than bits are told apart."""
    words = [b"word%02d" % number for number in range(48)]
    one = Needles(MODULE, [Needle(number, word) for number, word in enumerate(words)])
    assert one.scan(b"".join(words)) == [(6 * at + 6, at) for at in range(48)]


def test_needles_pay_where_they_are_unlikely() -> None:
    """A sample in which each byte may begin one says so, whatever its case."""
    made = [Needle(0, b"eventname"), Needle(1, b'"root"')]
    assert Needles(MODULE, made).pays
    assert Needles(MODULE, made, b'{"a":1}' * 100).pays
    assert not Needles(MODULE, made, b"EVENTname" * 100).pays


def test_an_index_takes_what_pays() -> None:
    """The rest of it is left to regular expressions, and found there."""
    needs = dict(enumerate([Text("eventname"), Foreign()]))
    often, seldom = Sample(), Sample()
    often.see([b"eventname" * 100])
    for sample, count in ((often, 0), (seldom, 1)):
        index = Index(needs, sample, hyperscan(), native=MODULE)
        assert len(index.needles) == count
        assert index.rules_of("{EVENTNAME: é}".encode()) == (0, 1)


def test_what_is_no_text_is_left_to_expressions() -> None:
    """No needle says "any character outside of ASCII", nor a text that is too long."""
    assert needles_of(0, [Foreign()]) == []
    assert needles_of(0, [Value("/".join("abcdef"))]) == []
    assert needles_of(0, [Member("k", "", False, False)]) == []
    assert needles_of(0, [Member("k", "v" * 300, True, False)]) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (((), b"", (), False), "argument"),
        (([], b"", (), False, 0), "tuple"),
        (((), b"", ("text",), False, 0), "bytes"),
        ((((1, b"a", True, False, None),), b"", (), False, 0), "2 to 255"),
        ((((1, b"a" * 256, True, False, None),), b"", (), False, 0), "2 to 255"),
        ((((1, b"ab", True, True, ((b"", 0),)),), b"", (), False, 0), "1 to 255"),
        ((((1, b"ab", True, True, ((b"v", 3),)),), b"", (), False, 0), "three kinds"),
        ((((1, b"ab", True, True, [b"v"]),), b"", (), False, 0), "tuple"),
        ((((1, b"ab", True, True, (5,)),), b"", (), False, 0), "tuple"),
        (((5,), b"", (), False, 0), "tuple"),
    ],
)
def test_wrong_arguments_are_refused(arguments: Any, why: str) -> None:
    """They raise what Python raises, and nothing is read where it must not be."""
    with pytest.raises((TypeError, ValueError), match=why):
        MODULE.Needles(*arguments)


def test_it_is_made_once() -> None:
    """A second `__init__` cannot change what may be in use."""
    one = MODULE.Needles((), b"", (), False, 0)
    with pytest.raises(TypeError, match="once"):
        one.__init__((), b"", (), False, 0)  # type: ignore[misc]


def test_what_was_never_made_finds_nothing() -> None:
    """Not even a crash."""
    one = MODULE.Needles.__new__(MODULE.Needles)
    assert one.scan(b"some bytes\n") == []
    with pytest.raises(RuntimeError, match="never made"):
        one.lines(b"some bytes\n", [])


@pytest.mark.parametrize("more", [(), [1], [(1,)], [(1, "2")]])
def test_wrong_hits_are_refused(more: Any) -> None:
    """Hits are a list of pairs of numbers."""
    with pytest.raises(TypeError):
        MODULE.Needles((), b"", (), False, 0).lines(b"some bytes\n", more)


def test_scan_works_without_it() -> None:
    """Where it was not built, the rest of the project does not miss it."""
    code = (
        "import sys; sys.modules['converter.native.needles'] = None\n"
        "from converter.scan.tools import Tools\n"
        "assert Tools(list, list).native is None"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
