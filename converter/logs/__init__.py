"""Logs of any common form -> events, as a stream.

The form is told by content alone: JSON with a record on each line; lists; the wrappers of
CloudTrail, Azure, CloudWatch, EventBridge and others (see `shapes`), in any layout, also one after
another; text, such as syslog, of which each line becomes the event `{"message": line}`; and each
of these gzipped. A byte order mark and Windows line ends are tolerated, blank lines are nothing.
A record that cannot be read is a `Reject`, and its neighbours are read all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from tempfile import TemporaryFile
from typing import BinaryIO

from converter.logs.blocks import Block, Frame
from converter.logs.opening import CHUNK, Content, Count, File, find, uncounted
from converter.logs.reading import MAX_RECORD, read_chunks
from converter.logs.records import Kind, Record, Reject
from converter.logs.tables import is_table, may_be_table, read_table

__all__ = ["MAX_RECORD", "Block", "Frame", "Kind", "Record", "Reject", "read", "read_blocks"]

_TORN: frozenset[Kind] = frozenset({"json", "encoding", "unfinished", "empty"})


def read(
    places: Sequence[str],
    stdin: BinaryIO | None = None,
    *,
    max_record: int = MAX_RECORD,
    chunk: int = CHUNK,
) -> Iterator[Record | Reject]:
    """The records of these files, folders (with all below) and standard input (`-`), in order.

    `max_record` is the size in bytes over which a record is rejected; so much and, where a damaged
    archive is taken up again, up to three times as much is held. `chunk` is the size of one read.
    It raises nothing: whatever cannot be read is a `Reject`, and reading goes on behind it.
    """
    for item in _read(places, stdin, max_record, chunk, blocks=False):
        if not isinstance(item, Block):
            yield item


def read_blocks(
    places: Sequence[str],
    stdin: BinaryIO | None = None,
    *,
    max_record: int = MAX_RECORD,
    chunk: int = CHUNK,
) -> Iterator[Record | Reject | Block]:
    """As `read`, but logs of JSON lines come as blocks of lines, not decoded.

    Who takes a block reads or skips all of its lines by its reader before taking the next item.
    """
    return _read(places, stdin, max_record, chunk, blocks=True)


def _read(
    places: Sequence[str], stdin: BinaryIO | None, max_record: int, chunk: int, *, blocks: bool
) -> Iterator[Record | Reject | Block]:
    for file in find(places):
        if isinstance(file, Reject):
            yield file
        else:
            yield from read_file(file, stdin, max_record, chunk, blocks=blocks)


def read_file(
    file: File,
    stdin: BinaryIO | None,
    max_record: int,
    chunk: int,
    *,
    blocks: bool,
    count: Count = uncounted,
) -> Iterator[Record | Reject | Block]:
    """One file, as `read` or `read_blocks` do; `count` is told how many bytes were read."""
    with ExitStack() as stack:
        try:
            stream = stdin if file.is_stdin else stack.enter_context(file.open())
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            yield Reject(file.name, 0, "", "unreadable", f"it cannot be opened: {why or error}")
            return
        if stream is None:
            yield Reject(file.name, 0, "", "unreadable", "there is no standard input")
            return
        if not file.is_stdin and is_table(head := _head(stream)):
            yield from read_table(stream, file.name, head)
            return
        content = Content(stream, chunk, count)
        chunks = iter(content)
        head = next(chunks, b"")
        while may_be_table(head) and (more := next(chunks, b"")):
            head += more
        whole = chain((head,), chunks) if head else chunks
        if is_table(head):
            results: Iterator[Record | Reject | Block] = _unpacked_table(whole, file.name, head)
        else:
            results = read_chunks(whole, file.name, max_record, blocks=blocks)
        yield from _with_trouble(results, content, file.name)


def _unpacked_table(chunks: Iterable[bytes], name: str, head: bytes) -> Iterator[Record | Reject]:
    """A table that is packed, or comes from a stream that cannot go back."""
    with TemporaryFile() as whole:
        try:
            whole.writelines(chunks)
            whole.seek(0)
        except OSError as error:
            why = f"there is no room to unpack it: {error.strerror or error}"
            yield Reject(name, 0, "", "unreadable", why)
            return
        yield from read_table(whole, name, head)


def _head(stream: BinaryIO) -> bytes:
    """The first bytes of a stream that can go back, nothing of another."""
    try:
        head = stream.read(8) if stream.seekable() else b""
        stream.seek(0)
    except (OSError, ValueError):
        return b""
    return head


def _with_trouble(
    results: Iterator[Record | Reject | Block], content: Content, name: str
) -> Iterator[Record | Reject | Block]:
    """The results, then what ended the file too early, which accounts for a last torn record."""
    last: Reject | None = None
    for result in results:
        if last is not None:
            yield last
        last = result if isinstance(result, Reject) else None
        if last is None:
            yield result
    if content.trouble is None:
        if last is not None:
            yield last
        return
    kind, why = content.trouble
    if last is not None and last.kind not in _TORN:
        yield last
        last = None
    number, raw, whole = (last.number, last.raw, last.whole) if last else (0, b"", b"")
    yield Reject(name, number, f"byte {content.size}", kind, why, raw, whole)
