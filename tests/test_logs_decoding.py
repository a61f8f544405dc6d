"""The quick way of decoding gives what Python's own reader does."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from converter.logs.counting import _left_out, count
from converter.logs.decoding import _with_python, decode
from converter.logs.records import Fault

NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40).map(str),
    st.sampled_from([2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 2**64, 2**64 - 1]).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?[0-9]{1,25}\.[0-9]{1,25}([eE][-+]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(["-0", "1e400", "-1e999", "NaN", "Infinity", "01", "1.", "+1", "4.9e-324"]),
)
STRINGS = st.lists(
    st.sampled_from([
        "a", "é", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "\\udc00", "\\u0000", "\\n", "\\/", '\\"',
        "\x01", "\U0001f600", "\\u12", "\\x", "\u2028",
    ]),
    max_size=4,
).map(lambda parts: '"' + "".join(parts) + '"')  # fmt: skip
VALUES = st.recursive(
    st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "null", "nul", ""])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(STRINGS, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=6,
)


@given(value=VALUES)
@example('{"a":1,"b":2,"a":3}')
@example("[" * 300 + "]" * 300)
@example("[" * 150 + '{"a":' * 150 + "1" + "}" * 150 + "]" * 150)
@example("[" + "9" * 4200 + "," + "9" * 4300 + ",-" + "9" * 4300 + "," + "9" * 4301 + "]")
@example('["' + "x" * 5000 + '",' + "{}," * 300 + "-9223372036854775809]")
def test_decoded_quickly_is_decoded_well(value: str) -> None:
    """Values are of the same type, to the last digit, and what is none is told in the same way."""
    raw = b'{"x":%b}' % value.encode()
    try:
        expected = _with_python(raw)
    except ValueError:
        assert isinstance(decode(raw), Fault)
    else:
        assert repr(decode(raw)) == repr(expected)


def test_integers_of_any_size_stay_what_they_are() -> None:
    """An integer beyond 64 bits is no float, as long as Python can write it."""
    assert decode(b'{"a":%d}' % 10**30) == {"a": 10**30}
    assert decode(b'{"a":-9223372036854775809}') == {"a": -(2**63) - 1}
    assert decode(b'{"a":%b}' % (b"7" * 5000)) == {"a": "7" * 5000}


@pytest.mark.parametrize("raw", [b"{", b'{"a":1}x', b'{"a":01}', b"\xff", b'{"a":"\xff"}'])
def test_what_is_no_json_is_a_fault(raw: bytes) -> None:
    """It is told in words, never raised."""
    assert isinstance(decode(raw), Fault)


@given(data=st.binary(max_size=80), start=st.integers(0, 80), end=st.integers(0, 80))
def test_bytes_are_counted_alike(data: bytes, start: int, end: int) -> None:
    """Without the wheel that counts fast, the count is the same."""
    what = data[:1] or b"\n"
    end = max(start, end)
    assert count(data, what, start, end) == _left_out(data, what, start, end)
    assert count(data, what) == _left_out(data, what) == data.count(what)
