"""Changing a few files of an output tree in place, each in one step, the report last."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FEW = 100
_STOPS = ("SIGINT", "SIGTERM", "SIGHUP")

# What a file held when it was written, its size, and when that was (in nanoseconds).
Stamps = dict[str, list[Any]]


def amend(folder: Path, files: Mapping[str, bytes], old: Stamps, last: str) -> Stamps | None:
    """Makes the tree that `old` describes hold just these files; None where too many differ.

    All new content is on the disk before the first name changes; `last` changes after the others,
    and what is no longer wanted goes at the end. A signal to stop waits until all is in place.
    """
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    changed = [name for name, digest in digests.items() if old.get(name, [""])[0] != digest]
    gone = [name for name in old if name not in files]
    if len(changed) + len(gone) > FEW or _cross(changed, gone):
        return None
    changed.sort(key=lambda name: (name == last, name))
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        stamps = {name: old[name] for name in files if name in old}
        for number, name in enumerate(changed):
            stamps[name] = _written(new / str(number), files[name], digests[name])
        with _undisturbed():
            for number, name in enumerate(changed):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(new / str(number), folder / name)
            for name in gone:
                _remove(folder, name)
        return {name: stamps[name] for name in files}
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _cross(changed: list[str], gone: list[str]) -> bool:
    """Whether a file comes where a folder goes, or the other way round."""
    return any(
        new.startswith(f"{old}/") or old.startswith(f"{new}/") for new in changed for old in gone
    )


def _written(path: Path, content: bytes, digest: str) -> list[Any]:
    path.write_bytes(content)
    return [digest, len(content), path.stat().st_mtime_ns]


def _remove(folder: Path, name: str) -> None:
    """The file, and the folders that held nothing else."""
    (folder / name).unlink(missing_ok=True)
    for parent in (folder / name).parents:
        if parent == folder or any(parent.iterdir()):
            return
        parent.rmdir()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that ask to stop are heard after the block, whichever thread gets them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    stops = [getattr(signal, name) for name in _STOPS if hasattr(signal, name)]
    before = {stop: signal.signal(stop, lambda number, _: held.append(number)) for stop in stops}
    try:
        yield
    finally:
        for stop, handler in before.items():
            signal.signal(stop, handler or signal.SIG_DFL)
        for number in held:
            signal.raise_signal(number)
