"""logs: every form of input gives its events, and what is none is rejected alone."""

from __future__ import annotations

import gzip
import io
import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from converter.logs import Record, Reject, read
from converter.logs.records import NEXT_STEPS

LOGS = Path(__file__).parent / "logs"
EXPECTED = yaml.safe_load((LOGS / "expected.yml").read_text("utf-8"))
FILES = [(file, path, seen) for path, files in EXPECTED.items() for file, seen in files.items()]

Result = Record | Reject


def results(data: bytes, **options: int) -> list[Result]:
    return list(read(["-"], io.BytesIO(data), **options))


def events(found: list[Result]) -> list[dict[str, Any]]:
    return [one.event for one in found if isinstance(one, Record)]


def rejects(found: list[Result]) -> list[tuple[int, str, str]]:
    return [(one.number, one.position, one.kind) for one in found if isinstance(one, Reject)]


def at(event: Any, path: str) -> Any:
    return reduce(lambda value, key: value[key], path.split("."), event)


@pytest.mark.parametrize(("file", "path", "seen"), FILES, ids=[file for file, _, _ in FILES])
def test_every_form_gives_its_records(file: str, path: str, seen: list[str]) -> None:
    """Each example file gives its records in order, with their numbers, and no rejects."""
    found = list(read([str(LOGS / file)]))
    assert [at(event, path) for event in events(found)] == seen
    assert [one.number for one in found] == list(range(1, len(seen) + 1))
    assert {one.file for one in found} == {(LOGS / file).as_posix()}


@pytest.mark.parametrize("file", [file for file, _, _ in FILES])
def test_every_form_may_be_gzipped(file: str) -> None:
    """A file, gzipped once more if need be, gives the same events as itself."""
    data = (LOGS / file).read_bytes()
    plain = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    assert results(gzip.compress(plain)) == results(plain)


def test_every_example_is_expected() -> None:
    """No example file is without an expectation."""
    there = {path.name for path in LOGS.iterdir()} - {"expected.yml"}
    assert there == {file for file, _, _ in FILES}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'\xef\xbb\xbf{"a":1}\r\n\r\n{"a":2}\r\n', [{"a": 1}, {"a": 2}]),
        (b'\n\n  {"a":1}\n', [{"a": 1}]),
        (b'\xef\xbb\xbf[\r\n{"a":1},\r\n{"a":2}\r\n]', [{"a": 1}, {"a": 2}]),
        (b'{"a":1}{"a":2} {"a":3}', [{"a": 1}, {"a": 2}, {"a": 3}]),
        (b'{"a":1},\n{"a":2},\n', [{"a": 1}, {"a": 2}]),
        (b'{"Records":[]}', []),
        (b"[]", []),
        (b"{}", [{}]),
        (b"\xef\xbb\xbfsome text\r\nmore\r\n", [{"message": "some text"}, {"message": "more"}]),
        (
            b"[12:00:01] text\n{not json\n",
            [{"message": "[12:00:01] text"}, {"message": "{not json"}],
        ),
        (b'text\nmore\n{"a":1}\n', [{"message": "text"}, {"message": "more"}, {"a": 1}]),
        ("größe\n".encode(), [{"message": "größe"}]),
    ],
)
def test_layouts_are_tolerated(data: bytes, expected: list[dict[str, Any]]) -> None:
    """Marks, line ends, blank lines and text do not keep a log from being read."""
    found = results(data)
    assert events(found) == expected
    assert rejects(found) == []


