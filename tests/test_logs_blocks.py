"""logs: records that come undecoded, in blocks, are those that come decoded."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.logs import Block, Record, Reject, blocks, read, read_blocks, reading, runs
from converter.logs.blocks import odd_items
from converter.logs.decoding import decode
from converter.logs.records import Fault
from converter.logs.shapes import LISTS
from converter.logs.shapes import WRAPPERS as WRAPPERS_BY_KEY

TEXTS = st.sampled_from(["x", "}", '},{"a":', "]}", '"', "\\", "é", "\n", "{[", "\ud83d\ude00"])
LEAVES = st.none() | st.booleans() | st.integers() | TEXTS
WRAPPERS = [
    {}, 5, None, [{"a": 1}], {"b": 1}, {"Records": [{"a": 1}, 2]}, {"count": 1, "value": [{}]},
    {"id": 1, "detail-type": "x", "detail": {"a": 2}}, {"ReadOnly": 0, "CloudTrailEvent": "{}"},
    {"a": 1, "detail-type": "x", "detail": {"a": 2}}, {"a": 0, "CloudTrailEvent": "{}"},
    {"id": 1, "detail-type": "x", "detail": {"count": 2, "Records": [{"a": 2}, {"a": 3}, "x"]}},
    {"owner": 1, "messageType": "DATA_MESSAGE", "logEvents": [{"message": "x"}, {"message": "{"}]},
    {"EventId": 1, "CloudTrailEvent": '{"Records":[{"a":1},{"a":2}]}'}, {"Records": 1, "a": [1]},
    {"detail": {"detail-type": 1, "detail": {"logEvents": [], "value": [{"a": 1}]}},
     "detail-type": 1},
]  # fmt: skip
RECORDS = st.one_of(
    st.fixed_dictionaries(
        {"a": LEAVES},
        optional={
            "b": st.lists(st.fixed_dictionaries({"a": LEAVES}), max_size=3),
            "c": st.dictionaries(TEXTS, LEAVES, max_size=2),
        },
    ),
    st.fixed_dictionaries({"a": LEAVES}),
    st.fixed_dictionaries({"a": LEAVES}),
    st.sampled_from(WRAPPERS),
    st.sampled_from([{"a": 1e400}, {"a": 2**70}, {"a": "\ud800"}, {"a": float("nan")}]),
)
WRAPS = st.sampled_from([
    "%s", '{"Records":%s}', '{"Records" : %s }\n', '{"nextLink":"]x","value":%s}',
    '{"value":%s,"nextLink":"]x"}', '{"records":%s,"more":{"a":[1]}}',
    '{"entries":%s,"nextPageToken":"x"}', '{"Records":%s,"Records":[]}', '{"count":1,"Events":%s}',
    '{"count":1,"Events":%s,"count":[]}', '{"a":%s}', ' %s\r\n', '{"Records":[],"Records":%s}',
    '{"Records":%s,"Records":5}', '{"Records":%s,"detail-type":"x","detail":{}}',
])  # fmt: skip
LAYOUTS = st.sampled_from([
    {"separators": (",", ":")}, {}, {"indent": 2}, {"indent": "\t"}, {"separators": (" ,\r", " : ")}
])  # fmt: skip
GAPS = st.sampled_from(["\n", "\n", "\r\n\n", " ", "", ", "])
JUNK = st.sampled_from([b"", b"", b",", b"}", b"{", b'"', b"]", b"\n", b"x", b"\xff", b"\\", b"[{"])


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Documents one after another, whole or with something cut out of or put into them."""
    made = b""
    for _ in range(draw(st.integers(1, 2))):
        layout, texts = draw(LAYOUTS), draw(st.booleans())
        records, gap = draw(st.lists(RECORDS, max_size=8)), draw(GAPS)
        text = json.dumps(records, ensure_ascii=texts, **layout)
        loose = gap.join(json.dumps(one, ensure_ascii=texts, **layout) for one in records)
        text = draw(WRAPS).replace("%s", text) if draw(st.integers(0, 2)) else loose
        made += text.encode("utf-8", "surrogatepass")
    if draw(st.booleans()):
        return made
    at = draw(st.integers(0, len(made)))
    return made[:at] + draw(JUNK) + made[at + draw(st.sampled_from([0, 0, 0, 1, 9, 1000])) :]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of any length come as blocks."""
    monkeypatch.setattr(runs, "SMALL", 1)


def partly(
    items: Iterator[Record | Reject | Block], asked: Callable[[int], bool]
) -> Iterator[Record | Reject | int]:
    """What the items hold; of blocks of a list only the records asked for, else their number."""
    for item in items:
        if not isinstance(item, Block):
            yield item
            continue
        if item.ends is None:
            for row in item.rows():
                yield from partly(item.reader.read_line(row), asked)
            continue
        odd = odd_items(item.data, item.ends)
        for start, end in pairwise((-1, *item.ends)):
            raw = item.data[start + 1 : end]
            if end in odd or asked(end):
                yield from partly(item.reader.read_line(raw), asked)
            else:
                item.reader.skip(1)
                yield 1


@given(
    documents(),
    st.integers(1, 400),
    st.sampled_from([40, 1 << 20]),
    st.sampled_from([50, 1 << 20]),
    st.integers(1, 4),
)
@settings(max_examples=600)
def test_blocks_hold_the_same_records(
    data: bytes, chunk: int, long_line: int, most: int, share: int
) -> None:
    """Whatever is asked for of a document, in any layout and state, comes as it does decoded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "LONG_LINE", long_line)
        patch.setattr(runs, "_MOST", most)
        whole = list(read(["-"], io.BytesIO(data), chunk=chunk))
        blocks = read_blocks(["-"], io.BytesIO(data), chunk=chunk)
        found = list(partly(blocks, lambda end: end % share == 0))
    assert len(found) == len(whole)
    for one, other in zip(found, whole, strict=True):
        assert isinstance(other, Record) if one == 1 else repr(one) == repr(other)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("indent", [None, 1])
