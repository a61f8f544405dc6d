"""Places -> files -> chunks of plain bytes: folders, standard input, packed files."""

from __future__ import annotations

import importlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path
from select import select
from typing import Any, BinaryIO, cast

from converter.logs.beside import beside
from converter.logs.records import Kind, Reject
from converter.logs.unpacking import (
    MAGIC,
    Damaged,
    Streams,
    fast_gzip,
    gzip,
    has_fast_gzip,
    unpacked,
)

CHUNK = 1 << 19
STDIN = "-"

_CLOUD = "install polysigma[cloud] to read from URLs"
_LONGEST_MAGIC = max(map(len, MAGIC))
_STAMPS = ("ETag", "etag", "LastModified", "last_modified", "mtime", "updated", "created")


Count = Callable[[int], None]
"""Is told how many bytes of a file were read, as it stands; fewer than none where again."""


def uncounted(size: int) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: at a path or a URL, or standard input. `name` is what the user sees.

    Of one that `find` has found in a `store`, `url` is its name there, `size` its bytes, 0 if not
    known, and `stamp` changes when it does.
    """

    name: str
    path: Path | None
    url: str = ""
    store: Any = field(default=None, compare=False, kw_only=True)
    size: int = field(default=0, kw_only=True)
    stamp: str = field(default="", kw_only=True)

    @property
    def is_stdin(self) -> bool:
        """Whether it is standard input, which is open already."""
        return self.path is None and not self.url

    def open(self) -> BinaryIO:
        """Its bytes. Raises OSError and, for a URL that nothing can open, ValueError."""
        if self.path is not None:
            return self.path.open("rb")
        try:
            if self.store is not None:
                return cast(BinaryIO, self.store.open(self.url, "rb"))
            return cast(BinaryIO, importlib.import_module("fsspec").open(self.url, "rb").open())
        except ImportError as error:
            raise ValueError(f"{error}; {_CLOUD}") from None
        except Exception as error:  # noqa: BLE001  stores raise errors of any kind
            raise OSError(None, _why(error)) from None


def find(places: Sequence[str]) -> Iterator[File | Reject]:
    """The files at these places in order: files, folders with all below in the order of names, `-`.

    A place may be a pattern with `*`, `**` and `?`, if no file has that name, or a URL of a store
    that fsspec knows (`s3://bucket/folder`). Below a folder hidden files and folders are left out,
    and links to folders are not followed.
    """
    for place in places:
        path = Path(place)
        if place == STDIN:
            yield File(STDIN, None)
        elif "://" in place:
            yield from _remote(place)
        elif path.is_dir():
            yield from _below(path, empty="the folder holds no log")
        elif has_magic(place) and not path.exists():
            found = sorted(one for one in glob(place, recursive=True) if not os.path.isdir(one))
            yield from (File(shown(Path(one)), Path(one)) for one in found)
            if not found:
                yield Reject(place, 0, "", "unreadable", "no file fits the pattern")
        else:
            yield File(shown(path), path)


def _remote(place: str) -> Iterator[File | Reject]:
    try:
        store, path = importlib.import_module("fsspec").core.url_to_fs(place)
        none: tuple[Kind, str]
        if has_magic(path) and not store.exists(path):
            files, none = store.glob(path, detail=True), ("unreadable", "no file fits the pattern")
        elif store.isdir(path):
            files, none = _visible(store, path), ("empty", "the folder holds no log")
        else:
            yield _stored(store, place, path, store.info(path) if store.exists(path) else {})
            return
        for name, known in sorted(files.items()):
            if known.get("type") != "directory" and not name.endswith("/"):
                yield _stored(store, _in_chain(place, store.unstrip_protocol(name)), name, known)
        if not files:
            yield Reject(place, 0, "", *none)
    except ImportError as error:
        yield Reject(place, 0, "", "unreadable", f"{error}; {_CLOUD}")
    except Exception as error:  # noqa: BLE001  stores raise errors of any kind
        yield Reject(place, 0, "", "unreadable", f"it cannot be listed: {_why(error)}")


def _visible(store: Any, folder: str) -> dict[str, Any]:
    """All below a folder of a store, without hidden files and folders and marks of folders."""
    start, found = len(folder.rstrip("/")), store.find(folder, detail=True)
    return {
        name: known
        for name, known in found.items()
        if "/." not in "/" + name[start:].lstrip("/") and not name.endswith("/")
    }


def _stored(store: Any, name: str, path: str, known: Mapping[str, Any]) -> File:
    stamp = next((str(known[key]) for key in _STAMPS if known.get(key)), "")
    return File(name, None, path, store=store, size=known.get("size") or 0, stamp=stamp)


def _in_chain(place: str, url: str) -> str:
    """The URL in the place of the one that the user wrote, which may stand in a chain of them."""
    links = place.split("::")
    at = next(number for number, link in enumerate(links) if "://" in link)
    return "::".join((*links[:at], url, *links[at + 1 :]))


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    return " ".join(str(error).split()) or type(error).__name__


def _below(folder: Path, empty: str = "") -> Iterator[File | Reject]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Reject(shown(folder), 0, "", "unreadable", _reason(error))
        return
    found = False
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            inner: Iterator[File | Reject] = _below(path)
        elif entry.is_dir():
            continue
        else:
            inner = _regular(path)
        for file in inner:
            found = True
            yield file
    if empty and not found:
        yield Reject(shown(folder), 0, "", "empty", empty)


def _regular(path: Path) -> Iterator[File | Reject]:
    """Only regular files: a pipe or a device in a folder could block or never end."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield Reject(shown(path), 0, "", "unreadable", _reason(error))
        return
    if stat.S_ISREG(mode):
        yield File(shown(path), path)
    else:
        yield Reject(shown(path), 0, "", "unreadable", "it is no regular file")


