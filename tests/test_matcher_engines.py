"""What finds many expressions at once: the engines tell the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.matcher.index import engines
from converter.matcher.index.engines import Hyperscan, Re2, Together, Vectorscan, engine

hyperscan = pytest.importorskip("hyperscan", reason="there is no hyperscan for this machine")
pytest.importorskip("pyperscan", reason="there is no pyperscan for this machine")

WORDS = st.text('ab"\\\n\u212a', min_size=2, max_size=4).map(str.encode)
LONG = b"(?:%b)" % b"|".join(b"long%d" % number for number in range(100))


@given(words=st.lists(WORDS, min_size=1, max_size=5, unique=True), data=WORDS)
def test_engines_agree(words: list[bytes], data: bytes) -> None:
    """Hyperscan and Vectorscan tell each place and number, RE2 whether there is anything."""
    patterns = [b"(?i:" + b"".join(b"\\x%02x" % byte for byte in word) + b")" for word in words]
    row = data * 2 + words[0]
    numbered = dict(enumerate(patterns))
    module = engines.vectorscan()
    assert module is not None
    found = sorted(Vectorscan(module, numbered).scan(row))
    assert found
    assert sorted(Hyperscan(hyperscan, numbered).scan(row)) == found
    assert Re2(patterns).scan(row)


class Nowhere:
    """Keeps nothing."""

    def recall(self, name: str) -> None:
        return None

    def keep(self, name: str, data: bytes) -> None:
        return


@pytest.mark.parametrize(
    ("patterns", "kept", "kind"),
    [
        ([b"short"] * 2, True, Vectorscan),
        ([LONG], True, Hyperscan),
        ([LONG], False, Vectorscan),
        ([b"word%d" % number for number in range(100)], False, Hyperscan),
        ([b"short", LONG, b"brief"], True, Together),
    ],
)
def test_few_short_ones_go_to_vectorscan(
    patterns: list[bytes],
    kept: bool,
    kind: type[object],
) -> None:
    """Many expressions go to Hyperscan, and long ones where its databases can be kept."""
    assert type(engine(patterns, hyperscan, Nowhere() if kept else None)) is kind


def test_together_the_numbers_are_those_of_all() -> None:
    """A hit has the number of its expression among all, whichever engine finds it."""
    found = engine([b"short", LONG, b"brief"], hyperscan, Nowhere()).scan(b"brief long7 short")
    assert sorted(found) == [(5, 2), (11, 1), (17, 0)]


def test_a_scan_begins_anew() -> None:
    """What one scan found is not told by the next."""
    one = engine([b"word"], hyperscan)
    assert [one.scan(data) for data in (b"a word", b"none", b"word")] == [[(6, 0)], [], [(4, 0)]]


def test_without_vectorscan_hyperscan_takes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the wheel is missing, nothing else changes."""
    monkeypatch.setattr(engines, "vectorscan", lambda: None)
    one = engine([b"word", LONG], hyperscan)
    assert type(one) is Hyperscan
    assert sorted(one.scan(b"word long1")) == [(4, 0), (10, 1)]
