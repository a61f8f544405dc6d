"""The beginning of a file -> what it is. Names and endings of files count for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from converter.logs.decoding import decode
from converter.logs.records import Fault

Form = Literal["empty", "binary", "lines", "document", "text"]

WINDOW = 64 * 1024
BOM = b"\xef\xbb\xbf"

_JSON = re.compile(rb"(?:\{\s*+(?:[\"}]|\Z)|\[(?:[ \t\r]*+\n|\s*+(?:[{\]]|\Z)))")
_NOT_ASCII = bytes(range(0x80, 0x100))
_PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"Obj\x01": "an Avro file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


def beginning(chunks: Iterator[bytes]) -> bytes:
    """The first chunks: as many as it takes to tell the form.

    It stops at a first line that is a record, so that a live stream is read as it comes.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= WINDOW + len(BOM) or (b"\n" in chunk and _starts_with_record(head)):
            break
    return head


def form(head: bytes) -> Form:
    """What a file is that begins so.

    `lines`: one JSON value on each. `document`: JSON in any other layout. `text`: anything else
    in UTF-8. A file is JSON when it, or most of its first lines, begins like an object or a list
    of objects; text is binary when less than half of it is in clean lines.
    """
    window = head[:WINDOW].lstrip()
    rows = [row for row in window.split(b"\n") if row and not row.isspace()]
    if not rows:
        return "empty"
    cut = len(head) >= WINDOW and not window.endswith(b"\n")
    if _JSON.match(window) or isinstance(decode(rows[0]), list):
        return _layout(rows, rows[:-1] if cut else rows)
    if 2 * sum(len(row) for row in _clean(rows, cut)) < sum(map(len, rows)):
        return "binary"
    braces = sum(row.lstrip().startswith(b"{") for row in rows)
    return "lines" if 2 * braces > len(rows) else "text"


def packing(head: bytes) -> str:
    """What a binary file is, as far as its first bytes tell."""
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            return f"it is {name}, not UTF-8 text"
    return "it is a binary file"


def _layout(rows: list[bytes], complete: list[bytes]) -> Literal["lines", "document"]:
    """A first line that is no JSON is damaged when records follow it, else it opens a document."""
    if not complete or not isinstance(decode(complete[0]), Fault):
        return "lines"
    others = complete[1:4]
    if others and all(isinstance(decode(row), dict) for row in others):
        return "lines"
    follows = rows[1].lstrip()[:1] if len(rows) > 1 else b""
    pretty = rows[0].strip()[-1:] in b"{[,:" or (follows and follows in b'}],:"')
    return "document" if pretty else "lines"


def _starts_with_record(head: bytes) -> bool:
    row, newline, _ = head[:WINDOW].lstrip().partition(b"\n")
    return bool(newline) and _JSON.match(row) is not None and isinstance(decode(row), dict)


def _clean(rows: list[bytes], cut: bool) -> Iterator[bytes]:
    for number, row in enumerate(rows, 1):
        whole = row.rstrip(_NOT_ASCII) if cut and number == len(rows) else row
        if b"\0" not in row and _is_utf8(whole):
            yield row


def _is_utf8(row: bytes) -> bool:
    try:
        row.decode()
    except UnicodeDecodeError:
        return False
    return True
