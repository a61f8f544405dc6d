"""logs: results do not depend on chunks or layout, and no bytes make reading fail."""

from __future__ import annotations

import gzip
import io
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.logs import Record, Reject, read, reading
from converter.logs.decoding import decode
from converter.logs.reading import read_chunks
from converter.logs.splitting import Splitter

KEYS = st.sampled_from(["a", "Records", "value", "nextLink", 'q"}', "é", "\\", "b,[{"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=6)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
WRAPPERS = st.sampled_from(
    [
        lambda records: records,
        lambda records: {"Records": records},
        lambda records: {"nextLink": "x", "value": records},
        lambda records: {"records": records, "more": {"a": [1]}},
    ]
)
SIGNS = [bytes([sign]) for sign in b'{}[]"\\,:\n 1\xff\0']
PARTS = [b'{"a":1}', b'{"Records":[', b'{"value":[', b'"a":', b"null", b"x" * 30, b"\xef\xbb\xbf"]
JSON_LIKE = st.lists(st.sampled_from(SIGNS + PARTS), max_size=40).map(b"".join)


def chunked(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(JSON_LIKE | st.binary(max_size=200), st.lists(st.integers(0, 1000), max_size=20))
@settings(max_examples=400)
def test_chunks_make_no_difference(data: bytes, cuts: list[int]) -> None:
    """However a stream is cut into chunks, its records and rejects are the same."""
    whole = list(read_chunks([data], "f", 25))
    assert list(read_chunks(chunked(data, cuts), "f", 25)) == whole
    assert list(read_chunks([data[i : i + 1] for i in range(len(data))], "f", 25)) == whole


@given(st.lists(OBJECTS, min_size=1, max_size=5), WRAPPERS, st.sampled_from([None, 0, 2]))
def test_layout_makes_no_difference(records: list[Any], wrap: Any, indent: int | None) -> None:
    """Decoded at once or split into records first, pretty or not, the events are the same."""
    value = json.loads(json.dumps(wrap(records)))
    compact = json.dumps(value, ensure_ascii=False).encode()
    pretty = json.dumps(value, indent=indent).encode()
    expected = outcome(list(read_chunks([compact], "f", 1 << 20)))
    assert outcome(list(read_chunks([pretty], "f", 1 << 20))) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "LONG_LINE", 1)
        assert outcome(list(read_chunks([compact], "f", 1 << 20))) == expected
        assert outcome(list(read_chunks([pretty], "f", 1 << 20))) == expected


def outcome(found: list[Record | Reject]) -> list[Any]:
    return [one.event if isinstance(one, Record) else (one.number, one.kind) for one in found]


@given(st.lists(VALUES, max_size=6), st.sampled_from(["", " ", "\n"]), st.integers(1, 9))
def test_split_values_are_the_values(values: list[Any], space: str, size: int) -> None:
    """The pieces of a list are exactly its elements."""
    data = ("[" + f",{space}".join(json.dumps(value) for value in values) + "]").encode()
    splitter = Splitter(1 << 20)
    chunks = [data[i : i + size] for i in range(0, len(data), size)]
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)]
    pieces += splitter.close()
    assert [decode(piece.raw) for piece in pieces] == values
    assert [data[piece.start :].startswith(piece.raw) for piece in pieces] == [True] * len(values)


@given(st.binary(max_size=300), st.booleans(), st.integers(1, 64))
@settings(max_examples=300)
def test_no_bytes_make_reading_fail(data: bytes, packed: bool, chunk: int) -> None:
    """Any bytes, also as a damaged gzip stream, give records and rejects, never an exception."""
    stream = gzip.compress(data)[: -(chunk % 12) or None] if packed else data
    found = list(read(["-"], io.BytesIO(stream), chunk=chunk, max_record=100))
    assert all(isinstance(one, Record | Reject) for one in found)
    assert found
    numbers = [one.number for one in found if one.number]
    assert numbers == list(range(1, len(numbers) + 1))


@given(st.lists(OBJECTS, min_size=1, max_size=8), st.integers(0, 2000))
def test_a_truncated_gzip_never_invents_records(records: list[Any], cut: int) -> None:
    """What a truncated archive gives is the beginning of what the whole one gives."""
    data = gzip.compress(json.dumps({"Records": records}).encode())
    whole = [one for one in read(["-"], io.BytesIO(data)) if isinstance(one, Record)]
    part = list(read(["-"], io.BytesIO(data[: 2 + cut % (len(data) - 2)])))
    kept = [one for one in part if isinstance(one, Record)]
    assert kept == whole[: len(kept)]
    assert [one.kind for one in part if isinstance(one, Reject)][-1:] == ["truncated"]
