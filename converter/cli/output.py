"""Writing an output tree so that a reader sees the old one or the new one, never half."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from converter.errors import PolysigmaError

_MARK = "report.json"
_OWN = ("queries", _MARK)
_AT_FDCWD = -100
_EXCHANGE = 2


def write_tree(folder: Path, files: Mapping[str, bytes]) -> None:
    """Replaces what earlier runs wrote below `folder`; whatever else stands there is kept.

    The new tree is built beside the old one, then the two names are exchanged in one step.
    Raises PolysigmaError where the folder cannot be written, or is not one of ours.
    """
    _check(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            _build(new, folder, files)
            _put_in_place(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise PolysigmaError(what, path=str(folder), next_step="choose another -o") from None


def _check(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        step = "choose another -o"
        raise PolysigmaError("is no plain folder", path=str(folder), next_step=step)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        what = f"holds files but no {_MARK}, so it is not an output folder"
        raise PolysigmaError(what, path=str(folder), next_step="choose an empty or new folder")


def _build(new: Path, old: Path, files: Mapping[str, bytes]) -> None:
    new.chmod(0o755)
    if old.is_dir():
        for entry in sorted(old.iterdir()):
            if entry.name not in _OWN:
                _link(entry, new / entry.name)
    for name, content in files.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


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