def shown(path: Path) -> str:
    """The path as people see it, and as matches name it."""
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def _reason(error: OSError) -> str:
    return f"it cannot be read: {(error.strerror or str(error)).lower()}"


@dataclass
class Content:
    """The plain bytes of a stream in chunks, unpacked if they are packed (`packed` then says how).

    It never raises: what ends the stream too early is in `trouble`, as kind and reason.
    """

    stream: BinaryIO
    chunk: int = CHUNK
    count: Count = uncounted
    trouble: tuple[Kind, str] | None = None
    size: int = field(default=0, init=False)
    packed: str = field(default="", init=False)

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._plain():
                self.size += len(chunk)
                yield chunk
        except EOFError:
            self.trouble = "truncated", f"the {self.packed} stream ends too early"
        except Damaged as error:
            self.trouble = "corrupt", f"the {self.packed} stream is damaged: {error}"
        except OSError as error:
            self.trouble = "unreadable", _reason(error)
        except Exception as error:  # noqa: BLE001  stores raise errors of any kind
            self.trouble = "unreadable", f"it cannot be read on: {_why(error)}"

    def _plain(self) -> Iterator[bytes]:
        chunks = self._stored()
        head = b""
        for chunk in chunks:
            head += chunk
            if len(head) >= _LONGEST_MAGIC:
                break
        whole = _joined(head, chunks)
        for magic, (name, streams) in MAGIC.items():
            if head.startswith(magic):
                self.packed = name
                again = name == "gzip" and self.stream.seekable() and has_fast_gzip()
                return self._fast_gzip(whole) if again else self._unpacked(whole, streams())
        return whole

    def _unpacked(self, chunks: Iterator[bytes], streams: Streams) -> Iterator[bytes]:
        return beside(lambda feed: unpacked(feed, streams, self.chunk), chunks, self._is_ready)

    def _fast_gzip(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """By the fast library; where it stumbles, by the thorough one, from the beginning."""
        given = 0
        try:
            for plain in self._unpacked(chunks, fast_gzip()):
                given += len(plain)
                yield plain
            return
        except (Damaged, EOFError):
            self.count(-self.stream.tell())
            self.stream.seek(0)
        for plain in self._unpacked(self._stored(), gzip()):
            if given < len(plain):
                yield plain[given:]
            given = max(0, given - len(plain))

    def _is_ready(self) -> bool:
        """Whether reading on does not last until others write more."""
        try:
            return self.stream.seekable() or bool(select([self.stream], (), (), 0)[0])
        except (OSError, ValueError):
            return False

    def _stored(self) -> Iterator[bytes]:
        read = getattr(self.stream, "read1", self.stream.read)
        while chunk := read(self.chunk):
            self.count(len(chunk))
            yield chunk


def _joined(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from chunks