@pytest.mark.parametrize(
    "event",
    [
        {"eventName": "x", "records": [{"a": 1}]},
        {"eventName": "x", "Records": [{"a": 1}]},
        {"Records": None},
        {"value": [1, 2]},
        {"value": "text"},
        {"entries": ["a"], "eventName": "x"},
        {"detail-type": "x", "detail": "text"},
        {"logEvents": [{"message": "{}"}]},
        {"messageType": "OTHER", "logEvents": []},
        {"CloudTrailEvent": {"a": 1}},
        {"attributes": {}, "data": {"a": 1}},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_records_that_only_look_like_wrappers_stay_whole(
    event: dict[str, Any], indent: int | None
) -> None:
    """A record with a wrapper's key in another sense is an event, in every layout."""
    assert events(results(json.dumps(event, indent=indent).encode())) == [event]


@pytest.mark.parametrize(
    ("data", "kept", "rejected"),
    [
        (b'{"a":1}\n{"a":"\xff"}\n{"a":3}', [1, 3], [(2, "line 2", "encoding")]),
        (b'{"a":1}\n{"a":\n{"a":3}', [1, 3], [(2, "line 2", "unfinished")]),
        (b'{"a":\n{"a":2}\n{"a":3}', [2, 3], [(1, "line 1", "unfinished")]),
        (b'x"}\n{"a":2}\n{"a":3}', [2, 3], [(1, "line 1", "json")]),
        (
            b'{"a":1}\n42\n"x"\n',
            [1],
            [(2, "line 2", "not an object"), (3, "line 3", "not an object")],
        ),
        (b'{"a":1}junk\n{"a":3}', [1, 3], [(2, "line 1, byte 7", "json")]),
        (b'{"a":1}\n\n[{"a":2},3]\n', [1, 2], [(3, "line 3", "not an object")]),
        (b'[{"a":1},"b,]",{"a":3}]', [1, 3], [(2, "line 1", "not an object")]),
        (b'[\n{"a":1},\n[{"a":2}],\n{"a":3}\n]', [1, 3], [(2, "byte 11", "not an object")]),
        (b'{"Records":[{"a":1},{"a":tru},{"a":3}]}', [1, 3], [(2, "line 1, byte 20", "json")]),
        (
            b'{"Records":[{"a":1},{"a":"\xff"},{"a":3}]}',
            [1, 3],
            [(2, "line 1, byte 20", "encoding")],
        ),
        (b'{"Records":[{"a":1},{"a":{"b":1},{"a":3}]}', [1, 3], [(2, "line 1, byte 20", "json")]),
        (
            b'{"Records":[{"a":1},{"a":"b,"c":{"d":1}},{"a":3}]}',
            [1, 3],
            [(2, "line 1, byte 20", "json")],
        ),
        (
            b'[{"a":1},{"a":0x,"l":[{"a":7},{"a":8}]},{"a":3}]',
            [1, 3],
            [(2, "line 1, byte 9", "json")],
        ),
        (b'[\n{"a":1},\n{"a":2', [1], [(2, "byte 11", "unfinished")]),
        (b'[\n{"a":1},\n', [1], [(2, "byte 11", "unfinished")]),
        (
            b'{"CloudTrailEvent":"{\\"a\\":1}"}\n{"CloudTrailEvent":"{"}',
            [1],
            [(2, "line 2", "json")],
        ),
        (b"text\nb\xff\n", [None], [(2, "line 2", "encoding")]),
        (b"text\nb\0\n", [None], [(2, "line 2", "encoding")]),
    ],
)
def test_neighbours_of_a_bad_record_survive(
    data: bytes, kept: list[Any], rejected: list[tuple[int, str, str]]
) -> None:
    """One bad record is one reject with its place; all others of the file are read."""
    found = results(data)
    assert [event.get("a") for event in events(found)] == kept
    assert rejects(found) == rejected


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("18446744073709551616", 2**64),
        ("-9223372036854775809", -(2**63) - 1),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("9007199254740993", 2**53 + 1),
        ("1.5", 1.5),
        ("1e400", "1e400"),
        ("-2.50E+0999", "-2.50E+0999"),
        ("9" * 309, int("9" * 309)),
        ("-" + "9" * 5000, "-" + "9" * 5000),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ('"\\ud800x"', "�x"),
        ('"\\ud83d\\ude00"', "😀"),
        ('"123456789012345678901234567890"', "123456789012345678901234567890"),
    ],
)
def test_values_stay_exact(written: str, value: Any) -> None:
    """Numbers keep their value, as text where none can hold it; half a pair becomes U+FFFD."""
    found = events(results(f'{{"a":{written}}}'.encode()))
    assert found == [{"a": value}]
    assert type(found[0]["a"]) is type(value)


def test_the_last_of_duplicate_keys_counts() -> None:
    """Of two equal keys in one object the last one is read, as documented."""
    assert events(results(b'{"a":1,"a":2}')) == [{"a": 2}]