def test_wrappers_in_lists_are_opened(wrapper: Any, indent: int | None) -> None:
    """What in a list wraps other records is read though nothing is asked for."""
    text = json.dumps([{"a": 1}, {"a": 1}, wrapper, {"a": 1}, {"a": 1}], indent=indent).encode()
    whole = list(read(["-"], io.BytesIO(text)))
    found = list(partly(read_blocks(["-"], io.BytesIO(text)), lambda end: False))
    assert 1 in found
    assert len(found) == len(whole)
    for one, other in zip(found, whole, strict=True):
        assert isinstance(other, Record) if one == 1 else one == other


@pytest.mark.parametrize(
    "text",
    [
        '{"a":0} {"a":1} {"a":[{"x":1} {"a":2}]} {"a":3} {"a":4} {"a":5}',
        '{"a":0} {"a":1} {"a":[{"x":1} {"a":2}]}, {"a":3} {"a":4} {"a":5}',
        '{"a":0} {"a":1} {"a":2} {"a":[{"x":1} {"a":2}]} {"a":3}',
        '{"a":0} {"a":1} {"a":"x"} y"} {"a":{"x":1} {"a":2}]} {"a":3} {"a":4}',
        '{"Records":[{"a":0}]} {"Records":[1]} {"Records":[2]} {"Records":[{"a":3}]} {"a":4}',
        '{"a":0} {"a":1} [{"a":2}, {"a":3}] {"a":4} {"a":5} 6 {"a":7} {"a":8}',
        '{"}":0} {"}":1} {"}":2} {"}":3}',
    ],
)
def test_loose_records_are_not_mixed_up(text: str) -> None:
    """Records with space between them come as they do decoded, also if some are damaged."""
    whole = list(read(["-"], io.BytesIO(text.encode())))
    found = list(partly(read_blocks(["-"], io.BytesIO(text.encode())), lambda end: False))
    assert len(found) == len(whole)
    for one, other in zip(found, whole, strict=True):
        assert isinstance(other, Record) if one == 1 else one == other


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("tail", ["", ', "nextLink": "x"'])
@pytest.mark.parametrize("end", ["", "\n"])
def test_lists_come_as_blocks(indent: int | None, tail: str, end: str) -> None:
    """Of a list nearly all records are left undecoded."""
    rows: list[Any] = [{"a": at, "b": [{"a": 1}, {"a": "}]"}]} for at in range(500)]
    text = json.dumps({"Records": rows}, indent=indent).removesuffix("}") + tail + "}" + end
    found = list(partly(read_blocks(["-"], io.BytesIO(text.encode())), lambda end: False))
    assert len(found) == 500
    assert found.count(1) > 490


def test_loose_records_come_as_blocks() -> None:
    """Of pretty-printed records one after another nearly all are left undecoded."""
    rows: list[Any] = [{"a": at, "b": [{"a": 1}, {"a": "}]"}]} for at in range(500)]
    data = "\n".join(json.dumps(row, indent=1) for row in rows).encode()
    found = list(partly(read_blocks(["-"], io.BytesIO(data)), lambda end: False))
    assert len(found) == 500
    assert found.count(1) > 490


@given(st.lists(RECORDS, max_size=4), JUNK, st.integers(0, 1000))
def test_what_is_sound_can_be_decoded(records: list[Any], junk: bytes, at: int) -> None:
    """Where the ends of records are told, each of them has a value; bytes are read as they are."""
    text = json.dumps(records)[1:-1].encode()
    at %= len(text) + 1
    data = (text[:at] + junk + text[at:]).strip()
    ends = runs._ends(data, b"[" + data + b"]")
    starts = [0, *ends[:-1]]
    values = [data[start:end].lstrip(b", \n") for start, end in zip(starts, ends, strict=False)]
    assert not any(isinstance(decode(value), Fault) for value in values)
    assert not ends or decode(b"[" + data + b"]") == [decode(value) for value in values]


def test_depth_counts_from_the_start_of_a_line() -> None:
    """A record that nests deeply comes from a block as it comes from the whole line."""
    deep = '{"a":' * 199 + "1" + "}" * 199
    line = ('{"Records":[{"a":1},' + deep + "]}").encode()
    whole = list(read(["-"], io.BytesIO(line)))
    assert list(partly(read_blocks(["-"], io.BytesIO(line)), lambda end: True)) == whole
    assert [one.event == decode(deep.encode()) for one in whole if isinstance(one, Record)] == [
        False, False
    ]  # fmt: skip


def test_every_wrapper_is_seen_undecoded() -> None:
    """What can wrap several records shows in their bytes: by its first key, and by its own."""
    shown = b"".join(blocks.INNER).decode()
    unseen = [key for key in WRAPPERS_BY_KEY if key not in LISTS and f'"{key}"' not in shown]
    assert unseen == ["detail-type"]  # wraps one record
    assert all(first <= blocks.AROUND for first in blocks.INNER.values())
