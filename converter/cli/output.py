"""Writing an output tree so that a reader sees the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from converter.cli.amending import Stamps, amend
from converter.errors import PolysigmaError

T = TypeVar("T")

_MARK = "report.json"
_OWN = ("queries", _MARK)
_AT_FDCWD = -100
_EXCHANGE = 2


def write_tree(folder: Path, files: Mapping[str, bytes], old: Stamps | None = None) -> Stamps:
    """Replaces what earlier runs wrote below `folder`; whatever else stands there is kept.

    `old` are the stamps of an intact tree: where few files differ, these are changed in place.
    Otherwise the new tree is built beside the old one, with what has not changed carried over, then
    the two names are exchanged in one step. Gives the new tree's stamps. Raises PolysigmaError
    where the folder cannot be written, or is not one of ours.
    """
    _check(folder)
    with _told(folder, "choose another -o"):
        stamps = amend(folder, files, old, _MARK) if old else None
        if stamps is not None:
            return stamps
        return _rebuilt(folder, lambda new: _build(new, folder, files, old or {}))


def replace_folder(folder: Path, files: Mapping[str, bytes], mark: str) -> None:
    """Puts a folder with just these files in the place of what stands there, in one step.

    `mark` is the file by which a folder of ours is known. Raises PolysigmaError where the folder
    cannot be written, or is not one of ours.
    """
    _check(folder, mark)
    with _told(folder, "choose another -o"):
        _rebuilt(folder, lambda new: _fill(new, files))


def write_file(path: Path, content: bytes) -> None:
    """The whole file or none of it. Raises PolysigmaError where it cannot be written."""
    with _told(path, "choose another place"):
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}-new")
        new.write_bytes(content)
        os.replace(new, path)


@contextlib.contextmanager
def _told(path: Path, next_step: str) -> Iterator[None]:
    """What the system refuses becomes an error that says where."""
    try:
        yield
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise PolysigmaError(what, path=str(path), next_step=next_step) from None


def _rebuilt(folder: Path, build: Callable[[Path], T]) -> T:
    """What `build` gives for a new folder, which then takes the folder's place in one step."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        new.chmod(0o755)
        built = build(new)
        _put_in_place(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return built


def _fill(new: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_bytes(content)


def _check(folder: Path, mark: str = _MARK) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        step = "choose another -o"
        raise PolysigmaError("is no plain folder", path=str(folder), next_step=step)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file():
        what = f"holds files but no {mark}, so it is not an output folder"
        raise PolysigmaError(what, path=str(folder), next_step="choose an empty or new folder")


def _build(new: Path, folder: Path, files: Mapping[str, bytes], old: Stamps) -> Stamps:
    if folder.is_dir():
        for entry in sorted(folder.iterdir()):
            if entry.name not in _OWN:
                _link(entry, new / entry.name)
    for parent in sorted({os.path.dirname(name) for name in files}):
        os.makedirs(new / parent, exist_ok=True)
    there = _there(folder) if old and folder.is_dir() else {}
    stamps: Stamps = {}
    for name, content in files.items():
        digest = hashlib.sha256(content).hexdigest()
        if name in old and old[name] == [digest, *there.get(name, ())]:
            os.link(f"{folder}/{name}", f"{new}/{name}")
            stamps[name] = old[name]
            continue
        with open(f"{new}/{name}", "wb") as file:
            file.write(content)
        stat = os.stat(f"{new}/{name}")
        stamps[name] = [digest, len(content), stat.st_mtime_ns]
    return stamps


def _there(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file of our own below the folder."""
    found: dict[str, tuple[int, int]] = {}
    places = [str(folder)]
    while places:
        place = places.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                if place == str(folder) and entry.name not in _OWN:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    places.append(entry.path)
                else:
                    stat = entry.stat()
                    name = entry.path[len(str(folder)) + 1 :].replace(os.sep, "/")
                    found[name] = (stat.st_size, stat.st_mtime_ns)
    return found


def intact(folder: Path, stamps: Stamps) -> bool:
    """Whether just the files stand there that these stamps tell of, untouched."""
    if not stamps or not folder.is_dir():
        return False
    return _there(folder) == {name: (s, t) for name, (_, s, t) in stamps.items()}


def _link(entry: Path, to: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.copytree(entry, to, symlinks=True, copy_function=os.link)
    else:
        os.link(entry, to, follow_symlinks=False)


def _put_in_place(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        old = new.with_name(new.name + "-old")
        folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Two names exchanged in one step, where the system can (Linux renameat2)."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    paths = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    return bool(rename(*paths, _EXCHANGE) == 0)


def stale(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Names that are missing, different or left over below the folder, sorted."""
    there = {
        path.relative_to(folder).as_posix(): path
        for own in _OWN
        for path in ([folder / own] if own == _MARK else sorted((folder / own).rglob("*")))
        if path.is_file()
    }
    changed = [n for n, content in files.items() if n in there and there[n].read_bytes() != content]
    return sorted({*changed, *(files.keys() ^ there.keys())})