@pytest.mark.parametrize("inner", ["1", '{"b": [1, "]}"]}', '"x\\\\"', '["\\ud800", 1e999]'])
@pytest.mark.parametrize("depth", [201, 1000, 100_000])
def test_what_nests_too_deeply_is_kept_as_its_text(inner: str, depth: int) -> None:
    """What could not be printed again stays as it is written, and the record is an event."""
    fine = '{"a":' * 200 + "1" + "}" * 200
    deep = '{"a":' * depth + inner + "}" * depth
    found = results("\n".join((fine, deep, '{"a":' * depth, fine)).encode())
    assert rejects(found) == [(3, "line 3", "unfinished")]
    text: Any = events(found)[1]
    for _ in range(200):
        text = text["a"]
    assert text == '{"a":' * (depth - 200) + inner + "}" * (depth - 200)


def test_quotes_without_end_are_read_once() -> None:
    """A broken record of many brackets and quotes is rejected, in linear time."""
    raw = b'{"a":' * 300 + b'"' + b'\\"' * 2_000_000 + b"\n" + b'{"a":1}'
    assert rejects(results(raw)) == [(1, "line 1", "unfinished")]


def test_wrappers_in_wrappers_have_a_limit() -> None:
    """Hundreds of wrappers in each other give one event, not an endless descent."""
    assert len(events(results(b'{"Records":[' * 90 + b"{}" + b"]}" * 90))) == 1


@pytest.mark.parametrize(
    ("data", "kind", "why"),
    [
        (b"", "empty", "empty"),
        (b" \n\r\n", "empty", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "binary", "binary"),
        (b"PK\x03\x04\x14\0\0\0", "binary", "zip"),
        ('{"a":1}\n'.encode("utf-16"), "binary", "UTF-16"),
    ],
)
def test_a_file_that_is_no_log_is_one_reject(data: bytes, kind: str, why: str) -> None:
    """An empty or binary file is a single reject that says what it is."""
    (reject,) = results(data)
    assert isinstance(reject, Reject)
    assert (reject.number, reject.kind) == (0, kind)
    assert why in reject.why


LONG = b'{"a":"' + b"x" * 3000 + b'"}'


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1}\n' + LONG + b'\n{"a":3}',
        b'{"Records":[{"a":1},' + LONG + b',{"a":3}]}',
        b'[\n{"a":1},\n' + LONG + b',\n{"a":3}]',
        b'[{"a":1},"' + b"x" * 3000 + b'",{"a":3}]',
    ],
)
@pytest.mark.parametrize("chunk", [7, 100, 1 << 20])
def test_a_record_beyond_the_limit_is_skipped(data: bytes, chunk: int) -> None:
    """A record over the limit is a reject, in every layout, and the rest of the file is read."""
    found = results(data, max_record=1000, chunk=chunk)
    assert [event["a"] for event in events(found)] == [1, 3]
    assert [kind for _, _, kind in rejects(found)] == ["too long"]


@pytest.mark.parametrize("chunk", [7, 100, 1 << 20])
def test_a_line_of_text_beyond_the_limit_is_skipped(chunk: int) -> None:
    """A line of text over the limit is a reject, and its neighbours are events."""
    found = results(b"one\n" + b"x" * 3000 + b"\nthree\n", max_record=1000, chunk=chunk)
    assert events(found) == [{"message": "one"}, {"message": "three"}]
    assert rejects(found) == [(2, "line 2", "too long")]


def test_a_long_line_of_short_records_is_no_long_record() -> None:
    """The limit is one of records: an archive on one line may be longer than it."""
    data = json.dumps({"Records": [{"a": number} for number in range(500)]}).encode()
    found = results(data, max_record=100)
    assert [event["a"] for event in events(found)] == list(range(500))


def test_an_unclosed_record_in_an_archive_costs_only_itself() -> None:
    """After a quote that is never closed, reading goes on at the next record."""
    records = [b'{"a":%d,"b":"x"}' % number for number in range(300)]
    records[7] = b'{"a":7,"b":"x}'
    found = results(b"[" + b",".join(records) + b"]", max_record=500)
    assert [event["a"] for event in events(found)] == [*range(7), *range(8, 300)]
    assert len(rejects(found)) == 1


def test_an_error_says_where_what_and_what_next() -> None:
    """A reject reads as an error with file, record, place, reason and next step."""
    reject = results(b'{"a":1}\n{"a":\n')[1]
    assert isinstance(reject, Reject)
    assert str(reject.error) == (
        "-: record 2: the line ends inside it (line 2); " + NEXT_STEPS["unfinished"]
    )
