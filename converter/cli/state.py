"""The file in which a scan saves what correlations and first-seen rules need in the next one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from converter.errors import StateError
from converter.matcher.correlation import Engine, packed, unpacked

Mark = tuple[int, int, int] | None
"""What tells one version of a file from the next; None of a file that is not there."""


def load_state(file: str | None, engine: Engine) -> Mark:
    """Goes on from the file, where there is one; says which rules begin anew. Raises StateError.

    What comes out is for `save_state`.
    """
    if file is None:
        return None
    path, mark = Path(file), _mark(file)
    if not path.parent.is_dir():
        raise StateError("its folder does not exist", path=file, next_step="make the folder")
    try:
        dropped = engine.restore(unpacked(path.read_bytes())) if path.exists() else []
    except OSError as error:
        step = "check the path and the permissions"
        raise StateError(f"cannot be read ({error.strerror})", path=file, next_step=step) from None
    except StateError as error:
        raise error.at(file) from None
    for title in dropped:
        click.echo(f"state: {title!r} has changed or is gone; what was saved is dropped", err=True)
    return mark


def _mark(file: str) -> Mark:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def save_state(file: str | None, engine: Engine, mark: Mark) -> None:
    """Writes the file in one step, so that there is always a whole one. Raises StateError.

    What another scan has written since `load_state` is not overwritten: its events would be lost.
    """
    if file is None:
        return
    if _mark(file) != mark:
        what = "another scan has written it meanwhile, so this one's state is not saved"
        step = "run scans with one state one after the other: repeat this one"
        raise StateError(what, path=file, next_step=step)
    path = Path(file)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as new:
                new.write(packed(engine.state()))
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        step = "check the path and the permissions"
        raise StateError(
            f"cannot be written ({error.strerror})", path=file, next_step=step
        ) from None
    except StateError as error:
        raise error.at(file) from None
