"""What earlier runs found out, by content: a folder of files, never trusted when unreadable.

`POLYSIGMA_CACHE` names the folder, else `polysigma` in the user's cache folder; empty means none.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson

import converter

_KEPT = 8
_DATABASES = 200  # a log of many log sources needs some dozens
_BYTES = 256 << 20
_SEAL = 32
_OTHERS_WRITE = 0o022


def folder() -> Path | None:
    """The cache folder, made if need be; None where there is to be none, or none can be."""
    named = os.environ.get("POLYSIGMA_CACHE")
    if named == "":
        return None
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    path = Path(named or os.path.join(home, "polysigma"))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return path


def recall(name: str) -> dict[str, Any]:
    """What was kept under this name; nothing where there is nothing readable."""
    place = folder()
    if place is None:
        return {}
    try:
        kept = orjson.loads((place / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def written(name: str) -> int:
    """When something was last kept under this name, in nanoseconds; 0 if never."""
    place = folder()
    try:
        return (place / f"{name}.json").stat().st_mtime_ns if place else 0
    except OSError:
        return 0


def keep(name: str, data: dict[str, Any]) -> None:
    """Keeps data under a name, whole or not at all; a cache that cannot be written is no fault."""
    place = folder()
    try:
        if place is not None:
            _write(place / f"{name}.json", orjson.dumps(data), _KEPT)
    except TypeError:
        return


class Databases:
    """Compiled databases by name, as `converter.matcher.index.Store` asks for them."""

    def recall(self, name: str) -> bytes | None:
        """What was kept under this name; None where that is nothing, or not sound."""
        place = folder()
        return unsealed(_database(place, name)) if place else None

    def keep(self, name: str, data: bytes) -> None:
        """Keeps it, and a bounded number of others; a cache that cannot be written is no fault."""
        place = folder()
        if place is not None:
            seal(_database(place, name), data, _DATABASES)


def _database(place: Path, name: str) -> Path:
    return place / f"database-{name}.bin"


def seal(path: Path, data: bytes, most: int) -> None:
    """Keeps data in a file, behind a digest of its name and the data, for `unsealed`."""
    _write(path, _seal(path, data) + data, most)


def unsealed(path: Path) -> bytes | None:
    """What was kept in a file.

    None where it is not there, cut or changed, was kept under another name, or can have been
    written by another user.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if hasattr(os, "getuid") and (
                found.st_uid != os.getuid() or found.st_mode & _OTHERS_WRITE
            ):
                return None
            seal, data = file.read(_SEAL), file.read()
        if seal != _seal(path, data):
            return None
        os.utime(path)
    except OSError:
        return None
    return data


def _seal(path: Path, data: bytes) -> bytes:
    found = hashlib.sha256(path.name.encode())
    found.update(data)
    return found.digest()


def _write(path: Path, data: bytes, most: int) -> None:
    """Writes a file of the cache, whole or not at all; of its kind so many are kept."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
        _forget(path.parent, path.name.split("-", maxsplit=1)[0], path.suffix, most)
    except OSError:
        return


def _forget(place: Path, kind: str, suffix: str, most: int) -> None:
    """Removes what was not used for the longest time, beyond so many files and so many bytes."""
    found = [(path, path.stat()) for path in place.glob(f"{kind}-*{suffix}")]
    found.sort(key=lambda one: one[1].st_mtime_ns, reverse=True)
    sizes = accumulate(stat.st_size for _, stat in found)
    for number, ((path, _), size) in enumerate(zip(found, sizes, strict=True)):
        if number >= most or (number and size > _BYTES):
            path.unlink(missing_ok=True)


def digest(parts: Iterable[bytes | str]) -> str:
    """One name for all these parts, in this order."""
    found = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        found.update(str(len(raw)).encode() + b":" + raw)
    return found.hexdigest()


def code() -> str:
    """A name for this very program: its files' sizes and times, and what it is built on."""
    installed = sorted(
        entry.name
        for place in sys.path
        if os.path.isdir(place)
        for entry in os.scandir(place)
        if entry.name.endswith(".dist-info") and "sigma" in entry.name.lower()
    )
    here = os.path.dirname(converter.__file__)
    return digest([converter.__version__, sys.version, *stamps([here]), *installed])


def stamps(places: Iterable[str]) -> Iterator[str]:
    """A line for each file at these places, sorted, which changes when the file does."""
    for place in places:
        yield place
        if os.path.isdir(place):
            yield from sorted(_below(place))
        else:
            yield _stamp(place, partial(os.stat, place))


def _below(folder: str) -> Iterator[str]:
    """The stamps of the files below a folder, without hidden folders and what Python compiled."""
    todo = [folder]
    while todo:
        with suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith((".", "__pycache__")):
                        todo.append(entry.path)
                else:
                    yield _stamp(entry.path, entry.stat)


def _stamp(file: str, look: Callable[[], os.stat_result]) -> str:
    """Nobody can change a file, and set back the time of the change as well."""
    try:
        found = look()
    except OSError:
        return f"{file} -"
    return f"{file} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def contents(places: Iterable[str | Path]) -> str:
    """A name for what these files and the files of these folders hold."""
    parts: list[bytes | str] = []
    for place in places:
        path = Path(place)
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                parts += [str(file), file.read_bytes()]
            elif not path.exists():
                parts.append(str(file))
    return digest(parts)
